"""One's own account, over HTTP: what is known of me, what I say of myself, a copy of it all, and an end to it.

The standard library's client in a thread: these are calls a person makes a few times a year, and no connection
is worth keeping for them.
"""

import asyncio
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec
from msgspec import UNSET, UnsetType

from nearby.client.calls import refusal_of
from nearby.client.tokens import Token, Tokens
from nearby.core import wire
from nearby.errors import ErrorCode, Refused

T = TypeVar("T")

WITHIN_S = 10.0


class Account:
    """The account of whoever a token is for.

    Each call may be made again after any error, and then ends in the same state. Each raises ``Refused`` as the
    server says, with ``retry_ms`` if waiting helps, and ``ConnectionError`` if no server answered: what
    was asked may have been done. Cancelling a call does not take it back.

    Args:
        url: The server, as ``http://``, ``https://``, ``ws://`` or ``wss://``.
        token: A token, or an async function that returns a fresh one; it is asked as a ``Phone``'s.
        within_s: How long the server may be silent, and the function may take.

    Raises:
        ValueError: ``url`` is not the address of a server.
    """

    def __init__(self, url: str, token: Token, *, within_s: float = WITHIN_S) -> None:
        self._url = _http_url(url)
        self._tokens = Tokens(token, within_s=within_s)
        self._within_s = within_s

    async def show(self) -> wire.MeAnswer:
        """Return what the server knows of me."""
        return msgspec.json.decode(await self._call("GET", "/v1/me"), type=wire.MeAnswer)

    async def change(
        self,
        *,
        name: str | UnsetType | None = UNSET,
        listed: bool | UnsetType = UNSET,
        lang: str | UnsetType | None = UNSET,
        tags: list[str] | UnsetType = UNSET,
    ) -> wire.MeAnswer:
        """Change what I say of myself and return how it is now. What is not given stays; None or [] clears it.

        Raises:
            Refused: ``bad_profile``, among others. Nothing was changed.
        """
        change = wire.MeChange(name=name, listed=listed, lang=lang, tags=tags)
        return msgspec.json.decode(await self._call("PATCH", "/v1/me", change), type=wire.MeAnswer)

    async def export(self) -> wire.ExportAnswer:
        """Return a copy of all I did that is kept."""
        return msgspec.json.decode(await self._call("GET", "/v1/me/export"), type=wire.ExportAnswer)

    async def erase(self) -> None:
        """Erase all that is kept of me; a connected ``Phone`` of mine ends with close code 3505.

        Forget the token afterwards: to use it begins a new account.
        """
        await self._call("DELETE", "/v1/me")

    async def _call(self, method: str, path: str, body: Any = None) -> bytes:
        """Return the body of the answer; a token that is refused is asked for once more."""
        data = None if body is None else wire.encode(body)
        try:
            return await self._send(method, path, data)
        except Refused as refused:
            if refused.code is not ErrorCode.BAD_TOKEN or not self._tokens.can_ask:
                raise
            self._tokens.refused()
        return await self._send(method, path, data)

    async def _send(self, method: str, path: str, data: bytes | None) -> bytes:
        headers = {"Authorization": f"Bearer {await self._tokens.current()}"}
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = Request(self._url + path, data=data, headers=headers, method=method)
        status, answer = await asyncio.to_thread(_answer_to, request, self._within_s)
        if 200 <= status < 300:
            return answer
        try:
            problem = msgspec.json.decode(answer, type=wire.ProblemAnswer)
        except msgspec.DecodeError:
            # Some proxy's, not the server's.
            raise ConnectionError(f"an answer of status {status} that is no problem of ours") from None
        raise refusal_of(problem.code, problem.detail, problem.retry_ms)


class _StayHere(HTTPRedirectHandler):
    """Follows nowhere: the token is for this server and no other."""

    def redirect_request(self, *_: Any) -> None:
        """See ``HTTPRedirectHandler``; None makes the redirection the answer."""


def _answer_to(request: Request, within_s: float) -> tuple[int, bytes]:
    """Return status and body, whatever the status is. Blocks.

    Raises:
        ConnectionError: There was no whole answer.
    """
    try:
        try:
            with build_opener(_StayHere).open(request, timeout=within_s) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()
    except (OSError, HTTPException) as error:
        raise ConnectionError("the server did not answer") from error


def _http_url(url: str) -> str:
    """Return the address of the server at ``url``, without a path."""
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    if scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the server's address must be like https://host, http://host, wss://host or ws://host")
    return urlunsplit((scheme, parts.netloc, "", "", ""))
