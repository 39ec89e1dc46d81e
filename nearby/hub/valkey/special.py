"""Tables of which one thing is otherwise than in ``Table``."""

from collections.abc import Callable, Iterator, MutableSet
from typing import TypeVar

from nearby.core.gate import Trail
from nearby.core.ids import PersonId, RoomId
from nearby.core.repeats import Repeats
from nearby.core.room import Room
from nearby.hub.valkey.past import SharedPast
from nearby.hub.valkey.working import KeptTable, Table

V = TypeVar("V")


class OfTexts(Table[bytes, V]):
    """What is known of texts, most of which nobody said before.

    One of which nothing is known here is taken to be new, which the write checks: that is a round trip less for most,
    and one more for a text that is repeated.
    """

    def find(self, item: bytes) -> V | None:
        """See ``Table``."""
        self._working.assume(self.key_of(item))
        return super().find(item)


class SharedRepeats(Repeats):
    """See ``Repeats``. What is over is left to the keys' time to live."""

    def _trim(self, since_ms: int) -> None:
        """Leave it."""

    def _trim_refused(self, now_ms: int) -> None:
        """Leave it."""

    @property
    def watched(self) -> int:
        """Return 0: nobody knows without asking."""
        return 0

    @property
    def refused(self) -> int:
        """Return 0: nobody knows without asking."""
        return 0


class Trails(Table[tuple[PersonId, str], Trail]):
    """Trails outside rooms, which nobody counts: they are left to the keys' time to live."""

    def __len__(self) -> int:
        """Return 0: they are never too many."""
        return 0


class RoomTable(KeptTable[RoomId, Room]):
    """All rooms. A new one is given a past that knows to be empty."""

    past_of: Callable[..., SharedPast]

    def __setitem__(self, room_id: RoomId, room: Room) -> None:
        """See ``Table``."""
        room.past = self.past_of(room_id, seq=0, newest_id_ms=None)
        super().__setitem__(room_id, room)


class ItemSet(MutableSet[PersonId]):
    """A set of which each member is a key of its own."""

    def __init__(self, table: Table[PersonId, bool]) -> None:
        self._table = table

    def __contains__(self, person: object) -> bool:
        """Return whether somebody is in it."""
        return person in self._table

    def add(self, person: PersonId) -> None:
        """Put somebody in."""
        if person not in self._table:
            self._table[person] = True

    def discard(self, person: PersonId) -> None:
        """Take somebody out."""
        self._table.pop(person, None)

    def __iter__(self) -> Iterator[PersonId]:
        """Fail: nobody has all of them."""
        raise TypeError("a shared set is looked up one by one")

    def __len__(self) -> int:
        """Fail, as iterating does."""
        raise TypeError("a shared set is looked up one by one")
