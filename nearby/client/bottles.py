"""Drift bottles and the threads that grow from them, over HTTP."""

from dataclasses import dataclass

import msgspec

from nearby.client.http_calls import WITHIN_S, HttpCalls
from nearby.client.tokens import Token
from nearby.core import bottle_wire as wire


@dataclass(frozen=True, slots=True)
class Caught:
    """A bottle that is mine for ``lease_ms`` from when it was caught: to be answered, given back or reported."""

    bottle: str
    text: str
    lease_ms: int
    token: str


class Bottles:
    """The bottles and threads of whoever a token is for.

    Each call raises ``Refused`` as the server says, with ``retry_ms`` if waiting helps, and ``ConnectionError`` if no
    server answered: what was asked may have been done. An answer to a bottle may then be sent again: the same text
    gives the same thread. A throw, a catch or a line may be there twice, or be counted without your knowing.
    Cancelling a call does not take it back.

    Args:
        url: The server, as ``http://``, ``https://``, ``ws://`` or ``wss://``.
        token: A token, or an async function that returns a fresh one; it is asked as a ``Phone``'s.
        within_s: How long the server may be silent, and the function may take.

    Raises:
        ValueError: ``url`` is not the address of a server.
    """

    def __init__(self, url: str, token: Token, *, within_s: float = WITHIN_S) -> None:
        self._calls = HttpCalls(url, token, within_s=within_s)

    async def throw(self, text: str) -> str:
        """Throw a bottle from where I am and return its id.

        Raises:
            Refused: ``not_present`` for who has not checked in, ``rate_limited``, among others. Nothing was thrown.
        """
        answer = await self._calls.call("POST", "/v1/bottles", wire.BottleRequest(text=text))
        return msgspec.json.decode(answer, type=wire.BottleAnswer).bottle

    async def catch(self) -> Caught | None:
        """Return a bottle that is mine for a while, or None if none is afloat for me.

        Raises:
            Refused: ``rate_limited``, among others. Nothing was caught.
        """
        answer = await self._calls.call("POST", "/v1/bottles/catch")
        if not answer:
            return None
        found = msgspec.json.decode(answer, type=wire.CatchAnswer)
        return Caught(found.bottle, found.text, found.lease_ms, found.token)

    async def reply(self, caught: Caught, text: str) -> wire.ThreadAnswer:
        """Answer a bottle that is mine and return the thread that begins; its ``origin`` says where from.

        Raises:
            Refused: ``gone``: the lease is over, among others. Nothing happened.
        """
        body = wire.ReplyRequest(text=text, token=caught.token)
        answer = await self._calls.call("POST", f"/v1/bottles/{caught.bottle}/reply", body)
        return msgspec.json.decode(answer, type=wire.ThreadAnswer)

    async def release(self, caught: Caught) -> None:
        """Give a bottle back for others to catch.

        Raises:
            Refused: ``gone``: it was not mine any more, among others.
        """
        body = wire.ReleaseRequest(token=caught.token)
        await self._calls.call("POST", f"/v1/bottles/{caught.bottle}/release", body)

    async def report(self, bottle: str, reason: str, text: str | None = None) -> None:
        """Report the other side of a bottle I held, or of its thread. It ends my lease, and the thread for both."""
        body = wire.ReportRequest(reason=reason, text=text)
        await self._calls.call("POST", f"/v1/bottles/{bottle}/reports", body)

    async def threads(self) -> list[wire.ThreadAnswer]:
        """Return my threads, the newest 200, newest first. One whose other side is gone is not among them."""
        answer = await self._calls.call("GET", "/v1/threads")
        return msgspec.json.decode(answer, type=wire.ThreadsAnswer).threads

    async def messages(self, thread: str, *, after: int = 0) -> list[wire.ThreadMessage]:
        """Return the first 200 texts of a thread with a ``seq`` above ``after``.

        Raises:
            Refused: ``gone``, among others.
        """
        answer = await self._calls.call("GET", f"/v1/threads/{thread}/messages?after={after}")
        return msgspec.json.decode(answer, type=wire.ThreadMessagesAnswer).messages

    async def write(self, thread: str, text: str) -> wire.ThreadMessage:
        """Write in a thread and return the text as it stands there.

        Raises:
            Refused: ``gone``, ``rate_limited``, among others. Nothing was written.
        """
        body = wire.ThreadMessageRequest(text=text)
        answer = await self._calls.call("POST", f"/v1/threads/{thread}/messages", body)
        return msgspec.json.decode(answer, type=wire.ThreadMessage)
