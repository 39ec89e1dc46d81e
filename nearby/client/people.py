"""The people one knows, and one's blocks, over HTTP."""

import msgspec

from nearby.client.http_calls import WITHIN_S, HttpCalls
from nearby.client.tokens import Token
from nearby.core import people_wire as wire
from nearby.core.bottle_wire import ReportRequest


class People:
    """The people whom the person of a token knows: they greeted each other in a room.

    Each call may be made again after any error, and then ends in the same state. Each raises ``Refused`` as the
    server says, with ``retry_ms`` if waiting helps, and ``ConnectionError`` if no server answered: what
    was asked may have been done. A handle that names nobody is no error. Cancelling a call does not take it back.

    Args:
        url: The server, as ``http://``, ``https://``, ``ws://`` or ``wss://``.
        token: A token, or an async function that returns a fresh one; it is asked as a ``Phone``'s.
        within_s: How long the server may be silent, and the function may take.

    Raises:
        ValueError: ``url`` is not the address of a server.
    """

    def __init__(self, url: str, token: Token, *, within_s: float = WITHIN_S) -> None:
        self._calls = HttpCalls(url, token, within_s=within_s)

    async def known(self) -> list[wire.KnownPerson]:
        """Return the people I know, the newest 1,000, newest first."""
        return msgspec.json.decode(await self._calls.call("GET", "/v1/people"), type=wire.PeopleAnswer).people

    async def withdraw(self, person: str) -> None:
        """Know somebody no more, and they me no more; follows and mutes between us end, blocks stay."""
        await self._calls.call("DELETE", f"/v1/people/{person}")

    async def follow(self, person: str, *, is_on: bool = True) -> None:
        """Follow somebody I know, or no longer."""
        await self._put(person, "follow", is_on)

    async def mute(self, person: str, *, is_on: bool = True) -> None:
        """Hear nothing more of somebody I know, in any room, or hear them again. They do not know."""
        await self._put(person, "mute", is_on)

    async def block(self, person: str, *, is_on: bool = True) -> None:
        """Never meet somebody again, or let it be as before. A connected ``Phone`` of mine gets another room.

        Raises:
            Refused: ``rate_limited``, among others. Nobody was blocked.
        """
        await self._put(person, "block", is_on)

    async def report(self, person: str, reason: str, text: str | None = None) -> None:
        """Tell operators about somebody I know, and never meet them again. ``reason`` is a word for it.

        Raises:
            Refused: ``rate_limited``, among others. Nothing was kept.
        """
        body = ReportRequest(reason=reason, text=text)
        await self._calls.call("POST", f"/v1/people/{person}/reports", body)

    async def blocks(self) -> list[str]:
        """Return the ids of my blocks in force."""
        answer = await self._calls.call("GET", "/v1/me/blocks")
        return [one.block for one in msgspec.json.decode(answer, type=wire.BlocksAnswer).blocks]

    async def unblock(self, block: str) -> None:
        """Withdraw a block by the id that ``Phone.block`` returned."""
        await self._calls.call("DELETE", f"/v1/me/blocks/{block}")

    async def _put(self, person: str, what: str, is_on: bool) -> None:
        await self._calls.call("PUT" if is_on else "DELETE", f"/v1/people/{person}/{what}")
