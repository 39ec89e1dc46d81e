"""One connection's state machine, as the server sees it: bytes and the time in, messages out.

No socket is in sight, so the gateway is a thin shell and every path can be tested by values. A
refused message raises ``Refused`` and the connection stays; ``Disconnect`` ends it.
"""

from dataclasses import dataclass
from enum import Enum

import msgspec

from nearby.core import wire
from nearby.errors import CloseCode, Disconnect, ErrorCode, IllegalTransition, Refused

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a connection may take, and how much nonsense it may send."""

    hello_ms: int = 5_000
    ping_ms: int = 25_000
    pong_ms: int = 10_000
    expiring_ms: int = 60_000
    """A client hears this long before its token ends."""
    bad_messages: int = 10
    """The tenth message within ``bad_span_ms`` that is no object with a ``type`` closes the connection."""
    bad_span_ms: int = 60_000


class Phase(Enum):
    """Where a connection stands."""

    EXPECTING_HELLO = "expecting hello"
    GREETING = "greeting"
    OPEN = "open"
    CLOSED = "closed"


class Step(Enum):
    """What can happen to a connection."""

    HELLO = "hello"
    WELCOME = "welcome"
    MESSAGE = "message"
    CLOSE = "close"


TRANSITIONS: dict[tuple[Phase, Step], Phase] = {
    (Phase.EXPECTING_HELLO, Step.HELLO): Phase.GREETING,
    (Phase.GREETING, Step.WELCOME): Phase.OPEN,
    (Phase.OPEN, Step.MESSAGE): Phase.OPEN,
    (Phase.EXPECTING_HELLO, Step.CLOSE): Phase.CLOSED,
    (Phase.GREETING, Step.CLOSE): Phase.CLOSED,
    (Phase.OPEN, Step.CLOSE): Phase.CLOSED,
    (Phase.CLOSED, Step.CLOSE): Phase.CLOSED,
}


_OPEN = Phase.OPEN


class Session:
    """The server's side of one connection, from the upgrade to the close.

    Args:
        opened_ms: When the socket was opened.
        patience: Times and counts.
    """

    __slots__ = ("_bad_ms", "_expires_ms", "_expiring_sent", "_heard_ms", "_patience", "_pinged_ms", "phase")

    def __init__(self, opened_ms: int, patience: Patience) -> None:
        self.phase = Phase.EXPECTING_HELLO
        self._patience = patience
        self._heard_ms = opened_ms
        self._pinged_ms: int | None = None
        self._expires_ms = 0
        self._expiring_sent = False
        self._bad_ms: tuple[int, ...] = ()

    def receive(self, data: bytes | str, now_ms: int) -> wire.ClientMessage:
        """Return the message in one text frame.

        Raises:
            Refused: It is not a message, or a second ``hello``. The connection stays.
            Disconnect: ``BROKE_PROTOCOL`` before ``hello``, when too long, or for the tenth within a minute that
                is no object with a ``type``.
        """
        if len(data) > wire.MAX_FRAME_BYTES:
            raise Disconnect(CloseCode.BROKE_PROTOCOL)
        try:
            message: wire.ClientMessage = wire.decode_from_client(data)
        except _UNREADABLE as unreadable:
            raise self._bad_message(unreadable, data, now_ms) from None
        is_hello = type(message) is wire.Hello
        if self.phase is _OPEN:
            if not is_hello:
                return message  # The table leaves it open, and to ask it costs as much as to read the message.
            raise Refused(ErrorCode.BAD_MESSAGE, "hello is only the first message", answers=id_in(data))
        if self.phase is Phase.EXPECTING_HELLO and not is_hello:
            raise Disconnect(CloseCode.BROKE_PROTOCOL)
        self._step(Step.HELLO if is_hello else Step.MESSAGE)
        return message

    def welcome(self, now_ms: int, expires_ms: int) -> None:
        """The token was good until ``expires_ms``: the connection is open."""
        self._step(Step.WELCOME)
        self._heard_ms = now_ms
        self.renew(expires_ms)

    def renew(self, expires_ms: int) -> None:
        """A fresh token is good until ``expires_ms``."""
        self._expires_ms = expires_ms
        self._expiring_sent = False

    def close(self) -> None:
        """The connection ended, from either side. Idempotent."""
        self._step(Step.CLOSE)

    def pong(self, now_ms: int) -> None:
        """A pong came; pongs that nobody asked for do no harm."""
        self._heard_ms = now_ms
        self._pinged_ms = None

    def due_ms(self) -> int:
        """Return when ``on_time`` next has something to do. Call it again after every other call.

        After ``on_time`` that is later than the time it was given, so calling it while it is due comes to an end.
        """
        patience = self._patience
        if self.phase is not Phase.OPEN:
            return self._heard_ms + patience.hello_ms
        token_ms = self._expires_ms - (0 if self._expiring_sent else patience.expiring_ms)
        if self._pinged_ms is not None:
            return min(self._pinged_ms + patience.pong_ms, token_ms)
        return min(self._heard_ms + patience.ping_ms, token_ms)

    def on_time(self, now_ms: int) -> tuple[bool, wire.Expiring | None]:
        """Return ``(whether to ping now, what to say of the token)``.

        Raises:
            Disconnect: The hello or a pong did not come in time, or the token ran out.
        """
        patience = self._patience
        if self.phase is Phase.EXPECTING_HELLO:
            if now_ms >= self._heard_ms + patience.hello_ms:
                raise Disconnect(CloseCode.HELLO_TOO_LATE)
            return False, None
        if self.phase is not Phase.OPEN:
            # A greeting ends by itself, as late as a hub lets it; until then there is nothing to do here.
            self._heard_ms = now_ms
            return False, None
        if self._pinged_ms is not None and now_ms >= self._pinged_ms + patience.pong_ms:
            raise Disconnect(CloseCode.NO_PONG)
        if now_ms >= self._expires_ms:
            raise Disconnect(CloseCode.BAD_TOKEN)
        expiring = None
        if not self._expiring_sent and now_ms >= self._expires_ms - patience.expiring_ms:
            self._expiring_sent = True
            expiring = wire.Expiring(in_ms=self._expires_ms - now_ms)
        ping = self._pinged_ms is None and now_ms >= self._heard_ms + patience.ping_ms
        if ping:
            self._pinged_ms = now_ms
        return ping, expiring

    def _step(self, step: Step) -> None:
        after = TRANSITIONS.get((self.phase, step))
        if after is None:
            raise IllegalTransition(self.phase.value, step.value)
        self.phase = after

    def _bad_message(self, unreadable: Exception, data: bytes | str, now_ms: int) -> Exception:
        if self.phase is Phase.EXPECTING_HELLO:
            return Disconnect(CloseCode.BROKE_PROTOCOL)
        patience = self._patience
        if not _has_type(data):
            recent = (at_ms for at_ms in self._bad_ms if at_ms > now_ms - patience.bad_span_ms)
            self._bad_ms = (*recent, now_ms)
            if len(self._bad_ms) >= patience.bad_messages:
                return Disconnect(CloseCode.BROKE_PROTOCOL)
        return Refused(*explain(unreadable), answers=id_in(data))


def explain(unreadable: Exception) -> tuple[ErrorCode, str]:
    """Return the code and a sentence for what could not be read. It names fields, never their values."""
    if not isinstance(unreadable, msgspec.ValidationError):
        return ErrorCode.BAD_MESSAGE, "this is not one JSON object in UTF-8"
    text = str(unreadable)
    if text.endswith(("`$.lat`", "`$.lon`", "`$.accuracy_m`")) or "field `lat`" in text or "field `lon`" in text:
        return ErrorCode.BAD_POSITION, ""
    if text.startswith("Invalid value") and text.endswith("`$.type`"):
        return ErrorCode.UNKNOWN_TYPE, ""
    return ErrorCode.BAD_MESSAGE, text


class _OnlyType(msgspec.Struct):
    type: str


class _OnlyId(msgspec.Struct):
    id: wire.MessageId | None = None


_decode_type = msgspec.json.Decoder(_OnlyType).decode
_decode_id = msgspec.json.Decoder(_OnlyId).decode


def _has_type(data: bytes | str) -> bool:
    """Return whether a bad message is at least an object with a ``type``: a mistake, and no nonsense."""
    try:
        _decode_type(data)
    except _UNREADABLE:
        return False
    return True


def id_in(data: bytes | str) -> int | str | None:
    """Return the ``id`` of a message that is otherwise bad, or None if it has no good one."""
    try:
        return _decode_id(data).id
    except _UNREADABLE:
        return None
