"""One phone's socket: writes frames without waiting, and has one way to end."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from nearby.core import wire
from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.core.outbox import Outbox
from nearby.core.session import Session
from nearby.errors import CloseCode
from nearby.hub.base import Caller
from nearby.server.auth import Claims
from nearby.server.frames import PING_FRAME, close_frame, pong_frame, text_frame

CLOSE_WAIT_S = 2.0
"""How long the other side has to answer a close frame before the connection is cut."""

_FRAMING_ERRORS = frozenset({1002, 1003, 1007, 1009})


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

    def write(self, frames: bytes) -> None:
        """Write whole frames; ends the connection instead if too much waits (``disconnect_slow``).

        A socket that broke and was not yet read to its end takes nothing: its reader is about to notice.
        """
        if self.is_ending or self._transport.is_closing():
            return
        if self._outbox.admit(len(frames), self._transport.get_write_buffer_size()):
            self._transport.write(frames)
        else:
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

    def end_answering(self, code: int) -> None:
        """Answer the other side's close frame with the same code."""
        if not self.is_ending:
            self._end(close_frame(code if 1000 <= code < 5000 and code not in (1005, 1006) else 1000))

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


class PhoneSocket(web.WebSocketResponse[Any]):
    """aiohttp's WebSocket with all closing left to ``Connection``.

    Whatever aiohttp finds wrong with a frame ends as our own close code, and nothing writes a
    second close frame.
    """

    connection: Connection | None = None

    async def close(self, *, code: int = 1000, message: bytes = b"", drain: bool = True) -> bool:
        """Close by our own rules; ``message`` and ``drain`` have no meaning here."""
        if self.connection is None:
            return await super().close(code=code, message=message, drain=drain)
        if code in _FRAMING_ERRORS:
            self.connection.end(CloseCode.BROKE_PROTOCOL)
        return True
