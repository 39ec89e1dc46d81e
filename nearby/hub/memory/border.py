"""What crosses the border of a slice, and what is said there; ``nearby.hub.slices`` says what a slice is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from msgspec import Struct

from nearby.core.cell import Ladder
from nearby.core.ids import Cell, ConnectionId, PersonId
from nearby.core.presence import Presence
from nearby.core.wishes import Wishes
from nearby.errors import NearbyError
from nearby.hub.base import Listener, Standing
from nearby.hub.memory.person import Claims, Rare

Owns = Callable[[Cell], bool]
"""Returns whether a cell of resolution 5 is a slice's own."""


@dataclass(frozen=True, slots=True)
class Astray(Standing):
    """A check-in of somebody whose cell in force is another slice's, and whom no seat keeps in this one."""


class Elsewhere(NearbyError):
    """Where the person is to be seated is another slice's. Nothing changed but that a join may have been counted."""


class NotHere(NearbyError):
    """The person is in another slice, which ``Slice.where_gone`` tells. Nothing happened."""


class Luggage(Struct, frozen=True):
    """What somebody takes along to another slice, and by what the old one knows that nothing changed since.

    Of a seat only that there was one, or that one was to come: then the next one is no join of theirs.
    """

    person: PersonId
    connection: ConnectionId | None
    claims: Claims
    presence: Presence
    wishes: Wishes
    window: int
    """That of the slice they leave."""
    checkin_tat_ms: int
    say_tat_ms: int
    joins_ms: tuple[int, ...]
    cells_ms: tuple[int, ...]
    rare: Rare
    """A copy without what is about rooms, but for those that are out of the question."""
    reached_ms: tuple[int, ...]
    visited: tuple[Ladder, ...]
    """Where they count in this window: from now on by the new slice, and by the old one where its own cells are."""
    awaits_seat: bool


class Origin(NamedTuple):
    """The ``number`` of the slice somebody comes from, and the ``ticket`` of the move: no other one's is the same."""

    number: int
    ticket: str


class SliceListener(Listener, Protocol):
    """The ear of a slice: that of a gateway, and one call more."""

    def called_across(self, connection: ConnectionId) -> None:
        """The connection's person is to go to another slice: their gateway sees to it."""
