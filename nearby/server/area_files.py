"""Operators' areas as GeoJSON: the files they send, read one at a time, and what the server makes of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal, cast

import msgspec
from aiohttp import web

from nearby.core import operations_wire as wire
from nearby.core.admin_wire import Geometry
from nearby.core.area import geojson_of, read_areas
from nearby.core.area_index import Area
from nearby.core.cell import cell_name, res7_cells_of
from nearby.core.ids import Cell
from nearby.errors import BadArea, ErrorCode, Refused
from nearby.server.requests import large_body_of

MAX_IMPORT_BYTES = 8 << 20
"""A hundred times the parks of a large city; what phones may send stays at 16 KiB."""

MAX_IMPORT_CELLS = 250_000
"""Some 25,000 km², written in one transaction: on SQLite nothing else is written for up to 1.7 s, measured over an
import of as many that were there already, and acks wait for 2 s."""


class AreaFiles:
    """Reads the files of one server, one at a time: each is held in memory, with its cells."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Semaphore(1)

    @asynccontextmanager
    async def read(self, request: web.Request) -> AsyncIterator[Sequence[Area]]:
        """Give the areas in a request's body; no other file is read until they are done with.

        Raises:
            Refused: ``bad_query``, ``bad_area`` or ``too_large``.
        """
        kind = _kind_in(request)
        async with self._one_at_a_time:
            geojson = await large_body_of(request, MAX_IMPORT_BYTES)
            try:
                # In a thread: a country's parks take seconds.
                areas = await asyncio.to_thread(read_areas, geojson, kind=kind, most_cells=MAX_IMPORT_CELLS)
            except BadArea as bad:
                raise Refused(ErrorCode.BAD_AREA, str(bad)) from None
            yield areas


def area_features(areas: Sequence[Area]) -> bytes:
    """Return areas as an ``AreasAnswer``, encoded. Takes a second for 200,000 cells."""
    return msgspec.json.encode(wire.AreasAnswer(type="FeatureCollection", features=[_feature(area) for area in areas]))


def _feature(area: Area) -> wire.AreaFeature:
    return wire.AreaFeature(
        type="Feature",
        geometry=Geometry(**geojson_of(area.outline)),
        properties=wire.AreaProperties(
            id=area.id,
            name=area.name,
            kind=area.kind,
            cells=[cell_name(Cell(cell)) for cell in sorted(area.cells)],
            around=[cell_name(cell) for cell in res7_cells_of(area.cells)],
        ),
    )


def _kind_in(request: web.Request) -> Literal["quiet", "venue"] | None:
    kind = request.query.get("kind")
    if kind not in (None, "quiet", "venue"):
        raise Refused(ErrorCode.BAD_QUERY, "kind must be quiet or venue")
    return cast(Literal["quiet", "venue"] | None, kind)
