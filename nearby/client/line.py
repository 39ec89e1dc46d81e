"""A phone's line to its server: connects, talks, and comes back until closed for good."""

import asyncio
import contextlib
from collections.abc import Callable
from random import Random

from msgspec import UNSET
from websockets.exceptions import ConnectionClosed

from nearby.client.backoff import Backoff
from nearby.client.calls import Calls
from nearby.client.comeback import Comeback, Drop
from nearby.client.events import Connected, Disconnected
from nearby.client.inbox import CallbackFailed, Ending, Inbox, calling_back
from nearby.client.incoming import UNREADABLE, Unknown, read
from nearby.client.link import OPENING_FAILED, Link, closed, not_opened, open_link
from nearby.client.mirror import Mirror
from nearby.client.pulse import Pulse
from nearby.client.settings import PhoneSettings
from nearby.client.tokens import Tokens
from nearby.core import wire
from nearby.core.rules import SECOND_MS
from nearby.errors import CloseCode, GapInLog

SEAT_LOST = frozenset({"expired", "none"})
"""Reasons to be without a room that the next check-in mends."""


class Line:
    """The process behind a phone. It owns the connection, the calls that wait and the view.

    Args:
        url: The address of the socket.
        tokens: Where the token comes from.
        inbox: Where events go; it is closed at the end.
        settings: Delays and bounds.
        random: Source of jitter.
        on_message: See ``Phone``.
    """

    def __init__(
        self,
        url: str,
        tokens: Tokens,
        inbox: Inbox,
        *,
        settings: PhoneSettings,
        random: Random,
        on_message: Callable[[wire.ServerMessage], None] | None,
    ) -> None:
        self.calls = Calls(most=settings.waiting_calls, repeat_within_s=settings.repeat_within_s)
        self.mirror = Mirror()
        self.window_s = 0.0
        self.is_welcome = asyncio.Event()
        """Set while connected, and for good at the end, so that nobody waits for what will not be."""
        self.lost_seat = asyncio.Event()
        """Set from the loss of the seat until the next check-in is answered."""
        self._url = url
        self._tokens = tokens
        self._inbox = inbox
        self._settings = settings
        self._random = random
        self._on_message = on_message
        self._comeback = Comeback(settings, can_ask=tokens.can_ask, random=random)
        self._link: Link | None = None
        self._task: asyncio.Task[None] | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._ending: Ending | None = None
        self._has_ended = asyncio.Event()

    def start(self) -> None:
        """Begin to connect.

        Raises:
            RuntimeError: It was started before.
        """
        if self._task is not None:
            raise RuntimeError("a phone is used once; make another one")
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> Ending:
        """Close the connection and end for good; return how it ended, which may have been before. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        return self._end(Ending())

    async def wait_ended(self) -> Ending:
        """Return how it ended, once it has. Safe to cancel."""
        await self._has_ended.wait()
        assert self._ending is not None
        return self._ending

    def check_running(self) -> None:
        """Return if calls can be made.

        Raises:
            PhoneClosed: It has ended.
            EventsNotRead: It has, because of that.
            RuntimeError: It was not started.
        """
        if self._ending is not None:
            raise self._ending.exception()
        if self._task is None:
            raise RuntimeError("use the phone as an asynchronous context manager")

    def cut(self) -> None:
        """Cut the connection, if there is one, as a broken network would."""
        if self._link is not None:
            self._link.cut()

    async def send_waiting(self) -> None:
        """Send what waits, oldest first, whoever asked: nothing overtakes on the way to the socket. Safe to cancel."""
        while self.is_welcome.is_set() and self._link is not None:
            message = self.calls.to_send(_now_s())
            if message is None:
                return
            await self._link.tell(message)

    async def _run(self) -> None:
        """Connect, talk, and come back, until closed for good."""
        ending = Ending()
        try:
            while True:
                drop, connected_s = await self._connect_once()
                self.mirror.count(drops=1)
                if drop.code == CloseCode.BAD_TOKEN:
                    self._tokens.refused()
                back_in_s = self._comeback.after(drop, connected_s=connected_s)
                if back_in_s is None:
                    ending = Ending(code=drop.code)
                self._inbox.put(Disconnected(drop.code, back_in_s, drop.error))
                if back_in_s is None:
                    return
                await asyncio.sleep(back_in_s)
        except CallbackFailed as failed:
            ending = Ending(error=failed.error)
        except Exception as error:
            ending = Ending(error=error)
        finally:
            self._end(ending)

    async def _connect_once(self) -> tuple[Drop, float]:
        """Hold one connection until it ends; return how it did, and for how long it was welcome, in seconds."""
        try:
            token = await self._tokens.current()
        except Exception as error:
            # The app's way to its tokens is as breakable as the way to the server.
            return Drop(error=error), 0.0
        try:
            link = await open_link(self._url, within_s=self._settings.open_within_s)
        except OPENING_FAILED as error:
            return not_opened(error), 0.0
        try:
            self._link = link
            await link.tell(wire.Hello(token=token, resume=self.mirror.position()))
            welcome = await self._wait_welcome(link)
            if isinstance(welcome, Drop):
                return welcome, 0.0
            since_s = _now_s()
            return await self._talk(link, welcome), _now_s() - since_s
        finally:
            await self._let_go(link)

    async def _wait_welcome(self, link: Link) -> wire.Welcome | Drop:
        try:
            async with asyncio.timeout(self._settings.open_within_s):
                while isinstance(message := read(await link.recv(decode=False)), Unknown):
                    self.mirror.take(message)
        except ConnectionClosed as broken:
            return closed(broken)
        except TimeoutError:
            return Drop(error=TimeoutError("the server took the connection and did not welcome the phone"))
        except UNREADABLE as error:
            self.mirror.count(unreadable=1)
            return Drop(error=error)
        if isinstance(message, wire.Welcome):
            return message
        self.mirror.count(unreadable=1)
        return Drop(error=ValueError("the server's first message was not welcome"))

    async def _talk(self, link: Link, welcome: wire.Welcome) -> Drop:
        """Take message after message until the connection ends."""
        link.pulse = Pulse(_now_s(), ping_s=welcome.ping_s, silent_s=self._settings.silent_s)
        watch = asyncio.create_task(link.cut_when_dead(link.pulse, look_every_s=self._settings.silent_s))
        try:
            await self._welcomed(welcome)
            while True:
                await self._take(link, read(await link.recv(decode=False)))
        except ConnectionClosed as broken:
            if watch.done():
                self.mirror.count(silences=1)
                return Drop(error=TimeoutError("nothing came from the server any more"))
            return closed(broken)
        except GapInLog as gap:
            return Drop(error=gap)
        except UNREADABLE as error:
            self.mirror.count(unreadable=1)
            return Drop(error=error)
        finally:
            watch.cancel()

    async def _welcomed(self, welcome: wire.Welcome) -> None:
        self._show(welcome)
        self._comeback.welcomed()
        self.mirror.count(connects=1, resumes=int(welcome.resumed))
        self.window_s = welcome.window_s
        self.is_welcome.set()
        self._inbox.put(Connected(welcome))
        await self.send_waiting()

    async def _take(self, link: Link, message: wire.ServerMessage | Unknown) -> None:
        if not isinstance(message, Unknown):
            self._show(message)
        event = self.mirror.take(message)
        match message:
            case wire.Ack():
                self.calls.acknowledge(message)
                if message.window is not UNSET:
                    self.lost_seat.clear()
            case wire.Error():
                self.calls.refuse(message, _now_s())
            case wire.Placed():
                self.lost_seat.clear()
            case wire.Unplaced(why=why) if why in SEAT_LOST:
                self.lost_seat.set()
            case wire.Expiring(in_ms=in_ms) if self._tokens.can_ask and self._renewal is None:
                self._renewal = asyncio.create_task(self._renew(link, in_ms / SECOND_MS))
            case wire.Bye(reconnect_ms=reconnect_ms):
                self._comeback.bye(reconnect_ms)
        if event is not None:
            self._inbox.put(event)

    async def _renew(self, link: Link, within_s: float) -> None:
        """Replace the token that ends within ``within_s``, trying until the connection ends.

        Jittered, since tokens of a crowd that came together end together. A function that gives the old token
        once more would otherwise be told at once that it ends soon, and asked again, in a circle.
        """
        backoff = Backoff(base_s=self._settings.base_s, cap_s=self._settings.cap_s, random=self._random)
        wait_s = self._random.uniform(0, within_s / 2)
        before = await self._tokens.current()
        while True:
            await asyncio.sleep(wait_s)
            with contextlib.suppress(Exception):  # It shows, if it stays, when the token has ended.
                token = await self._tokens.fresh()
                if token != before:
                    break
            wait_s = backoff.next_s()
        self._renewal = None
        await link.tell(wire.Renew(id="renew", token=token))

    def _show(self, message: wire.ServerMessage) -> None:
        if self._on_message is not None:
            with calling_back():
                self._on_message(message)

    async def _let_go(self, link: Link) -> None:
        """The connection is over, or is to be: nothing of it is used any more."""
        self._link = None
        self.is_welcome.clear()
        self.calls.dropped()
        if self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None
        await link.close()

    def _end(self, ending: Ending) -> Ending:
        """End for good, the first time as ``ending`` says; return how it ended."""
        if self._ending is None:
            self._ending = ending
            self.is_welcome.set()
            self._has_ended.set()
            self.lost_seat.set()
            self.calls.fail(ending.exception)
            self._inbox.close()
        return self._ending


def _now_s() -> float:
    return asyncio.get_running_loop().time()
