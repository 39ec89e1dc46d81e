"""A token's calls over HTTP, one at a time.

The standard library's client in a thread: these are calls a person makes now and then, and no connection is worth
keeping for them.
"""

import asyncio
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import msgspec

from nearby.client.calls import refusal_of
from nearby.client.tokens import Token, Tokens
from nearby.core import wire
from nearby.errors import ErrorCode, Refused

WITHIN_S = 10.0


class HttpCalls:
    """Makes the calls of whoever a token is for.

    Args:
        url: The server, as ``http://``, ``https://``, ``ws://`` or ``wss://``.
        token: A token, or an async function that returns a fresh one; it is asked as a ``Phone``'s.
        within_s: How long the server may be silent, and the function may take.

    Raises:
        ValueError: ``url`` is not the address of a server.
    """

    def __init__(self, url: str, token: Token, *, within_s: float) -> None:
        self._url = _http_url(url)
        self._tokens = Tokens(token, within_s=within_s)
        self._within_s = within_s

    async def call(self, method: str, path: str, body: Any = None) -> bytes:
        """Return the body of the answer, empty if it has none; a token that is refused is asked for once more.

        Raises:
            Refused: As the server says, with ``retry_ms`` if waiting helps.
            ConnectionError: No server answered: what was asked may have been done.
        """
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
