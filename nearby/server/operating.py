"""Operators' calls about the service itself: brakes, areas, and the audit of what operators did."""

import asyncio
import re
from collections.abc import Sequence
from typing import Literal, cast

import msgspec
from aiohttp import web

from nearby.core import operations_wire as wire
from nearby.core.admin_wire import Geometry
from nearby.core.area import geojson_of, read_areas
from nearby.core.area_index import Area, AreaId
from nearby.core.brakes import EVERYWHERE, Brake, check_area
from nearby.core.cell import cell_name, res7_cells_of
from nearby.core.ids import Cell, PersonId, RoomId, is_id
from nearby.core.text import clean_text
from nearby.errors import BadArea, ErrorCode, Refused
from nearby.hub.base import Hub
from nearby.server.admin import operator_of
from nearby.server.areas import AreasInForce
from nearby.server.auth import Verifier
from nearby.server.brakes import BrakesInForce
from nearby.server.clock import SteadyClock
from nearby.server.requests import body_of, json_answer, large_body_of, private
from nearby.store.base import Journal, Store
from nearby.store.moderation import By
from nearby.store.operations import AuditEntry

MAX_IMPORT_BYTES = 8 << 20
"""A hundred times the parks of a large city; what phones may send stays at 16 KiB."""

MAX_IMPORT_CELLS = 250_000
"""Some 25,000 km², written in one transaction: on SQLite nothing else is written for up to 1.7 s, measured over an
import of as many that were there already, and acks wait for 2 s."""

PAGE = 100
"""Entries of one page of the audit."""

_AREAS = "/v1/admin/areas"
_CURSOR = re.compile(r"([0-9]{1,15})-([A-Za-z0-9_-]{1,64})")


class Operating:
    """Serves ``/v1/admin/brakes``, ``/v1/admin/areas`` and ``/v1/admin/audit``.

    What changes anything is in the audit, and in force here when it is answered.

    Args:
        store: Keeps brakes, areas and the audit.
        hub: Closes rooms.
        journal: Says when a closed room is on disk.
        areas: The areas in force.
        brakes: The brakes in force.
        verifier: Checks tokens.
        clock: The time.
    """

    def __init__(
        self,
        store: Store,
        hub: Hub,
        *,
        journal: Journal,
        areas: AreasInForce,
        brakes: BrakesInForce,
        verifier: Verifier,
        clock: SteadyClock,
    ) -> None:
        self._store = store
        self._hub = hub
        self._journal = journal
        self._areas = areas
        self._brakes = brakes
        self._verifier = verifier
        self._clock = clock
        # Each holds its file and its cells in memory.
        self._imports = asyncio.Semaphore(1)

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            web.get("/v1/admin/brakes", self._pulled),
            web.post("/v1/admin/brakes/pull", self._pull),
            web.post("/v1/admin/brakes/release", self._release),
            web.post("/v1/admin/brakes/close", self._close),
            web.get(_AREAS, self._all_areas),
            web.post(_AREAS, self._import),
            web.put(_AREAS, self._import),
            web.delete(f"{_AREAS}/{{area}}", self._remove),
            web.get("/v1/admin/audit", self._audit),
        ]

    @staticmethod
    def takes_large_body(request: web.Request) -> bool:
        """Return whether the request's body is read by its call, which takes more than others do."""
        resource = request.match_info.route.resource
        return resource is not None and resource.canonical == _AREAS and request.method in ("POST", "PUT")

    async def _pulled(self, request: web.Request) -> web.StreamResponse:
        self._operator(request)
        return await self._all_pulled()

    async def _pull(self, request: web.Request) -> web.StreamResponse:
        operator = self._operator(request)
        asked = await body_of(request, wire.BrakeRequest)
        by, area = By(operator, clean_text(asked.reason)), asked.area or EVERYWHERE
        check_area(asked.what, area)
        await self._store.operations.pull(asked.what, area, by, self._clock.now_ms())
        await self._put_brakes_in_force()
        return await self._all_pulled()

    async def _release(self, request: web.Request) -> web.StreamResponse:
        operator = self._operator(request)
        asked = await body_of(request, wire.BrakeRequest)
        by, area = By(operator, clean_text(asked.reason)), asked.area or EVERYWHERE
        check_area(asked.what, area)
        if not await self._store.operations.release(asked.what, area, by, self._clock.now_ms()):
            raise Refused(ErrorCode.NOT_FOUND, "this brake is not pulled")
        await self._put_brakes_in_force()
        return await self._all_pulled()

    async def _close(self, request: web.Request) -> web.StreamResponse:
        operator = self._operator(request)
        asked = await body_of(request, wire.CloseRequest)
        by = By(operator, clean_text(asked.reason))
        # Before it is done: what nobody can look up must not happen.
        await self._store.operations.note("room_close", f"room {asked.room}", by, self._clock.now_ms())
        if not await self._hub.close_room(RoomId(asked.room), self._clock.now_ms()):
            raise Refused(ErrorCode.NOT_FOUND, "there is no such room, or not any more")
        await self._journal.durable()
        return web.Response(status=204)

    async def _all_pulled(self) -> web.Response:
        brakes = await self._store.operations.brakes()
        return private(json_answer(wire.BrakesAnswer(brakes=[_brake(brake) for brake in brakes])))

    async def _put_brakes_in_force(self) -> None:
        await self._brakes.refresh(self._store, self._hub, self._clock)

    async def _all_areas(self, request: web.Request) -> web.StreamResponse:
        self._operator(request)
        body = await asyncio.to_thread(_geojson, await self._store.areas())
        return private(web.Response(body=body, content_type="application/geo+json"))

    async def _import(self, request: web.Request) -> web.StreamResponse:
        operator = self._operator(request)
        reason, kind = _reason_in(request), _kind_in(request)
        async with self._imports:
            geojson = await large_body_of(request, MAX_IMPORT_BYTES)
            try:
                # In a thread: a country's parks take seconds.
                areas = await asyncio.to_thread(read_areas, geojson, kind=kind, most_cells=MAX_IMPORT_CELLS)
            except BadArea as bad:
                raise Refused(ErrorCode.BAD_AREA, str(bad)) from None
            await self._store.operations.put_areas(areas, By(operator, reason), self._clock.now_ms())
            await self._areas.refresh(self._store)
        imported = [wire.ImportedArea(id=area.id, kind=area.kind, cells=len(area.cells)) for area in areas]
        return private(json_answer(wire.ImportAnswer(areas=imported)))

    async def _remove(self, request: web.Request) -> web.StreamResponse:
        operator = self._operator(request)
        area, reason = request.match_info["area"], _reason_in(request)
        by, now_ms = By(operator, reason), self._clock.now_ms()
        if not is_id(area) or not await self._store.operations.remove_area(AreaId(area), by, now_ms):
            raise Refused(ErrorCode.NOT_FOUND, "there is no area of this id")
        await self._areas.refresh(self._store)
        return web.Response(status=204)

    async def _audit(self, request: web.Request) -> web.StreamResponse:
        self._operator(request)
        found = await self._store.operations.audit(limit=PAGE, before=_cursor_in(request))
        last = found[-1] if len(found) == PAGE else None
        before = None if last is None else f"{last.at_ms}-{last.entry}"
        return private(json_answer(wire.AuditAnswer(entries=[_entry(one) for one in found], before=before)))

    def _operator(self, request: web.Request) -> PersonId:
        return operator_of(request, self._verifier, self._clock.now_ms())


def _reason_in(request: web.Request) -> str:
    """Return the reason in the address: the body is the file as it is.

    Raises:
        Refused: ``bad_query``.
    """
    try:
        return clean_text(request.query.get("reason", ""))
    except Refused:
        raise Refused(ErrorCode.BAD_QUERY, "reason must say why, in 1 to 1000 characters") from None


def _kind_in(request: web.Request) -> Literal["quiet", "venue"] | None:
    kind = request.query.get("kind")
    if kind not in (None, "quiet", "venue"):
        raise Refused(ErrorCode.BAD_QUERY, "kind must be quiet or venue")
    return cast(Literal["quiet", "venue"] | None, kind)


def _cursor_in(request: web.Request) -> tuple[int, str] | None:
    before = request.query.get("before")
    if before is None:
        return None
    found = _CURSOR.fullmatch(before)
    if found is None:
        raise Refused(ErrorCode.BAD_QUERY, "before must be as the page before gave it")
    return int(found[1]), found[2]


def _geojson(areas: Sequence[Area]) -> bytes:
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


def _brake(brake: Brake) -> wire.BrakeAnswer:
    return wire.BrakeAnswer(what=brake.what, area=brake.area or None, since_ms=brake.since_ms, reason=brake.reason)


def _entry(one: AuditEntry) -> wire.AuditEntryAnswer:
    return wire.AuditEntryAnswer(
        entry=one.entry,
        at_ms=one.at_ms,
        operator=one.operator,
        action=one.action,
        target=one.target,
        detail=one.detail,
    )
