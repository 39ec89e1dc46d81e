"""The rooms of one catchment that have a free seat, ready to be drawn from in constant time.

*Thin* rooms (one or two connected members) need company, the others do without. Both kinds stand apart by how many
seats are taken, held ones included: a room at the target is filled only where people are few, and a merge asks for
the fullest room that has the seats.
"""

from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar


class Shelf(NamedTuple):
    """Where a room with a free seat stands."""

    is_thin: bool
    taken: int
    """Seats taken, at least 1 and fewer than the capacity."""


class Shelved(Protocol):
    """What can be put on a shelf, on one at a time. Only ``Shelves`` writes ``place``; -1 is on no shelf."""

    place: int


R = TypeVar("R", bound=Shelved)

_BARE: list[object] = []
"""Stands for every shelf with nothing on it: most catchments leave most of theirs bare."""


class Shelves(Generic[R]):
    """A set of rooms per shelf; every call costs the same however many rooms there are.

    The rooms themselves stand here, and each knows its place: what draws eight of them looks at those eight and at
    nothing else, which in a city is what a decision waits for.

    Args:
        capacity: Seats of a room.
    """

    __slots__ = ("_capacity", "_count", "_rows")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._count = 0
        # First those that are not thin, by seats taken, then the thin ones; a place is a row and an index in one.
        self._rows: list[list[R]] = [_BARE] * (2 * capacity)  # type: ignore[list-item]  # Never written to.

    def __len__(self) -> int:
        """Return how many rooms stand on any shelf."""
        return self._count

    def put(self, room: R, shelf: Shelf) -> None:
        """Put ``room`` on ``shelf``, taking it off another one first."""
        row = shelf.is_thin * self._capacity + shelf.taken
        if room.place >= 0:
            if room.place % len(self._rows) == row:
                return
            self.take_off(room)
        if not self._rows[row]:
            self._rows[row] = []
        rooms = self._rows[row]
        room.place = len(rooms) * len(self._rows) + row
        rooms.append(room)
        self._count += 1

    def take_off(self, room: R) -> None:
        """Take ``room`` off its shelf; one that stands on none is no error."""
        if room.place < 0:
            return
        index, row = divmod(room.place, len(self._rows))
        rooms = self._rows[row]
        last = rooms.pop()
        if last is not room:
            rooms[index] = last
            last.place = room.place
        elif not rooms:
            self._rows[row] = _BARE  # type: ignore[assignment]
        room.place = -1
        self._count -= 1

    def sample(self, words: Sequence[int], *, fill: int) -> list[R]:
        """Return different rooms: thin ones first, then the rest, both in an order drawn by ``words``.

        Over all words each thin room is equally often in each place, and so is each of the rest; the first of many
        rooms are those that fewer words draw.

        Args:
            words: 32 keyed bits for each room to draw at most; the same and the same shelves give the same rooms.
            fill: Only rooms with fewer seats taken than this.
        """
        drawn: list[R] = []
        for first in (self._capacity, 0):
            rows = [rooms for rooms in self._rows[first + 1 : first + fill] if rooms]
            if rows:
                _draw(rows, words[len(drawn) :], drawn)
        return drawn

    def fullest(self, taken_at_most: int) -> Iterator[Sequence[R]]:
        """Yield the rooms with at most so many seats taken, those that are alike together.

        Fullest come first, and among these thin ones last. Do not change the shelves meanwhile.
        """
        for taken in range(taken_at_most, 0, -1):
            for rooms in (self._rows[taken], self._rows[self._capacity + taken]):
                if rooms:
                    yield rooms


def _draw(rows: Sequence[Sequence[R]], words: Sequence[int], drawn: list[R]) -> None:
    """Append to ``drawn`` a room for each word while there are any, in an order drawn by the words.

    The order counts, since a reader may use the first few only: whichever those are, every room is among them equally
    often. Fisher and Yates's shuffle, stopped early; what it swapped stands in a mapping, so that nothing is as long
    as a row. Written out without calls: each one takes as long as all else that is done for a room.
    """
    left = sum(map(len, rows))
    swapped: dict[int, int] = {}
    for place, word in enumerate(words):
        if not left:
            return
        other = place + word % left
        index = swapped.get(other, other)
        swapped[other] = swapped.get(place, place)
        left -= 1
        for rooms in rows:
            if index < len(rooms):
                drawn.append(rooms[index])
                break
            index -= len(rooms)
