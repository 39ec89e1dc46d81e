"""The calls about drift bottles and the threads that grow from them."""

import re
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from nearby.core import bottle_wire as wire
from nearby.core.bottle import BottleId, ThreadId
from nearby.core.cell import cell_name, origin_of
from nearby.core.rules import SECOND_MS, Rules
from nearby.core.text import clean_text
from nearby.errors import ErrorCode, Refused, StoreDown
from nearby.hub.base import Hub
from nearby.server.auth import Claims, Verifier
from nearby.server.brakes import BrakesInForce
from nearby.server.clock import SteadyClock
from nearby.server.metrics import Metrics
from nearby.server.reports import Reports
from nearby.server.requests import bearer_of, body_of, id_in, json_answer, private
from nearby.server.screening import Screening
from nearby.server.steps import answered_in_steps
from nearby.store.base import Store
from nearby.store.bottles import Drifter, Thread, ThreadLine

COUNT_EVERY_MS = 30 * SECOND_MS
"""Bottles are counted for the metrics at most this often: to count them reads an index from end to end."""

_SEQ = re.compile(r"[0-9]{1,18}")


class Bottles:
    """Serves ``/v1/bottles`` and ``/v1/threads``.

    Args:
        hub: Says where a thrower is.
        store: Keeps bottles and threads.
        reports: Takes reports of them.
        screening: Says what unverified people may not write.
        rules: The limits.
        is_on: Whether there are bottles; without, every call is refused with ``off``.
        brakes: Say whether an operator switched them off for now.
        verifier: Checks tokens.
        clock: The time.
        metrics: Counts what is done, and where bottles are.
        draw_id: Returns a new opaque id at each call.
    """

    def __init__(
        self,
        hub: Hub,
        store: Store,
        reports: Reports,
        screening: Screening,
        rules: Rules,
        *,
        is_on: bool,
        brakes: BrakesInForce,
        verifier: Verifier,
        clock: SteadyClock,
        metrics: Metrics,
        draw_id: Callable[[], str],
    ) -> None:
        self._hub = hub
        self._store = store
        self._reports = reports
        self._screening = screening
        self._rules = rules
        self._is_on = is_on
        self._brakes = brakes
        self._verifier = verifier
        self._clock = clock
        self._metrics = metrics
        self._draw_id = draw_id
        self._counted_ms: int | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        calls = [
            web.post("/v1/bottles", self._throw),
            web.post("/v1/bottles/catch", self._catch),
            web.post("/v1/bottles/{bottle}/reply", self._reply),
            web.post("/v1/bottles/{bottle}/release", self._release),
            web.post("/v1/bottles/{bottle}/reports", self._report),
            web.get("/v1/threads", self._threads),
            web.get("/v1/threads/{thread}/messages", self._lines),
            web.post("/v1/threads/{thread}/messages", self._write),
        ]
        return answered_in_steps(calls)

    async def count(self) -> None:
        """Count bottles for the metrics, if not done lately; while the database is away the last count stays."""
        now_ms = self._clock.now_ms()
        if not self._is_on or (self._counted_ms is not None and now_ms < self._counted_ms + COUNT_EVERY_MS):
            return
        self._counted_ms = now_ms
        with suppress(StoreDown):
            self._metrics.bottles_are(await self._store.bottles.counts(now_ms, self._rules))

    async def _throw(self, request: web.Request) -> web.StreamResponse:
        claims, now_ms = self._begin(request)
        text = clean_text((await body_of(request, wire.BottleRequest)).text)
        cell = await self._hub.cell_of(claims.caller.person)
        if cell is None:
            raise Refused(ErrorCode.NOT_PRESENT)
        bottle = BottleId(self._draw_id())
        await self._screening.pass_text(claims.caller, bottle, text, now_ms)
        await self._store.bottles.throw(_drifter(claims), bottle, text, origin_of(cell), now_ms, self._rules)
        self._did("thrown")
        return json_answer(wire.BottleAnswer(bottle=bottle), status=201)

    async def _catch(self, request: web.Request) -> web.StreamResponse:
        claims, now_ms = self._begin(request)
        lease = await self._store.bottles.catch(_drifter(claims), now_ms, self._rules)
        if lease is None:
            self._did("none")
            return web.Response(status=204)
        self._did("caught")
        answer = wire.CatchAnswer(
            bottle=lease.bottle, text=lease.text, lease_ms=lease.until_ms - now_ms, token=str(lease.fence)
        )
        return private(json_answer(answer))

    async def _reply(self, request: web.Request) -> web.StreamResponse:
        claims, now_ms = self._begin(request)
        bottle, asked = _bottle_in(request), await body_of(request, wire.ReplyRequest)
        text, fence, thread = clean_text(asked.text), _fence(asked.token), ThreadId(self._draw_id())
        await self._screening.pass_text(claims.caller, thread, text, now_ms, author=claims.caller.person)
        begun = await self._store.bottles.reply(claims.caller.person, bottle, fence, text, thread, now_ms)
        self._did("answered")
        return private(json_answer(_shown(begun), status=201))

    async def _release(self, request: web.Request) -> web.StreamResponse:
        claims, now_ms = self._begin(request)
        bottle, asked = _bottle_in(request), await body_of(request, wire.ReleaseRequest)
        await self._store.bottles.release(claims.caller.person, bottle, _fence(asked.token), now_ms, self._rules)
        self._did("released")
        return web.Response(status=204)

    async def _report(self, request: web.Request) -> web.StreamResponse:
        """Report a bottle. Whoever has nothing to do with it gets the same answer, and nothing is written."""
        claims, now_ms = self._begin(request)
        bottle, asked = _bottle_in(request), await body_of(request, wire.ReportRequest)
        if await self._reports.report_bottle(claims.caller, bottle, asked, now_ms):
            self._did("reported")
        return web.Response(status=201)

    async def _threads(self, request: web.Request) -> web.StreamResponse:
        claims, now_ms = self._begin(request)
        found = await self._store.threads.of(claims.caller.person, now_ms)
        return private(json_answer(wire.ThreadsAnswer(threads=[_shown(thread) for thread in found])))

    async def _lines(self, request: web.Request) -> web.StreamResponse:
        claims, now_ms = self._begin(request)
        after = request.query.get("after", "0")
        if not _SEQ.fullmatch(after):
            raise Refused(ErrorCode.BAD_QUERY, "after must be a whole number of at most 18 digits")
        found = await self._store.threads.lines(claims.caller.person, _thread_in(request), int(after), now_ms)
        return private(json_answer(wire.ThreadMessagesAnswer(messages=[_line(line) for line in found])))

    async def _write(self, request: web.Request) -> web.StreamResponse:
        claims, now_ms = self._begin(request)
        thread, asked = _thread_in(request), await body_of(request, wire.ThreadMessageRequest)
        text = clean_text(asked.text)
        await self._screening.pass_text(claims.caller, thread, text, now_ms, author=claims.caller.person)
        line = await self._store.threads.write(claims.caller.person, thread, text, now_ms, self._rules)
        self._did("written")
        return private(json_answer(_line(line), status=201))

    def _begin(self, request: web.Request) -> tuple[Claims, int]:
        """Return who calls, and the time.

        Raises:
            Refused: ``bad_token``, ``erasing`` or ``off``.
        """
        now_ms = self._clock.now_ms()
        claims = self._verifier.verify(bearer_of(request), now_ms)
        if not self._is_on or self._brakes.stopped.bottle:
            raise Refused(ErrorCode.OFF)
        return claims, now_ms

    def _did(self, what: str) -> None:
        self._metrics.bottle_calls.labels(what).inc()


def _drifter(claims: Claims) -> Drifter:
    caller = claims.caller
    return Drifter(
        caller.person,
        is_guest=claims.is_guest,
        is_verified=caller.verified,
        is_established=caller.established,
    )


def _bottle_in(request: web.Request) -> BottleId:
    return BottleId(id_in(request, "bottle"))


def _thread_in(request: web.Request) -> ThreadId:
    return ThreadId(id_in(request, "thread"))


def _fence(token: str) -> int:
    """Return the number of the lease that a catch's token stands for; what is none was never given to anybody.

    Raises:
        Refused: ``gone``.
    """
    if not _SEQ.fullmatch(token):
        raise Refused(ErrorCode.GONE)
    return int(token)


def _shown(thread: Thread) -> wire.ThreadAnswer:
    return wire.ThreadAnswer(
        thread=thread.thread,
        bottle=thread.bottle,
        origin=cell_name(thread.origin),
        created_ms=thread.created_ms,
        thrown=thread.is_thrower,
    )


def _line(line: ThreadLine) -> wire.ThreadMessage:
    return wire.ThreadMessage(seq=line.seq, mine=line.is_mine, text=line.text, at_ms=line.at_ms)
