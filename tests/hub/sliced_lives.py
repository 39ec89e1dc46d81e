"""Live states of slices on the servers of a cluster that others use too."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from nearby.core.rules import Rules
from nearby.hub.base import Hub, Listener
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.sliced import SlicedValkeyHub, open_sliced, tags_of
from nearby.testing.live import SECRET, GoLive, Live
from nearby.testing.shared_state import Stored, contradictions, in_two_slices, kept_for_ever, read_stored

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
        """Return in words what cannot be true together, in one slice or in two."""
        all_stored = [await self.stored(number) for number in range(SLICES)]
        return [*in_two_slices(all_stored), *(line for one in all_stored for line in contradictions(one, self._rules))]

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
