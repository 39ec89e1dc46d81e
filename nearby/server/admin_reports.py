"""Operators' calls about reports: the queue, and what they decide."""

from contextlib import suppress

from aiohttp import web

from nearby.core import moderation_wire as wire
from nearby.core.ids import is_id
from nearby.core.reports import ReportId, Then, due_ms
from nearby.core.rules import DAY_MS, Rules
from nearby.core.text import clean_text
from nearby.errors import ErrorCode, Refused, StoreDown
from nearby.server.admin import operator_of
from nearby.server.auth import Verifier
from nearby.server.clock import SteadyClock
from nearby.server.enforcing import Enforcing
from nearby.server.metrics import Metrics
from nearby.server.requests import body_of, id_in, json_answer, private
from nearby.store.base import Store
from nearby.store.moderation import By, Report

MOST = 50


class AdminReports:
    """Serves ``/v1/admin/reports``.

    Args:
        store: Keeps reports.
        enforcing: Makes true what is decided.
        rules: The 24 hours of the queue's clock.
        verifier: Checks tokens.
        clock: The time.
        metrics: Count decisions, and show how long the queue is.
    """

    def __init__(
        self,
        store: Store,
        enforcing: Enforcing,
        rules: Rules,
        *,
        verifier: Verifier,
        clock: SteadyClock,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._enforcing = enforcing
        self._rules = rules
        self._verifier = verifier
        self._clock = clock
        self._metrics = metrics

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [
            web.get("/v1/admin/reports", self._list),
            web.get("/v1/admin/reports/{report}", self._show),
            web.post("/v1/admin/reports/{report}/decision", self._decide),
            web.post("/v1/admin/reports/{report}/undo", self._undo),
        ]

    async def count(self) -> None:
        """Look how long the queue is, for the metrics; while the database is away the last look stays."""
        with suppress(StoreDown):
            self._metrics.moderation.queue_is(await self._store.moderation.queue(), self._clock.now_ms())

    async def _list(self, request: web.Request) -> web.StreamResponse:
        operator_of(request, self._verifier, self._clock.now_ms())
        status, after = request.query.get("status", "open"), request.query.get("after")
        if status not in ("open", "decided"):
            raise Refused(ErrorCode.BAD_QUERY, "status must be open or decided")
        if after is not None and not is_id(after):
            raise Refused(ErrorCode.BAD_QUERY, "after must be the id of a report")
        moderation = self._store.moderation
        last = None if after is None else ReportId(after)
        found = await moderation.reports(is_open=status == "open", after=last, limit=MOST)
        queue = await moderation.queue()
        reports = [self._shown(report) for report in found]
        return private(json_answer(wire.ReportsAnswer(open=queue.still_open, reports=reports)))

    async def _show(self, request: web.Request) -> web.StreamResponse:
        operator_of(request, self._verifier, self._clock.now_ms())
        return await self._one(_report_in(request))

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        now_ms = self._clock.now_ms()
        operator = operator_of(request, self._verifier, now_ms)
        report, asked = _report_in(request), await body_of(request, wire.DecisionRequest)
        if asked.decision == "suspend" and asked.days is None:
            raise Refused(ErrorCode.BAD_MESSAGE, "a suspension needs days")
        until_ms = None if asked.days is None else now_ms + asked.days * DAY_MS
        then: Then | None = None if asked.decision == "reject" else asked.decision
        by = By(operator, clean_text(asked.reason))
        await self._store.moderation.decide(report, then, until_ms, by, now_ms, self._rules)
        return await self._done(report, asked.decision)

    async def _undo(self, request: web.Request) -> web.StreamResponse:
        now_ms = self._clock.now_ms()
        operator = operator_of(request, self._verifier, now_ms)
        report, asked = _report_in(request), await body_of(request, wire.ReasonRequest)
        await self._store.moderation.undo(report, By(operator, clean_text(asked.reason)), now_ms, self._rules)
        return await self._done(report, "undo")

    async def _done(self, report: ReportId, decision: str) -> web.StreamResponse:
        self._metrics.moderation.decisions.labels(decision).inc()
        await self._enforcing.look_everywhere()
        return await self._one(report)

    async def _one(self, report: ReportId) -> web.StreamResponse:
        found = await self._store.moderation.one(report)
        if found is None:
            raise Refused(ErrorCode.NOT_FOUND)
        return private(json_answer(self._shown(found)))

    def _shown(self, report: Report) -> wire.ReportAnswer:
        return wire.ReportAnswer(
            report=report.report,
            reporter=report.reporter,
            reported=report.reported,
            about="bottle" if report.is_over_bottle else "talk",
            reason=report.reason,
            text=report.text,
            at_ms=report.at_ms,
            due_ms=due_ms(report.at_ms, self._rules),
            counts=report.does_count,
            counted=report.counted,
            status=report.status,
            decision=report.decision,
            reviewed_ms=report.reviewed_ms,
            messages=[
                wire.ReportedLine(speaker=line.speaker, text=line.text, at_ms=line.at_ms) for line in report.lines
            ],
        )


def _report_in(request: web.Request) -> ReportId:
    return ReportId(id_in(request, "report"))
