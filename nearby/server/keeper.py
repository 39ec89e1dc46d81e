"""The beat of the server: time's work on every tick, and the orderly end."""

import asyncio
import logging
from collections.abc import Collection
from time import perf_counter

from nearby.core import wire
from nearby.core.ids import PersonId
from nearby.core.rules import SECOND_MS
from nearby.errors import HubDown
from nearby.hub.base import Hub
from nearby.server.clock import SteadyClock
from nearby.server.dispatch import Dispatcher
from nearby.server.gateway import Gateway
from nearby.server.metrics import Metrics
from nearby.server.placer import TICK_MS, Placer
from nearby.server.sockets import Sockets

log = logging.getLogger(__name__)

MEET_FOR_MS = 195
"""So long of a tick a crowd that shook is seated, in steps between which others have their turn: on the next
tick time's work and other placements come first again."""

AHEAD_LEAST_MS = 10
"""A wait that is over so long before a tick, or later, is left to it."""

HELD_BACK_MS = 3_000
"""So long those who stay in their rooms may wait to hear who was brought together elsewhere, while a crowd still is."""
SENT_AT_ONCE = 250
"""Phones that are sent what was held back before others have their turn: about 5 ms."""

SENT_AWAY_AT_ONCE = 400
"""Connections that a tick ends because the live state does not know them any more: 2,000 a second come back at most."""

DRAIN_BATCH_S = 0.1
CLOSED_WITHIN_S = 3.0
"""After the last close frame, how long the other sides have to answer."""


class Keeper:
    """Runs the tick and the drain of one server."""

    def __init__(
        self,
        hub: Hub,
        gateway: Gateway,
        *,
        placer: Placer,
        sockets: Sockets,
        dispatcher: Dispatcher,
        clock: SteadyClock,
        metrics: Metrics,
    ) -> None:
        self._hub = hub
        self._gateway = gateway
        self._placer = placer
        self._sockets = sockets
        self._dispatcher = dispatcher
        self._clock = clock
        self._metrics = metrics
        self._held_back_since_ms: int | None = None
        self._ticked_ms: int | None = None

    async def run(self) -> None:
        """Tick until cancelled. A tick that fails is logged and the next one comes."""
        loop = asyncio.get_running_loop()
        while True:
            wait_ms = self._wait_ms(now_ms := self._clock.now_ms())
            due_s = loop.time() + wait_ms / SECOND_MS
            try:
                await self.get_ahead(now_ms + wait_ms)
            except Exception:
                log.exception("nobody could be seated before a tick")
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            self._metrics.loop_lag_seconds.observe(max(0.0, loop.time() - due_s))
            try:
                await self.tick()
                self._dispatcher.is_hub_down = False
            except HubDown as down:
                self._dispatcher.is_hub_down = True
                self._placer.fail(down)
                log.warning("the hub cannot be reached; trying again on the next tick")
            except Exception:
                log.exception("a tick failed")

    def _wait_ms(self, now_ms: int) -> int:
        """Return how long until the next tick: none if it passed while a crowd was being seated, who wait for it."""
        is_seating = self._held_back_since_ms is not None or self._placer.is_behind
        if is_seating and self._ticked_ms is not None:
            return max(0, (self._ticked_ms // TICK_MS + 1) * TICK_MS - now_ms)
        return TICK_MS - now_ms % TICK_MS

    async def get_ahead(self, tick_ms: int) -> None:
        """Seat people whose wait is over before the tick at ``tick_ms``, on which they hear of it.

        Only of a hub that says when. A large crowd takes longer than a tick, and the last of them waits for all.
        """
        over_ms = None if self._dispatcher.is_draining else await self._hub.next_meeting_ms()
        if over_ms is None or over_ms > tick_ms - AHEAD_LEAST_MS:
            return
        wait_ms = over_ms - self._clock.now_ms()
        if wait_ms > 0:
            await asyncio.sleep(wait_ms / SECOND_MS)
        if not self._dispatcher.is_draining:
            await self._seat_who_met(self._clock.now_ms(), tick_ms - TICK_MS + MEET_FOR_MS, is_early=True)

    async def tick(self) -> None:
        """Do what is due now: ping, warn and cut connections, sweep, seat, let those meet whose shakes are over."""
        now_ms = self._ticked_ms = self._clock.now_ms()
        while self._gateway.tell_early(SENT_AT_ONCE):
            await asyncio.sleep(0)
        self._sockets.on_time(now_ms)
        for phone in self._gateway.take_forgotten(SENT_AWAY_AT_ONCE):
            self._dispatcher.send_away(phone)
        if self._held_back_since_ms is not None and now_ms >= self._held_back_since_ms + HELD_BACK_MS:
            await self._send_held_back()
        for person in await self._hub.sweep(now_ms):
            self._placer.wish(person, "moved")
        if self._dispatcher.is_draining:
            # On a shared hub the sweep also finds people who are connected elsewhere: they are placed all the same.
            self._placer.forget(self._people_here())
            await self._placer.tick()
        else:
            await self._placer.tick()
            await self._let_meet(now_ms)

    async def drain(self, over_s: float) -> None:
        """Send everybody away in paced batches; return when they are gone or have had their time.

        Each gets ``bye`` with a delay of its own, then close 3001.
        """
        self._dispatcher.is_draining = True
        self._metrics.ready.set(0)
        self._tell_who_waits(self._placer.forget(self._people_here()))
        phones = [phone for phone in self._gateway.connections() if phone.claims is not None]
        batches = max(1, round(over_s / DRAIN_BATCH_S))
        size = -(-len(phones) // batches) or 1
        for start in range(0, len(phones), size):
            for phone in phones[start : start + size]:
                self._dispatcher.send_away(phone)
            await asyncio.sleep(DRAIN_BATCH_S)
        for phone in self._gateway.connections():
            if not phone.is_ending:
                self._dispatcher.send_away(phone)
        deadline_s = asyncio.get_running_loop().time() + CLOSED_WITHIN_S
        while self._gateway.connections() and asyncio.get_running_loop().time() < deadline_s:
            await asyncio.sleep(DRAIN_BATCH_S)

    async def _let_meet(self, now_ms: int) -> None:
        """Seat people whose shakes met, until all are or the tick's time is up."""
        if await self._seat_who_met(now_ms, now_ms + MEET_FOR_MS):
            await self._send_held_back()

    async def _seat_who_met(self, now_ms: int, until_ms: int, *, is_early: bool = False) -> bool:
        """Do it in steps between which others have their turn; return whether nobody is left."""
        if self._held_back_since_ms is None:
            self._held_back_since_ms = now_ms
        while True:
            started_s = perf_counter()
            with self._gateway.holding_back(is_early=is_early):
                if not await self._hub.meet(now_ms):
                    return True
            self._metrics.meet_seconds.observe(perf_counter() - started_s)
            if self._clock.now_ms() >= until_ms:
                return False
            await asyncio.sleep(0)

    async def _send_held_back(self) -> None:
        """Let those who stayed in their rooms hear who left them."""
        self._held_back_since_ms = None
        while self._sockets.send_held_back(SENT_AT_ONCE):
            await asyncio.sleep(0)

    def _people_here(self) -> set[PersonId]:
        return {phone.person for phone in self._gateway.connections() if phone.claims is not None}

    def _tell_who_waits(self, people: Collection[PersonId]) -> None:
        """Tell those who waited for a seat that there are no new placements."""
        for phone in self._gateway.connections():
            if phone.claims is not None and phone.room is None and phone.person in people:
                phone.send(wire.Unplaced(why="draining"))
