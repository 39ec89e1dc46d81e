"""Being told when company comes: the calls, and the looks that find it."""

import asyncio
import logging

from aiohttp import web

from nearby.core.ids import PersonId
from nearby.core.me_wire import NotifyAnswer
from nearby.core.rules import SECOND_MS, Rules
from nearby.core.waiting import Waiting
from nearby.errors import ErrorCode, HubDown, Refused
from nearby.hub.base import Hub
from nearby.server.auth import Verifier
from nearby.server.clock import SteadyClock
from nearby.server.metrics import Metrics
from nearby.server.requests import bearer_of, json_answer, private
from nearby.server.webhook import Webhook

log = logging.getLogger(__name__)

KIND = "company"

YIELD_EVERY = 32
"""People looked at between two chances for everybody else: under a millisecond."""


class Notify:
    """Serves ``/v1/me/notify`` and tells those who asked, by the operator's webhook.

    Args:
        hub: Knows who would find company.
        webhook: Tells the push service; None if the operator has none.
        rules: How often it is looked, and how rarely told.
        verifier: Checks tokens.
        clock: The time.
        metrics: Counts.
    """

    def __init__(
        self,
        hub: Hub,
        webhook: Webhook | None,
        rules: Rules,
        *,
        verifier: Verifier,
        clock: SteadyClock,
        metrics: Metrics,
    ) -> None:
        self._hub = hub
        self._webhook = webhook
        self._look_every_s = rules.company_look_ms / SECOND_MS
        self._rest_ms = rules.hour_ms
        self._waiting = Waiting()
        self._verifier = verifier
        self._clock = clock
        self._metrics = metrics

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        path = "/v1/me/notify"
        return [web.get(path, self._show), web.put(path, self._ask), web.delete(path, self._take_back)]

    def forget(self, person: PersonId) -> None:
        """Drop all that is known of somebody, but when they were told last."""
        self._waiting.end(person)
        if self._webhook is not None:
            self._webhook.forget(person)

    async def run(self) -> None:
        """Look and tell until cancelled; without a webhook there is nothing to do."""
        if self._webhook is None:
            return
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._webhook.run())
            tasks.create_task(self._keep_looking(self._webhook))

    async def _keep_looking(self, webhook: Webhook) -> None:
        while True:
            await asyncio.sleep(self._look_every_s)
            try:
                await self._look(webhook)
            except HubDown:
                log.warning("the hub cannot be reached; looking for company again later")
            except Exception:
                log.exception("looking for company failed")

    async def _look(self, webhook: Webhook) -> None:
        for count, person in enumerate(self._waiting.people(), start=1):
            now_ms = self._clock.now_ms()
            has_company = await self._hub.has_company(person, now_ms)
            if self._waiting.looked(person, has_company=has_company) and await self._may_tell(person, now_ms):
                self._waiting.end(person)
                webhook.send(person, KIND)
            if count % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        self._metrics.notify_waiting.set(len(self._waiting))

    async def _may_tell(self, person: PersonId, now_ms: int) -> bool:
        """Return whether somebody who asked may be told now: by all servers of the hub together once an hour."""
        wait_ms = await self._hub.spend("notify", person, limit=1, span_ms=self._rest_ms, now_ms=now_ms)
        return wait_ms == 0 and person in self._waiting

    async def _show(self, request: web.Request) -> web.StreamResponse:
        person = self._person(request)
        return private(json_answer(NotifyAnswer(waiting=person in self._waiting)))

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        person = self._person(request)
        if await self._hub.has_company(person, self._clock.now_ms()) is None:
            raise Refused(ErrorCode.NOT_PRESENT, "check in first: company comes to where you are")
        if not self._waiting.ask(person):
            raise Refused(ErrorCode.RATE_LIMITED, retry_ms=60 * SECOND_MS, limit="notify")
        return web.Response(status=204)

    async def _take_back(self, request: web.Request) -> web.StreamResponse:
        self._waiting.end(self._person(request))
        return web.Response(status=204)

    def _person(self, request: web.Request) -> PersonId:
        claims = self._verifier.verify(bearer_of(request), self._clock.now_ms())
        if self._webhook is None:
            raise Refused(ErrorCode.OFF, "this server has no push service to tell you by")
        return claims.caller.person
