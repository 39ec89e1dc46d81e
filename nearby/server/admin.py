"""Operators' calls. Each needs a token with the scope ``operator``."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from aiohttp import web

from nearby.core import admin_wire
from nearby.core.area import geojson_of, outline_of
from nearby.core.cell import cell_name
from nearby.core.crowd import RESOLUTIONS, Crowd, crowds, whole_hours
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import HOUR_MS, MINUTE_MS
from nearby.errors import ErrorCode, Refused
from nearby.server.auth import Verifier
from nearby.server.clock import SteadyClock
from nearby.server.requests import bearer_of, private
from nearby.store.base import Store
from nearby.store.retention import CHECKINS_MS

SCOPE = "operator"

SETTLES_WITHIN_MS = MINUTE_MS
"""An hour is shown this long after its last window ended: by then every row about it is noted, and waits at most."""

_MAX_DIGITS = 15


class Admin:
    """Serves ``/v1/admin``.

    Args:
        store: Counts check-ins.
        verifier: Checks tokens.
        window_ms: The width of a window.
        clock: The time.
        settled_ms: Returns up to when the check-in log is whole, None if that is a matter of time alone.
    """

    def __init__(
        self,
        store: Store,
        *,
        verifier: Verifier,
        window_ms: int,
        clock: SteadyClock,
        settled_ms: Callable[[], Awaitable[int]] | None = None,
    ) -> None:
        self._settled_ms = settled_ms
        self._store = store
        self._verifier = verifier
        self._window_ms = window_ms
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [web.get("/v1/admin/crowd", self._crowd)]

    async def _crowd(self, request: web.Request) -> web.StreamResponse:
        self._check_operator(request)
        from_ms, to_ms, resolution = _asked(request.query)
        if self._settled_ms is not None:
            to_ms = min(to_ms, await self._settled_ms())
        from_ms, to_ms = self._answerable(from_ms, to_ms, self._clock.now_ms())
        if from_ms < to_ms:
            await self._store.checkins.flush()
        # An hour at a time: of a whole day the rows would hold the loop.
        shown: list[Crowd] = []
        for hour_ms in range(from_ms, to_ms, HOUR_MS):
            counts = await self._store.window_counts(hour_ms, hour_ms + HOUR_MS)
            shown += await asyncio.to_thread(crowds, counts, resolution)
        body = await asyncio.to_thread(_geojson, from_ms, to_ms, shown, resolution)
        return private(web.Response(body=body, content_type="application/geo+json"))

    def _answerable(self, from_ms: int, to_ms: int, now_ms: int) -> tuple[int, int]:
        """Return the whole hours of a span whose counts are whole and will not change any more.

        Not yet is an hour in which a window began that goes on or has just ended; no longer is one of which rows
        may have been deleted. Either would be shown by another class later, and the two together tell more.
        """
        settled_ms = now_ms - SETTLES_WITHIN_MS
        from_ms, to_ms = whole_hours(
            max(from_ms, now_ms - CHECKINS_MS), to_ms, settled_ms // self._window_ms * self._window_ms
        )
        return from_ms, max(from_ms, to_ms)

    def _check_operator(self, request: web.Request) -> None:
        operator_of(request, self._verifier, self._clock.now_ms())


def operator_of(request: web.Request, verifier: Verifier, now_ms: int) -> PersonId:
    """Return which operator calls.

    Raises:
        Refused: ``bad_token`` or ``operators_only``.
    """
    claims = verifier.verify(bearer_of(request), now_ms)
    if SCOPE not in claims.scope.split():
        raise Refused(ErrorCode.OPERATORS_ONLY)
    return claims.caller.person


def _asked(query: Mapping[str, str]) -> tuple[int, int, int]:
    """Return ``from_ms``, ``to_ms`` and ``resolution``.

    Raises:
        Refused: ``bad_query``.
    """
    from_ms, to_ms = _number(query, "from_ms"), _number(query, "to_ms")
    if from_ms >= to_ms:
        raise Refused(ErrorCode.BAD_QUERY, "from_ms must be before to_ms")
    resolution = _number(query, "resolution") if "resolution" in query else RESOLUTIONS[0]
    if resolution not in RESOLUTIONS:
        raise Refused(ErrorCode.BAD_QUERY, "resolution must be 7, 6 or 5")
    return from_ms, to_ms, resolution


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise Refused(ErrorCode.BAD_QUERY, f"{name} must be a whole number of at most {_MAX_DIGITS} digits")
    return int(text)


def _geojson(from_ms: int, to_ms: int, shown: Iterable[Crowd], resolution: int) -> bytes:
    return msgspec.json.encode(
        admin_wire.CrowdAnswer(
            type="FeatureCollection",
            from_ms=from_ms,
            to_ms=to_ms,
            features=[_feature(crowd, resolution) for crowd in shown],
        )
    )


def _feature(crowd: Crowd, resolution: int) -> admin_wire.CrowdFeature:
    return admin_wire.CrowdFeature(
        type="Feature",
        geometry=_geometry(crowd.cell),
        properties=admin_wire.CrowdProperties(
            cell=cell_name(crowd.cell),
            resolution=resolution,
            hour_start_ms=crowd.hour_start_ms,
            at_least=crowd.at_least,
            at_most=crowd.at_most,
        ),
    )


@lru_cache(maxsize=1 << 12)
def _geometry(cell: Cell) -> admin_wire.Geometry:
    """Return a cell's outline. Cached: a city's map shows the same cells hour by hour."""
    geometry: dict[str, Any] = geojson_of(outline_of(cell))
    return admin_wire.Geometry(**geometry)
