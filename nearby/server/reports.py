"""Reports: of a member of a room, of somebody one knows, of a bottle or thread; and what they do at once."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from nearby.core import wire
from nearby.core.bottle import BottleId
from nearby.core.bottle_wire import ReportRequest
from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.core.reports import ReportId
from nearby.core.rules import Rules
from nearby.core.text import clean_text
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Caller, Hub
from nearby.server.auth import Verifier
from nearby.server.clock import SteadyClock
from nearby.server.connection import Connection
from nearby.server.members import Members
from nearby.server.metrics import Metrics
from nearby.server.requests import bearer_of, body_of, id_in
from nearby.server.separation import drifter_of
from nearby.server.steps import answered_in_steps, in_steps
from nearby.store.base import Journal, Store
from nearby.store.moderation import About, InRoom, Known, NewReport, OverBottle

NO_REASON = "none given"


class Reports:
    """Carries reports out. Whoever they name, also nobody, the answer is the same, after as much work and as long.

    Args:
        hub: The live state, in which the two are separated.
        store: Keeps reports; None if nothing is kept of people: then a report separates, and nobody reads it.
        journal: Says when what was said, and who sat where, is on disk.
        members: Say who is meant by a member.
        enforce: Sends away whom reports suspended.
        rules: The limits.
        verifier: Checks tokens.
        clock: The time.
        metrics: Count reports.
        draw_id: Returns a new opaque id at each call.
    """

    def __init__(
        self,
        hub: Hub,
        store: Store | None,
        *,
        journal: Journal,
        members: Members,
        enforce: Callable[[], Awaitable[None]],
        rules: Rules,
        verifier: Verifier,
        clock: SteadyClock,
        metrics: Metrics,
        draw_id: Callable[[], str],
    ) -> None:
        self._hub = hub
        self._store = store
        self._journal = journal
        self._members = members
        self._enforce = enforce
        self._rules = rules
        self._verifier = verifier
        self._clock = clock
        self._metrics = metrics
        self._draw_id = draw_id

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return answered_in_steps([web.post("/v1/people/{person}/reports", self._report_person)])

    async def report_member(self, phone: Connection, message: wire.Report, now_ms: int) -> None:
        """Report a member and answer: in force for rooms at once, acknowledged once it is on disk.

        Whoever reports is moved to another room in any case: else it would tell whether the one they named sits in
        theirs.
        """
        async with in_steps():
            await self._report_member(phone, message, now_ms)
        if message.id is not None:
            phone.send(wire.Ack(id=message.id))

    async def _report_member(self, phone: Connection, message: wire.Report, now_ms: int) -> None:
        caller, reason = phone.caller, _reason(message.reason)
        await self._count(caller.person, now_ms)
        # Without a name it is the present room, if the member sits there, else whichever of the last hour it was.
        sits_here = await self._hub.member(caller.person, None, MemberId(message.member)) is not None
        room = RoomId(message.room) if message.room is not None else phone.room if sits_here else None
        reported = await self._members.who_is(caller.person, message.room, message.member, now_ms)
        await self._hub.move_away(caller.person, now_ms)
        if reported is not None:
            await self._hub.separate(caller.person, reported, now_ms, is_mutual=caller.established)
        if self._store is not None:
            await self._write(caller, InRoom(room, reported), reason, None, now_ms)

    async def report_bottle(self, caller: Caller, bottle: BottleId, asked: ReportRequest, now_ms: int) -> bool:
        """Report the other side of a bottle or thread; return whether that was written.

        Raises:
            Refused: ``rate_limited`` or ``bad_text``. Nothing was written.
        """
        return await self._report(caller, OverBottle(bottle), asked, now_ms)

    async def _report_person(self, request: web.Request) -> web.StreamResponse:
        now_ms = self._clock.now_ms()
        caller = self._verifier.verify(bearer_of(request), now_ms).caller
        handle = id_in(request, "person")
        asked = await body_of(request, ReportRequest)
        nearby = await self._hub.who_is_nearby(caller.person, handle)
        about = Known(handle) if nearby is None else InRoom(None, nearby)
        await self._report(caller, about, asked, now_ms)
        return web.Response(status=201)

    async def _report(self, caller: Caller, about: About, asked: ReportRequest, now_ms: int) -> bool:
        """Write a report that came over HTTP; return whether there was anything to write."""
        reason, text = _reason(asked.reason), None if asked.text is None else clean_text(asked.text)
        if self._store is None:
            raise Refused(ErrorCode.OFF, "this server keeps nothing of people")
        await self._count(caller.person, now_ms)
        await self._journal.durable()
        return await self._write(caller, about, reason, text, now_ms)

    async def _count(self, person: PersonId, now_ms: int) -> None:
        """Count one more report, of whomever: the database counts only what is written.

        Raises:
            Refused: ``rate_limited``. It was not counted.
        """
        most, span_ms = self._rules.reports_per_hour, self._rules.hour_ms
        if most:
            wait_ms = await self._hub.spend("reports", person, limit=most, span_ms=span_ms, now_ms=now_ms)
            if wait_ms:
                raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="reports")

    async def _write(self, caller: Caller, about: About, reason: str, text: str | None, now_ms: int) -> bool:
        """Write a report and do at once what it does by itself; return whether it was written."""
        assert self._store is not None
        new = NewReport(ReportId(self._draw_id()), reason, text)
        outcome = await self._store.moderation.report(drifter_of(caller), about, new, now_ms, self._rules)
        if outcome.reported is None:
            return False
        self._metrics.moderation.reports.labels(_KINDS[type(about)]).inc()
        await self._hub.separate(caller.person, outcome.reported, now_ms, is_mutual=caller.established)
        if outcome.removed_from is not None:
            self._metrics.moderation.removed.inc()
            await self._hub.remove(outcome.reported, outcome.removed_from, now_ms)
        if outcome.is_suspended:
            self._metrics.moderation.suspended.inc()
            await self._enforce()
        return True


_KINDS: dict[type, str] = {InRoom: "member", Known: "person", OverBottle: "bottle"}


def _reason(reason: str | None) -> str:
    return NO_REASON if reason is None else clean_text(reason)
