"""Taking, changing and giving up seats: the one place where a person and a room meet."""

from collections.abc import Callable

from nearby.core import wire
from nearby.core.conflicts import Conflicts
from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.core.room import Room, Seat
from nearby.core.rules import Rules
from nearby.errors import Refused
from nearby.hub.memory.agenda import Agenda, Kind
from nearby.hub.memory.members import Members
from nearby.hub.memory.people import People
from nearby.hub.memory.person import LostSeat, Person
from nearby.hub.memory.records import Records
from nearby.hub.memory.rooms import Rooms, is_shown
from nearby.hub.memory.stops import Stops

_JOIN_REASONS = frozenset({"new", "next", "venue"})


class Seats:
    """Who sits where. No method suspends.

    Args:
        rules: The product's numbers.
        people: Everybody.
        rooms: All rooms.
        conflicts: Who never meets.
        members: Told who sits down; says what somebody muted.
        agenda: Is asked to look at people again.
        records: Are told what changes, or None.
        call_for: Is given who must have another seat, which the caller of ``sweep`` finds.
        stops: Say where nobody takes a seat for now.
    """

    def __init__(
        self,
        rules: Rules,
        people: People,
        rooms: Rooms,
        *,
        conflicts: Conflicts,
        members: Members,
        agenda: Agenda,
        records: Records | None,
        call_for: Callable[[PersonId], None],
        stops: Stops,
    ) -> None:
        self._rules = rules
        self._people = people
        self._rooms = rooms
        self._agenda = agenda
        self._records = records
        self._call_for = call_for
        self._stops = stops
        self.conflicts = conflicts
        self._members = members

    def is_barred(self, person: Person, room: Room, now_ms: int) -> bool:
        """Return whether the person must not be seated there: their own room, one they left by ``next``, a conflict."""
        if room is person.room or person.shunned.get(room.id, 0) > now_ms:
            return True
        return self.conflicts.concern(person.id) and self.conflicts.bars(person.id, people_in(room))

    def is_barred_nowhere(self, person: Person) -> bool:
        """Return whether ``is_barred`` is False of every room."""
        return person.room is None and not person.rare.shunned and not self.conflicts.concern(person.id)

    def with_a_seat(self, person: Person, room_id: RoomId, now_ms: int) -> Room | None:
        """Return the room if it has a seat and the person may sit down there, or None."""
        room = self._rooms.get(room_id)
        if room is None or self._rooms.has_ended(room, now_ms) or self.is_barred(person, room, now_ms):
            return None
        return room if len(room.seats) < room.capacity else None

    def would_clash(self, room: Room, other: Room, now_ms: int) -> bool:
        """Return whether the people of two rooms must not come together."""
        people, others = people_in(room), people_in(other)
        for ids, avoided in ((people, other.id), (others, room.id)):
            for each in ids:
                person = self._people.get(each)
                if person is not None and person.shunned.get(avoided, 0) > now_ms:
                    return True
        return self.conflicts.clash(people, others)

    def sit(self, person: Person, find: Callable[[], Room], why: str, now_ms: int) -> bool:
        """Seat a connected person in another room and tell them, then let the old room know; see ``Hub.seat``."""
        attached = person.attached
        if attached is None or person.presence is None:
            return False
        if person.seat is None:
            # A wish for another room, or a move, was about a seat that is gone: what it gives now is a first one.
            why = "moved" if person.is_displaced else "new"
        elif self._keeps(person, why, now_ms):
            return True
        if self._stops.hold_off(person):
            return False
        if why in _JOIN_REASONS:
            try:
                person.joins_ms = self._people.limits.check_joins(person, now_ms)
            except Refused:
                return False
        room = find()
        old_room, old_seat = person.room, person.seat
        if old_room is not None and why == "next":
            self._bar(person, old_room.id, now_ms + self._rules.shun_ms, now_ms)
        seat = self.take(person, room, why, now_ms)
        if why in _JOIN_REASONS:
            self._people.note_recent(person, now_ms)
        attached.listener.seated(attached.connection, room.snapshot(seat.member, why, self._rules))
        if old_room is not None and old_seat is not None:
            self._rooms.leave(old_room, old_seat, now_ms, unheard_by=None)
        return True

    def bring_together(self, people: list[Person], room: Room, why: str, now_ms: int) -> None:
        """Seat connected people in a new room, which counts as a join, and tell them once all of them sit there.

        Nobody of them is in conflict with another, and each has a join left. Their former rooms stand where they
        belong once ``Rooms.settle`` is called: of a crowd many leave the same one.
        """
        before = [(person.room, person.seat) for person in people]
        seats = self._rooms.fill(room, [(one.id, one.claims, one.wishes) for one in people], why, now_ms)
        for person, seat in zip(people, seats, strict=True):
            self._people.limits.count_join(person, now_ms)
            self._sits_down(person, room, seat, now_ms)
            self._people.note_recent(person, now_ms)
        # One after the other: whoever leaves a room later hears that the others left it.
        shown = room.first_snapshots(why)
        for person, (old_room, old_seat), placed in zip(people, before, shown, strict=True):
            if person.attached is not None:
                person.attached.listener.seated(person.attached.connection, placed)
            if old_room is not None and old_seat is not None:
                self._rooms.leave(old_room, old_seat, now_ms, unheard_by=None, settles=False)

    def take(self, person: Person, room: Room, why: str, now_ms: int) -> Seat:
        """Sit down in a room that has a seat; the say limit goes along, and who must gives way."""
        for author in self.conflicts.giving_way(person.id, people_in(room)):
            other = self._people.get(author)
            if other is not None:
                self.displace(other, now_ms)
        seat = self._rooms.join(room, person.id, person.claims, why, now_ms, person.wishes)
        self._sits_down(person, room, seat, now_ms)
        return seat

    def _sits_down(self, person: Person, room: Room, seat: Seat, now_ms: int) -> None:
        """Let a seat that the room has given be the person's."""
        before = person.seat
        if before is None:
            seat.say_tat_ms = person.say_tat_ms
        else:
            seat.say_tat_ms, seat.spoke_ms = before.say_tat_ms, before.spoke_ms
        person.room, person.seat = room, seat
        if person.has_rare:
            rare = person.rare
            rare.lost, rare.off_window, rare.is_displaced = None, None, False
        self._people.note_ladder(person, now_ms)
        self._members.sat_down(room, seat)
        if self._records is not None:
            self._records.seat(person)

    def move(self, person: Person, room: Room, why: str, now_ms: int) -> Seat:
        """Sit down in another room, held as it was, and return the seat given up: its room is not told yet."""
        old_room, old = person.room, person.seat
        assert old_room is not None
        assert old is not None
        held_ms, off_window = old.held_since_ms, person.off_window
        self.release(person, now_ms)
        seat = self.take(person, room, why, now_ms)
        if person.off_window is not None and off_window is not None:
            # Another room of the catchment is off the ladder since the same window.
            person.off_window = off_window
        seat.came = old_room.id, old.member
        if self._records is not None:
            self._records.seat(person)
        self._members.moved_along(old_room.id, old.member, room, seat, now_ms)
        if held_ms is not None:
            self._rooms.hold(room, seat, held_ms, now_ms)
        return old

    def shun(self, person: Person, room: Room, now_ms: int) -> None:
        """Keep a person out of a room for a while."""
        self._bar(person, room.id, now_ms + self._rules.shun_ms, now_ms)
        self._people.note_recent(person, now_ms)

    def displace(self, person: Person, now_ms: int) -> None:
        """End a seat at once; a connected person is to have another one, and hears nothing until then."""
        attached = person.attached
        self.end(person, now_ms, why="moved", asked_by=attached.connection if attached is not None else None)
        if attached is not None:
            person.is_displaced = True
            attached.listener.taken_out(attached.connection)
            self._call_for(person.id)

    def remove(self, person_id: PersonId, room_id: RoomId, now_ms: int) -> None:
        """See ``Hub.remove``. Whoever is not known any more has not been there for an hour."""
        person = self._people.get(person_id)
        if person is None:
            return
        if person.room is not None and person.room.id == room_id:
            self.end(person, now_ms, why="removed")
        self._bar(person, room_id, now_ms + self._rules.removed_ms, now_ms)
        self._people.note_recent(person, now_ms)
        self._people.forget_later(person)

    def lose(self, person: Person, now_ms: int) -> None:
        """End a seat that its person did not give up: a resuming phone may have the room back."""
        room = person.room
        self.end(person, now_ms, why="expired")
        if room is not None:
            person.lost = LostSeat(room.id, now_ms)
            self._people.note_recent(person, now_ms)

    def end(self, person: Person, now_ms: int, *, why: str, asked_by: ConnectionId | None = None) -> None:
        """End a seat, or the wait for the next one, and tell the person's connection unless it asked for it."""
        if not person.has_or_awaits_seat:
            return
        person.is_displaced = False
        attached, room, seat = person.attached, person.room, person.seat
        if room is not None and seat is not None:
            self.release(person, now_ms)
            person.room = person.seat = None
            person.off_window = None
            person.say_tat_ms = seat.say_tat_ms
            self._rooms.leave(room, seat, now_ms, unheard_by=attached.connection if attached is not None else None)
        if attached is not None and attached.connection != asked_by:
            attached.listener.unseated(attached.connection, why)

    def close(self, room_id: RoomId, now_ms: int) -> bool:
        """End a room with everybody's seat in it, and tell them; return whether there was one."""
        room = self._rooms.get(room_id)
        if room is None or self._rooms.has_ended(room, now_ms):
            return False
        for sitting in people_in(room):
            person = self._people.get(sitting)
            assert person is not None
            self.end(person, now_ms, why="removed")
        self._rooms.end_at_once(room, now_ms)
        return True

    def return_to(self, person: Person, room_id: RoomId, now_ms: int) -> None:
        """Give a resuming person their lost room back, if it has a seat."""
        lost = person.lost
        if lost is None or lost.room != room_id or now_ms > lost.at_ms + self._rules.return_ms:
            return
        if self._stops.concern(person):
            return
        room = self.with_a_seat(person, room_id, now_ms)
        if person.presence is not None and room is not None:
            self.take(person, room, "resynced", now_ms)

    def take_up(self, person: Person, now_ms: int) -> None:
        """Let a new connection sit down on the person's seat."""
        self.release(person, now_ms)
        self.show_when_it_may(person, now_ms)
        if person.off_window is not None:
            # A move that came due meanwhile had nobody to tell.
            self._agenda.set(Kind.MOMENT, person.id, now_ms)

    def release(self, person: Person, now_ms: int) -> None:
        """The person's seat, if it was held, no longer is."""
        if person.room is not None and person.seat is not None and person.seat.held_since_ms is not None:
            self._rooms.hold(person.room, person.seat, None, now_ms)

    def show_when_it_may(self, person: Person, now_ms: int) -> None:
        """Let the person's room see the token in force, later if it saw too many changes."""
        if person.room is None or person.seat is None or is_shown(person.seat, person.caller):
            return
        wait_ms = self._people.limits.wait_to_change(person, now_ms)
        if wait_ms:
            self._agenda.set(Kind.CLAIMS, person.id, now_ms + wait_ms)
        else:
            self._rooms.show(person.room, person.seat, person.caller, now_ms)
            if self._records is not None:
                self._records.seat(person)

    def snapshot(self, room: Room, seat: Seat, why: str) -> wire.Placed:
        """Return a room as the person on one of its seats is to see it."""
        return self._members.as_seen(seat.person, room, room.snapshot(seat.member, why, self._rules))

    def after_welcome(
        self, person: Person, resume: wire.Resume | None, now_ms: int
    ) -> tuple[RoomId | None, list[wire.ServerMessage]]:
        """Return what follows a welcome, as ``Listener.welcomed`` takes it."""
        if person.room is None or person.seat is None:
            return None, [wire.Unplaced(why="expired" if person.has_lapsed else "none")]
        why = "resynced"
        if resume is not None and resume.room == person.room.id and resume.after >= person.seat.joined_seq:
            missed = person.room.after(resume.epoch, resume.after, now_ms, self._rules)
            if missed is not None:
                return person.room.id, self._members.as_heard(person.id, person.room, missed)
            if resume.after <= person.room.lifted_seq and resume.epoch == person.room.epoch:
                why = person.seat.why
        elif resume is not None and resume.room != person.room.id:
            why = person.seat.why
        return None, [self.snapshot(person.room, person.seat, why)]

    def _bar(self, person: Person, room: RoomId, until_ms: int, now_ms: int) -> None:
        shunned = {room_id: ms for room_id, ms in person.shunned.items() if ms > now_ms}
        person.shunned = shunned | {room: max(until_ms, shunned.get(room, 0))}

    def _keeps(self, person: Person, why: str, now_ms: int) -> bool:
        """Return whether a seated person's seat stays: the wish for another one is out of date."""
        if why == "moved":
            return not self._people.must_move(person, now_ms)
        if why == "venue":
            venue = person.wishes.venue
            is_there = person.room is not None and person.room.catchment == venue
            return is_there or venue is None or not self._people.venues.is_open(venue)
        return why == "new"


def people_in(room: Room) -> tuple[PersonId, ...]:
    """Return who sits in a room."""
    return tuple(seat.person for seat in room.seats.values())
