"""Tells the operator's own push service: signed, in the background, and never at anybody's cost.

Signed as Standard Webhooks (https://www.standardwebhooks.com) has it, so that there are libraries to check it with.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiohttp
import msgspec

from nearby.core.ids import PersonId
from nearby.core.rules import SECOND_MS
from nearby.server.clock import SteadyClock
from nearby.server.metrics import Metrics

log = logging.getLogger(__name__)

MAX_WAITING = 1_000
"""Notifications that wait to be sent. The policy is ``drop_newest``: one more is given up."""

AT_ONCE = 4
WITHIN_S = 5.0
"""How long the receiver may take for one answer."""

RETRY_AFTER_S = (2.0, 10.0)
"""Waits between the tries; after the last one the notification is given up."""

_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
"""Of the statuses from 400 to 499; all other ones among them say that another try will fare no better."""


@dataclass(frozen=True, slots=True)
class _Note:
    """``id`` is the same at every try: a receiver that got it twice acts once."""

    id: str
    body: bytes


def signature(secret: bytes, note_id: str, at_s: int, body: bytes) -> str:
    """Return what ``webhook-signature`` says of a body."""
    signed = b"%b.%d.%b" % (note_id.encode(), at_s, body)
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}"


class Webhook:
    """Sends notifications, one of a person at a time.

    Args:
        url: Where the push service listens. It is never logged: it may hold a password.
        secret: Signs.
        clock: The time.
        metrics: Counts what became of them.
        draw_id: Returns a new opaque id.
        retry_after_s: Waits between tries.
    """

    def __init__(
        self,
        url: str,
        secret: bytes,
        *,
        clock: SteadyClock,
        metrics: Metrics,
        draw_id: Callable[[], str],
        retry_after_s: Sequence[float] = RETRY_AFTER_S,
    ) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        self._metrics = metrics
        self._draw_id = draw_id
        self._retry_after_s = retry_after_s
        self._notes: dict[PersonId, _Note] = {}
        self._queue = asyncio.Queue[PersonId](MAX_WAITING)

    def send(self, person: PersonId, kind: str) -> None:
        """Have it said that something of this kind awaits the person. Returns at once."""
        if self._queue.full():
            self._metrics.notifications.labels("dropped").inc()
            return
        body = msgspec.json.encode({"kind": kind, "person": person, "at_ms": self._clock.now_ms()})
        self._notes[person] = _Note(self._draw_id(), body)
        self._queue.put_nowait(person)

    def forget(self, person: PersonId) -> None:
        """Send nothing any more about somebody, but for what is on its way this moment."""
        self._notes.pop(person, None)

    async def run(self) -> None:
        """Send until cancelled."""
        limit = aiohttp.ClientTimeout(total=WITHIN_S)
        async with (
            aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar()) as session,
            asyncio.TaskGroup() as workers,
        ):
            for _ in range(AT_ONCE):
                workers.create_task(self._work(session))

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            person = await self._queue.get()
            try:
                await self._deliver(session, person)
            except Exception:
                log.exception("a notification could not be sent")
                self._metrics.notifications.labels("failed").inc()

    async def _deliver(self, session: aiohttp.ClientSession, person: PersonId) -> None:
        """Send what waits for a person, some times at most. After a ``forget`` no more."""
        note = self._notes.get(person)
        if note is None:
            return
        for wait_s in (*self._retry_after_s, None):
            outcome = await self._try(session, note)
            if outcome != "failed" or wait_s is None:
                break
            await asyncio.sleep(wait_s)
            if self._notes.get(person) is not note:
                return
        if self._notes.get(person) is note:
            del self._notes[person]
        self._metrics.notifications.labels(outcome).inc()

    async def _try(self, session: aiohttp.ClientSession, note: _Note) -> str:
        at_s = self._clock.now_ms() // SECOND_MS
        headers = {
            "Content-Type": "application/json",
            "webhook-id": note.id,
            "webhook-timestamp": str(at_s),
            "webhook-signature": signature(self._secret, note.id, at_s, note.body),
        }
        try:
            async with session.post(self._url, data=note.body, headers=headers, allow_redirects=False) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("the push service cannot be reached (%s)", type(error).__name__)
            return "failed"
        if 200 <= status < 300:
            return "sent"
        log.warning("the push service answers with status %d", status)
        return "refused" if 400 <= status < 500 and status not in _WORTH_ANOTHER_TRY else "failed"
