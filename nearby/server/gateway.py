"""The open connections of this process, and what the hub tells them.

A room event is encoded once, framed once, and the same bytes are written to every member. Nothing
here waits: a reader that is too slow loses its connection (see ``core.outbox``), never the room's time.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from nearby.core import wire
from nearby.core.frames import text_frame
from nearby.core.ids import ConnectionId, RoomId
from nearby.core.rules import SECOND_MS, Rules
from nearby.core.session import Patience
from nearby.errors import CloseCode
from nearby.server.clock import SteadyClock
from nearby.server.connection import Connection, Outgoing
from nearby.server.metrics import Metrics

HearAnnounced = Callable[[str, Callable[[], None]], None]


class Gateway:
    """Connections by id and by room; the hub's ``Listener``. ``outgoing`` is that of all its connections."""

    def __init__(self, rules: Rules, patience: Patience, clock: SteadyClock, metrics: Metrics) -> None:
        self._rules = rules
        self._patience = patience
        self._clock = clock
        self._metrics = metrics
        self.outgoing = Outgoing()
        # The library takes a lock and checks the label at each look.
        self._seated = lru_cache(maxsize=64)(metrics.placements.labels)
        self._connections: dict[ConnectionId, Connection] = {}
        self._rooms: dict[str, list[Connection]] = {}
        self._forgotten: dict[ConnectionId, Connection] = {}
        self._holds_back = self._is_early = False
        self._seated_early: list[Connection] = []
        self._hear_announced: HearAnnounced | None = None
        self._announced: list[tuple[str, Callable[[], None]]] = []

    def hear_announced(self, hear: HearAnnounced) -> None:
        """Let this hear what servers announce from now on, and first what was announced before."""
        self._hear_announced = hear
        for notice, seen_to in self._announced:
            hear(notice, seen_to)
        self._announced.clear()

    def add(self, connection: Connection) -> None:
        """A connection was opened."""
        self._connections[connection.id] = connection

    def remove(self, connection: Connection) -> None:
        """A connection is gone. Idempotent."""
        self._connections.pop(connection.id, None)
        self._forgotten.pop(connection.id, None)
        self._leave(connection)

    def get(self, connection: ConnectionId) -> Connection | None:
        """Return an open connection, or None."""
        return self._connections.get(connection)

    def connections(self) -> Iterable[Connection]:
        """Return every open connection."""
        return tuple(self._connections.values())

    @contextlib.contextmanager
    def holding_back(self, *, is_early: bool = False) -> Iterator[None]:
        """Let what rooms hear while the block runs go along with what their phones are sent next.

        When a crowd leaves its rooms, most who stay behind at first are about to leave as well: one write instead of
        four. Whoever stays gets it by ``Sockets.send_held_back``. If it ``is_early``, those who are seated wait as
        well, until ``tell_early``.
        """
        self._holds_back, self._is_early = True, is_early
        try:
            yield
        finally:
            self._holds_back = self._is_early = False

    def tell_early(self, most: int) -> bool:
        """Tell up to so many of those who were seated early; return whether there are more."""
        for phone in self._seated_early[:most]:
            phone.flush()
        del self._seated_early[:most]
        return bool(self._seated_early)

    def welcomed(self, connection: ConnectionId, *, resumed: RoomId | None, then: Sequence[wire.ServerMessage]) -> None:
        """See ``Listener.welcomed``. Welcome and all that follows it are one write."""
        phone = self._connections.get(connection)
        if phone is None or phone.claims is None or phone.is_ending:
            # It may have been sent away since it said hello. It is detached like any other when it is gone.
            return
        now_ms = self._clock.now_ms()
        phone.session.welcome(now_ms, phone.claims.expires_ms)
        welcome = wire.Welcome(
            user=phone.person,
            ping_s=self._patience.ping_ms / SECOND_MS,
            window_s=self._rules.window_ms / SECOND_MS,
            server_ms=now_ms,
            resumed=resumed is not None,
        )
        phone.write(b"".join(text_frame(wire.encode(message)) for message in (welcome, *then)))
        for message in then:
            if isinstance(message, wire.Placed):
                resumed = RoomId(message.room.id)
        if resumed is not None:
            self._enter(phone, resumed)

    def seated(self, connection: ConnectionId, placed: wire.Placed) -> None:
        """See ``Listener.seated``."""
        self._seated(placed.why).inc()
        phone = self._connections.get(connection)
        if phone is not None:
            self._leave(phone)
            frames = text_frame(wire.encode(placed))
            if placed.why == "shaken":
                frames = text_frame(wire.encode(wire.Shaken(room=placed.room.id))) + frames
            if not self._is_early:
                phone.write(frames)
            elif phone.write_later(frames):
                self._seated_early.append(phone)
            self._enter(phone, RoomId(placed.room.id))

    def unseated(self, connection: ConnectionId, why: str) -> None:
        """See ``Listener.unseated``; also for a connection that gave its own seat up."""
        phone = self._connections.get(connection)
        if phone is not None:
            self._leave(phone)
            phone.is_shown_a_room = False
            phone.send(wire.Unplaced(why=why))

    def taken_out(self, connection: ConnectionId) -> None:
        """See ``Listener.taken_out``; also for a connection that gives its own seat up and is told later."""
        phone = self._connections.get(connection)
        if phone is not None:
            self._leave(phone)

    def told(self, connection: ConnectionId, message: wire.ServerMessage) -> None:
        """See ``Listener.told``."""
        phone = self._connections.get(connection)
        if phone is not None:
            phone.send(message)

    def replaced(self, connection: ConnectionId) -> None:
        """See ``Listener.replaced``."""
        phone = self._connections.get(connection)
        if phone is not None:
            self._leave(phone)
            phone.end(CloseCode.REPLACED)

    def room_event(
        self, event: wire.RoomEvent, *, unheard_by: ConnectionId | None, skipped_by: Collection[ConnectionId] = ()
    ) -> None:
        """See ``Listener.room_event``."""
        phones = self._rooms.get(event.room, ())
        if unheard_by is not None:
            # At once: whoever asked for the end of their seat is told later, and what follows may be here before.
            for phone in [phone for phone in phones if phone.id == unheard_by]:
                self._leave(phone)
        if not phones:
            return
        frame = text_frame(wire.encode(event))
        if skipped_by:
            self._deliver_but(phones, event, frame, skipped_by)
        elif self._holds_back:
            self._metrics.deliveries += sum(phone.write_later(frame) for phone in phones)
        else:
            self._metrics.deliveries += self.outgoing.broadcast(phones, frame)

    def forgotten(self, connections: Collection[ConnectionId]) -> None:
        """See ``Listener.forgotten``. They hear nothing any more, and wait for ``take_forgotten``."""
        for connection in connections:
            phone = self._connections.get(connection)
            if phone is not None:
                self._leave(phone)
                self._forgotten[connection] = phone

    def announced(self, notice: str, seen_to: Callable[[], None]) -> None:
        """See ``Colleague.announced``. What comes before somebody hears it waits, for as long as a server begins."""
        if self._hear_announced is None:
            self._announced.append((notice, seen_to))
        else:
            self._hear_announced(notice, seen_to)

    def take_forgotten(self, most: int) -> list[Connection]:
        """Return up to so many open connections that the live state forgot, to be sent away."""
        taken = [self._forgotten.pop(connection) for connection in list(islice(self._forgotten, most))]
        return [phone for phone in taken if not phone.is_ending]

    def _deliver_but(
        self, phones: Sequence[Connection], event: wire.RoomEvent, frame: bytes, skipped_by: Collection[ConnectionId]
    ) -> None:
        """Deliver something said, and ``skipped`` to those who muted its author."""
        skipped = text_frame(wire.encode(wire.Skipped(room=event.room, seq=event.seq)))
        for phone in phones:
            self._metrics.deliveries += phone.write(skipped if phone.id in skipped_by else frame)

    def _enter(self, phone: Connection, room: RoomId) -> None:
        phone.room = room
        phone.is_shown_a_room = True
        self._rooms.setdefault(room, []).append(phone)

    def _leave(self, phone: Connection) -> None:
        if phone.room is None:
            return
        phones = self._rooms[phone.room]
        phones.remove(phone)
        if not phones:
            del self._rooms[phone.room]
        phone.room = None
