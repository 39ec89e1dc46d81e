"""The rooms of one catchment that have a free seat, ready to be drawn from in constant time.

*Thin* rooms (one or two connected members) need company, the others do without. Both kinds stand apart by how many
seats are taken, held ones included: a room at the target is filled only where people are few, and a merge asks for
the fullest room that has the seats.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from nearby.core.cards import Cards
from nearby.core.placement import NO_LIKES, Candidate, Card, Hand, Likes, card_of


class Shelf(NamedTuple):
    """Where a room with a free seat stands."""

    is_thin: bool
    taken: int
    """Seats taken, at least 1 and fewer than the capacity."""


class Shelved(Protocol):
    """What can be put on a shelf, on one at a time. Only ``Shelves`` writes ``place``; -1 is on no shelf."""

    place: int


R = TypeVar("R", bound=Shelved)


class Shelves(Generic[R]):
    """A set of rooms per shelf; every call costs the same however many rooms there are.

    The shelves stand in one row, each after the one before, so that what is drawn from together is one stretch of it.
    Beside each room lies its card, as placement will see it, and the room knows its place: to draw eight is to look
    at eight cards and at nothing else. In a city that is what a decision waits for: memory, not work.

    Args:
        capacity: Seats of a room.
    """

    __slots__ = ("_capacity", "_cards", "_ends", "_likes", "_standing")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._standing: list[R] = []
        self._cards = Cards()
        # The place after each shelf's last room: first the thin ones by seats taken, from 0, then the others.
        self._ends = [0] * (2 * capacity)
        # By room, where anybody likes anything; None until anybody did, so that a draw looks at one object less.
        self._likes: dict[bytes, Likes] | None = None

    def __len__(self) -> int:
        """Return how many rooms stand on any shelf."""
        return len(self._standing)

    def put(self, room: R, shelf: Shelf, card: Candidate) -> None:
        """Put ``room`` on ``shelf``, taking it off another one first, or change the card of one that stands there."""
        packed = card_of(card)
        to = shelf.taken if shelf.is_thin else self._capacity + shelf.taken
        if room.place >= 0:
            place = self._make_way(room.place, self._shelf_at(room.place), to)
        else:
            self._standing.append(room)
            self._cards.append(packed)
            place = self._make_way(len(self._standing) - 1, len(self._ends), to)
        room.place = place
        self._standing[place] = room
        self._cards.put(place, packed)
        if card.tags or card.lang is not None:
            if self._likes is None:
                self._likes = {}
            self._likes[packed[3]] = card.tags, card.lang
        elif self._likes:
            self._likes.pop(packed[3], None)

    def take_off(self, room: R) -> None:
        """Take ``room`` off its shelf; one that stands on none is no error."""
        if room.place < 0:
            return
        if self._likes:
            self._likes.pop(self._cards.read(self._cards.row, self._cards.width * room.place)[3], None)
        self._make_way(room.place, self._shelf_at(room.place), len(self._ends))
        self._standing.pop()
        self._cards.pop()
        room.place = -1

    def sample(self, words: Sequence[int], *, fill: int) -> Sequence[Candidate]:
        """Return different rooms as they are offered: thin ones first, then the rest, both in an order that words draw.

        Over all words each thin room is equally often in each place, and so is each of the rest; the first of many
        rooms are those that fewer words draw. The order counts, since a reader may use the first few only.

        Args:
            words: 32 keyed bits for each room to draw at most; the same and the same shelves give the same rooms.
            fill: Only rooms with fewer seats taken than this.
        """
        ends, capacity, cards = self._ends, self._capacity, self._cards
        read, row, width = cards.read, cards.row, cards.width
        drawn: list[Card] = []
        # Fisher and Yates's shuffle, stopped early. What it swapped stands in a mapping, so that nothing is as long as
        # a shelf. Written out without calls, of ``get`` and ``zip`` too: each takes as long as all else that is done
        # for a room.
        swapped: dict[int, int] = {}
        for start, end in ((0, ends[fill - 1]), (ends[capacity - 1], ends[capacity + fill - 1])):
            place = start
            for word in words[len(drawn) :]:
                if place == end:
                    break
                other = place + word % (end - place)
                drawn.append(read(row, width * (swapped[other] if other in swapped else other)))  # noqa: SIM401
                swapped[other] = swapped[place] if place in swapped else place  # noqa: SIM401
                place += 1
        likes = self._likes
        return Hand(drawn, None if likes is None else [likes.get(card[3], NO_LIKES) for card in drawn])

    def fullest(self, taken_at_most: int) -> Iterator[Iterable[R]]:
        """Yield the rooms with at most so many seats taken, those that are alike together.

        Fullest come first, and among these thin ones last. Do not change the shelves meanwhile.
        """
        for taken in range(taken_at_most, 0, -1):
            for shelf in (self._capacity + taken, taken):
                start, end = self._ends[shelf - 1], self._ends[shelf]
                if start < end:
                    yield map(self._standing.__getitem__, range(start, end))

    def _shelf_at(self, place: int) -> int:
        """Return the number of the shelf that a place is on."""
        return bisect_right(self._ends, place)

    def _make_way(self, gap: int, shelf: int, to: int) -> int:
        """Move a gap to another shelf, past one room of each in between, and return the place it is in then.

        Args:
            gap: A place of ``shelf`` whose room stands there no more.
            shelf: The number of its shelf. After the last one come places that belong to none.
            to: The number of the shelf that it is to belong to.
        """
        ends = self._ends
        while shelf < to:
            ends[shelf] -= 1
            gap = self._move(ends[shelf], gap)
            shelf += 1
        while shelf > to:
            shelf -= 1
            gap = self._move(ends[shelf], gap)
            ends[shelf] += 1
        return gap

    def _move(self, place: int, gap: int) -> int:
        """Move the room in ``place`` into the gap, and return the place as the gap."""
        if place != gap:
            room = self._standing[gap] = self._standing[place]
            room.place = gap
            self._cards.copy(place, gap)
        return place
