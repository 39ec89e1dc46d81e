"""A phone as a bare socket: ready frames out, and as little as possible done with what comes in."""

import asyncio
import json
import os
from base64 import b64encode
from typing import Any, Protocol, cast

_TEXT, _CLOSE, _PING = 0x81, 0x88, 0x89
_MASKED_TEXT, _MASKED_PONG = 0x81, 0x8A
_MEDIUM, _LONG = 126, 127
_MASK = b"\x5a\xa5\x3c\xc3"
"""Any mask but zero will do (RFC 6455 section 5.3 wants a fresh one against proxies; here is none)."""


def client_frame(message: dict[str, Any]) -> bytes:
    """Return a message as one masked text frame."""
    return _masked(_MASKED_TEXT, json.dumps(message, separators=(",", ":")).encode())


def _masked(first_byte: int, payload: bytes) -> bytes:
    length = len(payload)
    mask = (_MASK * (length // 4 + 1))[:length]
    body = (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(length)
    if length < _MEDIUM:
        return bytes((first_byte, 0x80 | length)) + _MASK + body
    return bytes((first_byte, 0x80 | _MEDIUM)) + length.to_bytes(2) + _MASK + body


class Ear(Protocol):
    """Who is told what happens to a phone."""

    def hear(self, phone: "Phone", payload: bytes) -> None:
        """A message came."""

    def fail(self, what: str) -> None:
        """The server did what it must not."""

    def lost(self, error: Exception | None) -> None:
        """The connection is gone."""


class Phone(asyncio.Protocol):
    """One connection: upgrades, sends its hello, and tells its ear every message."""

    def __init__(self, ear: Ear, hello: bytes) -> None:
        self.room = ""
        self._ear = ear
        self._hello = hello
        self._is_open = False
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        # uvloop's transports have the methods and not the base class.
        self._transport = cast(asyncio.Transport, transport)
        key = b64encode(os.urandom(16)).decode()
        self._transport.write(
            "GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: nearby.v1\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take whole frames off the front."""
        data = self._unread + data
        if not self._is_open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._unread = head
                return
            self._upgraded(head)
        position = 0
        while (bounds := _frame_at(data, position)) is not None:
            start, end_of_frame = bounds
            self._take(data[position], data[start:end_of_frame])
            position = end_of_frame
        self._unread = data[position:]

    def connection_lost(self, error: Exception | None) -> None:
        """Pass it on."""
        self._ear.lost(error)

    def write(self, frame: bytes) -> None:
        """Send one whole frame."""
        assert self._transport is not None
        self._transport.write(frame)

    def hang_up(self) -> None:
        """Drop the connection, if there is one."""
        if self._transport is not None:
            self._transport.abort()

    def _upgraded(self, head: bytes) -> None:
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            self._ear.fail(f"the upgrade was answered by {head[:80]!r}")
            return
        self._is_open = True
        self.write(self._hello)

    def _take(self, first_byte: int, payload: bytes) -> None:
        if first_byte == _TEXT:
            self._ear.hear(self, payload)
        elif first_byte == _PING:
            self.write(_masked(_MASKED_PONG, payload))
        elif first_byte == _CLOSE:
            self._ear.fail(f"the server closed a connection: {payload!r}")


def _frame_at(data: bytes, position: int) -> tuple[int, int] | None:
    """Return where the payload of the frame at ``position`` starts and ends, None if it is not all there."""
    start = position + 2
    if len(data) < start:
        return None
    length = data[position + 1]
    if length >= _MEDIUM:
        width = 2 if length == _MEDIUM else 8
        length = int.from_bytes(data[start : start + width])
        start += width
    end = start + length
    return (start, end) if end <= len(data) else None
