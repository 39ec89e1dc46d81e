"""Who sits with whom, kept as integrals: sizes, rungs, distances, parties and languages."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from nearby.core.ids import PersonId
from nearby.sim.simulation.events import Crowd, Place, Traits
from nearby.sim.simulation.gauges import Gauges
from nearby.sim.simulation.refill import distance_m

PAIRS_UP_TO = 16
"""Distances are followed in rooms of at most so many: those of a board are not."""

NO_TRAITS = Traits()


@dataclass(slots=True)
class Room:
    """People in one room, in the order in which they sat down."""

    resolution: int
    members: dict[PersonId, None] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)


class Rooms:
    """The rooms of a history at one moment.

    Args:
        gauges: Where the integrals are.
        crowd: Whose traits count.
        place_of: Returns where somebody is.

    Attributes:
        has_big: Whether a room was too big to follow distances in it.
    """

    def __init__(self, gauges: Gauges, crowd: Crowd, place_of: Callable[[PersonId], Place]) -> None:
        self.has_big = False
        self._gauges = gauges
        self._traits = crowd.traits
        self._place_of = place_of
        self._rooms: dict[str, Room] = {}

    def get(self, room: str) -> Room | None:
        """Return a room that somebody sits in, or None."""
        return self._rooms.get(room)

    def sit(self, person: PersonId, name: str, resolution: int, now_ms: int) -> Room:
        """Seat somebody and return their room."""
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = Room(resolution)
            self._add("rooms", None, 1, now_ms)
        self._resize(room, person, 1, now_ms)
        self.count_pairs(person, room, 1, now_ms)
        return room

    def stand_up(self, person: PersonId, name: str, now_ms: int) -> Room:
        """End somebody's seat and return the room they left."""
        room = self._rooms[name]
        self.count_pairs(person, room, -1, now_ms)
        self._resize(room, person, -1, now_ms)
        if not room.members:
            del self._rooms[name]
            self._add("rooms", None, -1, now_ms)
        return room

    def lift(self, name: str, resolution: int, now_ms: int) -> None:
        """A room has another catchment; the first of its members to hear so takes all along."""
        room = self._rooms[name]
        self._add("rung", room.resolution, -len(room.members), now_ms)
        room.resolution = resolution
        self._add("rung", resolution, len(room.members), now_ms)

    def count_pairs(self, person: PersonId, room: Room, change: int, now_ms: int) -> None:
        """Count somebody's distances to the others of their room in, or out with -1, before they move."""
        self.has_big = self.has_big or len(room.members) > PAIRS_UP_TO
        if self.has_big:
            return
        here = self._place_of(person)
        metres = sum(distance_m(here, self._place_of(other)) for other in room.members if other != person)
        self._add("pairs", None, change * (len(room.members) - 1), now_ms)
        self._add("metres", None, change * metres, now_ms)

    def _resize(self, room: Room, person: PersonId, change: int, now_ms: int) -> None:
        before = len(room.members)
        if change > 0:
            room.members[person] = None
        else:
            del room.members[person]
        self._add("size", before, -before, now_ms)
        self._add("size", before + change, before + change, now_ms)
        self._add("rung", room.resolution, change, now_ms)
        traits = self._traits.get(person, NO_TRAITS)
        together = sum(other in room.members for other in traits.companions)
        self._add("companions together", None, change * together, now_ms)
        if traits.language is not None:
            others = room.languages[traits.language] - (change < 0)
            room.languages[traits.language] += change
            self._add("speakers", traits.language, change, now_ms)
            self._add("understood", traits.language, change * (2 if others == 1 else int(others > 1)), now_ms)

    def _add(self, name: str, of: object, change: float, now_ms: int) -> None:
        if change:
            self._gauges.add((name, of), change, now_ms)
