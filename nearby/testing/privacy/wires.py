"""A phone's end of a connection that has no socket: bytes go in, and what the server writes is kept."""

import asyncio
from collections.abc import Iterator
from time import perf_counter_ns
from typing import Any, Protocol

import msgspec

from nearby.server.edge import EdgeHandler

_UPGRADE = (
    b"GET /v1/ws HTTP/1.1\r\nHost: stage\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: c2l4dGVlbiByYW5kb20gYg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_TEXT, _CLOSE, _PING = 0x81, 0x88, 0x89
_PONG_FRAME = bytes((0x8A, 0x80, 0, 0, 0, 0))
_PLACED, _UNPLACED = b'{"type":"placed"', b'{"type":"unplaced"'
_HEAD_ENDS = b"\r\n\r\n"

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder().decode


class Wire(asyncio.Transport):
    """A transport to one protocol; its other end is whoever holds it. Nothing is ever left unsent.

    Args:
        protocol: What an accepted connection would be given to.
    """

    def __init__(self, protocol: EdgeHandler) -> None:
        super().__init__()
        self.received = bytearray()
        """Every byte the server wrote."""
        self.written_ns = 0
        """When it last wrote, by the machine's clock."""
        self._protocol = protocol
        self._is_closing = False
        protocol.connection_made(self)

    def feed(self, data: bytes) -> None:
        """Let ``data`` arrive at the server."""
        if not self._is_closing:
            self._protocol.data_received(data)

    def hang_up(self) -> None:
        """Be gone, as a phone without a network is. Idempotent."""
        if not self._is_closing:
            self._is_closing = True
            self._protocol.connection_lost(None)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep what the server writes."""
        # First: to keep it takes fifty times as long where that has to grow, by what came before.
        self.written_ns = perf_counter_ns()
        self.received += data

    def close(self) -> None:
        """Let the server close."""
        if not self._is_closing:
            self._is_closing = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        """Let the server cut the connection."""
        self.close()

    def is_closing(self) -> bool:
        """Return whether either side has closed."""
        return self._is_closing

    def get_write_buffer_size(self) -> int:
        """Return 0: the other side reads at once."""
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return where the connection comes from: this machine, whose connections are not counted."""
        return ("127.0.0.1", 1) if name == "peername" else default

    def pause_reading(self) -> None:
        """Nothing is under way that could wait."""

    def resume_reading(self) -> None:
        """See ``pause_reading``."""


class End(Protocol):
    """A phone's end of some connection."""

    received: bytearray
    """Every byte the server wrote."""

    def feed(self, data: bytes) -> None:
        """Send bytes to the server."""

    def hang_up(self) -> None:
        """Be gone."""


class StagePhone:
    """One phone: sends messages, and gives back what came. It answers pings, and resumes or repairs nothing."""

    def __init__(self, person: str, wire: End) -> None:
        self.person = person
        self.wire = wire
        self.close_code: int | None = None
        self.placed: dict[str, Any] | None = None
        """The newest ``placed`` among what was taken, None if an ``unplaced`` came after it."""
        self._read_to = 0
        self._is_upgraded = False
        wire.feed(_UPGRADE)

    @property
    def is_upgraded(self) -> bool:
        """Return whether the handshake was answered; it must not be refused."""
        end = self.wire.received.find(_HEAD_ENDS)
        if not self._is_upgraded and end >= 0:
            assert self.wire.received.startswith(b"HTTP/1.1 101 "), bytes(self.wire.received[:end])
            self._is_upgraded, self._read_to = True, end + len(_HEAD_ENDS)
        return self._is_upgraded

    @property
    def is_answered(self) -> bool:
        """Return whether anything came after what was taken."""
        return len(self.wire.received) > self._read_to

    def has_heard(self, part: bytes) -> bool:
        """Return whether something came, of what was not taken yet, that holds these bytes."""
        return self.wire.received.find(part, self._read_to) >= 0

    def send(self, message: dict[str, Any]) -> None:
        """Send one message; it has been carried out when this returns unless it must wait."""
        payload = encode(message)
        head = bytes((0x81, 0x80 | len(payload))) if len(payload) < 126 else b"\x81\xfe" + len(payload).to_bytes(2)
        self.wire.feed(head + bytes(4) + payload)

    def check_in(self, at: tuple[float, float], **fields: Any) -> None:
        """Check in at a latitude and longitude."""
        self.send({"type": "checkin", "lat": at[0], "lon": at[1], **fields})

    def take(self) -> list[dict[str, Any]]:
        """Return the messages that came since the last time, oldest first."""
        return [decode(payload) for payload in self._payloads()]

    def skim(self) -> None:
        """Take what came and note only where the phone sits now: much faster than ``take``."""
        for _ in self._payloads():
            pass

    def drop(self) -> None:
        """Throw away what came unseen: for whoever does not look, and faster still."""
        self.wire.received.clear()
        self._read_to = 0

    def _payloads(self) -> Iterator[bytes]:
        """Yield the text frames' payloads, and note what else came."""
        data = self.wire.received
        while len(data) - self._read_to >= 2:
            first, length = data[self._read_to], data[self._read_to + 1]
            start = self._read_to + 2
            if length >= 126:
                width = 2 if length == 126 else 8
                length = int.from_bytes(data[start : start + width])
                start += width
            payload = bytes(data[start : start + length])
            self._read_to = start + length
            if first == _TEXT:
                if payload.startswith(_PLACED):
                    self.placed = decode(payload)
                elif payload.startswith(_UNPLACED):
                    self.placed = None
                yield payload
            elif first == _PING:
                self.wire.feed(_PONG_FRAME)
            elif first == _CLOSE:
                self.close_code = int.from_bytes(payload[:2])

    def hang_up(self) -> None:
        """Be gone without a word."""
        self.wire.hang_up()
