"""Where people may be seated, so that whom somebody blocked misses nothing that they would find without them.

An author of a conflict that binds them alone gives way where the other sits down. So rooms are offered to the other as
they would be without the author: else one would turn out smaller, and one with nobody but the author empty.

Nobody gives way for a conflict that binds both: the other is kept out of the author's room, which is one they could
have been in. Where a person wants to sit is known: the draw of the window decides, and asking again gives the same. So
whoever blocked them is seated anywhere else, and takes no last seat, if there are others.
"""

from msgspec.structs import replace

from nearby.core.ids import RoomId
from nearby.core.placement import Candidate, decide
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
        if not self._seats.conflicts.concern(person.id):
            return self._made(person, now_ms, "candidates")
        offer = self.look(person, now_ms)
        foes = self._foes(person, offer, now_ms) if len(offer.candidates) > 1 else []
        if not foes:
            return offer
        wanted = {self._wanted(foe, now_ms) for foe in foes}
        left = [candidate for candidate in offer.candidates if candidate.room not in wanted] or offer.candidates
        roomy = [candidate for candidate in left if self._free_seats(candidate.room) > 1]
        return replace(offer, candidates=roomy or left)

    def look(self, person: Person, now_ms: int, *, draw: str = "candidates") -> Offer:
        """Return where somebody present might be seated, whomever they blocked.

        Rooms are as they would be if whoever gives way to the person had gone.
        """
        offer = self._made(person, now_ms, draw)
        if not self._seats.conflicts.concern(person.id):
            return offer
        found = (self._left_by(person, candidate) for candidate in offer.candidates)
        return replace(offer, candidates=[one for one in found if one is not None])

    def _made(self, person: Person, now_ms: int, draw: str) -> Offer:
        words = self._windows.draw_words(self._windows.at(now_ms), draw, person.id)
        return make_offer(person, self._people, self._rooms, self._seats, words, now_ms)

    def _left_by(self, person: Person, candidate: Candidate) -> Candidate | None:
        """Return a room as it is once whoever gives way to the person has gone, None if it is empty then.

        A room that is not thin is not offered as a thin one: nobody came to its rescue, as they would have without the
        author, and the person would find such rooms too often.
        """
        room = self._rooms.get(candidate.room)
        seats = [] if room is None else list(room.seats.values())
        going = set(self._seats.conflicts.giving_way(person.id, [seat.person for seat in seats]))
        if not going:
            return candidate
        staying = [seat for seat in seats if seat.person not in going]
        size = sum(seat.held_since_ms is None for seat in staying)
        if candidate.size >= self._rules.low_water:
            size = max(size, self._rules.low_water)
        return replace(candidate, size=size) if staying else None

    def _foes(self, person: Person, offer: Offer, now_ms: int) -> list[Person]:
        """Return those of the newest whom the person blocked who are to be seated in the same catchment."""
        found = (self._people.get(foe) for foe in self._seats.conflicts.newest_of(person.id, AVOIDED))
        there = [foe for foe in found if foe is not None and foe.presence is not None]
        return [foe for foe in there if self._people.catchment_of(foe, now_ms) == offer.catchment]

    def _wanted(self, person: Person, now_ms: int) -> RoomId | None:
        """Return where somebody would sit next."""
        offer = self.look(person, now_ms)
        return decide(offer.candidates, offer.luck, now_ms, rules=self._rules, wishes=offer.wishes).room

    def _free_seats(self, room_id: RoomId) -> int:
        room = self._rooms.get(room_id)
        return 0 if room is None else room.capacity - len(room.seats)
