"""The collections of the live state that are more than items looked up one by one."""

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Generic, TypeVar, cast

from nearby.core.ids import PersonId, RoomId
from nearby.core.placement import Candidate
from nearby.core.room import Room
from nearby.core.rules import Rules
from nearby.core.shelves import Shelf, Shelves
from nearby.core.venue import CatchmentId
from nearby.hub.memory.agenda import OF_ROOMS, Agenda, Key, Kind
from nearby.hub.valkey import rows
from nearby.hub.valkey.commands import Command, Query
from nearby.hub.valkey.working import ABSENT, VERSION_BYTES, Table, Working

K = TypeVar("K")

FULLEST = 64
"""Equally full rooms that a merge looks at, the oldest of them."""

TIMERS = "t"
"""The key of all times to look at something: one sorted set."""

TO_MOVE = "mv"
"""The key of those who must have another seat."""


Due = Sequence[tuple[str, int]]
"""Looks as they stand in the shared timers: names, and when each was due."""


def looks_of(due: Due) -> Iterator[tuple[Kind, Key, int]]:
    """Yield what is to be looked at, and when that was due."""
    for name, due_ms in due:
        number, key = name.split(":", 1)
        kind = Kind(int(number))
        yield kind, RoomId(key) if kind in OF_ROOMS else PersonId(key), due_ms


class SharedAgenda(Agenda):
    """What an attempt asks to be looked at, and what is due that it takes on itself."""

    def __init__(self) -> None:
        super().__init__()
        self._due: Due = ()
        self._asked: dict[tuple[Kind, Key], int] = {}

    def begin(self, due: Due) -> None:
        """Begin an attempt.

        Args:
            due: Names of looks and their times, taken from the shared timers for this attempt.
        """
        if due or self._due:
            self.clear()
        self._due = due
        self._asked.clear()
        for kind, key, due_ms in looks_of(due):
            super().set(kind, key, due_ms)

    def set(self, kind: Kind, key: Key, due_ms: int) -> None:
        """See ``Agenda``."""
        self._asked[(kind, key)] = min(due_ms, self._asked.get((kind, key), due_ms))
        if self._due:
            super().set(kind, key, due_ms)

    def pop(self, now_ms: int) -> tuple[Kind, Key, int] | None:
        """See ``Agenda``."""
        if not self._due:
            return None
        found = super().pop(now_ms)
        if found is not None:
            self._asked.pop(found[:2], None)
        return found

    def commands(self) -> list[Command]:
        """Return what is to be written of it: looks that were taken, then those that were asked for."""
        taken = [Command("take", TIMERS, (name, due_ms)) for name, due_ms in self._due]
        return taken + [Command("lower", TIMERS, (f"{kind:d}:{key}", ms)) for (kind, key), ms in self._asked.items()]


class SharedShelves(Shelves[Room]):
    """The rooms of one catchment that have a free seat: only those are read that are drawn.

    Args:
        working: The attempt.
        catchment: Which.
        rooms: All rooms.
        rules: The product's numbers.
    """

    __slots__ = ("_catchment", "_key", "_rooms", "_rules", "_working")

    def __init__(self, working: Working, catchment: CatchmentId, rooms: Table[RoomId, Room], rules: Rules) -> None:
        super().__init__(rules.capacity)
        self._working = working
        self._catchment = catchment
        self._key = f"h:{rows.catchment_name(catchment)}"
        self._rooms = rooms
        self._rules = rules

    def __bool__(self) -> bool:
        """Return True: an empty one is not kept apart."""
        return True

    def put(self, room: Room, shelf: Shelf, card: Candidate) -> None:
        """See ``Shelves``."""
        row = rows.shelf_row(shelf.is_thin, shelf.taken, self._rules)
        self._working.ask(Command("shelve", self._key, (room.id, row, room.opened_ms, rows.card_row(card))))

    def take_off(self, room: Room) -> None:
        """See ``Shelves``."""
        self._working.ask(Command("unshelve", self._key, (room.id,)))

    def sample(self, words: Sequence[int], *, fill: int) -> list[Candidate]:
        """See ``Shelves``. A card may be out of date; whoever sits down looks at the room."""
        cards = self._working.answer(Query("sample", self._key, (fill, self._rules.capacity, *words)))
        return [rows.card_in(card) for card in cast(list[bytes], cards)]

    def fullest(self, taken_at_most: int) -> Iterator[Sequence[Room]]:
        """See ``Shelves``. Of a row the ``FULLEST`` oldest."""
        for alike in cast(list[list[bytes]], self._working.answer(self.fullest_of(taken_at_most))):
            ids = [RoomId(room.decode()) for room in alike]
            self._working.expect([self._rooms.key_of(room) for room in ids])
            # Where a room stands was read at another time than the room: it may have filled up, or gone elsewhere.
            found = (self._rooms.find(one) for one in ids)
            yield [room for room in found if room is not None and self._still_stands(room, taken_at_most)]

    def fullest_of(self, taken_at_most: int) -> Query:
        """Return what ``fullest`` asks."""
        return Query("fullest", self._key, (taken_at_most, self._rules.capacity, FULLEST))

    def _still_stands(self, room: Room, taken_at_most: int) -> bool:
        return room.catchment == self._catchment and 0 < len(room.seats) <= taken_at_most


class ShelvesByCatchment(MutableMapping[CatchmentId, Shelves[Room]]):
    """The shelves of every catchment, there as soon as they are asked for."""

    def __init__(self, working: Working, rooms: Table[RoomId, Room], rules: Rules) -> None:
        self._working = working
        self._rooms = rooms
        self._rules = rules

    def __getitem__(self, catchment: CatchmentId) -> SharedShelves:
        """Return a catchment's shelves."""
        return SharedShelves(self._working, catchment, self._rooms, self._rules)

    def __setitem__(self, catchment: CatchmentId, shelves: Shelves[Room]) -> None:
        """Fail: they are there already."""
        raise TypeError("shelves are there as soon as they are asked for")

    def __delitem__(self, catchment: CatchmentId) -> None:
        """Fail: those of which nothing is left take no place."""
        raise TypeError("empty shelves take no place")

    def __iter__(self) -> Iterator[CatchmentId]:
        """Fail: nobody has all of them."""
        raise TypeError("shelves are looked up one by one")

    def __len__(self) -> int:
        """Fail, as iterating does."""
        raise TypeError("shelves are looked up one by one")


class Whole(dict[K, None], Generic[K]):
    """A small set, in order, that is one value; read when it is first used."""

    def __init__(self, working: Working, key: str) -> None:
        super().__init__()
        self._working = working
        self._key = key
        self._is_read = False

    def begin(self) -> None:
        """Begin an attempt."""
        if self._is_read:
            super().clear()
            self._is_read = False

    def _read(self) -> None:
        if not self._is_read:
            stored = self._working.value(self._key)
            if stored != ABSENT:
                self.update(dict.fromkeys(rows.any_of(stored[VERSION_BYTES:])))
            self._is_read = True

    def __iter__(self) -> Iterator[K]:
        """Yield the items."""
        self._read()
        return super().__iter__()

    def keys(self):  # type: ignore[no-untyped-def]
        """Return the items."""
        self._read()
        return super().keys()

    def __contains__(self, item: object) -> bool:
        """Return whether an item is in it."""
        self._read()
        return super().__contains__(item)

    def __setitem__(self, item: K, nothing: None) -> None:
        """Put an item in."""
        self._read()
        super().__setitem__(item, nothing)

    def __delitem__(self, item: K) -> None:
        """Take an item out."""
        self._read()
        super().__delitem__(item)

    def clear(self) -> None:
        """Take all out."""
        self._read()
        super().clear()

    def changes(self) -> Iterator[tuple[str, bytes]]:
        """Yield the key and what is to be stored, if that is something else now."""
        if self._is_read:
            stored = rows.encode(list(super().keys())) if super().__len__() else ABSENT
            if stored != self._working.value(self._key)[VERSION_BYTES:]:
                yield self._key, stored


class ToMove(list[PersonId]):
    """Who must have another seat: of those before only a sweep knows, which takes them all."""

    def __init__(self) -> None:
        super().__init__()
        self._before: Sequence[PersonId] = ()

    def begin(self, before: Sequence[PersonId]) -> None:
        """Begin an attempt; ``before`` are those that it takes on itself."""
        self[:] = before
        self._before = before

    def commands(self) -> list[Command]:
        """Return what is to be written of it."""
        if not self and not self._before:
            return []
        left, new = set(self), [person for person in self if person not in self._before]
        gone = [person for person in self._before if person not in left]
        return [
            *(Command("exclude", TO_MOVE, (person,)) for person in gone),
            *(Command("include", TO_MOVE, (person,)) for person in new),
        ]


class Tally(MutableMapping[K, int]):
    """Numbers by key of which only the change is known: each begins at 0, and what it comes to is added in the end."""

    def __init__(self) -> None:
        self.by: dict[K, int] = {}
        """By how much each number changes."""

    def __getitem__(self, key: K) -> int:
        """Return the change so far."""
        return self.by.get(key, 0)

    def __setitem__(self, key: K, change: int) -> None:
        """Set the change so far."""
        self.by[key] = change

    def __delitem__(self, key: K) -> None:
        """Change nothing after all."""
        self.by.pop(key, None)

    def __contains__(self, key: object) -> bool:
        """Return True: every number is there."""
        return True

    def __iter__(self) -> Iterator[K]:
        """Yield the keys that change."""
        return iter(self.by)

    def __len__(self) -> int:
        """Return how many change."""
        return len(self.by)
