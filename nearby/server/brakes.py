"""Operators' brakes in force: put at the start, and again within seconds of every change."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import get_args

from nearby.core.brakes import NOTHING_STOPPED, Brake, Stopped, What, stopped_by
from nearby.errors import HubDown, StoreDown
from nearby.hub.base import Hub
from nearby.server.clock import SteadyClock
from nearby.server.metrics import Metrics
from nearby.store.base import Store

log = logging.getLogger(__name__)

REFRESH_S = 2.0
"""A change reaches every server within 5 s. All brakes are read: there are few, and no number to miss."""


class BrakesInForce:
    """What is stopped now. The hub is told of placement and shakes; of guests and bottles ``stopped`` is asked.

    Args:
        metrics: Told how many brakes are pulled.
    """

    def __init__(self, metrics: Metrics) -> None:
        self.stopped: Stopped = NOTHING_STOPPED
        self._pulled: Sequence[Brake] | None = None
        self._metrics = metrics
        self._turn = asyncio.Lock()

    def tell_again(self) -> None:
        """Have the next refresh tell the hub also what did not change: it may have lost it."""
        self._pulled = None

    async def refresh(self, store: Store, hub: Hub, clock: SteadyClock) -> bool:
        """Put the store's brakes in force if they changed since the last time; return whether they did.

        Raises:
            StoreDown: The brakes before stay in force.
            HubDown: The hub may have the brakes of before; the next time it is told again.
        """
        # One after the other: what was read first must not be put in force last.
        async with self._turn:
            brakes = await store.operations.brakes()
            if brakes == self._pulled:
                return False
            self.stopped = stopped_by(brakes)
            await hub.brake(self.stopped, clock.now_ms())
            self._pulled = brakes
            by_what = Counter(brake.what for brake in brakes)
            for what in get_args(What):
                self._metrics.brakes.labels(what).set(by_what[what])
            return True

    async def keep_fresh(self, store: Store, hub: Hub, clock: SteadyClock) -> None:
        """Refresh every two seconds until cancelled; while that fails the brakes before stay in force."""
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                if await self.refresh(store, hub, clock):
                    log.info("the brakes changed")
            except (StoreDown, HubDown) as down:
                self._metrics.brakes_refresh_failures.inc()
                log.warning("keeping the brakes in force: %s", down)
            except Exception:
                self._metrics.brakes_refresh_failures.inc()
                log.exception("keeping the brakes in force")
