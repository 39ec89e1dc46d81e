"""The port of a slice: one of several live states that share out the cells of resolution 5 among them.

A slice is a live state with everything in it, and keeps all guarantees of ``nearby.hub.base`` for whoever is in it.
Nothing that people meet through reaches over the border of a cell of resolution 5, so nobody of one slice has to do
with anybody of another, until somebody goes there. ``nearby.hub.sliced`` makes one live state of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from msgspec import Struct

from nearby.core.cell import Ladder
from nearby.core.ids import Cell, ConnectionId, PersonId, RoomId
from nearby.core.presence import Presence
from nearby.core.wishes import Wishes
from nearby.hub.base import Caller, Hub, Listener, Standing

Owns = Callable[[Cell], bool]
"""Returns whether a cell of resolution 5 is a slice's own."""


@dataclass(frozen=True, slots=True)
class Astray(Standing):
    """A check-in of somebody whose cell in force is another slice's, and whom no seat keeps in this one."""


class Luggage(Struct, frozen=True):
    """What somebody takes along to another slice, and by what the old one knows that nothing changed since.

    Of a seat only that there was one, or that one was to come: then the next one is no join of theirs.
    """

    caller: Caller
    connection: ConnectionId | None
    presence: Presence
    wishes: Wishes
    window: int
    """That of the slice they leave."""
    hop: int
    """The number of this move among all of theirs."""
    visited: tuple[Ladder, ...]
    """Where they count in this window: from now on by the new slice, and by the old one where its own cells are."""
    awaits_seat: bool
    checked_ms: int
    forced_ms: int
    checkin_tat_ms: int
    tats_ms: tuple[int, int, int, int, int]
    """Of the limits on say, change, shake, greet and block."""
    joins_ms: tuple[int, ...]
    cells_ms: tuple[int, ...]
    reached_ms: tuple[int, ...]
    lifted: tuple[int, int] | None
    """To which resolution, and until which window."""
    shunned: Mapping[RoomId, int]
    """Rooms that are out of the question, and until when."""

    @property
    def person(self) -> PersonId:
        """Return whose it is."""
        return self.caller.person


class Way(NamedTuple):
    """Somebody went to the slice ``number``; with ``luggage`` they may not have arrived there."""

    number: int
    luggage: Luggage | None


class SliceListener(Listener, Protocol):
    """The ear of a slice: that of a gateway, and one call more."""

    def called_across(self, connection: ConnectionId) -> None:
        """The connection's person is to go to another slice: their gateway sees to it."""


class Slice(Hub, Protocol):
    """One gateway's handle on a slice.

    A move is ``pack`` here, ``expects`` there, ``release`` here, ``arrive`` there, ``unburden`` here. The old slice has
    the person until ``release``, and knows then where they go, with what: whoever finds that may go on with the move.
    None is carried out twice: a slice takes nobody in by a move that it knows, or by an older one.

    Where somebody is not any more, ``attach``, ``check_in``, ``offer``, ``seat`` and ``open_room`` raise ``NotHere``,
    and others find nobody.
    """

    async def pack(self, person: PersonId, connection: ConnectionId | None, now_ms: int) -> Luggage | None:
        """Return what the person would take along. Nothing changes.

        None: They are not here, have no presence, or not this connection, or one where it is None.
        """

    async def expects(self, luggage: Luggage, now_ms: int) -> bool:
        """Return whether ``arrive`` would take them in now, in the window of the slice they come from.

        In another one they could count twice or not at all.
        """

    async def release(self, luggage: Luggage, number: int, now_ms: int) -> bool:
        """Let the person be on the way to the slice ``number``.

        Those they sat with hear ``left``, and their connection ``taken_out`` if they had a seat. Where their cell is
        not this slice's, they do not count in it any more. False, and nothing changed: ``pack`` returns something else.
        """

    async def arrive(self, luggage: Luggage, connection: ConnectionId | None, now_ms: int) -> Standing | None:
        """Let this slice have the person, on a connection of this gateway, or of none; return where they stand.

        What was left here of an older time ends; a connection that is another one hears ``replaced``. None, and nothing
        changed: It had them by this move already, or by a later one.
        """

    async def unburden(self, person: PersonId, hop: int) -> None:
        """Forget the luggage of a move that arrived, and know only where they went. Idempotent."""

    async def where_gone(self, person: PersonId) -> Way | None:
        """Return which way the person went from here; None if they may be in this slice."""

    async def call_across(self, person: PersonId, now_ms: int) -> None:
        """Have the gateway of the person's connection ``called_across``; without one nobody is."""

    async def where_is(self, person: PersonId) -> int | None:
        """Return which slice is noted for the person, and keep the note; None without one."""

    async def note_where(self, person: PersonId, number: int) -> None:
        """Note which slice has the person: where they are looked for first, from whichever gateway."""
