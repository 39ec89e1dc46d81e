"""What baselines have in common: rooms, waiting people and conflicts. A subclass decides who sits where."""

from abc import ABC, abstractmethod
from random import Random

from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.sim.simulation.events import Place, Traits
from nearby.sim.simulation.ground import Ground, resolution
from nearby.sim.simulation.history import History


class Room:
    """Some people together. ``ever`` counts everybody who sat down there at any time."""

    __slots__ = ("catchment", "ever", "id", "members")

    def __init__(self, room: str, catchment: Cell | None) -> None:
        self.id = room
        self.catchment = catchment
        self.members: dict[PersonId, None] = {}
        self.ever = 0


class Baseline(ABC):
    """A policy with its rooms that have a seat, by catchment; one is forgotten when its last member leaves.

    Whoever has a block with somebody in a room is not seated there. Whoever's room's catchment is off their ladder is
    placed anew, at the same moment as by ours.
    """

    capacity: int

    def __init__(self, history: History, rules: Rules, seed: int) -> None:
        self.capacity = rules.capacity
        self._rules = rules
        self._history = history
        self._random = Random(f"policy {seed}")
        self._ground = Ground(rules, seed)
        self._with_seats: dict[Cell | None, dict[str, Room]] = {}
        self._room_of: dict[PersonId, Room] = {}
        self._waiting: dict[PersonId, str] = {}
        self._moves_ms: dict[PersonId, int] = {}
        self._avoids: dict[PersonId, set[PersonId]] = {}
        self._opened = 0

    def arrive(self, person: PersonId, place: Place, traits: Traits, now_ms: int) -> None:
        """Wait for the next tick."""
        self._ground.enter(person, place, now_ms)
        self._waiting[person] = "new"

    def check_in(self, person: PersonId, place: Place, now_ms: int) -> None:
        """Be elsewhere."""
        self._ground.enter(person, place, now_ms)

    def leave(self, person: PersonId, now_ms: int) -> None:
        """Give up everything."""
        self._waiting.pop(person, None)
        self._stand_up(person)
        self._ground.leave(person)

    def say(self, person: PersonId, now_ms: int) -> None:  # noqa: B027  # Whoever seats need not listen.
        """Talk binds no baseline."""

    def ask_next(self, person: PersonId, now_ms: int) -> None:
        """Wait to be placed anew."""
        if person in self._room_of:
            self._waiting.setdefault(person, "next")

    def block(self, person: PersonId, other: PersonId, now_ms: int) -> None:
        """Keep the two apart; who blocks goes."""
        self._avoids.setdefault(person, set()).add(other)
        self._avoids.setdefault(other, set()).add(person)
        room = self._room_of.get(person)
        if room is not None and other in room.members:
            self._stand_up(person)
            self._history.rose(person)
            self._waiting[person] = "moved"

    @abstractmethod
    def tick(self, now_ms: int) -> int:
        """Let time pass, seat whom the policy will of those who wait, and return how many placements were decided."""

    def _catch_up(self, now_ms: int) -> None:
        """Let time pass, and let those wait whose room has been off their ladder for long enough."""
        for person in self._ground.catch_up(now_ms):
            room = self._room_of.get(person)
            if room is None or room.catchment is None or self._ground.is_on_ladder(person, room.catchment):
                self._moves_ms.pop(person, None)
            else:
                self._moves_ms.setdefault(person, self._ground.moves_at_ms(person, now_ms))
        for person, moves_ms in list(self._moves_ms.items()):
            if moves_ms <= now_ms:
                del self._moves_ms[person]
                self._waiting.setdefault(person, "moved")

    def _with_a_seat(self, person: PersonId) -> list[Room]:
        """Return the rooms of the person's catchment with a seat and without conflict, longest with one first."""
        rooms = self._with_seats.get(self._ground.catchment(person), {})
        here = self._room_of.get(person)
        return [room for room in rooms.values() if room is not here and self._gets_along(person, room)]

    def _gets_along(self, person: PersonId, room: Room) -> bool:
        avoids = self._avoids.get(person)
        return not avoids or avoids.isdisjoint(room.members)

    def _open(self, catchment: Cell | None) -> Room:
        self._opened += 1
        room = Room(f"{self._opened:x}", catchment)
        self._with_seats.setdefault(catchment, {})[room.id] = room
        return room

    def _sit(self, person: PersonId, room: Room, why: str) -> None:
        self._stand_up(person)
        room.members[person] = None
        room.ever += 1
        if len(room.members) >= self.capacity:
            self._forget(room)
        self._room_of[person] = room
        self._history.sat(person, room.id, resolution(room.catchment), why)

    def _stand_up(self, person: PersonId) -> None:
        room = self._room_of.pop(person, None)
        self._moves_ms.pop(person, None)
        if room is None:
            return
        del room.members[person]
        if room.members:
            self._with_seats.setdefault(room.catchment, {}).setdefault(room.id, room)
        else:
            self._forget(room)

    def _forget(self, room: Room) -> None:
        """Offer the room to nobody; one that was not offered is no error."""
        rooms = self._with_seats.get(room.catchment, {})
        rooms.pop(room.id, None)
        if not rooms:
            self._with_seats.pop(room.catchment, None)


class OneByOne(Baseline):
    """A policy that seats each person on the tick after they came, whoever else waits."""

    def tick(self, now_ms: int) -> int:
        """Seat everybody who waits, in the order they came."""
        self._catch_up(now_ms)
        waiting, self._waiting = self._waiting, {}
        for person, why in waiting.items():
            room = self._choose(person)
            self._sit(person, room or self._open(self._ground.catchment(person)), why)
        return len(waiting)

    @abstractmethod
    def _choose(self, person: PersonId) -> Room | None:
        """Return where to sit, or None for a new room."""
