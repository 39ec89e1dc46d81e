"""A phone without manners: sends whatever a test wants and gives back what came, nothing resumed or repaired."""

import asyncio
import contextlib
import json
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

GIVE_UP_S = 15.0


class RawPhone:
    """One socket to a server. Make it with ``connect``."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
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
        socket = await connect(
            f"ws://{urlsplit(url).netloc}/v1/ws",
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            additional_headers=bearer | (headers or {}),
            compression=None,
            ping_interval=None,
            close_timeout=1,
            max_queue=None,
            proxy=None,
        )
        return cls(socket)

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
