"""The calls of a phone's app that wait for the server's answer, across reconnects."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nearby.core import wire
from nearby.core.rules import SECOND_MS
from nearby.errors import ErrorCode, NearbyError, NotAcknowledged, Refused

TRY_AGAIN = frozenset({"hub_down", "store_down", "draining"})
"""Refusals after which the same message, under the same id, is to be sent again a little later."""

TRY_AGAIN_S = 1.0
"""How much later, if the server does not say."""

_WHEREABOUTS = wire.CheckIn | wire.Leave
"""Messages of which only the newest may have the last word."""


@dataclass(slots=True, eq=False)
class Call:
    """A message that waits. ``may_repeat``: sent again, unchanged, after a drop."""

    message: wire.Command
    answer: asyncio.Future[wire.Ack]
    may_repeat: bool
    is_sent: bool = False
    """Whether it was sent on the present connection."""
    first_sent_s: float | None = None
    again_s: float | None = None
    """After a refusal that passes: how much later to send it again; else None."""


class Calls:
    """Waiting calls by id, oldest first. No clock is read here.

    Args:
        most: At most so many wait (policy ``refuse_new``).
        repeat_within_s: A ``say`` is not repeated later than this: the server may have forgotten its id.
    """

    def __init__(self, *, most: int, repeat_within_s: float) -> None:
        self._calls: dict[int | str, Call] = {}
        self._newest_whereabouts: Call | None = None
        self._most = most
        self._repeat_within_s = repeat_within_s

    def add(self, message: wire.Command, *, may_repeat: bool) -> Call:
        """Return a new waiting call. ``discard`` it when nobody waits any more.

        Raises:
            Refused: ``rate_limited``, by the phone itself: too many wait. Nothing changed.
        """
        if len(self._calls) >= self._most:
            raise Refused(ErrorCode.RATE_LIMITED, f"{self._most} calls of this phone wait for their answers")
        assert message.id is not None
        call = Call(message, asyncio.get_running_loop().create_future(), may_repeat)
        self._calls[message.id] = call
        if isinstance(message, _WHEREABOUTS):
            self._newest_whereabouts = call
        return call

    def discard(self, call: Call) -> None:
        """Forget a call: it is neither sent nor answered from now on. Idempotent."""
        assert call.message.id is not None
        self._calls.pop(call.message.id, None)

    def to_send(self, now_s: float) -> wire.Command | None:
        """Return the oldest message that is to be sent now, None if there is none. It counts as sent.

        Fails the calls for which it is too late: a ``say`` the server may no longer know, and a
        check-in the app cleared by ``leave``. Of several check-ins only the newest is sent.
        """
        waiting = [call for call in self._calls.values() if not call.answer.done()]
        for place, call in enumerate(waiting):
            if call.is_sent or self._comes_too_late(call, waiting[place + 1 :], now_s):
                continue
            if isinstance(call.message, wire.CheckIn) and _has(wire.CheckIn, waiting[place + 1 :]):
                continue
            call.is_sent = True
            if call.first_sent_s is None:
                call.first_sent_s = now_s
            return call.message
        return None

    def acknowledge(self, ack: wire.Ack) -> None:
        """Hand an ``ack`` to whoever waits for it."""
        for call in self._answered_by(ack.id):
            call.answer.set_result(ack)

    def refuse(self, error: wire.Error, now_s: float) -> None:
        """Raise an ``error`` where somebody waits for its answer; ``again_s`` tells whether it may pass."""
        retry_ms = error.retry_ms if isinstance(error.retry_ms, int) else None
        for call in self._answered_by(error.id if isinstance(error.id, int | str) else None):
            if error.code in TRY_AGAIN and call.may_repeat:
                again_s = TRY_AGAIN_S if retry_ms is None else retry_ms / SECOND_MS
                first_sent_s = now_s if call.first_sent_s is None else call.first_sent_s
                call.again_s = again_s if now_s + again_s - first_sent_s <= self._repeat_within_s else None
            call.answer.set_exception(refusal_of(error.code, error.detail, retry_ms))

    def again(self, call: Call) -> bool:
        """Let a refused call wait for another answer: it is to be sent again, in its old place.

        False, and the refusal stands, if the app has since said otherwise where it is.
        """
        if isinstance(call.message, _WHEREABOUTS) and call is not self._newest_whereabouts:
            return False
        call.answer = asyncio.get_running_loop().create_future()
        call.again_s = None
        call.is_sent = False
        return True

    def dropped(self) -> None:
        """The connection is gone: fail what was sent and must not be sent twice."""
        for call in self._calls.values():
            if call.is_sent and not call.may_repeat and not call.answer.done():
                call.answer.set_exception(NotAcknowledged("the connection dropped before the answer"))
            call.is_sent = False

    def fail(self, exception: Callable[[], NearbyError]) -> None:
        """Fail every waiting call, each with an exception of its own."""
        for call in self._calls.values():
            if not call.answer.done():
                call.answer.set_exception(exception())

    def _comes_too_late(self, call: Call, later: list[Call], now_s: float) -> bool:
        is_old = call.first_sent_s is not None and now_s - call.first_sent_s > self._repeat_within_s
        if isinstance(call.message, wire.Say) and is_old:
            call.answer.set_exception(NotAcknowledged("the phone was away for too long to repeat it; it may be said"))
            return True
        if isinstance(call.message, wire.CheckIn) and _has(wire.Leave, later):
            call.answer.set_exception(NotAcknowledged("the location was cleared before it could be sent"))
            return True
        return False

    def _answered_by(self, message_id: int | str | None) -> Iterator[Call]:
        """Yield the call of this id and, of a check-in, the older ones whose place it took."""
        call = self._calls.get(message_id) if message_id is not None else None
        if call is None or call.answer.done():
            return
        yield call
        if isinstance(call.message, wire.CheckIn):
            for other in self._calls.values():
                if other is call:
                    return
                if isinstance(other.message, wire.CheckIn) and not other.is_sent and not other.answer.done():
                    yield other


def _has(kind: type[wire.Command], calls: list[Call]) -> bool:
    return any(isinstance(call.message, kind) for call in calls)


def refusal_of(code: str, detail: str, retry_ms: int | None) -> Refused:
    """Return a refusal by a code of the catalogue; one that a newer server made up counts as ``bad_message``."""
    try:
        return Refused(ErrorCode(code), detail, retry_ms=retry_ms)
    except ValueError:
        return Refused(ErrorCode.BAD_MESSAGE, f"{code}: {detail}", retry_ms=retry_ms)
