"""Whether somebody who is away would find company."""

from nearby.core.ids import PersonId
from nearby.core.window import Windows
from nearby.hub.memory.offers import make_offer
from nearby.hub.memory.people import People
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.seats import Seats
from nearby.hub.memory.stops import Stops


class Company:
    """Looks without changing anything. No method suspends.

    Args:
        windows: The keyed draws.
        people: Everybody.
        rooms: All rooms.
        seats: Say who may sit where.
        stops: Say where nobody takes a seat for now.
    """

    def __init__(self, windows: Windows, people: People, rooms: Rooms, *, seats: Seats, stops: Stops) -> None:
        self._windows = windows
        self._people = people
        self._rooms = rooms
        self._seats = seats
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
        words = self._windows.draw_words(self._windows.at(now_ms), "company", person_id)
        offer = make_offer(person, self._people, self._rooms, self._seats, words, now_ms)
        return any(candidate.size for candidate in offer.candidates)
