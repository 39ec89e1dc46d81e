"""Places people: look, decide, take."""

from collections.abc import Callable, Sequence
from enum import Enum, auto

from nearby.core.ids import PersonId, RoomId
from nearby.core.placement import Candidate, Choice, decide
from nearby.core.rules import Rules
from nearby.core.venue import CatchmentId
from nearby.hub.memory.avoiding import Avoiding
from nearby.hub.memory.crossing import Crossing
from nearby.hub.memory.people import People
from nearby.hub.memory.seats import Seats
from nearby.hub.memory.stops import Stops
from nearby.hub.seating import Offer, Placement


class Again(Enum):
    """Why somebody is to be placed once more: the rooms that had a seat are full by now, or there is none."""

    LOOK = auto()
    OPEN = auto()


class Placing:
    """See ``nearby.hub.seating``. No method suspends.

    All but ``seat`` raise ``Elsewhere`` if that is to be done in another slice. A join that it takes counts by then:
    there it is a move, which is none.

    Args:
        rules: The product's numbers.
        people: Everybody.
        crossing: Says who is to go to another slice.
        avoiding: Makes offers.
        seats: Seat people.
        stops: Say where nobody takes a seat for now.
        catch_up: Does what is due by a time.
    """

    def __init__(
        self,
        rules: Rules,
        people: People,
        crossing: Crossing,
        *,
        avoiding: Avoiding,
        seats: Seats,
        stops: Stops,
        catch_up: Callable[[int], None],
    ) -> None:
        self._rules = rules
        self._people = people
        self._crossing = crossing
        self._avoiding = avoiding
        self._seats = seats
        self._stops = stops
        self._catch_up = catch_up

    def place(self, person_id: PersonId, why: str, now_ms: int, *, may_open: bool = True) -> Placement | Again | None:
        """See ``Seating.place``. ``Again`` only where it may open no room, and nothing changed then."""
        offer, person = self.offer(person_id, now_ms), self._people.get(person_id)
        if offer is None or person is None:
            return None
        left: Sequence[Candidate] = offer.candidates
        while (choice := self._decide(offer, left, now_ms)).room is not None:
            # It may have been asked for before others were decided on, who took its last seat. No other is looked at:
            # on a shared hub the decision would be made again whenever something happens in any of them.
            if self._seats.with_a_seat(person, choice.room, now_ms) is not None:
                break
            left = [one for one in left if one.room != choice.room]
        if choice.room is not None:
            is_seated = self.seat(person_id, choice.room, why, now_ms)
        elif may_open:
            is_seated = self.open_room(person_id, offer.catchment, why, now_ms)
        else:
            return Again.LOOK if offer.candidates else Again.OPEN
        return Placement(offer.catchment, len(left), choice) if is_seated else None

    def offer(self, person_id: PersonId, now_ms: int) -> Offer | None:
        """See ``Seating.offer``."""
        self._catch_up(now_ms)
        person = self._people.get(person_id)
        if person is None:
            return None
        self._crossing.check_here(person)
        if person.presence is None or (person.attached is not None and self._stops.hold_off(person)):
            return None
        self._crossing.check_offer(person, now_ms)
        if person.attached is None:
            return None
        return self._avoiding.offer(person, now_ms)

    def seat(self, person_id: PersonId, room_id: RoomId, why: str, now_ms: int) -> bool:
        """See ``Seating.seat``."""
        person = self._people.get(person_id)
        if person is None:
            return False
        self._crossing.check_here(person)
        room = self._seats.with_a_seat(person, room_id, now_ms)
        return room is not None and self._seats.sit(person, lambda: room, why, now_ms)

    def open_room(self, person_id: PersonId, catchment: CatchmentId, why: str, now_ms: int) -> bool:
        """See ``Seating.open_room``."""
        person = self._people.get(person_id)
        if person is None:
            return False
        self._crossing.check_here(person)
        return self._seats.sit(person, lambda: self._crossing.open(person, catchment, now_ms), why, now_ms)

    def _decide(self, offer: Offer, candidates: Sequence[Candidate], now_ms: int) -> Choice:
        return decide(candidates, offer.luck, now_ms, rules=self._rules, wishes=offer.wishes)
