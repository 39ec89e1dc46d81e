"""What each message of a phone does."""

import contextlib
from collections.abc import Callable, Collection
from functools import partial
from random import Random
from time import perf_counter

from nearby.core import wire
from nearby.core.cell import place_of
from nearby.core.ids import ConnectionId, RoomId
from nearby.core.text import clean_text
from nearby.core.venue import shown_area
from nearby.core.window import Windows
from nearby.core.wishes import read_wishes
from nearby.errors import CloseCode, Disconnect, ErrorCode, HubDown, Refused, StoreDown, Superseded
from nearby.hub.base import Caller, Hub, Standing
from nearby.server.areas import AreasInForce
from nearby.server.auth import Verifier
from nearby.server.clock import SteadyClock
from nearby.server.companions import Companions
from nearby.server.connection import Connection
from nearby.server.gateway import Gateway
from nearby.server.members import Members
from nearby.server.metrics import Metrics
from nearby.server.names import Names
from nearby.server.placer import Placer
from nearby.server.problems import HUB_RETRY_MS, close_code_of, store_down
from nearby.server.reports import Reports
from nearby.server.screening import Screening
from nearby.server.separation import Separation
from nearby.store.base import Journal

MAX_WAITING_ACKS = 32
"""Acks of one phone that may wait for the disk; with more its next message waits too (policy: back-pressure)."""

RECONNECT_WITHIN_MS = 5_000
"""Phones that are sent away come back spread over this time, so that the next server is not run over."""


class Dispatcher:
    """Carries out phones' messages, one at a time per connection, and answers them."""

    def __init__(
        self,
        hub: Hub,
        gateway: Gateway,
        *,
        placer: Placer,
        journal: Journal,
        areas: AreasInForce,
        verifier: Verifier,
        names: Names,
        members: Members,
        reports: Reports,
        screening: Screening,
        separation: Separation,
        companions: Companions,
        windows: Windows,
        clock: SteadyClock,
        metrics: Metrics,
        random: Random,
        tags: Collection[str],
        has_shake: bool,
    ) -> None:
        self._hub = hub
        self._tags = tags
        self._has_shake = has_shake
        self._gateway = gateway
        self._placer = placer
        self._journal = journal
        self._areas = areas
        self._verifier = verifier
        self._names = names
        self._members = members
        self._reports = reports
        self._screening = screening
        self._separation = separation
        self._companions = companions
        self._windows = windows
        self._clock = clock
        self._metrics = metrics
        self._random = random
        self._window = wire.Window(start_ms=0, end_ms=0)
        self.is_draining = False
        self.is_hub_down = False

    async def handle(self, phone: Connection, data: bytes | str) -> None:
        """Carry out the message in one text frame and answer it.

        Raises:
            Disconnect: The connection must end.
        """
        now_ms = self._clock.now_ms()
        try:
            message = phone.session.receive(data, now_ms)
        except Refused as refused:
            self._refuse(phone, refused, refused.answers)
            return
        self._metrics.messages[type(message)] += 1
        if isinstance(message, wire.Hello):
            await self._hello(phone, message, now_ms)
            return
        try:
            if isinstance(message, wire.Say):
                await self._say(phone, message, now_ms)
            else:
                await self._carry_out(phone, message, now_ms)
        except Refused as refused:
            self._refuse(phone, refused, message.id)
        except HubDown:
            self._refuse(phone, Refused(ErrorCode.HUB_DOWN, retry_ms=HUB_RETRY_MS), message.id)
        except StoreDown as down:
            self._refuse(phone, store_down(down), message.id)
        except Superseded:
            raise Disconnect(CloseCode.REPLACED) from None

    async def check_in(
        self, caller: Caller, position: wire.Position, now_ms: int, *, connection: ConnectionId | None
    ) -> Standing | None:
        """Check a caller in, and see that they are seated on the next tick.

        Inside a quiet area it clears the caller's location instead; the socket that asked is still to be told so.

        Args:
            caller: Who.
            position: Where.
            now_ms: When.
            connection: The socket that asked, None over HTTP.

        Returns:
            What the check-in came to, None inside a quiet area.

        Raises:
            Refused: ``rate_limited``, ``draining`` or ``erasing``. Nothing happened.
            Superseded: ``connection`` is not the caller's newest any more, and stands in a quiet area.
        """
        if self.is_draining:
            raise Refused(ErrorCode.DRAINING)
        ladder, inside = place_of(position.lat, position.lon, self._areas.index)
        if inside.is_quiet:
            await self._hub.clear(caller.person, connection, now_ms, why="quiet_area")
            return None
        await self._separation.recall(caller.person, now_ms)
        companions = await self._companions.of(caller.person, position.with_)
        wishes = read_wishes(position, inside, self._areas.venues, self._tags, companions)
        caller = await self._names.admit(caller, now_ms)
        # Once more, after whatever suspended.
        self._verifier.check(caller.person, now_ms)
        standing = await self._hub.check_in(caller, ladder, now_ms, wishes)
        if standing.wish is not None:
            self._placer.wish(caller.person, standing.wish)
        return standing

    def send_away(self, phone: Connection) -> None:
        """Tell a phone that the server is going down and when to come back, and end its connection."""
        phone.send(wire.Bye(reconnect_ms=self._random.randrange(RECONNECT_WITHIN_MS)))
        phone.end(CloseCode.SHUTTING_DOWN)

    def window(self, standing: Standing | None) -> wire.Window:
        """Return the window in which a check-in counted as shown on the wire, the present one inside a quiet area."""
        number = self._windows.at(self._clock.now_ms()) if standing is None else standing.window
        start_ms = self._windows.start_ms(number)
        if start_ms != self._window.start_ms:
            self._window = wire.Window(start_ms=start_ms, end_ms=self._windows.start_ms(number + 1))
        return self._window

    async def _carry_out(self, phone: Connection, message: wire.Command, now_ms: int) -> None:
        match message:
            case wire.CheckIn():
                await self._check_in(phone, message, now_ms)
            case wire.Ping(id=id):
                phone.send(wire.Pong() if id is None else wire.Pong(id=id))
            case wire.Next(id=id, room=room):
                await self._next(phone, id, None if room is None else RoomId(room), now_ms)
            case wire.Leave(id=id):
                await self._leave(phone, id, now_ms)
            case wire.Shake(id=id):
                await self._shake(phone, id, now_ms)
            case wire.Mute() | wire.Unmute():
                await self._members.mute(phone, message, now_ms)
            case wire.Block():
                await self._members.block(phone, message, now_ms)
            case wire.Report():
                await self._reports.report_member(phone, message, now_ms)
            case wire.Greet():
                await self._members.greet(phone, message, now_ms)
            case wire.Renew():
                await self._renew(phone, message, now_ms)

    async def _hello(self, phone: Connection, message: wire.Hello, now_ms: int) -> None:
        token = message.token if message.token is not None else phone.token
        phone.token = None
        try:
            if token is None:
                raise Refused(ErrorCode.BAD_TOKEN)
            claims = self._verifier.verify(token, now_ms)
            caller = await self._names.admit(claims.caller, now_ms)
            await self._separation.recall(caller.person, now_ms)
            if phone.is_ending:
                return  # While something was looked up.
            if self.is_draining:
                self.send_away(phone)
                return
            self._verifier.check(caller.person, now_ms)
            phone.claims = claims
            await self._hub.attach(caller, phone.id, message.resume, now_ms)
        except Refused as refused:
            raise Disconnect(close_code_of(refused)) from None
        except (HubDown, StoreDown):
            raise Disconnect(CloseCode.SHUTTING_DOWN) from None

    async def _leave(self, phone: Connection, message_id: int | str | None, now_ms: int) -> None:
        # Or it left before, and the answer to that was lost.
        if await self._hub.clear(phone.person, phone.id, now_ms) or phone.is_shown_a_room:
            await self._leave_for(phone, "left", partial(_ack, phone, message_id))
        else:
            await self._journal.durable()
            _ack(phone, message_id)

    async def _leave_for(self, phone: Connection, why: str, acknowledge: Callable[[], None]) -> None:
        """Acknowledge a clearing once it is on disk, and tell the phone that it has no room, also if it is not.

        Raises:
            StoreDown: It is not on disk in time.
        """
        # At once: while the ack waits for the disk the room goes on without this phone.
        self._gateway.taken_out(phone.id)
        try:
            await self._journal.durable()
            acknowledge()
        finally:
            # A check-in over HTTP may have seated the phone meanwhile: that came after, and holds.
            if phone.room is None:
                self._gateway.unseated(phone.id, why)

    async def _say(self, phone: Connection, message: wire.Say, now_ms: int) -> None:
        started_s = perf_counter()
        if not self._journal.has_room:
            raise StoreDown
        text, room = clean_text(message.text), message.room
        is_unfit = False
        if self._screening.has_filter:
            is_unfit = await self._screening.is_unfit(
                phone.person, phone.id, text, now_ms, room=room, message_id=message.id
            )
            # Others may have spoken meanwhile.
            now_ms = self._clock.now_ms()
        seq, at_ms = await self._hub.say(
            phone.person, phone.id, text, now_ms, room=room, message_id=message.id, is_unfit=is_unfit
        )
        if message.id is None:
            self._metrics.say_seconds.observe(perf_counter() - started_s)
            return
        # The others have heard it; only the promise waits for the disk, and the phone's next message for nothing.
        phone.waiting_acks += 1
        ack = wire.Ack(id=message.id, seq=seq, at_ms=at_ms)
        self._journal.when_durable(partial(self._acknowledge, phone, ack, started_s))
        if phone.waiting_acks > MAX_WAITING_ACKS:
            with contextlib.suppress(StoreDown):
                await self._journal.durable()

    def _acknowledge(self, phone: Connection, ack: wire.Ack, started_s: float, down: StoreDown | None) -> None:
        """Tell a phone that what it said is on disk, or that it may not be."""
        phone.waiting_acks -= 1
        if down is None:
            phone.send(ack)
        else:
            self._refuse(phone, store_down(down), ack.id)
        self._metrics.say_seconds.observe(perf_counter() - started_s)

    async def _check_in(self, phone: Connection, message: wire.CheckIn, now_ms: int) -> None:
        started_s = perf_counter()
        standing = await self.check_in(phone.caller, message, now_ms, connection=phone.id)
        if standing is None:
            await self._leave_for(phone, "quiet_area", partial(self._acknowledge_place, phone, message.id, None))
        else:
            self._acknowledge_place(phone, message.id, standing)
        self._metrics.checkin_seconds.observe(perf_counter() - started_s)

    def _acknowledge_place(self, phone: Connection, message_id: int | str | None, standing: Standing | None) -> None:
        if message_id is not None:
            area = None if standing is None else shown_area(standing.area)
            phone.send(wire.Ack(id=message_id, area=area, window=self.window(standing)))

    async def _next(self, phone: Connection, message_id: int | str | None, room: RoomId | None, now_ms: int) -> None:
        if self.is_draining:
            raise Refused(ErrorCode.DRAINING)
        await self._hub.ask_next(phone.person, phone.id, room, now_ms)
        self._placer.wish(phone.person, "next")
        _ack(phone, message_id)

    async def _shake(self, phone: Connection, message_id: int | str | None, now_ms: int) -> None:
        if not self._has_shake:
            raise Refused(ErrorCode.OFF)
        if self.is_draining:
            raise Refused(ErrorCode.DRAINING)
        await self._hub.shake(phone.person, phone.id, now_ms)
        _ack(phone, message_id)

    async def _renew(self, phone: Connection, message: wire.Renew, now_ms: int) -> None:
        try:
            claims = self._verifier.verify(message.token, now_ms)
        except Refused as refused:
            raise Disconnect(close_code_of(refused)) from None
        if claims.caller.person != phone.person:
            raise Disconnect(CloseCode.BAD_TOKEN)
        await self._hub.renew(await self._names.admit(claims.caller, now_ms), phone.id, now_ms)
        phone.claims = claims
        phone.session.renew(claims.expires_ms)
        _ack(phone, message.id)

    def _refuse(self, phone: Connection, refused: Refused, message_id: int | str | None) -> None:
        self._metrics.refused(refused)
        optional = {"id": message_id, "retry_ms": refused.retry_ms}
        given = {name: value for name, value in optional.items() if value is not None}
        phone.send(wire.Error(code=refused.code.value, detail=refused.detail, **given))  # type: ignore[arg-type]


def _ack(phone: Connection, message_id: int | str | None) -> None:
    if message_id is not None:
        phone.send(wire.Ack(id=message_id))
