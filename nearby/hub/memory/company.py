"""Whether somebody who is away would find company."""

from nearby.core.ids import PersonId
from nearby.hub.memory.avoiding import Avoiding
from nearby.hub.memory.people import People
from nearby.hub.memory.stops import Stops


class Company:
    """Looks without changing anything. No method suspends.

    Args:
        people: Everybody.
        avoiding: Says who may sit where.
        stops: Say where nobody takes a seat for now.
    """

    def __init__(self, people: People, avoiding: Avoiding, stops: Stops) -> None:
        self._people = people
        self._avoiding = avoiding
        self._stops = stops

    def awaits(self, person_id: PersonId, now_ms: int) -> bool | None:
        """See ``Hub.has_company``. It costs as much as an offer."""
        person = self._people.get(person_id)
        if person is None or person.presence is None:
            return None
        if person.attached is not None:
            return False
        if person.room is not None:
            return person.room.size > 0
        if self._stops.concern(person):
            return False
        offer = self._avoiding.look(person, now_ms, draw="company")
        return any(candidate.size for candidate in offer.candidates)
