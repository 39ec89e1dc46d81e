"""One phone: connects, resumes, keeps its view of the room, and answers its app's calls."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from random import Random, SystemRandom
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.typing import Subprotocol

from nearby.client.backoff import Backoff
from nearby.client.calls import Calls
from nearby.client.events import Connected, Disconnected, PhoneEvent
from nearby.core import wire
from nearby.core.rules import SECOND_MS
from nearby.core.view import RoomView
from nearby.errors import (
    FIRST_FINAL_CODE,
    CloseCode,
    ErrorCode,
    EventsNotRead,
    GapInLog,
    PhoneClosed,
    Refused,
)

SOCKET_PATH = "/v1/ws"

Token = str | Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSettings:
    """How a phone behaves on bad days."""

    base_s: float = 0.5
    """Upper end of the first reconnect delay."""
    cap_s: float = 30.0
    """Upper end of every reconnect delay."""
    open_within_s: float = 10.0
    """How long the server has to take a connection and to welcome it."""
    unread_events: int = 10_000
    """So many unread events close the phone with ``EventsNotRead`` (policy ``close_unread``)."""


@dataclass(frozen=True, slots=True)
class PhoneStatistics:
    """What happened to a phone so far."""

    connects: int = 0
    drops: int = 0
    resumes: int = 0
    gaps: int = 0
    repeats: int = 0
    """Events that were not news: a broken promise of the server."""
    refusals: int = 0


class Phone:
    """A person's phone. Use it as an asynchronous context manager; it reconnects until that ends.

    Args:
        url: The server, as ``ws://``, ``wss://``, ``http://`` or ``https://``.
        token: A token, or an async function that returns a fresh one: asked when the old one ends.
        settings: Delays and bounds.
        random: Source of jitter and ids.
        on_event: Is called with each event at once, in place of iterating over the phone.
        on_message: Is called with every message as it came, before the phone acts on it: for tools that check a server.
    """

    def __init__(
        self,
        url: str,
        token: Token,
        *,
        settings: PhoneSettings | None = None,
        random: Random | None = None,
        on_event: Callable[[PhoneEvent], None] | None = None,
        on_message: Callable[[wire.ServerMessage], None] | None = None,
    ) -> None:
        self._url = _socket_url(url)
        self._token = token
        self._settings = settings or PhoneSettings()
        self._random = random or SystemRandom()
        self._backoff = Backoff(base_s=self._settings.base_s, cap_s=self._settings.cap_s, random=self._random)
        self._on_event = on_event
        self._on_message = on_message
        self._events: asyncio.Queue[PhoneEvent | None] = asyncio.Queue(self._settings.unread_events + 1)
        self._calls = Calls()
        self._id_prefix = f"{self._random.getrandbits(48):012x}"
        self._id_count = 0
        self._socket: ClientConnection | None = None
        self._is_welcome = asyncio.Event()
        self._bye_s: float | None = None
        self._asked_anew = False
        self._ended: PhoneClosed | EventsNotRead | None = None
        self._task: asyncio.Task[None] | None = None
        self._statistics = PhoneStatistics()
        self.view: RoomView | None = None

    async def __aenter__(self) -> "Phone":
        """Start connecting."""
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close for good. The seat is held for a while; call ``leave`` before to give it up."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def __aiter__(self) -> AsyncIterator[PhoneEvent]:
        """Yield events in order until the phone is closed.

        Raises:
            PhoneClosed: The server closed it for good.
            EventsNotRead: They were not read in time.
        """
        while True:
            event = await self._events.get()
            if event is None:
                break
            yield event
        if self._ended is not None and not (isinstance(self._ended, PhoneClosed) and self._ended.code is None):
            raise self._ended

    def statistics(self) -> PhoneStatistics:
        """Return what happened so far."""
        return self._statistics

    async def wait_connected(self) -> None:
        """Return when the server has welcomed the phone. Safe to cancel.

        Raises:
            PhoneClosed: It is closed for good.
        """
        if self._ended is None:
            await self._is_welcome.wait()
        if self._ended is not None:
            raise self._ended

    async def check_in(self, lat_deg: float, lon_deg: float, *, accuracy_m: float | None = None) -> wire.Ack:
        """Tell where I am; the ``ack`` carries area and window, a ``placed`` may follow. Repeated after a drop.

        Raises:
            Refused: As the server says.
            PhoneClosed: The phone is closed.
        """
        position = wire.CheckIn(id=self._next_id(), lat=lat_deg, lon=lon_deg, accuracy_m=accuracy_m)
        return await self._call(position, may_repeat=True)

    async def say(self, text: str) -> wire.Ack:
        """Say ``text`` in my room; the ``ack`` carries its ``seq``.

        After a drop the same message is sent again under the same id, so it is said once.

        Raises:
            Refused: ``not_in_room``, or as the server says.
            PhoneClosed: The phone is closed. It may have been said.
        """
        return await self._call(wire.Say(id=self._next_id(), room=self._my_room(), text=text), may_repeat=True)

    async def next_room(self) -> None:
        """Ask for another room; a ``placed`` follows.

        Raises:
            Refused: ``not_in_room``, or as the server says.
            NotAcknowledged: The connection dropped; look at ``view`` before asking again.
        """
        await self._call(wire.Next(id=self._next_id(), room=self._my_room()), may_repeat=False)

    async def leave(self) -> None:
        """Leave the room and clear my location. Repeated after a drop."""
        await self._call(wire.Leave(id=self._next_id()), may_repeat=True)

    def drop_connection(self) -> None:
        """Cut the connection as a broken network would; the phone comes back. For tests of apps and servers."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _call(self, message: wire.Command, *, may_repeat: bool) -> wire.Ack:
        if self._ended is not None:
            raise self._ended
        call = self._calls.add(message, may_repeat=may_repeat)
        if self._is_welcome.is_set() and self._socket is not None:
            await _send(self._socket, message)
        return await self._calls.wait(call)

    async def _run(self) -> None:
        """Connect, talk, and come back, until closed for good."""
        ended: PhoneClosed | EventsNotRead = PhoneClosed(None)
        try:
            while True:
                code = await self._connect_once()
                self._count(drops=1)
                back_in_s = self._back_in_s(code)
                self._emit(Disconnected(code, back_in_s))
                if back_in_s is None:
                    ended = PhoneClosed(code)
                    return
                await asyncio.sleep(back_in_s)
        except EventsNotRead as unread:
            ended = unread
        finally:
            self._end(ended)

    async def _connect_once(self) -> int | None:
        """Hold one connection until it ends; return its close code, None if it broke."""
        with contextlib.suppress(OSError, InvalidHandshake, InvalidMessage, TimeoutError):
            async with connect(
                self._url,
                subprotocols=[Subprotocol(wire.SUBPROTOCOL)],
                compression=None,
                open_timeout=self._settings.open_within_s,
                ping_interval=None,
                close_timeout=1,
            ) as socket:
                self._socket = socket
                try:
                    await self._talk(socket)
                except ConnectionClosed as closed:
                    return closed.rcvd.code if closed.rcvd is not None else None
                except GapInLog:
                    self._count(gaps=1)
                    return None
                finally:
                    self._dropped()
        return None

    async def _talk(self, socket: ClientConnection) -> None:
        token = self._token if isinstance(self._token, str) else await self._token()
        await _send(socket, wire.Hello(token=token, resume=self.view.position() if self.view else None))
        async with asyncio.timeout(self._settings.open_within_s):
            welcome = wire.decode_from_server(await socket.recv(decode=False))
        if not isinstance(welcome, wire.Welcome):
            return
        if self._on_message is not None:
            self._on_message(welcome)
        await self._welcomed(socket, welcome)
        while True:
            message = wire.decode_from_server(await socket.recv(decode=False))
            if self._on_message is not None:
                self._on_message(message)
            await self._take(socket, message)

    async def _welcomed(self, socket: ClientConnection, welcome: wire.Welcome) -> None:
        self._backoff.succeeded()
        self._asked_anew = False
        self._count(connects=1, resumes=int(welcome.resumed))
        self._is_welcome.set()
        self._emit(Connected(welcome))
        for message in self._calls.waiting():
            await _send(socket, message)

    async def _take(self, socket: ClientConnection, message: wire.ServerMessage) -> None:
        match message:
            case wire.Said() | wire.Joined() | wire.Left() | wire.Changed():
                if self.view is not None and self.view.apply(message):
                    self._emit(message)
                else:
                    self._count(repeats=1)
            case wire.Ack():
                self._calls.acknowledge(message)
            case wire.Error():
                self._count(refusals=1)
                self._calls.refuse(message)
            case wire.Placed():
                self.view = RoomView(message)
                self._emit(message)
            case wire.Unplaced():
                self.view = None
                self._emit(message)
            case wire.Expiring():
                self._emit(message)
                if not isinstance(self._token, str):
                    await _send(socket, wire.Renew(token=await self._token()))
            case wire.Bye(reconnect_ms=reconnect_ms):
                self._bye_s = reconnect_ms / SECOND_MS
                self._emit(message)

    def _back_in_s(self, code: int | None) -> float | None:
        """Return when to try again after a close with ``code``, or None for never."""
        bye_s, self._bye_s = self._bye_s, None
        if code == CloseCode.BAD_TOKEN and not isinstance(self._token, str) and not self._asked_anew:
            self._asked_anew = True
            return 0.0
        if code is not None and code >= FIRST_FINAL_CODE:
            return None
        return bye_s if bye_s is not None else self._backoff.next_s()

    def _dropped(self) -> None:
        self._socket = None
        self._is_welcome.clear()
        self._calls.dropped()

    def _end(self, ended: PhoneClosed | EventsNotRead) -> None:
        self._ended = ended
        self._is_welcome.set()
        self._calls.fail(ended)
        self._events.put_nowait(None)

    def _emit(self, event: PhoneEvent) -> None:
        if self._on_event is not None:
            self._on_event(event)
        elif self._events.qsize() >= self._settings.unread_events:
            raise EventsNotRead(f"{self._settings.unread_events} events were not read")
        else:
            self._events.put_nowait(event)

    def _my_room(self) -> str:
        if self.view is None:
            raise Refused(ErrorCode.NOT_IN_ROOM)
        return self.view.room.id

    def _next_id(self) -> str:
        self._id_count += 1
        return f"{self._id_prefix}-{self._id_count}"

    def _count(self, **more: int) -> None:
        now = self._statistics
        self._statistics = replace(now, **{name: getattr(now, name) + count for name, count in more.items()})


async def _send(socket: ClientConnection, message: wire.ClientMessage) -> None:
    """Send one message; a connection that just closed is noticed by whoever reads it."""
    with contextlib.suppress(ConnectionClosed):
        await socket.send(wire.encode(message), text=True)


def _socket_url(url: str) -> str:
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    return urlunsplit((scheme, parts.netloc, parts.path if parts.path not in ("", "/") else SOCKET_PATH, "", ""))
