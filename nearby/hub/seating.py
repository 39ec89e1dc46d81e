"""The port's part about seats: who is placed where.

A server asks for ``place``. ``offer``, ``seat`` and ``open_room`` are its parts, for whoever decides otherwise: the
benches, and what shows the guarantees one by one.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from nearby.core.ids import PersonId, RoomId
from nearby.core.placement import Candidate, Choice
from nearby.core.venue import CatchmentId
from nearby.core.wishes import NO_WISHES, Wishes


class Offer(Struct, frozen=True):
    """Where a person may be seated: rooms of ``catchment`` with a seat and no conflict, thin ones first.

    ``wishes`` are what their last check-in named, for the score. Companions are seen to already: whoever came with
    others is offered the room they sit in and no other, if it has a seat, or rooms with a seat for each of them.

    A room whose taken seats reach the target, held ones included, is among them only while the catchment counted
    few people in the window before. While it counted many, one whose seats are one fewer is if there is no other.

    The order among the thin ones, and among the rest, is drawn for the person and the window: over people, each
    room is equally often among the few that placement looks at. So is ``luck``, which makes the noise in the score; see
    ``luck_of``.
    """

    catchment: CatchmentId
    candidates: Sequence[Candidate]
    wishes: Wishes = NO_WISHES
    luck: float = 0.0


class Placement(Struct, frozen=True):
    """How somebody came to their seat: the catchment, among how many rooms was chosen, and what was."""

    catchment: CatchmentId
    candidates: int
    choice: Choice


class Seating(Protocol):
    """Where people sit. See ``nearby.hub.base`` for what every operation guarantees."""

    async def place(self, person: PersonId, why: str, now_ms: int) -> Placement | None:
        """Seat the person where placement puts them, in a new room if it takes none of those there are.

        An offer, the decision of ``nearby.core.placement`` and its ``seat`` or ``open_room``, in one step: nobody takes
        the seat between look and take, and of a crowd that comes at once each sees where those before are seated.

        None if nobody took a seat: as for ``offer``, or because the person has no join left.
        """

    async def offer(self, person: PersonId, now_ms: int) -> Offer | None:
        """Return where the person may be seated, their present room left out.

        None if they have no presence or no connection: nothing is to be done.
        """

    async def seat(self, person: PersonId, room: RoomId, why: str, now_ms: int) -> bool:
        """Seat the person in ``room``; False if the seat is gone, the room conflicts or the person left.

        What is wished for may be out of date by now. Somebody who has a seat keeps it, and it is True, with
        ``why`` "new", with "moved" unless the seat has to be given up at this moment, and with "venue" in a room of
        the venue they named. Somebody without a seat gets a first one: ``why`` is "new", whatever it was, or "moved"
        if the seat was taken from them to separate them from somebody. "new", "next" and "venue" count as a join;
        "next" bars the old room for the shun time.

        Whoever sits there and must give way to the person (see ``separate``) loses the seat in the same step.
        """

    async def open_room(self, person: PersonId, catchment: CatchmentId, why: str, now_ms: int) -> bool:
        """Seat the person in a new room of ``catchment``; False if the person left. ``why`` as for ``seat``."""
