"""Live states of slices on the servers of a cluster that others use too."""

import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from nearby.core.rules import Rules
from nearby.hub.base import Hub, Listener
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.sliced import SlicedValkeyHub, open_sliced, tags_of
from nearby.testing.live import SECRET, GoLive, Live
from nearby.testing.shared_state import Stored, contradictions, kept_for_ever, read_stored

SLICES = 5
"""Among so many, those that `HERE` and `AWAY` of the suite belong to are two."""


class SlicedValkeyLive:
    """One live state of slices, and the gateways that share it."""

    def __init__(self, url: str, rules: Rules, now_ms: int) -> None:
        self.url = url
        self._rules = rules
        self._now_ms = now_ms
        self._random = Random(0)
        self.tag = f"{{{secrets.token_hex(8)}}}"
        self.tags = tags_of(self.tag, SLICES)
        self.hubs: list[SlicedValkeyHub] = []

    async def open_hub(self, listener: Listener) -> Hub:
        hub = await open_sliced(
            self.url,
            self.tag,
            self._rules,
            listener,
            slices=SLICES,
            secret=SECRET,
            draw_id=lambda: f"{self._random.getrandbits(80):020x}",
            now_ms=self._now_ms,
        )
        self.hubs.append(hub)
        return hub

    async def settle(self) -> None:
        for hub in self.hubs:
            await hub.settle()

    async def stored(self, number: int) -> Stored:
        """Return everything of a slice that stands on its server."""
        link = Link(self.url, self.tags[number])
        try:
            return await read_stored(await link.client(), self.tags[number])
        finally:
            await link.close()

    async def contradictions(self) -> list[str]:
        """Return in words what cannot be true together in any slice."""
        return [line for number in range(SLICES) for line in contradictions(await self.stored(number), self._rules)]

    async def in_two_slices(self) -> list[str]:
        """Return who has a connection, a seat or a presence in more than one slice."""
        found: Counter[tuple[str, str]] = Counter()
        for number in range(SLICES):
            for person, row in (await self.stored(number)).people().items():
                parts = {"connection": row.attached, "seat": row.seat, "presence": row.presence}
                found.update((person, name) for name, part in parts.items() if part is not None)
        return [f"{person} has more than one {name}" for (person, name), times in found.items() if times > 1]

    async def kept_for_ever(self) -> list[str]:
        """Return the keys of it that would stay, and remove all."""
        found: list[str] = []
        for tag in self.tags:
            link = Link(self.url, tag)
            try:
                found += await kept_for_ever(await link.client(), tag)
            finally:
                await link.close()
        return found

    async def close(self) -> None:
        for hub in self.hubs:
            await hub.close()


@asynccontextmanager
async def going_live_in_slices(url: str) -> AsyncIterator[GoLive]:
    lives: list[SlicedValkeyLive] = []

    async def start(rules: Rules, now_ms: int) -> Live:
        lives.append(SlicedValkeyLive(url, rules, now_ms))
        return lives[-1]

    try:
        yield start
        for live in lives:
            assert not await live.contradictions()
            assert not await live.kept_for_ever()
    finally:
        for live in lives:
            await live.close()
