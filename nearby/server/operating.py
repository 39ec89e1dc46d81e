"""Operators' calls about the service itself: brakes, areas, and the audit of what operators did."""

import asyncio
import re

from aiohttp import web

from nearby.core import operations_wire as wire
from nearby.core.area_index import AreaId
from nearby.core.brakes import EVERYWHERE, Brake, check_area
from nearby.core.ids import PersonId, RoomId, is_id
from nearby.core.text import clean_text
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Hub
from nearby.server.admin import operator_of
from nearby.server.area_files import AreaFiles, area_features
from nearby.server.areas import AreasInForce
from nearby.server.auth import Verifier
from nearby.server.brakes import BrakesInForce
from nearby.server.clock import SteadyClock
from nearby.server.requests import body_of, json_answer, private
from nearby.store.base import Journal, Store
from nearby.store.moderation import By
from nearby.store.operations import AuditEntry

PAGE = 100
"""Entries of one page of the audit."""

_AREAS = "/v1/admin/areas"
_PREVIEW = f"{_AREAS}/preview"
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
        self._files = AreaFiles()

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
            web.post(_PREVIEW, self._preview),
            web.delete(f"{_AREAS}/{{area}}", self._remove),
            web.get("/v1/admin/audit", self._audit),
        ]

    @staticmethod
    def takes_large_body(request: web.Request) -> bool:
        """Return whether the request's body is read by its call, which takes more than others do."""
        resource = request.match_info.route.resource
        return resource is not None and resource.canonical in (_AREAS, _PREVIEW) and request.method in ("POST", "PUT")

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
        body = await asyncio.to_thread(area_features, await self._store.areas())
        return private(web.Response(body=body, content_type="application/geo+json"))

    async def _import(self, request: web.Request) -> web.StreamResponse:
        operator = self._operator(request)
        by = By(operator, _reason_in(request))
        async with self._files.read(request) as areas:
            await self._store.operations.put_areas(areas, by, self._clock.now_ms())
            await self._areas.refresh(self._store)
        imported = [wire.ImportedArea(id=area.id, kind=area.kind, cells=len(area.cells)) for area in areas]
        return private(json_answer(wire.ImportAnswer(areas=imported)))

    async def _preview(self, request: web.Request) -> web.StreamResponse:
        """Show what a file's areas would be. Nothing is written, so no reason is asked for."""
        self._operator(request)
        async with self._files.read(request) as areas:
            body = await asyncio.to_thread(area_features, areas)
        return private(web.Response(body=body, content_type="application/geo+json"))

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
        person = _person_in(request)
        found = await self._store.operations.audit(limit=PAGE, before=_cursor_in(request), person=person)
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


def _person_in(request: web.Request) -> PersonId | None:
    person = request.query.get("person")
    if person is None:
        return None
    if not is_id(person):
        raise Refused(ErrorCode.BAD_QUERY, "person must be the id of a person")
    return PersonId(person)


def _cursor_in(request: web.Request) -> tuple[int, str] | None:
    before = request.query.get("before")
    if before is None:
        return None
    found = _CURSOR.fullmatch(before)
    if found is None:
        raise Refused(ErrorCode.BAD_QUERY, "before must be as the page before gave it")
    return int(found[1]), found[2]


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
