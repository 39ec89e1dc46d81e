"""What the gateways of a shared live state tell each other, and what was done once for all of them."""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence

from nearby.core.ids import Cell
from nearby.core.rules import MINUTE_MS, SECOND_MS
from nearby.errors import HubDown
from nearby.hub.servers import ANNOUNCED_WITHIN_S, FIGURES_KEPT_MS
from nearby.hub.valkey import rows
from nearby.hub.valkey.batch import Batch
from nearby.hub.valkey.commands import Command
from nearby.hub.valkey.heard import Announced, announcement_of
from nearby.hub.valkey.keys import BACKSTOP_MS, OUTBOX_MS
from nearby.hub.valkey.lease import GATEWAYS, Lease, stream_of
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.reader import Reader
from nearby.hub.valkey.runner import OUTBOX_ENTRIES, WINDOW, Entry
from nearby.hub.valkey.sweeper import pairs_of
from nearby.hub.valkey.versions import new_version
from nearby.hub.valkey.working import VERSION_BYTES

log = logging.getLogger(__name__)

ANNOUNCEMENT_MS = MINUTE_MS
"""How long it is known who has not seen to an announcement yet."""

LOOK_EVERY_S = 0.005

LOGGED = "mark:logged"
"""The key of the last window whose counts are in the check-in log."""


class SharedServers:
    """See ``nearby.hub.servers.Servers``: the part of a ``ValkeyHub`` that does not decide anything.

    Args:
        link: The way to the server.
        lease: Says which gateway this is.
        reader: Hears what the shared state tells this gateway.
    """

    def __init__(self, link: Link, lease: Lease, reader: Reader) -> None:
        self._link = link
        self._lease = lease
        self._reader = reader

    @property
    def gateway(self) -> str:
        """Return this gateway's id, another one after its lease was lost."""
        return self._lease.gateway

    @property
    def generation(self) -> int:
        """Return another number for every run of a server that had the live state."""
        return self._link.generation

    async def announce(self, notice: str) -> None:
        """See ``Servers.announce``."""
        name = new_version().hex()
        gateways = await self._gateways()
        if self.gateway not in gateways:
            raise HubDown
        generation = self._link.generation
        told = OUTBOX_MS, OUTBOX_ENTRIES, rows.encode([Announced(name, notice)])
        batch = Batch()
        batch.add(
            new_version(),
            {},
            (),
            [
                *(Command("include", announcement_of(name), (gateway,)) for gateway in gateways),
                *(Command("out", stream_of(gateway, generation), told) for gateway in gateways),
            ],
        )
        done, added, _ = await self._link.function("commit", batch.keys, *batch.arguments(ANNOUNCEMENT_MS))
        (written,) = batch.read(done, added)
        own = written.told[stream_of(self.gateway, generation)]
        try:
            async with asyncio.timeout(ANNOUNCED_WITHIN_S):
                # What this one hears was not lost with its server, nor was what the others are told by the same step.
                await self._reader.until(Entry(self.gateway, generation, own))
                while await self._are_waited_for(name):
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            log.warning("some server does not see to what is announced; trying again helps when its lease is over")
            raise HubDown from None
        if self._link.generation != generation:
            raise HubDown

    async def add_figures(self, step: int, figures: Mapping[str, int], now_ms: int) -> None:
        """See ``Servers.add_figures``."""
        batch = Batch()
        batch.add(new_version(), {}, (), [Command("add", f"fg:{step}", pair) for pair in figures.items()])
        await self._link.function("commit", batch.keys, *batch.arguments(FIGURES_KEPT_MS))

    async def figures(self, steps: Collection[int], now_ms: int) -> Sequence[Mapping[str, int]]:
        """See ``Servers.figures``."""
        found = await asyncio.gather(*(self._link.call("HGETALL", self._link.key(f"fg:{step}")) for step in steps))
        return [{name.decode(): int(count) for name, count in pairs_of(one)} for one in found]

    async def ended_window(self) -> int:
        """Return the number of the last window that ended.

        Raises:
            HubDown: Nobody knows: everything was lost.
        """
        stored = await self._link.call("GET", self._link.key(WINDOW))
        if stored is None:
            raise HubDown
        return int(rows.any_of(stored[VERSION_BYTES:])) - 1

    async def logged_window(self) -> int:
        """Return the last window whose counts are in the check-in log: at first the one under way, which is never."""
        key = self._link.key(LOGGED)
        await self._link.call("SET", key, await self.ended_window() + 1, "NX", "PX", BACKSTOP_MS)
        return int(await self._link.call("GET", key))

    async def note_logged(self, window: int) -> None:
        """Note that a window's counts are in the check-in log."""
        await self._link.call("SET", self._link.key(LOGGED), window, "PX", BACKSTOP_MS)

    async def counted(self, window: int) -> Mapping[Cell, int]:
        """Return how many established people each cell counted in a window that ended lately, nobody of it later."""
        found = await self._link.call("HGETALL", self._link.key(f"cf{window}"))
        return {Cell(int(cell, 16)): int(count) for cell, count in pairs_of(found)}

    async def is_marked(self, name: str) -> bool:
        """Return whether a mark is set on the live state."""
        return bool(await self._link.call("EXISTS", self._link.key(f"mark:{name}")))

    async def mark(self, name: str, for_ms: int) -> None:
        """Set a mark on the live state, for a while or until its loss."""
        await self._link.call("SET", self._link.key(f"mark:{name}"), 1, "PX", for_ms)

    async def unmark(self, name: str) -> None:
        """Take a mark back."""
        await self._link.call("DEL", self._link.key(f"mark:{name}"))

    async def mark_first(self, name: str, for_ms: int) -> bool:
        """Set a mark unless it is set; return whether it was not."""
        return bool(await self._link.call("SET", self._link.key(f"mark:{name}"), 1, "NX", "PX", for_ms))

    async def _gateways(self) -> list[str]:
        """Return all gateways whose lease is not over."""
        found = await self._link.call("ZRANGEBYSCORE", self._link.key(GATEWAYS), await self._now_ms_there(), "+inf")
        return [gateway.decode() for gateway in found]

    async def _now_ms_there(self) -> int:
        seconds, micros = await self._link.call("TIME")
        return int(seconds) * SECOND_MS + int(micros) // 1_000

    async def _are_waited_for(self, name: str) -> bool:
        """Return whether a gateway that still is one has not seen to an announcement."""
        left = {one.decode() for one in await self._link.call("SMEMBERS", self._link.key(announcement_of(name)))}
        return bool(left) and not left.isdisjoint(await self._gateways())
