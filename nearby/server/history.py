"""Looks at the server every ten seconds, adds what it did to what all servers of the hub did, and remembers an hour."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from prometheus_client import Counter as Counted

from nearby.core import wire
from nearby.core.history import STEPS, Figures, History, Live, Look, Step, step_at, totals
from nearby.errors import HubDown
from nearby.hub.base import Hub, HubStatistics
from nearby.server.clock import SteadyClock
from nearby.server.metrics import Metrics
from nearby.store.base import Journal

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5

TOTALS = -1
"""The step in whose place all servers add up what they did since they started."""


class Historian:
    """Keeps the history of one server.

    Args:
        hub: Live state.
        journal: Says whether the database is there.
        metrics: What is counted.
        clock: The time.
    """

    def __init__(self, hub: Hub, journal: Journal, *, metrics: Metrics, clock: SteadyClock) -> None:
        self._hub = hub
        self._journal = journal
        self._metrics = metrics
        self._clock = clock
        self._history = History()
        self._untold: Counter[str] = Counter()
        self.started_ms = clock.now_ms()

    async def run(self) -> None:
        """Look whenever it is due, until cancelled. A look that fails is logged and the next one comes."""
        while True:
            try:
                if self._history.is_due(self._clock.now_ms()):
                    await self._look()
            except Exception:
                log.exception("a look at the server failed")
            await asyncio.sleep(LOOK_EVERY_S)

    async def steps(self) -> list[Step]:
        """Return the last hour's steps, oldest first, of all servers."""
        now_ms = self._clock.now_ms()
        await self._read([step_at(now_ms)], now_ms)
        return list(self._history.steps(now_ms))

    async def totals(self) -> Figures:
        """Return placements and limits hit, see ``totals``, on all servers since they started.

        While the hub cannot be reached, on this one.
        """
        look = self._counted(None)
        try:
            (all_told,) = await self._hub.figures([TOTALS], look.at_ms)
        except HubDown:
            return totals(look)
        return Counter(all_told) + self._untold + Counter(self._history.since(look))

    async def live(self) -> HubStatistics | None:
        """Return what is live now, None if the hub cannot be reached."""
        try:
            return await self._hub.statistics()
        except HubDown:
            return None

    async def _look(self) -> None:
        live = await self.live()
        look = self._counted(None if live is None else Live(live.people, live.connections, dict(live.rooms_by_size)))
        self._untold.update(self._history.since(look))
        done, step = self._history.note(look), step_at(look.at_ms)
        try:
            await self._hub.add_figures(TOTALS, self._untold, look.at_ms)
            self._untold.clear()
            if done is None:
                await self._read(range(step - STEPS, step + 1), look.at_ms)
            else:
                await self._hub.add_figures(step, done, look.at_ms)
                # Of the step before everybody has told by now.
                await self._read([step - 1, step], look.at_ms)
        except HubDown:
            self._history.put(step, done or {})

    async def _read(self, steps: Sequence[int], now_ms: int) -> None:
        """Learn what all servers did in some steps, if the hub can be reached."""
        with contextlib.suppress(HubDown):
            for step, figures in zip(steps, await self._hub.figures(steps, now_ms), strict=True):
                self._history.put(step, figures)

    def _counted(self, live: Live | None) -> Look:
        metrics = self._metrics
        return Look(
            at_ms=self._clock.now_ms(),
            live=live,
            is_store_up=not self._journal.statistics().is_down,
            checkins=metrics.messages[wire.CheckIn],
            says=metrics.messages[wire.Say],
            deliveries=metrics.deliveries,
            placements=counts_of(metrics.placements),
            limits_hit=counts_of(metrics.limits_hit),
            say_counts=metrics.say_seconds.counts(),
            checkin_counts=metrics.checkin_seconds.counts(),
            lag_counts=metrics.loop_lag_seconds.counts(),
        )


def counts_of(counter: Counted) -> Mapping[str, int]:
    """Return a counter of one label by that label's values."""
    samples: list[Any] = [sample for family in counter.collect() for sample in family.samples]
    return {next(iter(sample.labels.values())): int(sample.value) for sample in samples}
