"""Looks that are due, and what they need: read together, so that many take a few round trips and not each its own."""

from nearby.core.cell import Ladder
from nearby.core.ids import PersonId, RoomId
from nearby.core.room import Room
from nearby.core.rules import Rules
from nearby.hub.memory.agenda import OF_ROOMS, Kind
from nearby.hub.memory.person import Person
from nearby.hub.valkey.collections import Due, ShelvesByCatchment, looks_of
from nearby.hub.valkey.commands import Query
from nearby.hub.valkey.kept import SharedPerson
from nearby.hub.valkey.past import trim_of
from nearby.hub.valkey.working import Table, Working


def trims_of(due: Due, now_ms: int, rules: Rules) -> dict[RoomId, Query]:
    """Return what looks at rooms will ask of each."""
    rooms = (RoomId(key) for kind, key, _ in looks_of(due) if kind is Kind.ROOM)
    return {room: trim_of(room, now_ms, rules) for room in rooms}


class Needs:
    """Has read together what the looks that an attempt takes on itself are going to need.

    Args:
        working: The attempt.
        people: Everybody.
        rooms: All rooms.
        visited: Where people were in the window, which is asked of whoever goes or moves.
        shelves: Where thin rooms find others.
        rules: The product's numbers.
    """

    def __init__(
        self,
        working: Working,
        people: Table[PersonId, Person],
        rooms: Table[RoomId, Room],
        *,
        visited: Table[PersonId, tuple[Ladder, ...]],
        shelves: ShelvesByCatchment,
        rules: Rules,
    ) -> None:
        self._working = working
        self._people = people
        self._rooms = rooms
        self._visited = visited
        self._shelves = shelves
        self._rules = rules

    def expect(self, due: Due, now_ms: int) -> None:
        """Have it read: whom looks are about, then the rooms they sit in and who is there, then what is asked of those.

        Raises:
            Missing: Some was not read yet.
        """
        people = [PersonId(key) for kind, key, _ in looks_of(due) if kind not in OF_ROOMS]
        movers = [PersonId(key) for kind, key, _ in looks_of(due) if kind is Kind.MOMENT]
        thin = [RoomId(key) for kind, key, _ in looks_of(due) if kind is Kind.THIN]
        trims = trims_of(due, now_ms, self._rules)
        self._working.expect(
            [
                *map(self._people.key_of, people),
                *map(self._visited.key_of, movers),
                *map(self._rooms.key_of, (*trims, *thin)),
            ]
        )
        found = map(self._people.find, people)
        places = (person.sits_at for person in found if isinstance(person, SharedPerson))
        self._working.expect([self._rooms.key_of(RoomId(place[0])) for place in places if place is not None])
        # Asked with the rooms that were seen: what happens in one later makes it another, and the write finds out.
        there = [room for room in map(self._rooms.find, thin) if room is not None and room.thin_since_ms is not None]
        self._working.expect([self._people.key_of(seat.person) for room in there for seat in room.seats.values()])
        asked = [query for room, query in trims.items() if self._rooms.find(room) is not None]
        asked += (self._shelves[room.catchment].fullest_of(self._rules.capacity - len(room.seats)) for room in there)
        # Thin rooms of one size and area ask the same.
        self._working.expect_answers(list(dict.fromkeys(asked)))
