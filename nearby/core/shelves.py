"""The rooms of one catchment that have a free seat, ready to be drawn from in constant time.

*Thin* rooms (one or two connected members) need company, the others do without. Both kinds stand apart by how many
seats are taken, held ones included: a room at the target is filled only where people are few, and a merge asks for
the fullest room that has the seats.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nearby.core.ids import RoomId
from nearby.core.window import spread


class Shelf(NamedTuple):
    """Where a room with a free seat stands."""

    is_thin: bool
    taken: int
    """Seats taken, at least 1 and fewer than the capacity."""


class Shelves:
    """A set of rooms per shelf; every call costs the same however many rooms there are.

    Args:
        capacity: Seats of a room.
    """

    __slots__ = ("_place", "_rooms")

    def __init__(self, capacity: int) -> None:
        self._rooms: tuple[list[list[RoomId]], ...] = ([[] for _ in range(capacity)], [[] for _ in range(capacity)])
        self._place: dict[RoomId, tuple[Shelf, int]] = {}

    def __len__(self) -> int:
        """Return how many rooms stand on any shelf."""
        return len(self._place)

    def put(self, room: RoomId, shelf: Shelf) -> None:
        """Put ``room`` on ``shelf``, taking it off another one first."""
        place = self._place.get(room)
        if place is not None:
            if place[0] == shelf:
                return
            self.take_off(room)
        rooms = self._rooms[shelf.is_thin][shelf.taken]
        self._place[room] = (shelf, len(rooms))
        rooms.append(room)

    def take_off(self, room: RoomId) -> None:
        """Take ``room`` off its shelf; one that stands on none is no error."""
        place = self._place.pop(room, None)
        if place is None:
            return
        shelf, index = place
        rooms = self._rooms[shelf.is_thin][shelf.taken]
        last = rooms.pop()
        if last != room:
            rooms[index] = last
            self._place[last] = (shelf, index)

    def sample(self, key: int, limit: int, *, fill: int) -> list[RoomId]:
        """Return at most ``limit`` different rooms: thin ones first, then the rest, both in an order drawn by ``key``.

        Over all keys each thin room is equally often in each place, and so is each of the rest.

        Args:
            key: 64 keyed bits; the same key and the same shelves give the same rooms.
            limit: At most this many.
            fill: Only rooms with fewer seats taken than this.
        """
        drawn: list[RoomId] = []
        for is_thin in (True, False):
            rows = [rooms for rooms in self._rooms[is_thin][1:fill] if rooms]
            for index in _shuffled(sum(map(len, rows)), key, limit - len(drawn)):
                drawn.append(_at(rows, index))
        return drawn

    def fullest(self, taken_at_most: int) -> Iterator[Sequence[RoomId]]:
        """Yield the rooms with at most so many seats taken, those that are alike together.

        Fullest come first, and among these thin ones last. Do not change the shelves meanwhile.
        """
        for taken in range(taken_at_most, 0, -1):
            for is_thin in (False, True):
                if self._rooms[is_thin][taken]:
                    yield self._rooms[is_thin][taken]


def _at(rows: Sequence[Sequence[RoomId]], index: int) -> RoomId:
    """Return one of all the rooms of ``rows``, counted through."""
    row = 0
    while index >= len(rows[row]):
        index -= len(rows[row])
        row += 1
    return rows[row][index]


def _shuffled(count: int, key: int, limit: int) -> Iterator[int]:
    """Yield the first ``limit`` of the indices below ``count`` in an order drawn by ``key``.

    The order counts, since a reader may use the first few only: whichever those are, every index is
    among them equally often. Fisher and Yates's shuffle, stopped early and fed by splitmix64; what it
    swapped stands in a mapping, so that nothing is as long as ``count``.
    """
    swapped: dict[int, int] = {}
    for place in range(min(count, limit)):
        other = place + spread(key, place) % (count - place)
        yield swapped.get(other, other)
        swapped[other] = swapped.get(place, place)
