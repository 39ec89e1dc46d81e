"""One phone's socket: writes frames without waiting, and has one way to end."""

import asyncio
from collections.abc import Callable

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


class Connection:
    """The server's end of one WebSocket. Frames go straight to the transport, so a broadcast is framed once.

    ``claims`` are set once the hello was good, ``room`` while the person sits in one.
    """

    __slots__ = ("_cut", "_on_end", "_outbox", "_transport", "claims", "id", "is_ending", "room", "session", "token")

    def __init__(
        self,
        connection_id: ConnectionId,
        transport: asyncio.Transport,
        session: Session,
        *,
        token: str | None,
        on_end: Callable[[CloseCode], None],
    ) -> None:
        self.id = connection_id
        self.session = session
        self.token = token
        self.claims: Claims | None = None
        self.room: RoomId | None = None
        self.is_ending = False
        self._transport = transport
        self._outbox = Outbox()
        self._on_end = on_end
        self._cut: asyncio.TimerHandle | None = None

    @property
    def person(self) -> PersonId:
        """Return whose connection this is; only after a good hello."""
        return self.caller.person

    @property
    def caller(self) -> Caller:
        """Return who calls, as the newest token says; only after a good hello."""
        assert self.claims is not None
        return self.claims.caller

    def send(self, message: wire.ServerMessage) -> None:
        """Write one message to this phone alone."""
        self.write(text_frame(wire.encode(message)))

    def write(self, frames: bytes) -> bool:
        """Write whole frames and return True, or False if they cannot reach anybody any more.

        Ends the connection if too much waits (``disconnect_slow``). A socket that broke and was not yet
        read to its end takes nothing: its reader is about to notice.
        """
        if self.is_ending or self._transport.is_closing():
            return False
        self._transport.write(frames)
        unsent_bytes = self._transport.get_write_buffer_size()
        if unsent_bytes and not self._outbox.admit(len(frames), unsent_bytes):
            self.end(CloseCode.TOO_SLOW)
        return True

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
        self._transport.abort()

    def finish(self) -> None:
        """Let go of the socket once what was written is sent, or soon."""
        self.is_ending = True
        self._transport.close()
        if not self._transport.get_write_buffer_size():
            self._forget_cut()

    def _forget_cut(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None

    def _end(self, frame: bytes) -> None:
        self.is_ending = True
        self.session.close()
        if not self._transport.is_closing():
            self._transport.write(frame)
        self._cut = asyncio.get_running_loop().call_later(CLOSE_WAIT_S, self.cut)
