"""What baselines have in common: rooms, waiting people and conflicts. A subclass decides who sits where."""

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


class Baseline:
    """A policy with its rooms by catchment; one is forgotten when its last member leaves.

    Whoever has a block with somebody in a room is not seated there. Whoever checks in from where their room's
    catchment is not on their ladder is placed anew.
    """

    capacity: int

    def __init__(self, history: History, rules: Rules, seed: int) -> None:
        self.capacity = rules.capacity
        self._rules = rules
        self._history = history
        self._random = Random(f"policy {seed}")
        self._ground = Ground(rules, seed)
        self._rooms: dict[Cell | None, dict[str, Room]] = {}
        self._room_of: dict[PersonId, Room] = {}
        self._waiting: dict[PersonId, str] = {}
        self._avoids: dict[PersonId, set[PersonId]] = {}
        self._opened = 0

    def arrive(self, person: PersonId, place: Place, traits: Traits, now_ms: int) -> None:
        """Wait for the next tick."""
        self._ground.enter(person, place)
        self._waiting[person] = "new"

    def check_in(self, person: PersonId, place: Place, now_ms: int) -> None:
        """Be elsewhere; wait to be placed anew if the room's catchment is not here."""
        self._ground.enter(person, place)
        room = self._room_of.get(person)
        if room is not None and room.catchment is not None and not self._ground.is_on_ladder(person, room.catchment):
            self._waiting.setdefault(person, "moved")

    def leave(self, person: PersonId, now_ms: int) -> None:
        """Give up everything."""
        self._waiting.pop(person, None)
        self._stand_up(person)
        self._ground.leave(person)

    def say(self, person: PersonId, now_ms: int) -> None:
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
            self._waiting.setdefault(person, "moved")

    def tick(self, now_ms: int) -> int:
        """Seat who waits."""
        self._ground.catch_up(now_ms)
        waiting, self._waiting = self._waiting, {}
        for person, why in waiting.items():
            room = self._choose(person)
            self._sit(person, room or self._open(self._ground.catchment(person)), why)
        return len(waiting)

    def _choose(self, person: PersonId) -> Room | None:
        """Return where to sit, or None for a new room. Subclasses that seat one at a time say how."""
        raise NotImplementedError

    def _with_a_seat(self, person: PersonId) -> list[Room]:
        """Return the rooms of the person's catchment with a seat and without conflict, in order of opening."""
        rooms = self._rooms.get(self._ground.catchment(person), {})
        here = self._room_of.get(person)
        return [
            room
            for room in rooms.values()
            if len(room.members) < self.capacity and room is not here and self._gets_along(person, room)
        ]

    def _gets_along(self, person: PersonId, room: Room) -> bool:
        avoids = self._avoids.get(person)
        return not avoids or avoids.isdisjoint(room.members)

    def _open(self, catchment: Cell | None) -> Room:
        self._opened += 1
        room = Room(f"{self._opened:x}", catchment)
        self._rooms.setdefault(catchment, {})[room.id] = room
        return room

    def _sit(self, person: PersonId, room: Room, why: str) -> None:
        self._stand_up(person)
        room.members[person] = None
        room.ever += 1
        self._room_of[person] = room
        self._history.sat(person, room.id, resolution(room.catchment), why)

    def _stand_up(self, person: PersonId) -> None:
        room = self._room_of.pop(person, None)
        if room is None:
            return
        del room.members[person]
        if not room.members:
            rooms = self._rooms[room.catchment]
            del rooms[room.id]
            if not rooms:
                del self._rooms[room.catchment]
