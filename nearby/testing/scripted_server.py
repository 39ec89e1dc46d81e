"""A server that says what a test wants: for what a good server never does, and a newer one may.

It upgrades, takes frames and sends frames; it keeps no rooms and knows no rules. Where a real server
can show the behaviour, use ``nearby.testing.serving``.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from nearby.core import wire

Message = dict[str, Any]

WELCOME: Message = {"type": "welcome", "user": "me", "ping_s": 25, "window_s": 600, "server_ms": 0, "resumed": False}


def placed(room: str = "room", *, seq: int = 1, epoch: int = 1, why: str = "new") -> Message:
    """Return a snapshot of a room with one member, ``me``."""
    return {
        "type": "placed",
        "room": {"id": room, "epoch": epoch, "capacity": 8, "opened_ms": 0},
        "area": {"cell": "85283473fffffff", "resolution": 5},
        "you": "me",
        "quiet": True,
        "members": [{"member": "me", "name": "Calm Otter", "verified": False}],
        "messages": [],
        "seq": seq,
        "why": why,
    }


def said(seq: int, text: str = "", *, room: str = "room") -> Message:
    """Return one event of that room's log."""
    return {"type": "said", "room": room, "seq": seq, "from": "me", "text": text or str(seq), "at_ms": 0}


class Visit:
    """One connection of a phone, as the script sees it."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket

    async def send(self, *messages: Message | str | bytes) -> None:
        """Send messages, or text frames as they are."""
        for message in messages:
            await self.socket.send(json.dumps(message) if isinstance(message, dict) else message, text=True)

    async def next(self) -> Message:
        """Return the phone's next message."""
        message: Message = json.loads(await self.socket.recv())
        return message

    async def until(self, kind: str) -> Message:
        """Return the phone's next message of ``kind``; those before it are taken too."""
        while (message := await self.next())["type"] != kind:
            pass
        return message

    async def welcome(self, *then: Message, **fields: Any) -> Message:
        """Take the phone's hello, welcome it and send ``then``; return the hello."""
        hello = await self.next()
        await self.send(WELCOME | fields, *then)
        return hello

    async def stay(self) -> None:
        """Say nothing more until the phone has gone."""
        await self.socket.wait_closed()


Script = Callable[[Visit], Awaitable[None]]
"""Plays one connection to its end; then the connection is closed with 1000 unless it is closed already."""


class ScriptedServer:
    """Plays one script a connection, in order; the last one again for every connection after it.

    A number in place of a script is an HTTP status to answer the upgrade with.
    """

    def __init__(self, scripts: tuple[Script | int, ...], headers: dict[str, str]) -> None:
        self._scripts = list(scripts)
        self._headers = headers
        self._server: Server | None = None
        self.visits = 0
        """Connections, or attempts at one, so far."""
        self.failures: list[Exception] = []
        """What scripts raised; empty unless a test is wrong or a phone did not do what its script waits for."""

    @property
    def url(self) -> str:
        """Return where phones connect."""
        assert self._server is not None
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        return f"ws://{host}:{port}"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["ScriptedServer"]:
        """Serve until the block ends."""
        async with serve(
            self._play,
            "127.0.0.1",
            0,
            subprotocols=[Subprotocol(wire.SUBPROTOCOL)],
            compression=None,
            ping_interval=None,
            close_timeout=1,
            process_request=self._answer,
        ) as self._server:
            yield self

    def _answer(self, socket: ServerConnection, request: Request) -> Response | None:
        self.visits += 1
        script = self._script()
        if not isinstance(script, int):
            return None
        response = socket.respond(HTTPStatus(script), "as scripted\n")
        for name, value in self._headers.items():
            response.headers[name] = value
        return response

    async def _play(self, socket: ServerConnection) -> None:
        script = self._script()
        assert not isinstance(script, int)
        try:
            await script(Visit(socket))
        except ConnectionClosed:
            pass
        except Exception as error:
            self.failures.append(error)
            raise

    def _script(self) -> Script | int:
        return self._scripts[min(self.visits, len(self._scripts)) - 1]


@contextlib.asynccontextmanager
async def scripted_server(
    *scripts: Script | int, headers: dict[str, str] | None = None
) -> AsyncIterator[ScriptedServer]:
    """Run a ``ScriptedServer`` on a free port until the block ends.

    Args:
        scripts: What it does, connection by connection.
        headers: Go with answers that are an HTTP status.

    Raises:
        Exception: What a script raised, when the block ends well.
    """
    async with ScriptedServer(scripts, headers or {}).running() as server:
        yield server
    for failure in server.failures:
        raise failure
