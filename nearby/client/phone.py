"""One phone: connects, resumes, keeps its view of the room, and answers its app's calls."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from random import Random, SystemRandom
from types import TracebackType

from nearby.client.backoff import next_check_in_s
from nearby.client.events import PhoneEvent
from nearby.client.inbox import Inbox
from nearby.client.line import Line
from nearby.client.link import socket_url
from nearby.client.settings import PhoneSettings, PhoneStatistics
from nearby.client.tokens import Token, Tokens
from nearby.core import wire
from nearby.core.ids import RoomId
from nearby.core.rules import SECOND_MS
from nearby.core.view import RoomView
from nearby.errors import ErrorCode, EventsNotRead, NotAcknowledged, Refused

Where = Callable[[], Awaitable[tuple[float, float] | None]]
"""Returns latitude and longitude in degrees, or None if they are not known just now."""


class Phone:
    """A person's phone. Use it as an asynchronous context manager, once; it reconnects until that ends.

    What goes wrong on the way is told by ``Disconnected`` and mended by coming back. An exception
    of the app's own callbacks ends the phone: waiting calls, iteration and ``wait_closed``
    raise ``PhoneClosed`` with that exception as its cause, and the context manager raises it at its end.

    Args:
        url: The server, as ``ws://``, ``wss://``, ``http://`` or ``https://``.
        token: A token, or an async function that returns a fresh one. It is asked when there is no token yet,
            when it ends soon, and once when the server refuses it. One that raises is asked again after a
            delay, told by ``Disconnected.error``; one that keeps failing while connected shows after the token's end.
        settings: Delays and bounds.
        random: Source of jitter and ids.
        on_event: Is called with each event at once, in place of iterating over the phone.
        on_message: Is called with every message as it came, before the phone acts on it: for tools that check a server.

    Raises:
        ValueError: ``url`` is not the address of a server.
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
        settings = settings or PhoneSettings()
        self._settings = settings
        self._random = random or SystemRandom()
        self._inbox = Inbox(on_event, unread=settings.unread_events)
        self._line = Line(
            socket_url(url),
            Tokens(token, within_s=settings.open_within_s),
            self._inbox,
            settings=settings,
            random=self._random,
            on_message=on_message,
        )
        self._id_prefix = f"{self._random.getrandbits(48):012x}"
        self._id_count = 0

    async def __aenter__(self) -> "Phone":
        """Start connecting; ``wait_connected`` tells when that is done.

        Raises:
            RuntimeError: It was started before.
        """
        self._line.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close for good. The seat is held for a while; call ``leave`` before to give it up.

        Raises:
            Exception: What a callback of the app raised, unless something is being raised already.
        """
        failure = (await self._line.stop()).error
        if error is None and failure is not None and not isinstance(failure, EventsNotRead):
            raise failure

    def __aiter__(self) -> AsyncIterator[PhoneEvent]:
        """Return the events, in order, until the phone is closed."""
        return self

    async def __anext__(self) -> PhoneEvent:
        """Return the next event. Safe to cancel: no event is lost.

        Raises:
            StopAsyncIteration: The app closed the phone, and all events were read.
            PhoneClosed: The server closed it for good.
            EventsNotRead: They were not read in time.
        """
        event = await self._inbox.get()
        if event is not None:
            return event
        await self.wait_closed()
        raise StopAsyncIteration

    @property
    def view(self) -> RoomView | None:
        """The room as it is known now; None without one. While disconnected, as it was."""
        return self._line.mirror.view

    def statistics(self) -> PhoneStatistics:
        """Return what happened so far."""
        return self._line.mirror.statistics

    async def wait_connected(self) -> None:
        """Return when the server has welcomed the phone. Safe to cancel.

        Raises:
            PhoneClosed: It is closed for good.
            EventsNotRead: It is, because of that.
        """
        self._line.check_running()
        await self._line.is_welcome.wait()
        self._line.check_running()

    async def wait_closed(self) -> None:
        """Return when the app has closed the phone. Safe to cancel.

        Raises:
            PhoneClosed: The server closed it for good, or a callback of the app failed.
            EventsNotRead: Its events were not read.
        """
        ending = await self._line.wait_ended()
        if not ending.is_wanted:
            raise ending.exception()

    async def check_in(
        self, lat_deg: float, lon_deg: float, *, accuracy_m: float | None = None, came_with: Sequence[str] = ()
    ) -> wire.Ack:
        """Tell where I am; the ``ack`` carries area and window, a ``placed`` may follow.

        ``came_with`` are handles of people I know: if they each name me, we are seated together if seats allow.

        Repeated after a drop, unless a newer one waits too: then only that is sent, and answers both.
        Waits while disconnected. Safe to cancel: it is not sent any more if it was not.

        Raises:
            Refused: As the server says; a repeat may be ``rate_limited`` although the first was taken.
            NotAcknowledged: ``leave`` was called before it could be sent.
            PhoneClosed: The phone is closed.
        """
        position = wire.CheckIn(
            id=self._next_id(), lat=lat_deg, lon=lon_deg, accuracy_m=accuracy_m, with_=list(came_with) or None
        )
        return await self._call(position, may_repeat=True)

    async def say(self, text: str) -> wire.Ack:
        """Say ``text`` in my room; the ``ack`` carries its ``seq``.

        After a drop, or a failure of the server that passes, the same message is sent again under the
        same id, so it is said once. Waits while disconnected. Safe to cancel: it is not sent any more if it was not.

        Raises:
            Refused: ``not_in_room``, or as the server says.
            NotAcknowledged: The phone was away for too long to repeat it. It may have been said.
            PhoneClosed: The phone is closed. It may have been said.
        """
        return await self._call(wire.Say(id=self._next_id(), room=self._my_room(), text=text), may_repeat=True)

    async def next_room(self) -> None:
        """Ask for another room; a ``placed`` follows. Waits while disconnected. Safe to cancel.

        Raises:
            Refused: ``not_in_room``, or as the server says.
            NotAcknowledged: The connection dropped; look at ``view`` before asking again.
            PhoneClosed: The phone is closed.
        """
        await self._call(wire.Next(id=self._next_id(), room=self._my_room()), may_repeat=False)

    async def shake(self) -> None:
        """Shake, now. If others of my area do within seconds, ``shaken`` and ``placed`` follow; else nothing does.

        After a drop it is sent again, within ``shake_within_s`` of the call: while it waits a repeat changes nothing.
        Waits that long while disconnected. Safe to cancel: it is not sent any more if it was not.

        Raises:
            Refused: ``not_present``, ``rate_limited``, ``off``, or as the server says.
            NotAcknowledged: No answer came in time. It may have been counted.
            PhoneClosed: The phone is closed.
        """
        try:
            async with asyncio.timeout(self._settings.shake_within_s):
                await self._call(wire.Shake(id=self._next_id()), may_repeat=True)
        except TimeoutError:
            raise NotAcknowledged("no answer came in time; it may have been counted") from None

    async def mute(self, member: str, *, room: str | None = None, is_on: bool = True) -> None:
        """Hear ``Skipped`` for what a member says, or hear them again; they do not know. Repeated after a drop.

        ``room`` is the room the member was in, mine if it is not given. Waits while disconnected. Safe to cancel.

        Raises:
            Refused: As the server says.
            PhoneClosed: The phone is closed.
        """
        kind = wire.Mute if is_on else wire.Unmute
        await self._call(kind(id=self._next_id(), room=room or self._room(), member=member), may_repeat=True)

    async def block(self, member: str, *, room: str | None = None) -> str:
        """Never meet a member again; return the id to withdraw it by (``People.unblock``). ``placed`` follows.

        ``room`` is the room the member was in, within the last hour; mine if it is not given. Repeated after a drop,
        which changes nothing. Waits while disconnected. Safe to cancel.

        Raises:
            Refused: ``rate_limited``, or as the server says. After ``store_down`` it may hold.
            PhoneClosed: The phone is closed.
        """
        block = wire.Block(id=self._next_id(), room=room or self._room(), member=member)
        ack = await self._call(block, may_repeat=True)
        return str(ack.block)

    async def report(self, member: str, reason: str | None = None, *, room: str | None = None) -> None:
        """Tell operators about a member and never meet them again; ``placed`` follows. ``reason`` is a word for it.

        ``room`` is the room the member was in, within the last hour; mine if it is not given. Repeated after a drop,
        which is kept once. Waits while disconnected. Safe to cancel.

        Raises:
            Refused: ``rate_limited``, or as the server says. After ``store_down`` it may be kept.
            PhoneClosed: The phone is closed.
        """
        report = wire.Report(id=self._next_id(), room=room or self._room(), member=member, reason=reason)
        await self._call(report, may_repeat=True)

    async def greet(self, member: str) -> None:
        """Greet a member of my room; once both greeted, ``known`` follows. Repeated after a drop.

        Waits while disconnected. Safe to cancel.

        Raises:
            Refused: ``not_in_room``, ``moved``, ``rate_limited``, ``off``, or as the server says.
            PhoneClosed: The phone is closed.
        """
        await self._call(wire.Greet(id=self._next_id(), room=self._my_room(), member=member), may_repeat=True)

    async def leave(self) -> None:
        """Leave the room and clear my location. Repeated after a drop. Waits while disconnected. Safe to cancel.

        Raises:
            Refused: As the server says.
            PhoneClosed: The phone is closed.
        """
        await self._call(wire.Leave(id=self._next_id()), may_repeat=True)

    async def wait_check_in_due(self) -> None:
        """Return when it is time to check in again: 0.5 to 0.8 windows from now, or the seat was lost meanwhile.

        Call it after a check-in. Safe to cancel.

        Raises:
            PhoneClosed: The phone is closed.
        """
        await self.wait_connected()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(next_check_in_s(self._line.window_s, self._random)):
                await self._line.lost_seat.wait()
        self._line.check_running()

    async def keep_present(self, where: Where) -> None:
        """Check in now and whenever it is due, until cancelled: run it as a task, and cancel it before ``leave``.

        Args:
            where: Asked each time, so that no old position is sent; None skips this time.

        Raises:
            Refused: As the server says; after ``rate_limited`` it waits and goes on.
            NotAcknowledged: ``leave`` was called meanwhile.
            PhoneClosed: The phone is closed.
            Exception: Whatever ``where`` raises.
        """
        while True:
            await self.wait_connected()
            position = await where()
            try:
                if position is not None:
                    await self.check_in(*position)
            except Refused as refused:
                if refused.retry_ms is None:
                    raise
                await asyncio.sleep(refused.retry_ms / SECOND_MS)
            else:
                await self.wait_check_in_due()

    def drop_connection(self) -> None:
        """Cut the connection as a broken network would; the phone comes back. For tests of apps and servers."""
        self._line.cut()

    async def _call(self, message: wire.Command, *, may_repeat: bool) -> wire.Ack:
        line = self._line
        line.check_running()
        call = line.calls.add(message, may_repeat=may_repeat)
        try:
            while True:
                await line.send_waiting()
                try:
                    return await call.answer
                except Refused:
                    if call.again_s is None:
                        raise
                    await asyncio.sleep(call.again_s)
                    line.check_running()
                    if not line.calls.again(call):
                        raise
        finally:
            line.calls.discard(call)

    def _room(self) -> str | None:
        return None if self.view is None else self.view.room.id

    def _my_room(self) -> RoomId:
        self._line.check_running()
        if self.view is None:
            raise Refused(ErrorCode.NOT_IN_ROOM)
        return RoomId(self.view.room.id)

    def _next_id(self) -> str:
        self._id_count += 1
        return f"{self._id_prefix}-{self._id_count}"
