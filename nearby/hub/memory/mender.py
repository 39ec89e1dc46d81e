"""Keeps small rooms alive: merges thin ones, and lifts those that have nobody to merge with."""

import logging

from nearby.core.ids import RoomId
from nearby.core.mending import Mending, Party, mend
from nearby.core.room import Room
from nearby.core.rules import Rules
from nearby.hub.memory.agenda import Agenda, Kind
from nearby.hub.memory.people import People
from nearby.hub.memory.person import Person
from nearby.hub.memory.records import Records
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.seats import Seats

log = logging.getLogger(__name__)


class Mender:
    """Carries out what ``nearby.core.mending`` decides. No method suspends.

    Args:
        rules: The product's numbers.
        people: Everybody.
        rooms: All rooms.
        seats: Moves people.
        agenda: Is asked to look at thin rooms again.
        records: Are told what changes, or None.
    """

    def __init__(
        self, rules: Rules, people: People, rooms: Rooms, seats: Seats, *, agenda: Agenda, records: Records | None
    ) -> None:
        self._rules = rules
        self._people = people
        self._rooms = rooms
        self._seats = seats
        self._agenda = agenda
        self._records = records

    def look_at(self, room_id: RoomId, now_ms: int) -> None:
        """Mend a room if it is thin, and look at it again while it is.

        Costs one look at a shelf, and more only where conflicts are in the way.
        """
        room = self._rooms.get(room_id)
        if room is None or room.thin_since_ms is None:
            return
        self._mend(room, room.thin_since_ms, now_ms)
        if room.thin_since_ms is not None:
            self._agenda.set(Kind.THIN, room.id, self._again_ms(room, room.thin_since_ms, now_ms))

    def _mend(self, room: Room, thin_since_ms: int, now_ms: int) -> None:
        other = self._other_for(room, now_ms)
        if other is not None:
            room.lonely_since_ms = None
        elif room.lonely_since_ms is None:
            room.lonely_since_ms = now_ms
        what = mend(
            self._party(room),
            self._party(other) if other is not None else None,
            now_ms,
            thin_since_ms=thin_since_ms,
            lonely_since_ms=room.lonely_since_ms if room.lonely_since_ms is not None else now_ms,
            # Not asked of whoever is alone: it is they who would move.
            leaves_seats=other is None or room.is_alone or self._leaves_seats(room),
            rules=self._rules,
        )
        if what is Mending.LIFT:
            self._lift(room, now_ms)
        elif other is not None and what is Mending.MERGE:
            self._merge(room, other, now_ms)
        elif other is not None and what is Mending.TAKE_IN:
            self._merge(other, room, now_ms)

    def _other_for(self, room: Room, now_ms: int) -> Room | None:
        """Return the fullest room of the catchment that has the seats and no conflict, or None."""
        for other in self._rooms.fullest(room.catchment, len(room.seats)):
            if other is not room and other.size and not self._seats.would_clash(room, other, now_ms):
                return other
        return None

    def _leaves_seats(self, room: Room) -> bool:
        """Return whether the room's catchment would have seats for newcomers with one room less."""
        free = -self._rules.capacity
        for other in self._rooms.fullest(room.catchment, 1):
            free += (other.capacity - len(other.seats)) if other.size else 0
            if free >= self._rules.spare_seats:
                return True
        return False

    def _again_ms(self, room: Room, thin_since_ms: int, now_ms: int) -> int:
        """Return when to look at a thin room again: in a while, and when it first may be merged."""
        rules = self._rules
        every_ms, after_ms = rules.mend_every_ms, rules.merge_after_ms
        if room.is_alone:
            every_ms, after_ms = rules.mend_alone_every_ms, rules.merge_alone_after_ms
        again_ms, may_merge_ms = now_ms + every_ms, thin_since_ms + after_ms
        return min(again_ms, may_merge_ms) if may_merge_ms > now_ms else again_ms

    def _party(self, room: Room) -> Party:
        return room.party(max(person.forced_ms for person in self._members(room)), self._rules)

    def _members(self, room: Room) -> list[Person]:
        """Return the people of a room's seats."""
        found = [self._people.get(seat.person) for seat in room.seats.values()]
        return [person for person in found if person is not None]

    def _merge(self, room: Room, into: Room, now_ms: int) -> None:
        """Move everybody of a room into another one, held seats too, and let it end."""
        movers = self._members(room)
        given_up = []
        for person in movers:
            given_up.append(self._seats.move(person, into, "merged", now_ms))
            person.forced_ms = now_ms
            self._people.note_recent(person, now_ms)
        self._tell(movers, "merged")
        for seat in given_up:
            self._rooms.leave(room, seat, now_ms, unheard_by=None)
        self._rooms.end_at_once(room, now_ms)
        log.debug("merged a room of %d into one of %d", len(given_up), len(into.seats) - len(given_up))

    def _lift(self, room: Room, now_ms: int) -> None:
        """Let a room gather people of the next open rung, if there is one. Everybody stays."""
        cell = self._people.next_open_rung(room.catchment)
        if cell is None:
            return
        self._rooms.lift(room, cell, now_ms)
        members = self._members(room)
        for person in members:
            self._people.lift(person, cell, now_ms)
            self._people.note_ladder(person, now_ms)
            if self._records is not None:
                self._records.seat(person)
        self._tell(members, "lifted")
        log.debug("lifted a room of %d", len(members))

    def _tell(self, people: list[Person], why: str) -> None:
        """Show those who are connected the room they sit in now."""
        for person in people:
            if person.attached is not None and person.room is not None and person.seat is not None:
                placed = self._seats.snapshot(person.room, person.seat, why)
                person.attached.listener.seated(person.attached.connection, placed)
