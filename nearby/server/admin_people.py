"""Operators' calls about people: who somebody is, whether they may come in, whose name is theirs. And the appeal."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from nearby.core import moderation_wire as wire
from nearby.core.ids import PersonId
from nearby.core.likeness import likeness_of
from nearby.core.naming import clean_name
from nearby.core.rules import DAY_MS, HOUR_MS
from nearby.core.text import clean_text
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Hub
from nearby.server.admin import operator_of
from nearby.server.auth import Verifier
from nearby.server.clock import SteadyClock
from nearby.server.enforcing import Enforcing
from nearby.server.metrics import Metrics
from nearby.server.requests import bearer_of, body_of, id_in, json_answer, private
from nearby.store.base import Store
from nearby.store.moderation import Ban, By, Found, Sanction

APPEALS_PER_HOUR = 10
MOST_SANCTIONS = 200


class AdminPeople:
    """Serves ``/v1/admin/people``, and ``/v1/me/appeal`` for those it is about.

    Args:
        hub: Counts appeals.
        store: Knows people and what was decided of them.
        enforcing: Makes true what is decided.
        verifier: Checks tokens.
        clock: The time.
        metrics: Count what is done.
    """

    def __init__(
        self,
        hub: Hub,
        store: Store,
        enforcing: Enforcing,
        *,
        verifier: Verifier,
        clock: SteadyClock,
        metrics: Metrics,
    ) -> None:
        self._hub = hub
        self._store = store
        self._enforcing = enforcing
        self._verifier = verifier
        self._clock = clock
        self._metrics = metrics

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            web.get("/v1/admin/people", self._find),
            web.get("/v1/admin/people/{person}", self._show),
            web.get("/v1/admin/sanctions", self._sanctions),
            web.post("/v1/admin/people/{person}/verify", self._verify),
            web.post("/v1/admin/people/{person}/revoke", self._revoke),
            web.post("/v1/admin/people/{person}/ban", self._ban),
            web.post("/v1/admin/people/{person}/suspend", self._suspend),
            web.post("/v1/admin/people/{person}/unban", self._unban),
            web.post("/v1/admin/people/{person}/appeal", self._note_appeal),
            web.post("/v1/me/appeal", self._appeal),
        ]

    async def _find(self, request: web.Request) -> web.StreamResponse:
        """Find somebody by a verified name, however it is written."""
        now_ms = self._clock.now_ms()
        operator_of(request, self._verifier, now_ms)
        name = request.query.get("name", "")
        if not name:
            raise Refused(ErrorCode.BAD_QUERY, "name must be a verified name")
        return _answer(await self._store.moderation.find_named(likeness_of(clean_name(name)), now_ms))

    async def _show(self, request: web.Request) -> web.StreamResponse:
        now_ms = self._clock.now_ms()
        operator_of(request, self._verifier, now_ms)
        return _answer(await self._store.moderation.find(_person_in(request), now_ms))

    async def _sanctions(self, request: web.Request) -> web.StreamResponse:
        """List who may not come in, so that whoever appeals is seen."""
        now_ms = self._clock.now_ms()
        operator_of(request, self._verifier, now_ms)
        found = await self._store.moderation.sanctioned(now_ms, limit=MOST_SANCTIONS)
        sanctions = [
            wire.SanctionedAnswer(person=one.person, verified_name=one.verified_name, sanction=_sanction(one.sanction))
            for one in found
        ]
        return private(json_answer(wire.SanctionsAnswer(sanctions=sanctions)))

    async def _verify(self, request: web.Request) -> web.StreamResponse:
        operator, person, now_ms = await self._begin(request)
        asked = await body_of(request, wire.VerifyRequest)
        name, by = clean_name(asked.name), By(operator, clean_text(asked.reason))
        return await self._did(
            "verify", person, self._store.moderation.verify(person, name, likeness_of(name), by, now_ms)
        )

    async def _revoke(self, request: web.Request) -> web.StreamResponse:
        return await self._with_reason(request, "revoke", self._store.moderation.revoke)

    async def _unban(self, request: web.Request) -> web.StreamResponse:
        return await self._with_reason(request, "unban", self._store.moderation.unban)

    async def _ban(self, request: web.Request) -> web.StreamResponse:
        operator, person, now_ms = await self._begin(request)
        asked = await body_of(request, wire.BanRequest)
        ban = Ban("ban", None if asked.days is None else now_ms + asked.days * DAY_MS)
        by = By(operator, clean_text(asked.reason))
        return await self._did("ban", person, self._store.moderation.ban(person, ban, by, now_ms))

    async def _suspend(self, request: web.Request) -> web.StreamResponse:
        operator, person, now_ms = await self._begin(request)
        asked = await body_of(request, wire.SuspendRequest)
        ban = Ban("suspension", now_ms + asked.days * DAY_MS)
        by = By(operator, clean_text(asked.reason))
        return await self._did("suspend", person, self._store.moderation.ban(person, ban, by, now_ms))

    async def _note_appeal(self, request: web.Request) -> web.StreamResponse:
        operator, person, now_ms = await self._begin(request)
        asked = await body_of(request, wire.AppealNote)
        text, by = clean_text(asked.text), By(operator, clean_text(asked.reason))
        if not await self._store.moderation.appeal(person, text, now_ms, by=by):
            raise Refused(ErrorCode.NOT_FOUND)
        self._metrics.moderation.deeds.labels("appeal").inc()
        return _answer(await self._store.moderation.find(person, now_ms))

    async def _appeal(self, request: web.Request) -> web.StreamResponse:
        """Keep what a banned person says, for whoever looks at them next."""
        now_ms = self._clock.now_ms()
        person = self._verifier.verify(bearer_of(request), now_ms, even_if_banned=True).caller.person
        text = clean_text((await body_of(request, wire.AppealRequest)).text)
        limit, span_ms = APPEALS_PER_HOUR, HOUR_MS
        wait_ms = await self._hub.spend("appeals", person, limit=limit, span_ms=span_ms, now_ms=now_ms)
        if wait_ms:
            raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="appeals")
        if not await self._store.moderation.appeal(person, text, now_ms):
            raise Refused(ErrorCode.GONE, "nothing is in force against you that could be appealed here")
        return web.Response(status=204)

    async def _begin(self, request: web.Request) -> tuple[PersonId, PersonId, int]:
        """Return which operator calls, about whom, and the time, once whoever just came here has a row."""
        now_ms = self._clock.now_ms()
        operator, person = operator_of(request, self._verifier, now_ms), _person_in(request)
        await self._store.journal.durable()
        return operator, person, now_ms

    async def _with_reason(
        self, request: web.Request, did: str, call: Callable[[PersonId, By, int], Awaitable[None]]
    ) -> web.StreamResponse:
        operator, person, now_ms = await self._begin(request)
        asked = await body_of(request, wire.ReasonRequest)
        return await self._did(did, person, call(person, By(operator, clean_text(asked.reason)), now_ms))

    async def _did(self, did: str, person: PersonId, call: Awaitable[None]) -> web.StreamResponse:
        """Answer with the person as they are once something was done and is in force here."""
        await call
        self._metrics.moderation.deeds.labels(did).inc()
        await self._enforcing.look_everywhere()
        found = await self._store.moderation.find(person, self._clock.now_ms())
        # Of somebody erased nothing is left once nothing is in force against them.
        return web.Response(status=204) if found is None else _answer(found)


def _person_in(request: web.Request) -> PersonId:
    return PersonId(id_in(request, "person"))


def _sanction(one: Sanction) -> wire.SanctionAnswer:
    return wire.SanctionAnswer(
        kind=one.kind, since_ms=one.since_ms, until_ms=one.until_ms, reason=one.reason, appeal=one.appeal
    )


def _answer(found: Found | None) -> web.Response:
    if found is None:
        raise Refused(ErrorCode.NOT_FOUND)
    sanctions = [_sanction(one) for one in found.sanctions]
    return private(
        json_answer(
            wire.PersonAnswer(
                person=found.person,
                is_erased=found.is_erased,
                is_guest=found.is_guest,
                created_ms=found.created_ms,
                verified_name=found.verified_name,
                verdict=found.verdict,
                sanctions=sanctions,
                reported=wire.ReportCounts(**found.reported),
                reports=wire.ReportCounts(**found.reports),
            )
        )
    )
