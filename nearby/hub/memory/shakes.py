"""Who shook their phone and waits, and the rooms in which they meet."""

from nearby.core.brakes import NOTHING_STOPPED
from nearby.core.cell import resolution_of
from nearby.core.ids import PersonId
from nearby.core.limits import gcra
from nearby.core.rules import Rules
from nearby.core.shake import Gatherings
from nearby.core.venue import CatchmentId, Venue
from nearby.errors import ErrorCode, Refused
from nearby.hub.memory.people import People
from nearby.hub.memory.person import Person
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.seats import Seats
from nearby.hub.memory.stops import Stops


class Shakes:
    """Carries out what ``nearby.core.shake`` decides. No method suspends, and nothing of it is recorded.

    Args:
        rules: The product's numbers.
        people: Everybody.
        rooms: All rooms.
        seats: Seats those who meet.
        stops: Say where nobody takes a seat for now.
        gatherings: Who waits.
    """

    def __init__(
        self, rules: Rules, people: People, rooms: Rooms, seats: Seats, stops: Stops, *, gatherings: Gatherings
    ) -> None:
        self._rules = rules
        self._people = people
        self._rooms = rooms
        self._seats = seats
        self._stops = stops
        self._gatherings = gatherings

    def __len__(self) -> int:
        """Return how many people wait."""
        return len(self._gatherings)

    def shake(self, person: Person, now_ms: int) -> None:
        """Count a shake where the person's area is; see ``Hub.shake``."""
        if person.presence is None:
            raise Refused(ErrorCode.NOT_PRESENT, "Check in first: you meet people where you are.")
        if self._is_stopped(person):
            raise Refused(ErrorCode.OFF)
        catchment = self._people.area_of(person)
        if self._gatherings.waits(person.id, catchment):
            return
        self._people.limits.check_joins(person, now_ms)
        tat_ms, wait_ms = gcra(person.shake_tat_ms, now_ms, self._rules.shake)
        if wait_ms:
            raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="shake")
        person.shake_tat_ms = tat_ms
        self._gatherings.shake(person.id, catchment, now_ms)

    def next_ms(self) -> int | None:
        """See ``Hub.next_meeting_ms``."""
        return self._gatherings.next_ms()

    def take_back(self, person: PersonId) -> None:
        """The person left: they meet nobody. Who does not wait is no error."""
        self._gatherings.leave(person)

    def meet(self, now_ms: int) -> bool:
        """Seat some of those whose wait is over; see ``Hub.meet``."""
        # Of most steps there is nothing to ask of each person.
        are_any_stopped = self._stops.stopped is not NOTHING_STOPPED
        meeting = self._gatherings.meet(
            now_ms,
            may_meet=lambda person, catchment: self._may_meet(
                person, catchment, now_ms, are_any_stopped=are_any_stopped
            ),
            clash=lambda person, others: self._seats.conflicts.clash((person,), others),
            yields=self._seats.conflicts.yields,
        )
        if meeting is None:
            return False
        for group in meeting.groups:
            people = [found for person in group if (found := self._people.get(person)) is not None]
            catchment = self._catchment_for(meeting.catchment, people, now_ms)
            self._seats.bring_together(people, self._rooms.open(catchment, now_ms), "shaken", now_ms)
        return True

    def _may_meet(self, person_id: PersonId, catchment: CatchmentId, now_ms: int, *, are_any_stopped: bool) -> bool:
        """Return whether somebody who shook in a catchment may have a seat there now."""
        person = self._people.get(person_id)
        if person is None or person.presence is None or person.attached is None:
            return False
        if are_any_stopped and self._is_stopped(person):
            return False
        # Only who named a venue may be in one.
        if person.wishes.venue is None:
            # It may have opened or closed meanwhile: what counts is where the person is.
            is_there = catchment in person.presence.ladder
        else:
            area = self._people.area_of(person)
            is_any_venue = isinstance(catchment, Venue) or isinstance(area, Venue)
            is_there = area == catchment if is_any_venue else catchment in person.presence.ladder
        return is_there and self._people.limits.has_join_left(person, now_ms)

    def _is_stopped(self, person: Person) -> bool:
        return self._stops.stopped.shake or self._stops.concern(person)

    def _catchment_for(self, catchment: CatchmentId, people: list[Person], now_ms: int) -> CatchmentId:
        """Return where a room of these people is: on everybody's ladder, open, and for nobody finer than is due.

        Whoever was lifted is not placed finer for a while; those who were not meet them on that rung.
        """
        if isinstance(catchment, Venue):
            return catchment
        is_open = self._people.catchments.is_open(catchment)
        rung = catchment if is_open else self._people.next_open_rung(catchment) or catchment
        # The finest open cell of the others is this one or within it.
        due = (self._people.catchment_of(person, now_ms) for person in people if person.rare.lifted is not None)
        return min((rung, *(cell for cell in due if not isinstance(cell, Venue))), key=resolution_of)
