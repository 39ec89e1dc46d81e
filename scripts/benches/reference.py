"""Reference servers: rooms of eight on aiohttp and on websockets, written the obvious way.

They speak as much of the wire as the benches use, on the same loop as ours, without compression.
They do less than our server, never more: no limits, tokens, pings, resume, windows or metrics.
"""

import asyncio
import json
import secrets
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import h3  # type: ignore[import-untyped]
import uvloop
from aiohttp import WSMsgType, web
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.typing import Subprotocol

SUBPROTOCOL = "nearby.v1"
HOST = "127.0.0.1"
CAPACITY = 8
LOG_EVENTS = 500
MAX_TEXT_CHARACTERS = 1_000
RESOLUTION = 7

Socket = TypeVar("Socket")


@dataclass
class Room(Generic[Socket]):
    """Who sits together, and the log of what was said."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    seq: int = 0
    members: dict[str, Socket] = field(default_factory=dict)
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_EVENTS))


@dataclass
class Member(Generic[Socket]):
    """One connection."""

    socket: Socket
    id: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    room: Room[Socket] | None = None


@dataclass
class Outcome:
    """What the author is answered, after the room has heard ``said``."""

    answers: list[dict[str, Any]]
    said: dict[str, Any] | None = None


class Hub(Generic[Socket]):
    """All rooms, filled one after the other."""

    def __init__(self) -> None:
        self.cells: dict[str, str] = {}
        self.filling: Room[Socket] = Room()

    def carry_out(self, member: Member[Socket], text: str) -> Outcome:
        """Return what a message comes to."""
        message = json.loads(text)
        match message.get("type"):
            case "hello":
                welcome = {"type": "welcome", "user": member.id, "server_ms": _now_ms(), "resumed": False}
                return Outcome([welcome, {"type": "unplaced", "why": "none"}])
            case "checkin":
                return self._check_in(member, message)
            case "say":
                return _say(member, message)
            case _:
                return Outcome([{"type": "error", "code": "unknown_type"}])

    def leave(self, member: Member[Socket]) -> None:
        """The connection is gone."""
        self.cells.pop(member.id, None)
        if member.room is not None:
            del member.room.members[member.id]

    def _check_in(self, member: Member[Socket], message: dict[str, Any]) -> Outcome:
        lat, lon = message.get("lat"), message.get("lon")
        if not isinstance(lat, float) or not isinstance(lon, float) or not (-90 <= lat <= 90 and -180 <= lon <= 180):
            return Outcome([{"type": "error", "id": message.get("id"), "code": "bad_position"}])
        self.cells[member.id] = cell = h3.latlng_to_cell(lat, lon, RESOLUTION)
        answers = [{"type": "ack", "id": message.get("id"), "area": {"cell": cell, "resolution": RESOLUTION}}]
        if member.room is None:
            if len(self.filling.members) >= CAPACITY:
                self.filling = Room()
            room = member.room = self.filling
            room.members[member.id] = member.socket
            answers.append({"type": "placed", "room": {"id": room.id, "capacity": CAPACITY}, "you": member.id})
        return Outcome(answers)


def _say(member: Member[Socket], message: dict[str, Any]) -> Outcome:
    room, text, message_id = member.room, message.get("text"), message.get("id")
    if room is None or message.get("room") != room.id:
        return Outcome([{"type": "error", "id": message_id, "code": "not_in_room"}])
    if not isinstance(text, str) or not 0 < len(text) <= MAX_TEXT_CHARACTERS:
        return Outcome([{"type": "error", "id": message_id, "code": "bad_text"}])
    room.seq += 1
    at_ms = _now_ms()
    said = {"type": "said", "room": room.id, "seq": room.seq, "from": member.id, "text": text, "at_ms": at_ms}
    room.log.append(said)
    return Outcome([{"type": "ack", "id": message_id, "seq": room.seq, "at_ms": at_ms}], said)


async def serve_aiohttp() -> None:
    """Serve on aiohttp until cancelled: ``send_str`` to each member."""
    hub: Hub[web.WebSocketResponse] = Hub()

    async def phone(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,), compress=False)
        await socket.prepare(request)
        member = Member(socket)
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    outcome = hub.carry_out(member, frame.data)
                    if outcome.said is not None and member.room is not None:
                        text = json.dumps(outcome.said)
                        for other in list(member.room.members.values()):
                            await other.send_str(text)
                    for answer in outcome.answers:
                        await socket.send_str(json.dumps(answer))
        finally:
            hub.leave(member)
        return socket

    app = web.Application()
    app.router.add_get("/v1/ws", phone)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0, backlog=4096).start()
    _announce(runner.addresses[0][1])
    await asyncio.Event().wait()


async def serve_websockets() -> None:
    """Serve on websockets until cancelled: ``broadcast`` to the members."""
    hub: Hub[ServerConnection] = Hub()

    async def phone(socket: ServerConnection) -> None:
        member = Member(socket)
        try:
            async for text in socket:
                if isinstance(text, str):
                    outcome = hub.carry_out(member, text)
                    if outcome.said is not None and member.room is not None:
                        broadcast(member.room.members.values(), json.dumps(outcome.said))
                    for answer in outcome.answers:
                        await socket.send(json.dumps(answer))
        finally:
            hub.leave(member)

    options: dict[str, Any] = {"compression": None, "ping_interval": None, "backlog": 4096}
    async with serve(phone, HOST, 0, subprotocols=[Subprotocol(SUBPROTOCOL)], **options) as server:
        _announce(next(iter(server.sockets)).getsockname()[1])
        await asyncio.Event().wait()


SERVERS: dict[str, Callable[[], Awaitable[None]]] = {"aiohttp": serve_aiohttp, "websockets": serve_websockets}


def _announce(port: int) -> None:
    print(f"reference: phones at http://{HOST}:{port}", flush=True)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def _serve(name: str) -> None:
    await SERVERS[name]()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
