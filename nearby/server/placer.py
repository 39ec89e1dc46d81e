"""Seats people on a common tick, so that the time of an answer tells nothing about how it was found."""

import asyncio
from time import perf_counter

from nearby.core.ids import PersonId
from nearby.core.placement import decide
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.errors import HubDown
from nearby.hub.base import Hub
from nearby.server.clock import SteadyClock
from nearby.server.metrics import Metrics

TICK_MS = 200
RACES_LOST = 8
"""After this many seats lost to others between look and take, a new room is opened."""

YIELD_EVERY = 32
"""Placements between two chances for everybody else: about a millisecond."""


class Placer:
    """People waiting for a seat, at most one wish a person: bounded by the people connected."""

    def __init__(self, hub: Hub, rules: Rules, windows: Windows, clock: SteadyClock, metrics: Metrics) -> None:
        self._hub = hub
        self._rules = rules
        self._windows = windows
        self._clock = clock
        self._metrics = metrics
        self._wishes: dict[PersonId, str] = {}
        self._answered: asyncio.Future[None] | None = None

    def wish(self, person: PersonId, why: str) -> None:
        """Seat the person on the next tick; the first wish of a tick counts."""
        self._wishes.setdefault(person, why)

    async def wait_answered(self) -> None:
        """Return when the wishes made so far were answered, or could not be. Safe to cancel."""
        if self._answered is None:
            self._answered = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._answered)

    def forget(self) -> None:
        """Drop all wishes: no new placements."""
        self._wishes.clear()
        self._finish()

    async def tick(self) -> None:
        """Answer every wish made so far.

        Raises:
            HubDown: The wishes that were not answered stand for the next tick.
        """
        wishes = list(self._wishes.items())
        self._wishes.clear()
        try:
            for count, (person, why) in enumerate(wishes, start=1):
                started_s = perf_counter()
                await self._place(person, why)
                self._metrics.placement_seconds.observe(perf_counter() - started_s)
                if count % YIELD_EVERY == 0:
                    await asyncio.sleep(0)
        except HubDown:
            self._wishes = dict(wishes[count - 1 :]) | self._wishes
            raise
        finally:
            self._finish()

    def _finish(self) -> None:
        if self._answered is not None:
            self._answered.set_result(None)
            self._answered = None

    async def _place(self, person: PersonId, why: str) -> None:
        """Look, decide, take; look again if somebody was faster."""
        for _ in range(RACES_LOST):
            now_ms = self._clock.now_ms()
            offer = await self._hub.offer(person, now_ms)
            if offer is None:
                return
            choice = decide(person, offer.candidates, now_ms, rules=self._rules, windows=self._windows)
            if choice.room is None:
                break
            if await self._hub.seat(person, choice.room, why, now_ms):
                if choice.rescue:
                    self._metrics.rescues.inc()
                return
        await self._open(person, why)

    async def _open(self, person: PersonId, why: str) -> None:
        now_ms = self._clock.now_ms()
        offer = await self._hub.offer(person, now_ms)
        if offer is not None:
            await self._hub.open_room(person, offer.catchment, why, now_ms)
