"""A phone without manners: sends whatever a test wants and gives back what came, nothing resumed or repaired."""

import asyncio
import contextlib
import json
import socket
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from nearby.testing.waiting import eventually

GIVE_UP_S = 30.0


class RawPhone:
    """One socket to a server. Make it with ``connect``."""

    def __init__(self, connection: ClientConnection) -> None:
        self.socket = connection
        self.received: list[dict[str, Any]] = []
        """Every message taken so far."""

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        token: str | None = None,
        subprotocols: tuple[str, ...] = ("nearby.v1",),
        headers: dict[str, str] | None = None,
    ) -> "RawPhone":
        """Open a socket; ``token`` goes into the Authorization header."""
        bearer = {"Authorization": f"Bearer {token}"} if token is not None else {}
        connection = await connect(
            f"ws://{urlsplit(url).netloc}/v1/ws",
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            additional_headers=bearer | (headers or {}),
            compression=None,
            ping_interval=None,
            close_timeout=1,
            max_queue=None,
            proxy=None,
        )
        return cls(connection)

    async def send(self, message: dict[str, Any] | str | bytes) -> None:
        """Send a message, or a text or binary frame as it is."""
        await self.socket.send(json.dumps(message) if isinstance(message, dict) else message)

    async def next(self) -> dict[str, Any]:
        """Return the next message.

        Raises:
            ConnectionClosed: The server closed first.
        """
        async with asyncio.timeout(GIVE_UP_S):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        self.received.append(message)
        return message

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Return the next message of ``kind`` with these fields; those before it are taken too."""
        while True:
            message = await self.next()
            if message["type"] == kind and all(message.get(name) == value for name, value in fields.items()):
                return message

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message that has an ``id`` and return its ack, pong or error."""
        await self.send(message)
        while True:
            answer = await self.next()
            if answer["type"] in ("ack", "error", "pong") and answer.get("id") == message["id"]:
                return answer

    async def quiet(self) -> list[dict[str, Any]]:
        """Return what is on its way: all messages up to the answer of a ping sent now."""
        before = len(self.received)
        await self.ask({"type": "ping", "id": "quiet?"})
        return self.received[before:-1]

    async def close_code(self) -> int:
        """Take messages until the server closes; return its code, 1006 if it just cut."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.next()
        return self.socket.close_code or 1006

    async def told_code(self) -> int:
        """Return the code of the server's close frame once it is here, and hang up.

        A server that could not read us to the end would wait for an answer that it cannot read either.
        """

        async def told() -> int | None:
            frame = self.socket.protocol.close_rcvd
            return None if frame is None else frame.code

        code = await eventually(told, lambda code: code is not None, what="a close frame")
        self.socket.transport.abort()
        assert code is not None
        return code

    async def code_or_welcome(self) -> int | None:
        """Return None once welcomed, or the code the server closed with."""
        try:
            await self.until("welcome")
        except ConnectionClosed:
            return self.socket.close_code or 1006
        return None

    async def cut(self) -> None:
        """Drop the connection as a broken network would."""
        self.socket.transport.abort()
        await self.socket.wait_closed()


def masked(message: dict[str, Any]) -> bytes:
    """Return a short message as the frame a client sends, masked with zeros."""
    payload = json.dumps(message).encode()
    header = bytes((0x81, 0x80 | len(payload))) if len(payload) < 126 else b"\x81\xfe" + len(payload).to_bytes(2)
    return header + bytes(4) + payload


async def silent_phone(
    url: str, token: str, *, receive_buffer: int | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a plain TCP connection that has upgraded and said hello, and answers nothing by itself.

    Args:
        url: The server.
        token: Whose phone.
        receive_buffer: Bytes the kernel keeps for it; the kernel's default if None.
    """
    parts = urlsplit(url)
    connection = socket.socket()
    connection.setblocking(False)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(connection, (parts.hostname, parts.port))
    reader, writer = await asyncio.open_connection(sock=connection)
    writer.write(
        f"GET /v1/ws HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: c2l4dGVlbiByYW5kb20gYg==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    writer.write(masked({"type": "hello", "token": token}))
    return reader, writer
