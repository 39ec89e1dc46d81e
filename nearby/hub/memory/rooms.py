"""All rooms, the shelves they stand on, and the one way in which their events become known."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from zlib import crc32

from nearby.core import wire
from nearby.core.ids import ConnectionId, MemberId, PersonId, RoomId
from nearby.core.kept import KeptRoom
from nearby.core.names import draw_name
from nearby.core.placement import Candidate
from nearby.core.room import Room, Seat
from nearby.core.rules import Rules
from nearby.core.shelves import Shelves
from nearby.core.venue import CatchmentId, Venue
from nearby.core.wishes import Wishes
from nearby.hub.base import Caller
from nearby.hub.memory.agenda import Kind
from nearby.hub.memory.person import Claims
from nearby.hub.memory.records import Records
from nearby.hub.memory.tables import Tables

_SORTED = 8
"""So many equally full rooms are put in order; of more, any may come first."""


class Rooms:
    """Rooms by id and by catchment.

    Args:
        rules: Sizes and times.
        draw_id: Returns a new opaque id at each call.
        publish: Is told every event that anybody might hear, in the order of its room's log, which connection must
            not hear it, and which ones muted its author.
        tables: What everything is kept in.
        records: Are told what changes, or None.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        draw_id: Callable[[], str],
        publish: Callable[[wire.RoomEvent, ConnectionId | None, Collection[ConnectionId]], None],
        tables: Tables,
        records: Records | None,
    ) -> None:
        self._rules = rules
        self._draw_id = draw_id
        self._publish = publish
        self._agenda = tables.agenda
        self._records = records
        self._rooms = tables.rooms
        self._shelves = tables.shelves
        self._by_size = tables.by_size
        self._unsettled: dict[RoomId, tuple[Room, int]] = {}
        self.held = 0
        """Seats without a connection."""

    def get(self, room: RoomId) -> Room | None:
        """Return the room, also for a while after it ended, so that repeats are found."""
        return self._rooms.get(room)

    def sample(self, catchment: CatchmentId, words: Sequence[int], fill: int) -> Sequence[Candidate]:
        """Return rooms with fewer seats taken than ``fill``, one a word, thin ones first."""
        self.settle()
        shelves = self._shelves.get(catchment)
        return [] if shelves is None else shelves.sample(words, fill=fill)

    def fullest(self, catchment: CatchmentId, seats: int) -> Iterator[Room]:
        """Yield the catchment's rooms with so many seats free, fullest first. Change no room meanwhile.

        Of equally full rooms the oldest comes first while there are few: the same before and after a restart.
        """
        self.settle()
        shelves = self._shelves.get(catchment)
        if shelves is None:
            return
        for alike in map(iter, shelves.fullest(self._rules.capacity - seats)):
            yield from sorted(islice(alike, _SORTED), key=_by_age)
            yield from alike

    def open(self, catchment: CatchmentId, now_ms: int) -> Room:
        """Return a new, empty room."""
        room = Room(id=RoomId(self._draw_id()), catchment=catchment, opened_ms=now_ms, capacity=self._rules.capacity)
        self._rooms[room.id] = room
        return room

    def restore(self, kept: KeptRoom, now_ms: int) -> Room:
        """Take in a room that survived; all its seats are held from now."""
        row = kept.room
        room = Room(
            id=row.room,
            catchment=row.catchment if row.venue is None else Venue(row.venue, row.catchment),
            opened_ms=row.opened_ms,
            capacity=row.capacity,
            epoch=row.epoch,
            seq=row.seq,
            # Whoever sat there may be erased; a room that nobody left would stay for ever.
            empty_since_ms=None if kept.seats else row.empty_since_ms or now_ms,
        )
        for seat in kept.seats:
            held = Seat(
                member=seat.member,
                person=seat.person,
                name=seat.name,
                verified=seat.is_verified,
                joined_seq=seat.joined_seq,
                why=seat.why,
                is_name_drawn=seat.is_name_drawn,
                held_since_ms=now_ms,
                came=None if seat.came_from is None or seat.was is None else (seat.came_from, seat.was),
            )
            room.take_back(held)
        room.restore(kept, self._rules)
        self._rooms[room.id] = room
        self.held += len(room.seats)
        self._reshelve(room, now_ms)
        self._agenda.set(Kind.ROOM, room.id, now_ms)
        return room

    def join(self, room: Room, person: PersonId, claims: Claims, why: str, now_ms: int, wishes: Wishes) -> Seat:
        """Seat somebody in a room that has a seat, under a new pseudonym."""
        seat = self._seat(person, claims, why, wishes, room.names())
        was_empty = not room.seats
        event = room.join(seat, now_ms, self._rules)
        if was_empty and self._records is not None:
            self._records.room(room)
        self._tell(room, event, now_ms)
        self.note_wishes(room, now_ms)
        return seat

    def fill(self, room: Room, people: Iterable[tuple[PersonId, Claims, Wishes]], why: str, now_ms: int) -> list[Seat]:
        """Seat some people at once in a new room, which has a seat for each, and return their seats.

        Nobody is there who could hear of it.
        """
        taken: set[str] = set()
        for person, claims, wishes in people:
            seat = self._seat(person, claims, why, wishes, taken)
            taken.add(seat.name)
            event = room.join(seat, now_ms, self._rules)
            if self._records is not None:
                if len(room.seats) == 1:
                    self._records.room(room)
                self._records.event(room, event, now_ms, None)
        self._agenda.set(Kind.ROOM, room.id, now_ms + self._rules.log_ms)
        self.note_wishes(room, now_ms)
        return list(room.seats.values())

    def leave(
        self, room: Room, seat: Seat, now_ms: int, *, unheard_by: ConnectionId | None, settles: bool = True
    ) -> None:
        """End a seat; the connection that sat on it hears nothing of the room any more.

        Without ``settles`` the room stands where it belongs as soon as anybody looks, or ``settle`` is called.
        """
        event = room.leave(seat.member, now_ms, self._rules)
        if self._records is not None:
            self._records.seat_ended(room, seat, now_ms)
            if not room.seats:
                self._records.room(room)
        self._tell(room, event, now_ms, unheard_by)
        if settles:
            self.note_wishes(room, now_ms)
        else:
            self._unsettled[room.id] = room, now_ms
        if not room.seats:
            self._agenda.set(Kind.ROOM, room.id, now_ms + self._rules.room_linger_ms)

    def forget_unsettled(self) -> None:
        """Settle none of them: what was to be done does not take effect."""
        self._unsettled.clear()

    def settle(self) -> None:
        """Let every room that was left without it stand where it belongs: once, however many left it."""
        while self._unsettled:
            _, (room, left_ms) = self._unsettled.popitem()
            self.note_wishes(room, left_ms)

    def note_wishes(self, room: Room, now_ms: int) -> None:
        """Let a room stand where it belongs, with what its people have in common."""
        room.note_wishes()
        self._reshelve(room, now_ms)

    def hold(self, room: Room, seat: Seat, since_ms: int | None, now_ms: int) -> None:
        """Hold a seat, since when is told, or with None: its person is back, or gives it up."""
        self.held += room.hold(seat, since_ms)
        self._reshelve(room, now_ms)

    def lift(self, room: Room, catchment: CatchmentId, now_ms: int) -> None:
        """Let a room gather people of another catchment from now on."""
        self._take_off_shelf(room)
        room.lift(catchment, "lifted")
        self._reshelve(room, now_ms)
        if self._records is not None:
            self._records.room(room)

    def end_at_once(self, room: Room, now_ms: int) -> None:
        """Let nobody sit any more in a room that is empty; repeats of what was said there are still found."""
        room.empty_since_ms = now_ms - self._rules.room_linger_ms
        if self._records is not None:
            self._records.room(room)

    def show(self, room: Room, seat: Seat, caller: Caller, now_ms: int) -> None:
        """Let the room see the name and badge of another token."""
        own_name = shown_name(caller)
        name = own_name or draw_name(crc32(seat.member.encode()), room.names())
        seat.is_name_drawn = own_name is None
        event = room.change(seat.member, name=name, verified=caller.verified, now_ms=now_ms, rules=self._rules)
        self._tell(room, event, now_ms)

    def say(
        self,
        room: Room,
        seat: Seat,
        text: str,
        message_id: int | str | None,
        now_ms: int,
        *,
        skipped_by: Collection[ConnectionId] = (),
        say_tat_ms: int | None = None,
    ) -> wire.Said:
        """Append what a member says, and raise ``Refused``, as ``Room.say``."""
        event = room.say(seat.member, text, message_id, now_ms, self._rules, say_tat_ms=say_tat_ms)
        self._tell(room, event, now_ms, message_id=message_id, skipped_by=skipped_by)
        return event

    def look_at(self, room_id: RoomId, now_ms: int) -> bool:
        """Do what time has brought to one room: forget old events, end it, forget it. Return whether it is gone."""
        room = self._rooms.get(room_id)
        if room is None:
            return True
        again_ms = room.trim(now_ms, self._rules)
        if room.empty_since_ms is not None:
            gone_ms = max(room.empty_since_ms + self._rules.room_linger_ms, room.remembers_until_ms(self._rules))
            if now_ms >= gone_ms:
                self._forget(room)
                return True
            again_ms = gone_ms if again_ms is None else min(gone_ms, again_ms)
        if again_ms is not None:
            self._agenda.set(Kind.ROOM, room_id, again_ms)
        return False

    def by_size(self) -> Mapping[int, int]:
        """Return how many rooms have each number of connected members, 1 and up."""
        self.settle()
        return {size: count for size, count in sorted(self._by_size.items()) if size and count}

    def has_ended(self, room: Room, now_ms: int) -> bool:
        """Return whether nobody may sit in the room any more."""
        return room.empty_since_ms is not None and now_ms >= room.empty_since_ms + self._rules.room_linger_ms

    def _seat(self, person: PersonId, claims: Claims, why: str, wishes: Wishes, taken: Collection[str]) -> Seat:
        """Return a seat for somebody, under a pseudonym and a name that is not taken unless it is their own."""
        member, name = self._draw_id(), shown_name(claims)
        return Seat(
            member=MemberId(member),
            person=person,
            name=name or draw_name(crc32(member.encode()), taken),
            is_name_drawn=name is None,
            verified=claims.verified,
            joined_seq=0,
            why=why,
            wishes=wishes,
        )

    def _tell(
        self,
        room: Room,
        event: wire.RoomEvent,
        now_ms: int,
        unheard_by: ConnectionId | None = None,
        message_id: int | str | None = None,
        skipped_by: Collection[ConnectionId] = (),
    ) -> None:
        if self._records is not None:
            self._records.event(room, event, now_ms, message_id)
        self._publish(event, unheard_by, skipped_by)
        self._agenda.set(Kind.ROOM, room.id, now_ms + self._rules.log_ms)

    def _reshelve(self, room: Room, now_ms: int) -> None:
        """Put a room where it belongs by who is there, and note since when it is thin."""
        size = room.size
        if size != room.tallied:
            self._by_size[room.tallied] -= 1
            self._by_size[size] += 1
            room.tallied = size
        if not room.is_thin(self._rules):
            room.thin_since_ms = room.lonely_since_ms = None
        elif room.thin_since_ms is None:
            room.thin_since_ms = now_ms
            self._agenda.set(Kind.THIN, room.id, now_ms)
        shelf = room.shelf(self._rules)
        if shelf is None:
            self._take_off_shelf(room)
            return
        shelves = self._shelves.get(room.catchment)
        if shelves is None:
            shelves = self._shelves[room.catchment] = Shelves(self._rules.capacity)
        shelves.put(room, shelf, Candidate(room.id, size, room.opened_ms, room.tags, room.lang))

    def _take_off_shelf(self, room: Room) -> None:
        shelves = self._shelves.get(room.catchment)
        if shelves is not None:
            shelves.take_off(room)
            if not shelves:
                del self._shelves[room.catchment]

    def _forget(self, room: Room) -> None:
        del self._rooms[room.id]


def _by_age(room: Room) -> tuple[int, RoomId]:
    return room.opened_ms, room.id


def shown_name(caller: Caller | Claims) -> str | None:
    """Return the name a room shows as it is, or None if the server draws one."""
    return caller.name if caller.verified else None


def is_shown(seat: Seat, caller: Caller) -> bool:
    """Return whether the room sees the name and badge of the caller's token already."""
    own_name = shown_name(caller)
    return caller.verified == seat.verified and (seat.is_name_drawn if own_name is None else own_name == seat.name)
