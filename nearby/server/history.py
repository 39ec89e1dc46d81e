"""Looks at the server every ten seconds and remembers an hour of it, in the process alone."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from prometheus_client import Counter

from nearby.core import wire
from nearby.core.history import History, Live, Look, Step
from nearby.errors import HubDown
from nearby.hub.base import Hub, HubStatistics
from nearby.server.clock import SteadyClock
from nearby.server.metrics import Metrics
from nearby.store.base import Journal

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5


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

    def steps(self) -> list[Step]:
        """Return the last hour's steps, oldest first."""
        return list(self._history.steps(self._clock.now_ms()))

    async def live(self) -> HubStatistics | None:
        """Return what is live now, None if the hub cannot be reached."""
        try:
            return await self._hub.statistics()
        except HubDown:
            return None

    async def _look(self) -> None:
        live = await self.live()
        metrics = self._metrics
        self._history.note(
            Look(
                at_ms=self._clock.now_ms(),
                live=None if live is None else Live(live.people, live.connections, dict(live.rooms_by_size)),
                is_store_up=not self._journal.statistics().is_down,
                checkins=metrics.messages[wire.CheckIn],
                says=metrics.messages[wire.Say],
                deliveries=metrics.deliveries,
                placements=counts_of(metrics.placements),
                limits_hit=sum(counts_of(metrics.limits_hit).values()),
                say_counts=metrics.say_seconds.counts(),
                checkin_counts=metrics.checkin_seconds.counts(),
                lag_counts=metrics.loop_lag_seconds.counts(),
            )
        )


def counts_of(counter: Counter) -> Mapping[str, int]:
    """Return a counter of one label by that label's values."""
    samples: list[Any] = [sample for family in counter.collect() for sample in family.samples]
    return {next(iter(sample.labels.values())): int(sample.value) for sample in samples}
