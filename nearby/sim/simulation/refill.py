"""Baselines that seat one person at a time, on the tick after they came."""

from math import cos, hypot, radians
from sys import maxsize

from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.sim.crowd import METRES_PER_DEGREE
from nearby.sim.simulation.baseline import OneByOne, Room
from nearby.sim.simulation.events import Place
from nearby.sim.simulation.history import History


class ClosedBuckets(OneByOne):
    """First in, first out: a room takes the next people until it had as many as it has seats, and none after that."""

    def _choose(self, person: PersonId) -> Room | None:
        return next((room for room in self._with_a_seat(person) if room.ever < self.capacity), None)


class RandomRefill(OneByOne):
    """Any room with a seat, drawn evenly."""

    def _choose(self, person: PersonId) -> Room | None:
        rooms = self._with_a_seat(person)
        return self._random.choice(rooms) if rooms else None


class LeastLoaded(OneByOne):
    """The emptiest room that is there, as load balancers do; of several the oldest."""

    def _choose(self, person: PersonId) -> Room | None:
        return min(self._with_a_seat(person), key=lambda room: len(room.members), default=None)


class NearestFirst(OneByOne):
    """The room whose members are nearest on average, by exact points.

    What anybody could wish for in distance, and what gives positions away: who is seated with whom tells where
    they stand.
    """

    def _choose(self, person: PersonId) -> Room | None:
        return min(self._with_a_seat(person), key=lambda room: self._distance_m(person, room), default=None)

    def _distance_m(self, person: PersonId, room: Room) -> float:
        here, place = self._ground.place(person), self._ground.place
        return sum(distance_m(here, place(member)) for member in room.members) / len(room.members)


class Board(OneByOne):
    """Everybody of a city in one room that never runs out of seats. There is no other, and no way out of sight."""

    def __init__(self, history: History, rules: Rules, seed: int) -> None:
        super().__init__(history, rules, seed)
        self.capacity = maxsize

    def ask_next(self, person: PersonId, now_ms: int) -> None:
        """There is no other room."""

    def block(self, person: PersonId, other: PersonId, now_ms: int) -> None:
        """Both stay."""

    def _choose(self, person: PersonId) -> Room | None:
        return next(iter(self._with_seats.get(None, {}).values()), None) or self._open(None)


def distance_m(one: Place, other: Place) -> float:
    """Return metres between two places on a flat map: right to 1 % within 100 km, away from the poles."""
    north_deg = one.lat_deg - other.lat_deg
    east_deg = (one.lon_deg - other.lon_deg + 180) % 360 - 180
    return METRES_PER_DEGREE * hypot(north_deg, east_deg * cos(radians((one.lat_deg + other.lat_deg) / 2)))
