"""One's own account, over HTTP: what is known of me, what I say of myself, who is listed near me, and an end to it."""

import msgspec
from msgspec import UNSET, UnsetType

from nearby.client.http_calls import WITHIN_S, HttpCalls
from nearby.client.tokens import Token
from nearby.core import me_wire, nearby_wire


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
        self._calls = HttpCalls(url, token, within_s=within_s)

    async def show(self) -> me_wire.MeAnswer:
        """Return what the server knows of me."""
        return msgspec.json.decode(await self._calls.call("GET", "/v1/me"), type=me_wire.MeAnswer)

    async def change(
        self,
        *,
        name: str | UnsetType | None = UNSET,
        listed: bool | UnsetType = UNSET,
        lang: str | UnsetType | None = UNSET,
        tags: list[str] | UnsetType = UNSET,
    ) -> me_wire.MeAnswer:
        """Change what I say of myself and return how it is now. What is not given stays; None or [] clears it.

        Raises:
            Refused: ``bad_name``, ``name_taken`` or ``bad_profile``, among others. Nothing was changed.
        """
        change = me_wire.MeChange(name=name, listed=listed, lang=lang, tags=tags)
        return msgspec.json.decode(await self._calls.call("PATCH", "/v1/me", change), type=me_wire.MeAnswer)

    async def nearby(self) -> nearby_wire.NearbyAnswer:
        """Return my area and people there who chose to be listed; the same within a window but for who went.

        Their handles are good for this account and window alone. Ask again when a window begins.
        """
        return msgspec.json.decode(await self._calls.call("GET", "/v1/nearby"), type=nearby_wire.NearbyAnswer)

    async def export(self) -> me_wire.ExportAnswer:
        """Return a copy of all I did that is kept."""
        return msgspec.json.decode(await self._calls.call("GET", "/v1/me/export"), type=me_wire.ExportAnswer)

    async def erase(self) -> None:
        """Erase all that is kept of me; a connected ``Phone`` of mine ends with close code 3505.

        Forget the token afterwards: to use it begins a new account.
        """
        await self._calls.call("DELETE", "/v1/me")
