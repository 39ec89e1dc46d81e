"""Live states of their own on a server that others use too."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any, TypeVar

from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.errors import HubDown
from nearby.hub.base import Hub, Listener
from nearby.hub.valkey.hub import ValkeyHub
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.opening import open_hub
from nearby.hub.valkey.sweeper import SWEEP_S
from nearby.testing.hub_suite.world import World
from nearby.testing.live import SECRET, GoLive, Live
from nearby.testing.shared_state import Stored, kept_for_ever, read_stored
from nearby.testing.waiting import eventually

T = TypeVar("T")


class ValkeyLive:
    """One live state, and the gateways that share it."""

    def __init__(self, url: str, rules: Rules, now_ms: int, sweep_s: float) -> None:
        self.url = url
        self._sweep_s = sweep_s
        self._rules = rules
        self._now_ms = now_ms
        self._random = Random(0)
        self.tag = f"{{{secrets.token_hex(8)}}}"
        self.hubs: list[ValkeyHub] = []

    async def open_hub(self, listener: Listener) -> Hub:
        hub = await open_hub(
            self.url,
            self.tag,
            self._rules,
            listener,
            secret=SECRET,
            draw_id=lambda: f"{self._random.getrandbits(80):020x}",
            now_ms=self._now_ms,
            sweep_s=self._sweep_s,
        )
        self.hubs.append(hub)
        return hub

    async def settle(self) -> None:
        for hub in self.hubs:
            await hub.settle()

    async def stored(self) -> Stored:
        """Return everything of it that stands on the server."""
        link = Link(self.url, self.tag)
        try:
            return await read_stored(await link.client(), self.tag)
        finally:
            await link.close()

    async def kept_for_ever(self) -> list[str]:
        """Return the keys of it that would stay, and remove all."""
        link = Link(self.url, self.tag)
        try:
            return await kept_for_ever(await link.client(), self.tag)
        finally:
            await link.close()

    async def close(self) -> None:
        for hub in self.hubs:
            await hub.close()


@asynccontextmanager
async def going_live(url: str, sweep_s: float = SWEEP_S) -> AsyncIterator[GoLive]:
    lives: list[ValkeyLive] = []

    async def start(rules: Rules, now_ms: int) -> Live:
        lives.append(ValkeyLive(url, rules, now_ms, sweep_s))
        return lives[-1]

    try:
        yield start
        for live in lives:
            assert not await live.kept_for_ever()
    finally:
        for live in lives:
            await live.close()


async def eventually_up(call: Callable[..., Awaitable[T]], *arguments: Any) -> T:
    """Return what a call returns once the hub is not said to be down any more."""
    results: list[T] = []

    async def is_up() -> bool:
        try:
            results.append(await call(*arguments))
        except HubDown:
            return False
        return True

    await eventually(is_up, bool, what="whether the hub is up")
    return results[-1]


async def sweep_all(world: World) -> list[PersonId]:
    """Sweep on every gateway, each as soon as it can; return who is to be placed."""
    found: list[PersonId] = []
    for hub in world.hubs:
        found += await eventually_up(hub.sweep, world.now_ms)
    await eventually_up(world.live.settle)
    return found
