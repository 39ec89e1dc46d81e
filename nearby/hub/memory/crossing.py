"""Leaving a slice of the map for another one, and coming from one."""

from collections.abc import Callable
from typing import cast

from nearby.core.ids import ConnectionId, PersonId
from nearby.core.reach import Reach
from nearby.core.room import Room
from nearby.core.rules import MINUTE_MS
from nearby.core.venue import CatchmentId
from nearby.hub.base import Standing
from nearby.hub.memory.people import People
from nearby.hub.memory.person import Attached, Gone, Lifted, Person, Rare, claims_of
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.seats import Seats
from nearby.hub.memory.shakes import Shakes
from nearby.hub.slices import Astray, Elsewhere, Luggage, NotHere, Origin, Owns, SliceListener

KNOWN_MS = MINUTE_MS
"""How long it is known at least where somebody went: longer than anybody who looks for them is on the way."""


class Crossing:
    """Carries out what ``nearby.hub.slices`` describes. No method suspends.

    Args:
        people: Everybody here.
        rooms: Opens them.
        seats: End the seat of whoever goes.
        shakes: Forget whoever goes.
        owns: Which cells are this slice's; None if there is no other.
        call_for: Is given who must have another seat.
    """

    def __init__(
        self,
        people: People,
        rooms: Rooms,
        seats: Seats,
        shakes: Shakes,
        *,
        owns: Owns | None,
        call_for: Callable[[PersonId], None],
    ) -> None:
        self._people = people
        self._rooms = rooms
        self._seats = seats
        self._shakes = shakes
        self._owns = owns
        self._call_for = call_for

    def is_astray(self, person: Person) -> bool:
        """Return whether the cell that somebody has in force is another slice's."""
        return self._owns is not None and person.presence is not None and not self._owns(person.presence.ladder.res5)

    def may_go(self, person: Person) -> bool:
        """Return whether somebody is astray, and no seat keeps them here."""
        return self._owns is not None and self.is_astray(person) and not person.has_seat

    @staticmethod
    def check_here(person: Person) -> None:
        """Raise ``NotHere`` if somebody is in another slice."""
        if person.rare.gone is not None:
            raise NotHere

    def check_offer(self, person: Person, now_ms: int) -> None:
        """Raise ``Elsewhere`` if the offer is to be another slice's: they have no seat here, or must give it up now."""
        if self.is_astray(person) and (not person.has_seat or self._people.must_move(person, now_ms)):
            raise Elsewhere

    def open(self, person: Person, catchment: CatchmentId, now_ms: int) -> Room:
        """Open a room for somebody; ``Elsewhere``, and none is, if that is to be done in another slice."""
        if self.is_astray(person):
            raise Elsewhere
        return self._rooms.open(catchment, now_ms)

    def standing(self, person: Person, standing: Standing) -> Standing:
        """Return how somebody stands here who checked in: astray if nothing keeps them from going where they are."""
        if not self.may_go(person):
            return standing
        return Astray(standing.area, standing.window, standing.wish)

    def pack(self, person_id: PersonId, connection: ConnectionId | None, window: int) -> Luggage | None:
        """See ``Slice.pack``; ``window`` is the one under way."""
        person = self._people.get(person_id)
        if person is None or person.presence is None or _connection_of(person) != connection:
            return None
        rare = person.rare
        if rare.gone is not None:
            return None
        tats_ms = rare.change_tat_ms, rare.shake_tat_ms, rare.greet_tat_ms, rare.block_tat_ms
        return Luggage(
            person.caller,
            connection,
            person.presence,
            person.wishes,
            window,
            visited=self._people.visited(person, self._owns),
            awaits_seat=person.has_or_awaits_seat,
            has_lapsed=rare.has_lapsed,
            checked_ms=rare.checked_ms,
            forced_ms=rare.forced_ms,
            checkin_tat_ms=person.checkin_tat_ms,
            tats_ms=(person.tat_of_say_ms, *tats_ms),
            joins_ms=person.joins_ms,
            cells_ms=person.cells_ms,
            reached_ms=() if rare.reach is None else tuple(rare.reach.times_ms()),
            lifted=None if rare.lifted is None else (rare.lifted.resolution, rare.lifted.until_window),
            shunned=rare.shunned,
        )

    def take_in(
        self, luggage: Luggage, origin: Origin, attached: Attached | None, now_ms: int, window: int
    ) -> Standing | None:
        """See ``Slice.take_in``; ``window`` is the one under way."""
        found = self._people.get(luggage.person)
        has_them = found is not None and found.rare.gone is None and not found.is_absent
        if has_them or window != luggage.window:
            return None
        person = self._people.meet(luggage.caller, now_ms)
        self._leave(person, now_ms)
        person.claims = claims_of(luggage.caller)
        person.checkin_tat_ms = luggage.checkin_tat_ms
        person.joins_ms, person.cells_ms = luggage.joins_ms, luggage.cells_ms
        say_ms, change_ms, shake_ms, greet_ms, block_ms = luggage.tats_ms
        person.rare = Rare(
            has_lapsed=luggage.has_lapsed,
            checked_ms=luggage.checked_ms,
            forced_ms=luggage.forced_ms,
            say_tat_ms=say_ms,
            change_tat_ms=change_ms,
            shake_tat_ms=shake_ms,
            greet_tat_ms=greet_ms,
            block_tat_ms=block_ms,
            reach=Reach(luggage.reached_ms) if luggage.reached_ms else None,
            lifted=None if luggage.lifted is None else Lifted(*luggage.lifted),
            shunned=luggage.shunned,
            gone=Gone(origin.number, now_ms + KNOWN_MS, origin.ticket),
        )
        self._people.attach(person, attached)
        self._people.come(person, luggage.presence, luggage.wishes, luggage.visited)
        person.is_displaced = luggage.awaits_seat and attached is not None
        return Standing(self._people.area_of(person), window, "new" if attached is not None else None)

    def release(self, luggage: Luggage, number: int, now_ms: int, window: int) -> bool:
        """See ``Slice.release``; ``window`` is the one under way."""
        if self.pack(luggage.person, luggage.connection, window) != luggage:
            return False
        person = self._people.get(luggage.person)
        assert person is not None
        self._leave(person, now_ms)
        person.checkin_tat_ms = person.joins = person.cells = 0
        person.rare = Rare(gone=Gone(number, now_ms + KNOWN_MS))
        self._people.forget_later(person)
        return True

    def confirm(self, person_id: PersonId, ticket: str | None) -> bool:
        """See ``Slice.confirm``."""
        person = self._people.get(person_id)
        gone = None if person is None else person.rare.gone
        if person is None or gone is None:
            return person is not None
        if gone.ticket is None or ticket not in (None, gone.ticket):
            return False
        person.gone = None
        if person.is_displaced:
            # Should whoever brings them die on the way, any other has them placed.
            self._call_for(person.id)
        return True

    def dismiss(self, person_id: PersonId, ticket: str, now_ms: int) -> None:
        """See ``Slice.dismiss``."""
        person = self._people.get(person_id)
        gone = None if person is None else person.rare.gone
        if person is not None and gone is not None and gone.ticket == ticket:
            self._leave(person, now_ms)
            person.gone = Gone(gone.number, now_ms + KNOWN_MS)
            self._people.forget_later(person)

    def where_gone(self, person_id: PersonId) -> int | None:
        """See ``Slice.where_gone``."""
        person = self._people.get(person_id)
        return None if person is None or person.rare.gone is None else person.rare.gone.number

    def call_across(self, person_id: PersonId) -> None:
        """See ``Slice.call_across``."""
        person = self._people.get(person_id)
        if person is not None and person.attached is not None:
            cast(SliceListener, person.attached.listener).called_across(person.attached.connection)

    def _leave(self, person: Person, now_ms: int) -> None:
        """End somebody's seat, presence and connection here."""
        attached = person.attached
        self._shakes.take_back(person.id)
        had_seat = person.has_seat
        self._seats.end(person, now_ms, why="moved", asked_by=None if attached is None else attached.connection)
        if had_seat and attached is not None:
            attached.listener.taken_out(attached.connection)
        self._people.go(person, self._owns)
        self._people.attach(person, None)


def _connection_of(person: Person) -> ConnectionId | None:
    return None if person.attached is None else person.attached.connection
