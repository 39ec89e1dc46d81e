"""One phone's socket: writes frames without waiting, and has one way to end.

What a connection is to be sent within one turn of the loop leaves in one write: a write costs more than
all else that is done for a delivery. ``Outgoing`` is the one callback that does it for all.
"""

import asyncio
from collections.abc import Callable, Iterable

from nearby.core import wire
from nearby.core.frames import PING_FRAME, close_frame, pong_frame, text_frame
from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.core.outbox import Outbox
from nearby.core.session import Session
from nearby.errors import CloseCode
from nearby.hub.base import Caller
from nearby.server.auth import Claims

CLOSE_WAIT_S = 2.0
"""How long the other side has to answer a close frame before the connection is cut."""

_ECHOED = (range(1000, 1004), range(1007, 1015), range(3000, 5000))
"""Close codes a client may send (RFC 6455 section 7.4); others are answered by 1000."""


class Outgoing:
    """The connections that have something to send: at the end of this turn of the loop, or when there is time."""

    def __init__(self) -> None:
        self._phones: list[Connection] = []
        self._in_no_hurry: list[Connection] = []

    def add(self, phone: "Connection") -> None:
        """Have ``flush`` called on a connection soon, once."""
        if not self._phones:
            asyncio.get_running_loop().call_soon(self._flush_all)
        self._phones.append(phone)

    def broadcast(self, phones: "Iterable[Connection]", frame: bytes) -> int:
        """Do what ``Connection.write`` does for each of several; return how many can be reached.

        One loop instead of two calls each: nothing is done more often.
        """
        going, reached = self._phones, 0
        if not going:
            asyncio.get_running_loop().call_soon(self._flush_all)
        for phone in phones:
            if phone.is_ending:
                continue
            if not phone.is_going:
                phone.is_going = True
                going.append(phone)
            phone.unwritten.append(frame)
            reached += 1
        return reached

    def add_later(self, phone: "Connection") -> None:
        """Have ``flush`` called on a connection by ``flush_later``, if nothing else does before."""
        self._in_no_hurry.append(phone)

    def flush_later(self, most: int) -> bool:
        """Flush up to ``most`` of those that are in no hurry; return whether there are more."""
        for phone in self._in_no_hurry[:most]:
            phone.flush()
        del self._in_no_hurry[:most]
        return bool(self._in_no_hurry)

    def _flush_all(self) -> None:
        phones, self._phones = self._phones, []
        for phone in phones:
            phone.flush()


class Connection:
    """The server's end of one WebSocket. Frames go straight to the transport, so a broadcast is framed once.

    ``claims`` are set once the hello was good, ``room`` while the person sits in one, and ``is_shown_a_room`` until the
    phone is told that it has none. ``waiting_acks`` counts messages that were carried out and whose ack waits for the
    disk. ``unwritten`` are the frames that wait for ``flush``, and ``is_going`` says whether the turn's end calls it:
    ``Outgoing`` sets both.
    """

    __slots__ = (
        "_cut",
        "_on_end",
        "_outbox",
        "_outgoing",
        "claims",
        "id",
        "is_ending",
        "is_going",
        "is_shown_a_room",
        "room",
        "session",
        "token",
        "transport",
        "unwritten",
        "waiting_acks",
    )

    def __init__(
        self,
        connection_id: ConnectionId,
        transport: asyncio.Transport,
        session: Session,
        *,
        token: str | None,
        outgoing: Outgoing,
        on_end: Callable[[CloseCode], None],
    ) -> None:
        self.id = connection_id
        self.session = session
        self.token = token
        self.claims: Claims | None = None
        self.room: RoomId | None = None
        self.is_shown_a_room = False
        self.is_ending = False
        self.waiting_acks = 0
        self.transport = transport
        self._outgoing = outgoing
        self.unwritten: list[bytes] = []
        self.is_going = False
        self._outbox = Outbox()
        self._on_end = on_end
        self._cut: asyncio.TimerHandle | None = None

    @property
    def person(self) -> PersonId:
        """Return whose connection this is; only after a good hello."""
        assert self.claims is not None
        return self.claims.caller.person

    @property
    def caller(self) -> Caller:
        """Return who calls, as the newest token says; only after a good hello."""
        assert self.claims is not None
        return self.claims.caller

    def send(self, message: wire.ServerMessage) -> None:
        """Write one message to this phone alone."""
        self.write(text_frame(wire.encode(message)))

    def write(self, frames: bytes) -> bool:
        """Send whole frames at the end of this turn; return False if they cannot reach anybody any more."""
        if self.is_ending:
            return False
        if not self.is_going:
            self.is_going = True
            self._outgoing.add(self)
        self.unwritten.append(frames)
        return True

    def write_later(self, frames: bytes) -> bool:
        """Send whole frames with what is written next, at the latest when ``Outgoing.flush_later`` comes to it."""
        if self.is_ending:
            return False
        if not self.unwritten:
            self._outgoing.add_later(self)
        self.unwritten.append(frames)
        return True

    def flush(self) -> None:
        """Write all that waits; end the connection if too much is unread (``disconnect_slow``).

        A socket that broke and was not yet read to its end takes nothing: its reader is about to notice.
        """
        frames, transport = self.unwritten, self.transport
        self.unwritten, self.is_going = [], False
        if not frames or transport.is_closing():
            return
        transport.write(frames[0] if len(frames) == 1 else b"".join(frames))
        unsent_bytes = transport.get_write_buffer_size()
        if unsent_bytes and not self._outbox.admit(frames, unsent_bytes):
            self.end(CloseCode.TOO_SLOW)

    def ping(self) -> None:
        """Ask for a sign of life."""
        self.write(PING_FRAME)

    def pong(self, payload: bytes) -> None:
        """Answer a ping."""
        self.write(pong_frame(payload))

    def end(self, code: CloseCode) -> None:
        """Send a close frame and cut the connection when it was answered, or soon. Idempotent."""
        if self.is_ending:
            return
        self._on_end(code)
        self._end(close_frame(code))

    def end_answering(self, payload: bytes) -> None:
        """Answer the other side's close frame, with the code it gave if it may give that."""
        if not self.is_ending:
            code = int.from_bytes(payload[:2])
            self._end(close_frame(code if any(code in codes for codes in _ECHOED) else 1000))

    def cut(self) -> None:
        """Drop what is unsent and let go of the socket. Idempotent."""
        self._forget_cut()
        self.is_ending = True
        self.unwritten.clear()
        self.transport.abort()

    def finish(self) -> None:
        """Let go of the socket once what was written is sent, or soon."""
        self.is_ending = True
        self.flush()
        self.transport.close()
        if not self.transport.get_write_buffer_size():
            self._forget_cut()

    def _forget_cut(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None

    def _end(self, frame: bytes) -> None:
        self.is_ending = True
        self.flush()
        self.session.close()
        if not self.transport.is_closing():
            self.transport.write(frame)
        self._cut = asyncio.get_running_loop().call_later(CLOSE_WAIT_S, self.cut)
