"""Seats people on a common tick, so that the time of an answer tells nothing about how it was found."""

import asyncio
import logging
from collections.abc import Collection, Sequence
from time import perf_counter

from nearby.core.cell import resolution_of
from nearby.core.ids import PersonId
from nearby.core.placement import NEW_ROOM, Choice, decide
from nearby.core.rules import Rules
from nearby.core.venue import Venue
from nearby.errors import HubDown
from nearby.hub.base import Hub, Offer
from nearby.server.clock import SteadyClock
from nearby.server.metrics import Metrics

log = logging.getLogger(__name__)

TICK_MS = 200
RACES_LOST = 8
"""After this many seats lost to others between look and take, a new room is opened."""

YIELD_EVERY = 32
"""Placements between two chances for everybody else: about a millisecond."""


class Placer:
    """People waiting for a seat, at most one wish a person: bounded by the people connected.

    Args:
        hub: Has the rooms.
        rules: The product's numbers.
        clock: The time.
        metrics: Counts.
        at_once: People placed at the same time: one where the hub answers at once, more where it is far away.
    """

    def __init__(self, hub: Hub, rules: Rules, clock: SteadyClock, metrics: Metrics, *, at_once: int = 1) -> None:
        self._hub = hub
        self._rules = rules
        self._clock = clock
        self._metrics = metrics
        self._wishes: dict[PersonId, str] = {}
        self._answered: asyncio.Future[None] | None = None
        self._at_once = at_once
        self._opening = asyncio.Lock()

    def wish(self, person: PersonId, why: str) -> None:
        """Seat the person on the next tick; the first wish of a tick counts."""
        self._wishes.setdefault(person, why)

    async def wait_answered(self) -> None:
        """Return when the wishes made so far were answered, or could not be. Safe to cancel.

        Raises:
            HubDown: The hub could not be reached on their tick. The wishes stand.
        """
        if self._answered is None:
            self._answered = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._answered)

    def forget(self, whose: Collection[PersonId]) -> Collection[PersonId]:
        """Drop the wishes of some, for whom there are no new placements; return those who had any."""
        people = [person for person in whose if self._wishes.pop(person, None) is not None]
        self._finish(self._take_answered())
        return people

    def fail(self, down: HubDown) -> None:
        """Raise ``down`` to whoever waits; their wishes stand for the next tick."""
        self._finish(self._take_answered(), down)

    async def tick(self) -> None:
        """Answer every wish made so far.

        Raises:
            HubDown: The wishes that were not answered stand for the next tick.
        """
        wishes, self._wishes = list(self._wishes.items()), {}
        answered = self._take_answered()
        left = dict(wishes)
        try:
            for count in range(0, len(wishes), self._at_once):
                await self._place_together(wishes[count : count + self._at_once], left)
                if (count + self._at_once) % YIELD_EVERY == 0:
                    await asyncio.sleep(0)
        except HubDown as down:
            self._wishes = left | self._wishes
            self._finish(answered, down)
            raise
        self._finish(answered)

    async def _place_together(self, some: Sequence[tuple[PersonId, str]], left: dict[PersonId, str]) -> None:
        """Place some at the same time, and take whose wish was answered out of ``left``.

        Raises:
            HubDown: Of some it was not; nobody is being placed any more.
        """
        if len(some) == 1:
            failed = [await self._try_to_place(*some[0])]
        else:
            failed = await asyncio.gather(*(self._try_to_place(person, why) for person, why in some))
        for (person, _), down in zip(some, failed, strict=True):
            if down is None:
                del left[person]
        for down in filter(None, failed):
            raise down

    def _take_answered(self) -> asyncio.Future[None] | None:
        """Return what tells the present waiters; those who come later wait for the next tick."""
        answered, self._answered = self._answered, None
        return answered

    @staticmethod
    def _finish(answered: asyncio.Future[None] | None, down: HubDown | None = None) -> None:
        if answered is None:
            return
        if down is None:
            answered.set_result(None)
        else:
            answered.set_exception(down)
            answered.exception()  # Nobody may be waiting any more, and that is no error.

    async def _try_to_place(self, person: PersonId, why: str) -> HubDown | None:
        """Place one person, and return why their wish stands; our bug with one of them costs the others nothing."""
        started_s = perf_counter()
        try:
            await self._place(person, why)
        except HubDown as down:
            return down
        except Exception:
            log.exception("somebody could not be placed")
        self._metrics.placement_seconds.observe(perf_counter() - started_s)
        return None

    async def _place(self, person: PersonId, why: str) -> None:
        """Look, decide, take; look again if somebody was faster."""
        for _ in range(RACES_LOST):
            now_ms = self._clock.now_ms()
            offer = await self._hub.offer(person, now_ms)
            if offer is None:
                return
            choice = decide(offer.candidates, offer.luck, now_ms, rules=self._rules, wishes=offer.wishes)
            if choice.room is None:
                break
            if await self._hub.seat(person, choice.room, why, now_ms):
                if choice.rescue:
                    self._metrics.rescues.inc()
                self._note(why, offer, choice)
                return
        await self._open(person, why)

    async def _open(self, person: PersonId, why: str) -> None:
        """Open a room, unless one was opened meanwhile that has a seat: one after the other, or each would."""
        async with self._opening:
            now_ms = self._clock.now_ms()
            offer = await self._hub.offer(person, now_ms)
            if offer is None:
                return
            for candidate in offer.candidates if self._at_once > 1 else ():
                if await self._hub.seat(person, candidate.room, why, now_ms):
                    self._note(why, offer, Choice(candidate.room))
                    return
            await self._hub.open_room(person, offer.catchment, why, now_ms)
            self._note(why, offer, NEW_ROOM)

    @staticmethod
    def _note(why: str, offer: Offer, choice: Choice) -> None:
        """Leave a record of a decision for whoever debugs placement: no id, no cell."""
        if log.isEnabledFor(logging.DEBUG):
            log.debug(
                "placed: why %s, rung %s, %d rooms to choose from, %s, score %.2f, ahead by %.2f",
                why,
                "venue" if isinstance(offer.catchment, Venue) else resolution_of(offer.catchment),
                len(offer.candidates),
                "a new room" if choice.room is None else "a thin room" if choice.rescue else "a room",
                choice.score,
                choice.margin,
            )
