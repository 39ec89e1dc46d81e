"""The rooms of one catchment that have a free seat, ready to be drawn from in constant time.

*Thin* rooms (one or two connected members) need company, the others do without. Both kinds stand apart by
whether fewer seats than the target are taken, held ones included: what is *nearly full* by that is filled
only where people are few.
"""

from collections.abc import Iterator
from enum import IntEnum

from nearby.core.ids import RoomId

_GOLDEN = 0x9E3779B97F4A7C15  # splitmix64's increment and multiplier: Steele, Lea, Flood, OOPSLA 2014.
_MULTIPLIER = 0xBF58476D1CE4E5B9
_MASK = (1 << 64) - 1


class Shelf(IntEnum):
    """Where a room with a free seat stands."""

    THIN = 0
    THIN_NEARLY_FULL = 1
    ROOMY = 2
    NEARLY_FULL = 3


class Shelves:
    """A set of rooms per shelf; every call costs the same however many rooms there are."""

    __slots__ = ("_place", "_rooms")

    def __init__(self) -> None:
        self._rooms: tuple[list[RoomId], ...] = ([], [], [], [])
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
        rooms = self._rooms[shelf]
        self._place[room] = (shelf, len(rooms))
        rooms.append(room)

    def take_off(self, room: RoomId) -> None:
        """Take ``room`` off its shelf; one that stands on none is no error."""
        place = self._place.pop(room, None)
        if place is None:
            return
        shelf, index = place
        rooms = self._rooms[shelf]
        last = rooms.pop()
        if last != room:
            rooms[index] = last
            self._place[last] = (shelf, index)

    def sample(self, key: int, limit: int, *, nearly_full: bool) -> list[RoomId]:
        """Return at most ``limit`` different rooms: thin ones first, then the rest, both in an order drawn by ``key``.

        Over all keys each thin room is equally often in each place, and so is each of the rest.

        Args:
            key: 64 keyed bits; the same key and the same shelves give the same rooms.
            limit: At most this many.
            nearly_full: Whether rooms at the target may be filled up, thin ones too.
        """
        thin, thin_full, roomy, full = self._rooms
        drawn: list[RoomId] = []
        for below, above in ((thin, thin_full), (roomy, full)):
            count = len(below) + (len(above) if nearly_full else 0)
            for index in _shuffled(count, key, limit - len(drawn)):
                drawn.append(below[index] if index < len(below) else above[index - len(below)])
        return drawn


def _shuffled(count: int, key: int, limit: int) -> Iterator[int]:
    """Yield the first ``limit`` of the indices below ``count`` in an order drawn by ``key``.

    The order counts, since a reader may use the first few only: whichever those are, every index is
    among them equally often. Fisher and Yates's shuffle, stopped early and fed by splitmix64; what it
    swapped stands in a mapping, so that nothing is as long as ``count``.
    """
    swapped: dict[int, int] = {}
    for place in range(min(count, limit)):
        key = (key + _GOLDEN) & _MASK
        mixed = ((key ^ (key >> 30)) * _MULTIPLIER) & _MASK
        other = place + (mixed ^ (mixed >> 27)) % (count - place)
        yield swapped.get(other, other)
        swapped[other] = swapped.get(place, place)
