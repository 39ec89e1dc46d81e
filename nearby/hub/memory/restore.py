"""Rooms and people as a warm start finds them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from nearby.core.cell import ladder_above
from nearby.core.changes import LogRow, PresenceRow, RecentRow, SeatRow
from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.core.kept import Kept
from nearby.core.limits import gcra
from nearby.core.presence import Presence
from nearby.core.room import Room
from nearby.core.rules import Rules
from nearby.hub.base import Caller
from nearby.hub.memory.members import Members
from nearby.hub.memory.people import People
from nearby.hub.memory.person import NOTHING_SHUNNED, Lifted, LostSeat, Person, claims_of
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.words import restored_reach


def restore(kept: Kept, people: People, rooms: Rooms, members: Members, rules: Rules, now_ms: int) -> list[Person]:
    """Take in catchments, rooms and people, and return everybody of whom something survived.

    Nobody is connected, and every seat is held from now.
    """
    people.catchments.restore(kept.catchments)
    for listed in kept.listed:
        people.rosters.choose(listed, is_listed=True)
    restored = {room.room.room: rooms.restore(room, now_ms) for room in kept.rooms}
    members.restore(kept, restored)
    known = _people_of(kept, restored, rules, now_ms)
    for person in known:
        people.recall(person, now_ms)
    return known


def _people_of(kept: Kept, rooms: Mapping[RoomId, Room], rules: Rules, now_ms: int) -> list[Person]:
    """Return everybody's records, made of all that survived.

    What their tokens claim but for whether they count is not known, and not asked for, until they call again.
    """
    people: dict[PersonId, Person] = {}

    def known(person: PersonId) -> Person:
        return people.get(person) or people.setdefault(person, Person.of(Caller(person)))

    for presence in kept.presences:
        _be_present(known(presence.person), presence)
    for recent in kept.recents:
        _be_bound(known(recent.person), recent, rules, now_ms)
    for room in kept.rooms:
        for seat in room.seats:
            _sit(known(seat.person), rooms[room.room.room], seat)
    for author, events in _by_author(kept).items():
        _heed_the_log(known(author), events, rules)
    return list(people.values())


def _be_present(person: Person, row: PresenceRow) -> None:
    pending = ladder_above(row.pending_cell) if row.pending_cell is not None else None
    person.presence = Presence(ladder_above(row.cell), row.last_window, pending, row.due_ms)
    person.is_counted = row.is_counted
    person.claims = claims_of(Caller(row.person, established=row.is_counted))


def _be_bound(person: Person, row: RecentRow, rules: Rules, now_ms: int) -> None:
    person.has_recent_row = True
    person.checkin_tat_ms, person.say_tat_ms, person.joins_ms = row.checkin_tat_ms, row.say_tat_ms, row.joins_ms
    person.shunned = dict(row.shunned) or NOTHING_SHUNNED
    person.cells_ms, person.forced_ms = row.cells_ms, row.forced_ms
    person.reach = restored_reach(row.reached_ms, now_ms, rules)
    if row.lifted_resolution is not None and row.lifted_window is not None:
        person.lifted = Lifted(row.lifted_resolution, row.lifted_window)
    if row.lost_room is not None and row.lost_ms is not None:
        person.lost = LostSeat(row.lost_room, row.lost_ms)
    # A first check-in ends it without a row of its own.
    person.has_lapsed = row.has_lapsed and person.presence is None


def _sit(person: Person, room: Room, row: SeatRow) -> None:
    person.room, person.seat = room, room.seats[MemberId(row.member)]
    person.off_window = row.off_window
    person.seat.say_tat_ms = person.say_tat_ms


def _by_author(kept: Kept) -> dict[PersonId, list[LogRow]]:
    """Return what known people did in all rooms, in order of time."""
    found: defaultdict[PersonId, list[LogRow]] = defaultdict(list)
    for room in kept.rooms:
        for event in {event.seq: event for event in (*room.said, *room.log)}.values():
            if event.member in room.authors:
                found[room.authors[event.member]].append(event)
    for events in found.values():
        events.sort(key=lambda event: event.at_ms)
    return found


def _heed_the_log(person: Person, events: Iterable[LogRow], rules: Rules) -> None:
    """Bring the limits up to date: the log has every event, and they look back less far than it does."""
    say_tat_ms = spoke_ms = 0
    for event in events:
        if event.kind == "changed":
            person.change_tat_ms, _ = gcra(person.change_tat_ms, event.at_ms, rules.change)
        elif event.kind == "said":
            say_tat_ms, _ = gcra(say_tat_ms, event.at_ms, rules.say)
            spoke_ms = event.at_ms
    person.say_tat_ms = max(person.say_tat_ms, say_tat_ms)
    if person.seat is not None:
        person.seat.say_tat_ms, person.seat.spoke_ms = person.say_tat_ms, spoke_ms
