"""The calls of a phone's app that wait for the server's answer, across reconnects."""

import asyncio
from dataclasses import dataclass

from nearby.core import wire
from nearby.errors import ErrorCode, NearbyError, NotAcknowledged, Refused


@dataclass(slots=True)
class Call:
    """A message that waits. ``may_repeat``: sent again, unchanged, after a drop."""

    message: wire.Command
    answer: asyncio.Future[wire.Ack]
    may_repeat: bool


class Calls:
    """Waiting calls by id, oldest first. At most as many as the app makes at once."""

    def __init__(self) -> None:
        self._calls: dict[int | str, Call] = {}

    async def wait(self, call: Call) -> wire.Ack:
        """Return the answer to a call that was added; forget it then, also when cancelled."""
        try:
            return await call.answer
        finally:
            self._calls.pop(_key(call.message.id), None)

    def add(self, message: wire.Command, *, may_repeat: bool) -> Call:
        """Return a new waiting call."""
        call = Call(message, asyncio.get_running_loop().create_future(), may_repeat)
        self._calls[_key(message.id)] = call
        return call

    def waiting(self) -> list[wire.Command]:
        """Return the messages that are to be sent again, oldest first."""
        return [call.message for call in self._calls.values()]

    def acknowledge(self, ack: wire.Ack) -> None:
        """Hand an ``ack`` to whoever waits for it."""
        call = self._calls.get(ack.id)
        if call is not None and not call.answer.done():
            call.answer.set_result(ack)

    def refuse(self, error: wire.Error) -> None:
        """Raise an ``error`` where somebody waits for its answer."""
        call = self._calls.get(error.id) if isinstance(error.id, int | str) else None
        if call is not None and not call.answer.done():
            retry_ms = error.retry_ms if isinstance(error.retry_ms, int) else None
            call.answer.set_exception(Refused(_code(error.code), error.detail, retry_ms=retry_ms))

    def dropped(self) -> None:
        """The connection is gone: fail what must not be sent twice."""
        for call in self._calls.values():
            if not call.may_repeat and not call.answer.done():
                call.answer.set_exception(NotAcknowledged("the connection dropped before the answer"))

    def fail(self, error: NearbyError) -> None:
        """Fail every waiting call."""
        for call in self._calls.values():
            if not call.answer.done():
                call.answer.set_exception(error)


def _key(message_id: int | str | None) -> int | str:
    assert message_id is not None
    return message_id


def _code(text: str) -> ErrorCode:
    """Return a code of the catalogue; one that a newer server made up counts as ``bad_message``."""
    try:
        return ErrorCode(text)
    except ValueError:
        return ErrorCode.BAD_MESSAGE
