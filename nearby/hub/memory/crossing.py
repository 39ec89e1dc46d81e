"""Leaving a slice of the map for another one, and coming from one."""

from collections.abc import Callable
from typing import cast

from nearby.core.ids import ConnectionId, PersonId
from nearby.core.reach import Reach
from nearby.core.room import Room
from nearby.core.rules import MINUTE_MS
from nearby.core.venue import CatchmentId
from nearby.core.wishes import NO_WISHES
from nearby.errors import Elsewhere, NotHere
from nearby.hub.base import Standing
from nearby.hub.memory.people import People
from nearby.hub.memory.person import NOTHING_SHUNNED, Attached, Gone, Lifted, Person, Rare, claims_of
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.seats import Seats
from nearby.hub.memory.shakes import Shakes
from nearby.hub.slices import Astray, Luggage, Owns, SliceListener, Way

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
        return self.is_astray(person) and not person.has_seat

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
            rare.hop + 1,
            visited=self._people.visited(person, self._owns),
            awaits_seat=person.has_or_awaits_seat,
            checked_ms=rare.checked_ms,
            forced_ms=rare.forced_ms,
            checkin_tat_ms=person.checkin_tat_ms,
            tats_ms=(person.tat_of_say_ms, *tats_ms),
            joins_ms=person.joins_ms,
            cells_ms=person.cells_ms,
            reached_ms=() if rare.reach is None else tuple(rare.reach.times_ms()),
            lifted=None if rare.lifted is None else (rare.lifted.resolution, rare.lifted.until_window),
            shunned=dict(rare.shunned),
        )

    def expects(self, luggage: Luggage, window: int) -> bool:
        """See ``Slice.expects``; ``window`` is the one under way."""
        found = self._people.get(luggage.person)
        return window == luggage.window and (found is None or found.rare.hop < luggage.hop)

    def release(self, luggage: Luggage, number: int, now_ms: int, window: int) -> bool:
        """See ``Slice.release``; ``window`` is the one under way."""
        if self.pack(luggage.person, luggage.connection, window) != luggage:
            return False
        person = self._people.get(luggage.person)
        assert person is not None
        self._leave(person, now_ms)
        person.checkin_tat_ms = person.joins = person.cells = 0
        person.rare = Rare(hop=luggage.hop, gone=Gone(Way(number, luggage), now_ms + KNOWN_MS))
        self._people.forget_later(person)
        return True

    def arrive(self, luggage: Luggage, attached: Attached | None, now_ms: int, window: int) -> Standing | None:
        """See ``Slice.arrive``; ``window`` is the one under way."""
        found = self._people.get(luggage.person)
        if found is not None and found.rare.hop >= luggage.hop:
            return None
        person = self._people.meet(luggage.caller, now_ms)
        before = person.attached
        if before is not None and (attached is None or before.connection != attached.connection):
            before.listener.replaced(before.connection)
        self._leave(person, now_ms)
        person.claims = claims_of(luggage.caller)
        person.checkin_tat_ms = luggage.checkin_tat_ms
        person.joins_ms, person.cells_ms = luggage.joins_ms, luggage.cells_ms
        say_ms, change_ms, shake_ms, greet_ms, block_ms = luggage.tats_ms
        person.rare = Rare(
            checked_ms=luggage.checked_ms,
            forced_ms=luggage.forced_ms,
            say_tat_ms=say_ms,
            change_tat_ms=change_ms,
            shake_tat_ms=shake_ms,
            greet_tat_ms=greet_ms,
            block_tat_ms=block_ms,
            reach=Reach(luggage.reached_ms) if luggage.reached_ms else None,
            lifted=None if luggage.lifted is None else Lifted(*luggage.lifted),
            shunned=luggage.shunned or NOTHING_SHUNNED,
            hop=luggage.hop,
        )
        self._people.attach(person, attached)
        wishes = NO_WISHES if luggage.wishes == NO_WISHES else luggage.wishes
        self._people.come(person, luggage.presence, wishes, luggage.visited)
        person.is_displaced = luggage.awaits_seat and attached is not None
        if person.is_displaced:
            # Should whoever brings them die on the way, any other has them placed.
            self._call_for(person.id)
        return Standing(self._people.area_of(person), window, "new" if attached is not None else None)

    def unburden(self, person_id: PersonId, hop: int) -> None:
        """See ``Slice.unburden``."""
        person = self._people.get(person_id)
        if person is not None and person.rare.gone is not None and person.rare.hop == hop:
            person.gone = person.rare.gone._replace(way=person.rare.gone.way._replace(luggage=None))

    def where_gone(self, person_id: PersonId) -> Way | None:
        """See ``Slice.where_gone``."""
        person = self._people.get(person_id)
        return None if person is None or person.rare.gone is None else person.rare.gone.way

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
