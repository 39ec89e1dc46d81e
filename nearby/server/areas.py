"""Operators' areas in force: read at the start, and again within seconds of every change."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from typing import get_args

from nearby.core.area_index import NO_AREAS, AreaId, AreaIndex, Kind
from nearby.core.venue import Venue, venue_of
from nearby.errors import StoreDown
from nearby.server.metrics import Metrics
from nearby.store.base import Store

log = logging.getLogger(__name__)

REFRESH_S = 2.0
"""A change reaches every server within 5 s: this, and the time to read some 200,000 cells."""


class AreasInForce:
    """The areas that check-ins are held against. ``index`` and ``venues`` are replaced whole, never changed."""

    def __init__(self, metrics: Metrics) -> None:
        self.index: AreaIndex = NO_AREAS
        self.venues: Mapping[AreaId, Venue] = {}
        self._revision: int | None = None
        self._turn = asyncio.Lock()
        self._metrics = metrics

    async def refresh(self, store: Store) -> bool:
        """Put the store's areas in force if they changed since the last time; return whether they did.

        Raises:
            StoreDown: The areas before stay in force.
        """
        # One after the other: what was read first must not be put in force last.
        async with self._turn:
            return await self._refresh(store)

    async def _refresh(self, store: Store) -> bool:
        # Before the areas: whoever changes them between the two makes us look again, not miss it. Unequal, for a
        # database that was restored from a backup has an older revision.
        revision = await store.areas_revision()
        if revision == self._revision:
            return False
        areas = await store.areas()
        # In a thread: a country's parks take a tenth of a second.
        self.index = await asyncio.to_thread(AreaIndex, areas)
        self.venues = {area.id: venue_of(area) for area in areas if area.kind == "venue"}
        self._revision = revision
        by_kind = Counter(area.kind for area in areas)
        for kind in get_args(Kind):
            self._metrics.areas.labels(kind).set(by_kind[kind])
        return True

    async def keep_fresh(self, store: Store) -> None:
        """Refresh every two seconds until cancelled; while that fails the areas before stay in force."""
        while True:
            await asyncio.sleep(REFRESH_S)
            try:
                if await self.refresh(store):
                    log.info("the areas changed")
            except StoreDown as down:
                self._metrics.areas_refresh_failures.inc()
                log.warning("keeping the areas in force: %s", down)
            except Exception:
                self._metrics.areas_refresh_failures.inc()
                log.exception("keeping the areas in force")
