"""The rooms of one catchment that have a free seat, ready to be drawn from in constant time.

*Thin* rooms (one or two connected members) need company, the others do without. Both kinds stand apart by how many
seats are taken, held ones included: a room at the target is filled only where people are few, and a merge asks for
the fullest room that has the seats.
"""

from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from nearby.core.placement import Candidate


class Shelf(NamedTuple):
    """Where a room with a free seat stands."""

    is_thin: bool
    taken: int
    """Seats taken, at least 1 and fewer than the capacity."""


class Shelved(Protocol):
    """What can be put on a shelf, on one at a time. Only ``Shelves`` writes ``place``; -1 is on no shelf."""

    place: int


R = TypeVar("R", bound=Shelved)


class _Row(Generic[R]):
    """The rooms of one shelf, and how each is offered: what draws from it looks at the cards alone."""

    __slots__ = ("cards", "rooms")

    def __init__(self) -> None:
        self.rooms: list[R] = []
        self.cards: list[Candidate] = []


class Shelves(Generic[R]):
    """A set of rooms per shelf; every call costs the same however many rooms there are.

    Beside each room stands its card, as placement will see it, and the room knows its place: to draw eight is to look
    at eight cards and at nothing else. In a city that is what a decision waits for: memory, not work.

    Args:
        capacity: Seats of a room.
    """

    __slots__ = ("_capacity", "_count", "_rows")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._count = 0
        # First those that are not thin, by seats taken, then the thin ones; a place is a row and an index in one.
        self._rows: list[_Row[R] | None] = [None] * (2 * capacity)

    def __len__(self) -> int:
        """Return how many rooms stand on any shelf."""
        return self._count

    def put(self, room: R, shelf: Shelf, card: Candidate) -> None:
        """Put ``room`` on ``shelf``, taking it off another one first, or change the card of one that stands there."""
        row = shelf.is_thin * self._capacity + shelf.taken
        if room.place >= 0:
            index, stands_in = divmod(room.place, len(self._rows))
            there = self._rows[stands_in]
            if stands_in == row and there is not None:
                there.cards[index] = card
                return
            self.take_off(room)
        found = self._rows[row]
        if found is None:
            found = self._rows[row] = _Row()
        room.place = len(found.rooms) * len(self._rows) + row
        found.rooms.append(room)
        found.cards.append(card)
        self._count += 1

    def take_off(self, room: R) -> None:
        """Take ``room`` off its shelf; one that stands on none is no error."""
        if room.place < 0:
            return
        index, row = divmod(room.place, len(self._rows))
        found = self._rows[row]
        assert found is not None
        last, card = found.rooms.pop(), found.cards.pop()
        if last is not room:
            found.rooms[index], found.cards[index] = last, card
            last.place = room.place
        elif not found.rooms:
            self._rows[row] = None
        room.place = -1
        self._count -= 1

    def sample(self, words: Sequence[int], *, fill: int) -> list[Candidate]:
        """Return the cards of different rooms: thin ones first, then the rest, both in an order drawn by ``words``.

        Over all words each thin room is equally often in each place, and so is each of the rest; the first of many
        rooms are those that fewer words draw.

        Args:
            words: 32 keyed bits for each room to draw at most; the same and the same shelves give the same rooms.
            fill: Only rooms with fewer seats taken than this.
        """
        drawn: list[Candidate] = []
        for first in (self._capacity, 0):
            rows = [row.cards for row in self._rows[first + 1 : first + fill] if row is not None]
            if rows:
                _draw(rows, words[len(drawn) :], drawn)
        return drawn

    def fullest(self, taken_at_most: int) -> Iterator[Sequence[R]]:
        """Yield the rooms with at most so many seats taken, those that are alike together.

        Fullest come first, and among these thin ones last. Do not change the shelves meanwhile.
        """
        for taken in range(taken_at_most, 0, -1):
            for row in (self._rows[taken], self._rows[self._capacity + taken]):
                if row is not None:
                    yield row.rooms


def _draw(rows: Sequence[Sequence[Candidate]], words: Sequence[int], drawn: list[Candidate]) -> None:
    """Append to ``drawn`` a card for each word while there are any, in an order drawn by the words.

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
        row = 0
        while index >= len(rows[row]):
            index -= len(rows[row])
            row += 1
        drawn.append(rows[row][index])
