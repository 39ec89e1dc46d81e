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
from nearby.errors import NearbyError
from nearby.hub.base import Caller, Hub, Listener, Standing

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

    caller: Caller
    connection: ConnectionId | None
    presence: Presence
    wishes: Wishes
    window: int
    """That of the slice they leave."""
    visited: tuple[Ladder, ...]
    """Where they count in this window: from now on by the new slice, and by the old one where its own cells are."""
    awaits_seat: bool
    has_lapsed: bool
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


class Origin(NamedTuple):
    """The ``number`` of the slice somebody comes from, and the ``ticket`` of the move: no other one's is the same."""

    number: int
    ticket: str


class SliceListener(Listener, Protocol):
    """The ear of a slice: that of a gateway, and one call more."""

    def called_across(self, connection: ConnectionId) -> None:
        """The connection's person is to go to another slice: their gateway sees to it."""


class Slice(Hub, Protocol):
    """One gateway's handle on a slice.

    A move is ``pack`` here, ``take_in`` there, ``release`` here, ``confirm`` there. At each time one of the two has the
    person. The other one has at most a record that says where they are: by that ``attach``, ``check_in``, ``offer``,
    ``seat`` and ``open_room`` raise ``NotHere``, and others find nobody.
    """

    async def pack(self, person: PersonId, connection: ConnectionId | None, now_ms: int) -> Luggage | None:
        """Return what the person would take along. Nothing changes.

        None: They are not here, have no presence, or not this connection, or one where it is None.
        """

    async def take_in(
        self, luggage: Luggage, origin: Origin, connection: ConnectionId | None, now_ms: int
    ) -> Standing | None:
        """Let there be a record of the person that becomes theirs by ``confirm``; return where they stand then.

        It takes the place of one of another move.

        Nobody is told. None, and nothing changed: This slice is in another window than the one they come from, so that
        they could count twice or not at all; or it has them.

        Args:
            luggage: What they bring.
            origin: By which move, and from the slice that has them until it lets them go.
            connection: Theirs, on this gateway; None if they have none.
            now_ms: The time.
        """

    async def release(self, luggage: Luggage, number: int, now_ms: int) -> bool:
        """Let the slice ``number`` have the person; False, and nothing changed, if ``pack`` returns something else.

        Those they sat with hear ``left``, and their connection ``taken_out`` if they had a seat. Where their cell is
        not this slice's, they do not count in it any more.
        """

    async def confirm(self, person: PersonId, ticket: str | None) -> bool:
        """Let this slice have the person who was taken in: the other one has let them go. Idempotent.

        False, and nothing changed, if what it has of them was not taken in by the move of a ``ticket``; None is any.
        """

    async def dismiss(self, person: PersonId, ticket: str, now_ms: int) -> None:
        """Drop what was taken in by a move, since the other slice keeps the person. Idempotent."""

    async def where_gone(self, person: PersonId) -> int | None:
        """Return the number of the slice that has the person, as far as is known here; None if it may be this one."""

    async def call_across(self, person: PersonId, now_ms: int) -> None:
        """Have the gateway of the person's connection ``called_across``; without one nobody is."""

    async def where_is(self, person: PersonId) -> int | None:
        """Return which slice is noted for the person, and keep the note; None without one."""

    async def note_where(self, person: PersonId, number: int) -> None:
        """Note which slice has the person: where they are looked for first, from whichever gateway."""
