"""The port of a slice: one of several live states that share out the cells of resolution 5 among them.

A slice is a live state with everything in it, and keeps all guarantees of ``nearby.hub.base`` for whoever is in it.
Nothing that people meet through reaches over the border of a cell of resolution 5, so nobody of one slice has to do
with anybody of another, until somebody goes there. ``nearby.hub.sliced`` makes one live state of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from nearby.core.cell import Ladder
from nearby.core.ids import Cell, ConnectionId, PersonId
from nearby.core.presence import Presence
from nearby.core.wishes import Wishes
from nearby.errors import NearbyError
from nearby.hub.base import Hub, Listener, Standing
from nearby.hub.memory.person import Claims, Rare

Owns = Callable[[Cell], bool]
"""Returns whether a cell of resolution 5 is a slice's own."""


@dataclass(frozen=True, slots=True)
class Astray(Standing):
    """A check-in of somebody whose cell in force is another slice's, and whom no seat keeps in this one."""


class Elsewhere(NearbyError):
    """Where the person is to be seated is another slice's. Nothing changed but that a join may have been counted."""


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


class SliceListener(Listener, Protocol):
    """The ear of a slice: that of a gateway, and one call more."""

    def called_across(self, connection: ConnectionId) -> None:
        """The connection's person is to go to another slice: their gateway sees to it."""


class Slice(Hub, Protocol):
    """One gateway's handle on a slice. A move is ``pack`` and ``release`` here and ``take_in`` there."""

    async def pack(self, person: PersonId, connection: ConnectionId | None, now_ms: int) -> Luggage | None:
        """Return what the person would take along. Nothing changes.

        None: They have no presence, or not this connection, or one where it is None.
        """

    async def take_in(self, luggage: Luggage, connection: ConnectionId | None, now_ms: int) -> Standing | None:
        """Let the person be in this slice, on a connection of this gateway, or of none; return where they stand.

        Nobody is told but an older connection here, which hears ``replaced``. None, and nothing changed: This slice is
        in another window than the one they come from, so that they could count twice or not at all; or they come
        without a connection and have one here.
        """

    async def release(self, luggage: Luggage, now_ms: int) -> bool:
        """Let the person be gone from here; False, and nothing changed, if ``pack`` would return something else by now.

        Those they sat with hear ``left``, and their connection ``taken_out`` if they had a seat. Where their cell is
        not this slice's, they do not count in it any more.
        """

    async def evict(self, person: PersonId, connection: ConnectionId | None, now_ms: int) -> None:
        """Let the person be gone from here as by ``release``, whatever they did, unless on another connection."""

    async def call_across(self, person: PersonId, now_ms: int) -> None:
        """Have the gateway of the person's connection ``called_across``; without one nobody is."""

    async def where_is(self, person: PersonId) -> int | None:
        """Return which slice is noted for the person, and keep the note; None without one."""

    async def note_where(self, person: PersonId, number: int) -> None:
        """Note which slice has the person."""
