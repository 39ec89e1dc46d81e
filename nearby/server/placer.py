"""Seats people on a common tick, so that the time of an answer tells nothing about how it was found."""

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from time import perf_counter

from nearby.core.cell import resolution_of
from nearby.core.ids import PersonId
from nearby.core.venue import Venue
from nearby.errors import HubDown
from nearby.hub.base import Hub
from nearby.hub.seating import Placement
from nearby.server.clock import SteadyClock
from nearby.server.metrics import Metrics

log = logging.getLogger(__name__)

TICK_MS = 200
FOR_MS = 500
"""So long a tick places people, then it leaves the rest to the next: else a crowd on a shared hub, which takes tens of
seconds, would hold up whatever else is done on ticks, and the server be taken to be gone."""

YIELD_EVERY = 32
"""Placements between two chances for everybody else: about a millisecond."""


class Placer:
    """People waiting for a seat, at most one wish a person: bounded by the people connected.

    Args:
        hub: Has the rooms.
        clock: The time.
        metrics: Counts.
        at_once: People placed at the same time: one where the hub answers at once, more where it is far away.
    """

    def __init__(self, hub: Hub, clock: SteadyClock, metrics: Metrics, *, at_once: int = 1) -> None:
        self._hub = hub
        self._clock = clock
        self._metrics = metrics
        self._wishes: dict[PersonId, str] = {}
        self._failed: dict[PersonId, HubDown] = {}
        """Whom the hub failed on the last tick."""
        self._waiting: dict[PersonId, asyncio.Future[None]] = {}
        self._at_once = at_once
        self.is_behind = False
        """Whether the last tick left wishes to the next."""

    def wish(self, person: PersonId, why: str) -> None:
        """Seat the person on the next tick; the first wish of a tick counts."""
        self._wishes.setdefault(person, why)

    async def wait_answered(self, person: PersonId) -> None:
        """Return when the tick is over that answers the person's wish; at once without one. Safe to cancel.

        Raises:
            HubDown: The hub could not be reached on that tick. The wish stands.
        """
        if person in self._wishes:
            if person not in self._waiting:
                self._waiting[person] = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._waiting[person])

    def forget(self, whose: Collection[PersonId]) -> Collection[PersonId]:
        """Drop the wishes of some, for whom there are no new placements; return those who had any."""
        people = [person for person in whose if self._wishes.pop(person, None) is not None]
        _finish([self._waiting.pop(person) for person in people if person in self._waiting])
        return people

    def fail(self, down: HubDown) -> None:
        """Raise ``down`` to whoever waits; their wishes stand for the next tick."""
        waiting, self._waiting = self._waiting, {}
        _finish(waiting.values(), down)

    async def tick(self) -> None:
        """Answer the wishes made so far, until the tick's time is up.

        A wish that the hub failed stands for the next tick, behind all others, and whoever waits for it hears so. It
        costs the others nothing: of a hub in slices some may be down.

        Raises:
            HubDown: It failed the first of them all: no wish is answered, and all stand.
        """
        # In order of time, and those that the hub failed last time behind the others.
        wishes = sorted(self._wishes.items(), key=lambda wish: wish[0] in self._failed)
        self._wishes, left = {}, dict(wishes)
        waiting, self._waiting = self._waiting, {}
        failed = self._failed = dict[PersonId, HubDown]()
        try:
            await self._place_until(self._clock.now_ms() + FOR_MS, wishes, left, failed)
        except HubDown as down:
            self._wishes = left | self._wishes
            _finish(waiting.values(), down)
            raise
        self.is_behind = bool(left)
        for person in failed.keys() & waiting.keys():
            _finish([waiting.pop(person)], failed[person])
        _finish([answer for person, answer in waiting.items() if person not in left])
        for person in left.keys() & waiting.keys():
            if person in self._waiting:
                # They wished once more meanwhile: one answer is for both.
                self._waiting[person].add_done_callback(partial(_pass_on, waiting[person]))
            else:
                self._waiting[person] = waiting[person]
        self._wishes = left | self._wishes

    async def _place_until(
        self,
        until_ms: int,
        wishes: Sequence[tuple[PersonId, str]],
        left: dict[PersonId, str],
        failed: dict[PersonId, HubDown],
    ) -> None:
        """Place people in order until a time; take whose wish was answered out of ``left``, note whom the hub failed.

        Raises:
            HubDown: It failed all who were to be placed first.
        """
        for count in range(0, len(wishes), self._at_once):
            some = wishes[count : count + self._at_once]
            failed.update(await self._place_together(some, left))
            if len(failed) == len(some) and not count:
                raise failed[some[0][0]]
            if self._clock.now_ms() >= until_ms:
                break
            if (count + self._at_once) % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    async def _place_together(
        self, some: Sequence[tuple[PersonId, str]], left: dict[PersonId, str]
    ) -> dict[PersonId, HubDown]:
        """Place some at the same time; take whose wish was answered out of ``left``, return whom the hub failed."""
        if len(some) == 1:
            failed = [await self._try_to_place(*some[0])]
        else:
            failed = await asyncio.gather(*(self._try_to_place(person, why) for person, why in some))
        for (person, _), down in zip(some, failed, strict=True):
            if down is None:
                del left[person]
        return {person: down for (person, _), down in zip(some, failed, strict=True) if down is not None}

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
        placement = await self._hub.place(person, why, self._clock.now_ms())
        if placement is not None:
            if placement.choice.rescue:
                self._metrics.rescues.inc()
            self._note(why, placement)

    @staticmethod
    def _note(why: str, placement: Placement) -> None:
        """Leave a record of a decision for whoever debugs placement: no id, no cell."""
        if log.isEnabledFor(logging.DEBUG):
            choice = placement.choice
            log.debug(
                "placed: why %s, rung %s, %d rooms to choose from, %s, score %.2f, ahead by %.2f",
                why,
                "venue" if isinstance(placement.catchment, Venue) else resolution_of(placement.catchment),
                placement.candidates,
                "a new room" if choice.room is None else "a thin room" if choice.rescue else "a room",
                choice.score,
                choice.margin,
            )


def _finish(answers: Iterable[asyncio.Future[None]], down: HubDown | None = None) -> None:
    for answer in answers:
        if answer.done():
            continue
        if down is None:
            answer.set_result(None)
        else:
            answer.set_exception(down)
            answer.exception()  # Nobody may be waiting any more, and that is no error.


def _pass_on(answer: asyncio.Future[None], other: asyncio.Future[None]) -> None:
    """Answer as another one was."""
    down = other.exception()
    _finish([answer], down if isinstance(down, HubDown) else None)
