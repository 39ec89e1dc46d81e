"""Who sat with whom when the window began."""

from nearby.core.ids import PersonId
from nearby.core.room import Room
from nearby.hub.memory.person import Person
from nearby.hub.memory.tables import Tables


class Sittings:
    """Rooms as they were when the window began, told of whoever is asked about.

    A room is noted before its first change in the window, and so is where a person sat: to begin a window costs the
    same however many sit.

    Memory: a few words for each room that changed since, and for each person who sat down or got up.
    """

    def __init__(self, tables: Tables) -> None:
        # What is not here has not changed since.
        self._people = tables.sat_in
        self._room = tables.sat_where

    def begin_window(self) -> None:
        """Begin a window: whoever sits together now is who did."""
        self._people.clear()
        self._room.clear()

    def before_change(self, person: Person, room: Room) -> None:
        """Note what is: a person is about to sit down in a room, from their own one or none, or to get up from it."""
        own = person.room
        self._room.setdefault(person.id, None if own is None else own.id)
        self._note(room)
        if own is not None:
            self._note(own)

    def with_(self, person_id: PersonId, person: Person | None) -> tuple[PersonId, ...]:
        """Return who sat in somebody's room when the window began, themselves among them; nobody if they sat nowhere.

        ``person`` is what is known of them, None if nothing.
        """
        if person_id in self._room:
            room = self._room[person_id]
            return () if room is None else self._people[room]
        own = None if person is None else person.room
        return () if own is None else self._people.get(own.id) or people_in(own)

    def _note(self, room: Room) -> None:
        if room.id not in self._people:
            self._people[room.id] = people_in(room)


def people_in(room: Room) -> tuple[PersonId, ...]:
    """Return who sits in a room."""
    return tuple(seat.person for seat in room.seats.values())
