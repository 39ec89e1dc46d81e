"""What people do about members of their room: mute, greet, and who a member is."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from nearby.core import wire
from nearby.core.conflicts import Conflicts
from nearby.core.ids import ConnectionId, MemberId, PersonId, RoomId
from nearby.core.kept import Kept
from nearby.core.limits import gcra
from nearby.core.marks import Deaf, Marks
from nearby.core.room import Room, Seat
from nearby.core.rules import Rules
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Met
from nearby.hub.memory.people import People
from nearby.hub.memory.person import Person
from nearby.hub.memory.records import Records
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.tables import Tables

_NOBODY: tuple[ConnectionId, ...] = ()


class Members:
    """Marks on the members of rooms, and who never hears whom. No method suspends.

    A room without marks costs nothing: they are kept beside it, by its id.

    Args:
        rules: The product's numbers.
        people: Everybody.
        rooms: All rooms.
        conflicts: Who never meets.
        tables: What everything is kept in.
        records: Are told what changes, or None.
    """

    def __init__(
        self,
        rules: Rules,
        people: People,
        rooms: Rooms,
        *,
        conflicts: Conflicts,
        tables: Tables,
        records: Records | None,
    ) -> None:
        self._rules = rules
        self._people = people
        self._rooms = rooms
        self._conflicts = conflicts
        self._records = records
        self._muted = tables.muted
        self._greeted = tables.greeted
        self._deaf = Deaf(tables.deaf_to, tables.heard_by)

    def who_is(self, person_id: PersonId, room_id: RoomId | None, member: MemberId) -> PersonId | None:
        """See ``Hub.member``."""
        person = self._people.get(person_id)
        if person is None or person.room is None or (room_id is not None and person.room.id != room_id):
            return None
        seat = person.room.seats.get(member)
        return None if seat is None or seat.person == person_id else seat.person

    def mute(
        self,
        person_id: PersonId,
        connection: ConnectionId,
        room_id: RoomId | None,
        member: MemberId,
        now_ms: int,
        *,
        is_on: bool,
    ) -> None:
        """See ``Hub.mute``."""
        person = self._people.mine(person_id, connection)
        room = person.room if room_id is None else self._rooms.get(room_id)
        if room is None or not self._knows(person, room, member):
            self._do_as_much(person, now_ms)
        elif is_on:
            self._muted.setdefault(room.id, Marks()).add(person_id, member)
            if self._records is not None:
                self._records.mark(person_id, member, "mute", now_ms)
        else:
            if room.id in self._muted:
                self._muted[room.id].remove(person_id, member)
            if self._records is not None:
                self._records.mark_ended(person_id, member, "mute")

    def mute_person(self, owner: PersonId, other: PersonId, *, is_on: bool) -> None:
        """See ``Hub.mute_person``."""
        (self._deaf.add if is_on else self._deaf.remove)(owner, other)
        one, two = self._people.get(owner), self._people.get(other)
        if one is not None and two is not None and two.room is not None and two.seat is not None:
            if one.room is two.room and is_on:
                self._muted.setdefault(two.room.id, Marks()).add(owner, two.seat.member)
            elif two.room.id in self._muted:
                self._muted[two.room.id].remove(owner, two.seat.member)

    def greet(
        self, person_id: PersonId, connection: ConnectionId, room_id: RoomId | None, member: MemberId, now_ms: int
    ) -> Met | None:
        """See ``Hub.greet``."""
        person = self._people.mine(person_id, connection)
        room = person.room_named(room_id)
        greeted = self._greeted.get(room.id)
        is_first = greeted is None or not greeted.has(person_id, member)
        if is_first:
            tat_ms, wait_ms = gcra(person.greet_tat_ms, now_ms, self._rules.greet)
            if wait_ms:
                raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="greet")
            person.greet_tat_ms = tat_ms
        seat = room.seats.get(member)
        if seat is None or seat is person.seat:
            self._do_as_much(person, now_ms)
            return None
        greeted = self._greeted.setdefault(room.id, Marks())
        greeted.add(person_id, member)
        if self._records is not None:
            self._records.mark(person_id, member, "greet", now_ms)
        assert person.seat is not None
        return self._heard(person.seat, seat, room, greeted, is_first=is_first)

    def part(self, one: PersonId, other: PersonId) -> None:
        """See ``Hub.part``."""
        for owner, heard in ((one, other), (other, one)):
            self.mute_person(owner, heard, is_on=False)
            person = self._people.get(heard)
            if person is not None and person.room is not None and person.seat is not None:
                if person.room.id in self._greeted:
                    self._greeted[person.room.id].remove(owner, person.seat.member)
                if self._records is not None:
                    self._records.mark_ended(owner, person.seat.member, "greet")

    def tell(self, person_id: PersonId, message: wire.ServerMessage) -> None:
        """See ``Hub.tell``."""
        person = self._people.get(person_id)
        if person is not None and person.attached is not None:
            person.attached.listener.told(person.attached.connection, message)

    def deaf_to(self, room: Room, member: MemberId) -> Sequence[ConnectionId]:
        """Return the connections in a room that are not to hear what a member says."""
        muted = self._muted.get(room.id)
        if muted is None:
            return _NOBODY
        found = (self._people.get(owner) for owner in muted.owners(member))
        return [one.attached.connection for one in found if one is not None and one.room is room and one.attached]

    def as_heard(self, person_id: PersonId, room: Room, events: Iterable[wire.RoomEvent]) -> list[wire.ServerMessage]:
        """Return a room's events as the person is to hear them."""
        muted = self._muted_by(person_id, room)
        if not muted:
            return list(events)
        return [
            wire.Skipped(room=event.room, seq=event.seq) if type(event) is wire.Said and event.from_ in muted else event
            for event in events
        ]

    def as_seen(self, person_id: PersonId, room: Room, placed: wire.Placed) -> wire.Placed:
        """Return a snapshot without what was said by those whom the person muted."""
        muted = self._muted_by(person_id, room)
        if not muted:
            return placed
        return msgspec.structs.replace(placed, messages=[said for said in placed.messages if said.from_ not in muted])

    def sat_down(self, room: Room, seat: Seat) -> None:
        """Somebody took a seat: who never hears whom does not hear them here either."""
        if not self._deaf.concern(seat.person):
            return
        for other in room.seats.values():
            for owner, heard in ((seat, other), (other, seat)):
                if self._deaf.is_to(owner.person, heard.person):
                    self._muted.setdefault(room.id, Marks()).add(owner.person, heard.member)

    def moved_along(self, before: RoomId, was: MemberId, room: Room, seat: Seat, now_ms: int) -> None:
        """Somebody was moved by a merge: marks on them follow."""
        for kind, marks in (("mute", self._muted), ("greet", self._greeted)):
            for owner in marks[before].owners(was) if before in marks else ():
                marks.setdefault(room.id, Marks()).add(owner, seat.member)
                if self._records is not None:
                    self._records.mark(owner, seat.member, kind, now_ms)

    def forget(self, room: RoomId) -> None:
        """A room is gone. One without marks is no error."""
        self._muted.pop(room, None)
        self._greeted.pop(room, None)

    def restore(self, kept: Kept, rooms: Mapping[RoomId, Room]) -> None:
        """Take in marks and lasting mutes that survived."""
        for owner, other in kept.mutes:
            self._deaf.add(owner, other)
        room_of = {member: room for room in rooms.values() for member in room.seats}
        for one in kept.rooms:
            for name in one.authors:
                room_of.setdefault(MemberId(name), rooms[one.room.room])
        for mark in kept.marks:
            room = room_of.get(mark.member)
            if room is not None:
                marks = self._muted if mark.kind == "mute" else self._greeted
                marks.setdefault(room.id, Marks()).add(mark.owner, mark.member)
        for room in rooms.values() if kept.mutes else ():
            for seat in room.seats.values():
                self.sat_down(room, seat)

    def _knows(self, person: Person, room: Room, member: MemberId) -> bool:
        """Return whether somebody sits in the room as ``member``, or said something that the person may see again."""
        seat = room.seats.get(member)
        if seat is not None:
            return seat.person != person.id
        if person.room is not room or person.seat is None:
            return False
        return any(said.from_ == member for said in room.snapshot(person.seat.member, "", self._rules).messages)

    def _heard(self, mine: Seat, theirs: Seat, room: Room, greeted: Marks, *, is_first: bool) -> Met | None:
        """Let the other hear of a greeting if they may; return who met if now both have greeted each other."""
        muted = self._muted.get(room.id)
        if (muted is not None and muted.has(theirs.person, mine.member)) or self._conflicts.clash(
            (mine.person,), (theirs.person,)
        ):
            return None
        if greeted.has(theirs.person, mine.member):
            return Met(theirs.person, room.id, theirs.member, mine.member)
        if is_first:
            self.tell(theirs.person, wire.Greeted(room=room.id, member=mine.member))
        return None

    def _muted_by(self, person_id: PersonId, room: Room) -> frozenset[MemberId]:
        muted = self._muted.get(room.id)
        return frozenset() if muted is None else frozenset(muted.by(person_id))

    def _do_as_much(self, person: Person, now_ms: int) -> None:
        """Record something that changes nothing: a message about nobody waits for the disk as one about somebody."""
        if self._records is None:
            return
        if person.seat is not None:
            self._records.seat(person)
        else:
            self._people.note_recent(person, now_ms)
