"""Who this gateway is to the shared state, and the end of those that went without a word."""

import asyncio
import logging
from collections.abc import Callable

from nearby.hub.valkey.keys import LEASE_TTL_MS
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.versions import new_version

log = logging.getLogger(__name__)

GATEWAYS = "gw"
"""The key of all gateways by the time their lease ends: a sorted set."""

LEASE_MS = 10_000

RENEWED_EVERY_S = 1.0

BURIED_AT_ONCE = 4
"""Gateways that ended, of which a renewal tells."""


def pass_of(gateway: str) -> str:
    """Return the key of what says that a gateway may have connections: it is deleted before it is buried."""
    return f"gl:{gateway}"


def stream_of(gateway: str, generation: int) -> str:
    """Return the key of what a gateway is told in a generation: after its end nobody writes to it."""
    return f"o:{gateway}:{generation}"


class Lease:
    """This gateway's id and its lease. Who loses the lease goes on under another id, with nobody connected.

    Args:
        link: The way to the server.
        draw_id: Returns a new opaque id at each call.
        on_loss: Is called when a lease was lost, once the gateway has another id.
    """

    def __init__(self, link: Link, *, draw_id: Callable[[], str], on_loss: Callable[[], None]) -> None:
        self._link = link
        self._draw_id = draw_id
        self._on_loss = on_loss
        self._renewed_s = 0.0
        self.gateway = draw_id()

    async def begin(self) -> None:
        """Be a gateway from now on."""
        await self._ask(LEASE_MS, new_version() + b"1")
        self._renewed_s = asyncio.get_running_loop().time()

    async def renew(self) -> list[str]:
        """Go on as a gateway if that was not done within a second; return some whose lease ended."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._renewed_s < RENEWED_EVERY_S:
            return []
        return await self.renew_at_once()

    async def renew_at_once(self) -> list[str]:
        """Go on as a gateway, under another id if others could take this one to be gone; return some that are."""
        asked = self.gateway
        is_known, ended = await self._ask(LEASE_MS, b"")
        self._renewed_s = asyncio.get_running_loop().time()
        if not is_known and asked == self.gateway:
            log.warning("the live state does not know this gateway any more; its phones are sent to come back")
            before, self.gateway = self.gateway, self._draw_id()
            await self.begin()
            self._on_loss()
            return list(dict.fromkeys([*ended, before]))
        return ended

    async def end(self) -> None:
        """Be no gateway any more."""
        await self._ask(0, b"")

    async def _ask(self, span_ms: int, begins_with: bytes) -> tuple[bool, list[str]]:
        gateway = self.gateway
        keys = (GATEWAYS, pass_of(gateway), f"pg:{gateway}", f"ng:{gateway}")
        arguments = (gateway, span_ms, LEASE_TTL_MS, begins_with, BURIED_AT_ONCE)
        is_known, ended = await self._link.function("lease", keys, *arguments)
        return bool(is_known), [one.decode() for one in ended]
