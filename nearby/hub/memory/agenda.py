"""What the live state waits to look at."""

from enum import IntEnum

from nearby.core.ids import PersonId, RoomId
from nearby.core.timers import Timers


class Kind(IntEnum):
    """What to look at."""

    MOMENT = 0
    HOLD = 1
    ROOM = 2
    FORGET = 3
    CLAIMS = 4
    THIN = 5


OF_ROOMS = (Kind.ROOM, Kind.THIN)
"""What is looked at is a room; else it is a person."""

_KINDS = tuple(Kind)
"""To walk over an enumeration costs as much as to ask all its timers."""


Key = PersonId | RoomId


class Agenda:
    """Times to look at people and rooms, by kind: a set of timers each, so that a key is the id that exists anyway."""

    def __init__(self) -> None:
        self._timers: tuple[Timers[Key], ...] = tuple(Timers[Key]() for _ in Kind)
        self.idle_until_ms = 0
        """Before this time nothing is due."""

    def __len__(self) -> int:
        """Return how many looks are asked for."""
        return sum(map(len, self._timers))

    def clear(self) -> None:
        """Ask for no looks any more."""
        self._timers = tuple(Timers[Key]() for _ in Kind)
        self.idle_until_ms = 0

    def set(self, kind: Kind, key: Key, due_ms: int) -> None:
        """Ask for a look at ``due_ms``, or earlier if that was asked before."""
        self._timers[kind].set(key, due_ms)
        if due_ms < self.idle_until_ms:
            self.idle_until_ms = due_ms

    def pop(self, now_ms: int) -> tuple[Kind, Key, int] | None:
        """Return what is to be looked at next of all that is due by ``now_ms``, with its time, or None."""
        if now_ms < self.idle_until_ms:
            return None
        due = [(due_ms, kind) for kind in _KINDS if (due_ms := self._timers[kind].next_ms(now_ms)) is not None]
        if not due:
            firsts = (timers.first_ms() for timers in self._timers)
            self.idle_until_ms = max(now_ms + 1, min((ms for ms in firsts if ms is not None), default=now_ms + 1))
            return None
        _, kind = min(due)
        found = self._timers[kind].pop(now_ms)
        assert found is not None
        return kind, *found
