"""An ear that writes down what each connection hears, and whether it could be.

The guarantee "One order" of ``nearby.hub.base`` is checked here once, so that every test that
listens tests it. A ``Listener`` must not raise: what is wrong is written down, to be read at the end.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from nearby.core import wire
from nearby.core.ids import ConnectionId, RoomId
from nearby.core.view import RoomView
from nearby.errors import GapInLog


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The connection became the person's newest. ``resumed`` is the room it resumed, if it did."""

    resumed: RoomId | None
    then: tuple[wire.ServerMessage, ...]


@dataclass(frozen=True, slots=True)
class Replaced:
    """A newer connection took over."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The live state does not know the connection any more."""


Heard = Welcomed | Replaced | Forgotten | wire.Placed | wire.Unplaced | wire.HeardEvent


class Ear:
    """What one connection heard, in order.

    ``view`` is the room it sits in as it knows it, None without one. ``told`` is what it was told
    beside. ``violations`` says in words what it should not have heard.

    Args:
        connection: Whose ear this is.
        view: The room a resuming connection knows from before. It is taken over, not copied.
    """

    def __init__(self, connection: ConnectionId, view: RoomView | None = None) -> None:
        self.connection = connection
        self.view: RoomView | None = None
        self.heard: list[Heard] = []
        self.told: list[wire.ServerMessage] = []
        self.violations: list[str] = []
        self._known_before = view

    def welcome(self, welcomed: Welcomed) -> None:
        """Write down a welcome: the first thing heard, followed by missed events or by one snapshot."""
        if self.heard:
            self._complain("a welcome that is not the first thing heard")
        self.heard.append(welcomed)
        before, self._known_before = self._known_before, None
        if welcomed.resumed is not None:
            if before is None or before.room.id != welcomed.resumed:
                self._complain(f"{welcomed.resumed} resumed by somebody who does not know it")
                return
            self.view = before
            for event in welcomed.then:
                self._take_in(event)
            return
        match welcomed.then:
            case (wire.Placed() as placed,):
                self.view = RoomView(placed)
            case (wire.Unplaced(),):
                pass
            case other:
                self._complain(f"{other} after a welcome that resumed nothing")

    def write_down(self, heard: wire.Placed | wire.Unplaced | Replaced | Forgotten) -> None:
        """Write down what ends the former room."""
        self._check_open(heard)
        self.heard.append(heard)
        self.view = RoomView(heard) if isinstance(heard, wire.Placed) else None

    def hear(self, event: wire.HeardEvent) -> None:
        """Write down an event of the room this connection sits in."""
        self._check_open(event)
        self.heard.append(event)
        self._take_in(event)

    def lose(self, event: wire.RoomEvent) -> None:
        """Check an event that is not to be heard: the end of this connection's own seat."""
        if self.view is None or not isinstance(event, wire.Left) or event.member != self.view.you:
            self._complain(f"{event} kept from somebody whose seat it does not end")
        elif event.seq != self.view.seq + 1:
            self._complain(f"{event} ends a seat after seq {self.view.seq}")
        self.view = None

    def _take_in(self, event: wire.ServerMessage) -> None:
        if self.view is None or not isinstance(event, wire.HeardEvent):
            self._complain(f"{event} is no event of a room it sits in")
            return
        if isinstance(event, wire.Left) and event.member == self.view.you:
            self._complain(f"{event} ends its own seat")
        try:
            if not self.view.apply(event):
                self._complain(f"{event} repeated after seq {self.view.seq}")
        except GapInLog as gap:
            self._complain(f"{event} after a gap: {gap}")

    def _check_open(self, heard: Heard) -> None:
        if not self.heard:
            self._complain(f"{heard} before the welcome")
        elif isinstance(self.heard[-1], Replaced | Forgotten):
            self._complain(f"{heard} after it was {type(self.heard[-1]).__name__.lower()}")

    def _complain(self, sentence: str) -> None:
        self.violations.append(f"{self.connection}: {sentence}")


class Recorder:
    """One gateway's ``Listener``, with an ``Ear`` for each of its connections.

    Args:
        journal: Who heard what, in order; several gateways may share one.

    ``announcements`` are those of all servers, in order. With ``puts_off`` they are seen to by ``see_to_all`` alone.
    """

    def __init__(self, journal: list[tuple[ConnectionId, Heard]] | None = None) -> None:
        self.journal = journal if journal is not None else []
        self.announcements: list[str] = []
        self.put_off: list[Callable[[], None]] = []
        self.puts_off = False
        self._ears: dict[ConnectionId, Ear] = {}
        self._gone: set[ConnectionId] = set()
        self._violations: list[str] = []

    def open(self, connection: ConnectionId, view: RoomView | None = None) -> Ear:
        """Return the ear of a connection that is about to be attached; ``view`` as ``Ear`` takes it."""
        ear = self._ears[connection] = Ear(connection, view)
        return ear

    def hang_up(self, connection: ConnectionId) -> None:
        """The socket is gone: its connection hears nothing any more, whatever the hub says."""
        self._violations.extend(self._ears.pop(connection).violations)
        self._gone.add(connection)

    def ears(self) -> list[Ear]:
        """Return the ears of the connections that did not hang up."""
        return list(self._ears.values())

    def violations(self) -> list[str]:
        """Return what any connection should not have heard."""
        return self._violations + [line for ear in self._ears.values() for line in ear.violations]

    def welcomed(self, connection: ConnectionId, *, resumed: RoomId | None, then: Sequence[wire.ServerMessage]) -> None:
        """See ``Listener.welcomed``."""
        welcomed = Welcomed(resumed, tuple(then))
        self.journal.append((connection, welcomed))
        ear = self._ear(connection)
        if ear is not None:
            ear.welcome(welcomed)

    def seated(self, connection: ConnectionId, placed: wire.Placed) -> None:
        """See ``Listener.seated``."""
        self._write_down(connection, placed)

    def unseated(self, connection: ConnectionId, why: str) -> None:
        """See ``Listener.unseated``."""
        self._write_down(connection, wire.Unplaced(why=why))

    def taken_out(self, connection: ConnectionId) -> None:
        """See ``Listener.taken_out``."""
        ear = self._ear(connection)
        if ear is not None and ear.view is not None:
            self._violations.append(f"{connection}: taken out of a room whose seat did not end")

    def told(self, connection: ConnectionId, message: wire.ServerMessage) -> None:
        """See ``Listener.told``."""
        ear = self._ear(connection)
        if ear is not None:
            ear.told.append(message)

    def replaced(self, connection: ConnectionId) -> None:
        """See ``Listener.replaced``."""
        self._write_down(connection, Replaced())

    def announced(self, notice: str, seen_to: Callable[[], None]) -> None:
        """See ``Colleague.announced``. Is seen to at once, unless ``puts_off``."""
        self.announcements.append(notice)
        self.put_off.append(seen_to)
        if not self.puts_off:
            self.see_to_all()

    def see_to_all(self) -> None:
        """See to what was put off."""
        put_off, self.put_off = self.put_off, []
        for seen_to in put_off:
            seen_to()

    def forgotten(self, connections: Collection[ConnectionId]) -> None:
        """See ``Listener.forgotten``."""
        for connection in connections:
            self._write_down(connection, Forgotten())

    def room_event(
        self, event: wire.RoomEvent, *, unheard_by: ConnectionId | None, skipped_by: Collection[ConnectionId] = ()
    ) -> None:
        """See ``Listener.room_event``."""
        for ear in self._ears.values():
            if ear.view is None or ear.view.room.id != event.room:
                continue
            if ear.connection == unheard_by:
                ear.lose(event)
            else:
                is_skipped = ear.connection in skipped_by
                heard = wire.Skipped(room=event.room, seq=event.seq) if is_skipped else event
                self.journal.append((ear.connection, heard))
                ear.hear(heard)

    def _write_down(self, connection: ConnectionId, heard: wire.Placed | wire.Unplaced | Replaced | Forgotten) -> None:
        self.journal.append((connection, heard))
        ear = self._ear(connection)
        if ear is not None:
            ear.write_down(heard)

    def _ear(self, connection: ConnectionId) -> Ear | None:
        """Return the connection's ear, or None if it hung up; a stranger's is a violation."""
        ear = self._ears.get(connection)
        if ear is None and connection not in self._gone:
            self._violations.append(f"{connection}: called on a gateway it was never open on")
        return ear
