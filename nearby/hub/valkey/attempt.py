"""The live state as one attempt sees it: the rules of ``nearby.hub.memory`` on what was read of the shared state."""

from collections.abc import Callable, Collection, Iterator

from nearby.core import presence, wire
from nearby.core.cell import Ladder
from nearby.core.changes import Change, RoomRow
from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.core.room import Room
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.hub.base import Caller, Standing
from nearby.hub.memory.agenda import Kind
from nearby.hub.memory.person import Attached, Person
from nearby.hub.memory.records import room_row
from nearby.hub.memory.state import LiveState
from nearby.hub.slices import Owns
from nearby.hub.valkey.alone import count_alone
from nearby.hub.valkey.commands import Command
from nearby.hub.valkey.keys import ttl_of
from nearby.hub.valkey.tables import SharedTables

_COUNTED = ("people", "connections", "held")

NUMBERS = "n"
"""The key of what is counted: a hash."""


class WindowOver(Exception):
    """A window ended that the shared state does not know to be over yet. End it and try again; nothing happened."""


class NotAGateway(Exception):
    """A gateway without a lease cannot have connections. Begin anew as another one; nothing happened."""


class Attempt(LiveState):
    """One attempt at an operation. It changes nothing but itself; ``sets`` and ``commands`` say what would change.

    It is begun anew for the next one, since to build it takes longer than most operations: as long as the window
    and the open cells stay the same.

    Args:
        rules: The product's numbers.
        windows: The common windows.
        tables: The collections, of which nothing was looked at yet.
        window: The number of the window that the shared state is in.
        has_record: Whether ``changes`` are wanted.
        draw_id: Returns a new opaque id at each call.
        owns: See ``LiveState``.
    """

    def __init__(
        self,
        rules: Rules,
        windows: Windows,
        tables: SharedTables,
        *,
        window: int,
        has_record: bool,
        draw_id: Callable[[], str],
        owns: Owns | None = None,
    ) -> None:
        self.shared = tables
        tables.on_new_epoch = self._resync
        self.changes: list[Change] = []
        """What was recorded, which is so only if the attempt takes effect."""
        self._drawn: list[str] = []
        self._draws = 0
        self._draw_new = draw_id
        self._kept: list[PersonId] = []
        record = self._note if has_record else None
        self.catchments = tables.tables.catchments
        now_ms = windows.start_ms(window)
        super().__init__(
            rules,
            secret=windows.secret,
            draw_id=self._draw_id,
            now_ms=now_ms,
            tables=tables.tables,
            record=record,
            owns=owns,
        )

    def begin(self, drawn: list[str]) -> None:
        """Begin an attempt, once the tables have.

        Args:
            drawn: Ids that attempts at the same operation drew: it draws these first, since what is to be read may be
                named by them, and puts in what it draws beyond.
        """
        self._drawn, self._draws = drawn, 0
        self.changes = []
        self._kept = []
        self._thin.clear()
        # The attempt before may have ended between two people who left, for want of something to be read.
        self._rooms.forget_unsettled()
        self._people.present = self._people.connected = self._rooms.held = 0
        self.words.held.clear()

    def _draw_id(self) -> str:
        if self._draws == len(self._drawn):
            self._drawn.append(self._draw_new())
        self._draws += 1
        return self._drawn[self._draws - 1]

    def _resync(self, room: Room) -> None:
        """Have everybody on a room's seats hear what it is in its new epoch."""
        for seat in room.seats.values():
            person = self._people.get(seat.person)
            if person is not None and person.attached is not None:
                attached = person.attached
                attached.listener.seated(attached.connection, self.seats.snapshot(room, seat, "resynced"))

    def _note(self, change: Change) -> None:
        self.changes.append(change)

    def catch_up(self, now_ms: int, acting: PersonId | None = None) -> None:
        """Do what is due of what this attempt took on itself, which is nothing unless it is a sweep.

        What is due at the moments of somebody ``acting`` is done too: no sweep may have come to it yet.
        """
        if self._windows.at(now_ms) > self.window:
            raise WindowOver
        self._run_timers(now_ms)
        person = None if acting is None else self._people.get(acting)
        while person is not None and person.presence is not None:
            due_ms = presence.due_ms(person.presence, person.id, self._windows)
            if due_ms > now_ms:
                return
            self._look_at_moment(person, due_ms)

    def run_timers(self, now_ms: int) -> None:
        """Do what this attempt took on itself that is due by a time in the present window."""
        self._run_timers(now_ms)
        # Thin rooms are mended by a sweep: the one that had the window end looks at them as the next begins.
        for room in self._thin:
            self._agenda.set(Kind.THIN, room, now_ms + 1)

    def take_over(self, person_id: PersonId, gateway: str, now_ms: int) -> str | None:
        """End somebody's connection if it is on another gateway than this one, and return which."""
        person = self._people.get(person_id)
        if person is None or person.attached is None:
            return None
        other = self.shared.gateway_of(person)
        if other == gateway:
            return None
        attached = person.attached
        attached.listener.replaced(attached.connection)
        self.detach(person_id, attached.connection, now_ms)
        return other

    def drop(self, person_id: PersonId, gateway: str, now_ms: int) -> None:
        """Hold the seat of somebody whose connection was on a gateway that ended."""
        person = self._people.get(person_id)
        if person is not None and person.attached is not None and self.shared.gateway_of(person) == gateway:
            self.detach(person_id, person.attached.connection, now_ms)

    def attach(self, caller: Caller, attached: Attached, resume: wire.Resume | None, now_ms: int) -> None:
        """See ``Hub.attach``. That they called is recorded anew: the server they called before may not have lived to.

        So is a seat that was there before: it may end soon there.
        """
        person = self._people.get(caller.person)
        if person is not None:
            person.seen_day = 0
        super().attach(caller, attached, resume, now_ms)
        self._tell_seat(self._people.get(caller.person))

    def check_in_alone(self, person_id: PersonId, ladder: Ladder, now_ms: int, *, gateway: str) -> Standing | None:
        """Check in somebody whose connection is on this gateway, if that only counts; it is no attempt, and done.

        None: It may do more, or the person is not kept. Nothing was counted.
        """
        person = self.shared.kept_person(person_id)
        if person is None or self.shared.gateway_of(person) != gateway or self._windows.at(now_ms) != self.window:
            return None
        is_counted = count_alone(
            person,
            ladder,
            now_ms,
            rules=self._rules,
            windows=self._windows,
            has_record=self._records is not None,
        )
        return Standing(self._people.area_of(person), self.window) if is_counted else None

    def gateway_of(self, person_id: PersonId) -> str | None:
        """Return the gateway of somebody's connection, or None without one."""
        person = self.find(person_id)
        return None if person is None else self.shared.gateway_of(person)

    def keep(self, person_id: PersonId) -> None:
        """See that neither somebody's record nor that of their seat runs out while they do nothing."""
        self._kept.append(person_id)
        self._tell_seat(self._people.get(person_id))

    def _tell_seat(self, person: Person | None) -> None:
        if self._records is not None and person is not None:
            self._records.seat(person)

    def room_rows(self) -> list[RoomRow]:
        """Return the rows of all rooms that were looked at."""
        return [room_row(room) for room in self.shared.rooms.here.values() if room is not None]

    def find(self, person_id: PersonId) -> Person | None:
        """Return somebody, with their room in its present epoch, or None."""
        return self._people.get(person_id)

    def check_gateway(self, gateway: str) -> None:
        """Raise ``NotAGateway`` if a gateway is none, or not any more."""
        if not self.shared.has_pass(gateway):
            raise NotAGateway

    def attached(self, connection: ConnectionId, gateway: str) -> Attached:
        """Return a connection of a gateway.

        Raises:
            NotAGateway: It is none, or not any more.
        """
        self.check_gateway(gateway)
        return Attached(connection, self.shared.ear(gateway))

    def commands(self) -> Iterator[Command]:
        """Yield what is to be written beside values."""
        yield from self.shared.commands()
        yield from (Command("touch", f"p:{person}", (ttl_of("p:", self._rules),)) for person in self._kept)
        counts, by_size = (self._people.present, self._people.connected, self._rooms.held), self.shared.by_size.by
        changes = [(name, by) for name, by in zip(_COUNTED, counts, strict=True) if by]
        if shaking := self.shared.gatherings.change:
            changes.append(("shaking", shaking))
        if by_size:
            changes += ((f"size:{size}", by) for size, by in by_size.items() if by)
        if held := self.words.held:
            changes += ((f"text:{why}", by) for why, by in held.items() if by)
        for change in changes:
            yield Command("add", NUMBERS, change)

    def _publish(
        self, event: wire.RoomEvent, unheard_by: ConnectionId | None, skipped_by: Collection[ConnectionId]
    ) -> None:
        for gateway in self.shared.gateways_of(RoomId(event.room), unheard_by):
            self.shared.ear(gateway).room_event(event, unheard_by=unheard_by, skipped_by=skipped_by)
