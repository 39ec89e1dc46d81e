"""Where people may be seated, and whoever blocked somebody not where that one would be seated next.

A room that somebody is kept out of because of who sits there is one they would have been in if that person were away.
Where a person wants to sit is known: the draw of the window decides, and asking again gives the same. So whoever
blocked them is seated anywhere else, and takes nothing from them that could be missed.
"""

from msgspec.structs import replace

from nearby.core.ids import RoomId
from nearby.core.placement import decide
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.hub.base import Offer
from nearby.hub.memory.offers import make_offer
from nearby.hub.memory.people import People
from nearby.hub.memory.person import Person
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.seats import Seats

AVOIDED = 4
"""So many of those whom somebody blocked are kept clear of, the newest: each costs as much as an offer."""


class Avoiding:
    """Makes offers. No method suspends, and none changes anything.

    Args:
        rules: The product's numbers.
        windows: The keyed draws.
        people: Everybody.
        rooms: All rooms.
        seats: Say who may sit where, and who never meets.
    """

    def __init__(self, rules: Rules, windows: Windows, people: People, rooms: Rooms, *, seats: Seats) -> None:
        self._rules = rules
        self._windows = windows
        self._people = people
        self._rooms = rooms
        self._seats = seats

    def offer(self, person: Person, now_ms: int) -> Offer:
        """Return where somebody present may be seated.

        Whoever blocked somebody present in the same place is offered no room that one wants, and no last seat of a
        room, as far as there are others.
        """
        offer = self._offer(person, now_ms)
        foes = self._foes(person, offer, now_ms) if len(offer.candidates) > 1 else []
        if not foes:
            return offer
        wanted = {self._wanted(foe, now_ms) for foe in foes}
        left = [candidate for candidate in offer.candidates if candidate.room not in wanted] or offer.candidates
        roomy = [candidate for candidate in left if self._free_seats(candidate.room) > 1]
        return replace(offer, candidates=roomy or left)

    def _foes(self, person: Person, offer: Offer, now_ms: int) -> list[Person]:
        """Return those of the newest whom the person blocked who are to be seated in the same catchment."""
        found = (self._people.get(foe) for foe in self._seats.conflicts.newest_of(person.id, AVOIDED))
        there = [foe for foe in found if foe is not None and foe.presence is not None]
        return [foe for foe in there if self._people.catchment_of(foe, now_ms) == offer.catchment]

    def _wanted(self, person: Person, now_ms: int) -> RoomId | None:
        """Return where somebody would sit next."""
        offer = self._offer(person, now_ms)
        candidates, wishes = offer.candidates, offer.wishes
        return decide(person.id, candidates, now_ms, rules=self._rules, windows=self._windows, wishes=wishes).room

    def _free_seats(self, room_id: RoomId) -> int:
        room = self._rooms.get(room_id)
        return 0 if room is None else room.capacity - len(room.seats)

    def _offer(self, person: Person, now_ms: int) -> Offer:
        words = self._windows.draw_words(self._windows.at(now_ms), "candidates", person.id)
        return make_offer(person, self._people, self._rooms, self._seats, words, now_ms)
