"""Cards: what a decision reads of a room, packed as plain numbers.

A room, its id and the time it opened are objects, each somewhere else in a city's gigabyte, and one that is in no
cache takes a third of a microsecond to fetch. Three of them for each of eight candidates were half of a decision. Cards
lie beside each other, and those of a million people's rooms together fit into a processor's cache.
"""

from collections.abc import Callable
from functools import lru_cache
from struct import Struct
from typing import Any

from nearby.core.placement import Card

_NUMBERS = "<IQB"
_NUMBERS_BYTES = Struct(_NUMBERS).size
_ID_BYTES = 12
"""Of a room's id as a server draws it. Where one is longer, the whole row has wider cards."""


class Cards:
    """A row of cards, each as wide as the others: 26 bytes, unless ids are long.

    ``read(row, width * place)`` is the card in a place. Who reads many writes that out, for a call of ours would take
    as long as the reading. Only ``Cards`` sets the three.
    """

    __slots__ = ("_write", "read", "row", "width")

    def __init__(self) -> None:
        self.row = bytearray()
        self._lay_out(_ID_BYTES)

    def append(self, card: Card) -> None:
        """Put a card after the last one."""
        self.row += bytes(self.width)
        self.put(len(self.row) // self.width - 1, card)

    def put(self, place: int, card: Card) -> None:
        """Put a card where another one is."""
        if len(card[3]) >= self.width - _NUMBERS_BYTES:
            self._widen(len(card[3]))
        self._write(self.row, self.width * place, *card)

    def copy(self, place: int, to: int) -> None:
        """Put the card in ``place`` where another one is too."""
        at, to_at = self.width * place, self.width * to
        self.row[to_at : to_at + self.width] = self.row[at : at + self.width]

    def pop(self) -> None:
        """Take the last card away."""
        del self.row[-self.width :]

    def _widen(self, id_bytes: int) -> None:
        cards: list[Card] = [self.read(self.row, at) for at in range(0, len(self.row), self.width)]
        self._lay_out(id_bytes)
        self.row = bytearray(self.width * len(cards))
        for place, card in enumerate(cards):
            self._write(self.row, self.width * place, *card)

    def _lay_out(self, id_bytes: int) -> None:
        self.read, self._write, self.width = _layout(id_bytes)


@lru_cache(maxsize=64)
def _layout(id_bytes: int) -> tuple[Callable[..., Any], Callable[..., None], int]:
    """Return how to read and write a card, and how wide it is.

    All rows share the very same: a bound method of each one's own would be one more object in no cache.
    """
    layout = Struct(f"{_NUMBERS}{1 + id_bytes}p")  # One byte tells how long the id is.
    return layout.unpack_from, layout.pack_into, layout.size
