"""Where people may be seated, so that whom somebody blocked misses nothing that they would find without them.

An author of a conflict that binds them alone gives way where the other sits down. So rooms are offered to the other as
they would be without the author: else one with nobody but the author would turn out empty, and a full one be missed.

Nobody gives way for a conflict that binds both: the other is kept out of the author's room, which is one they could
have been in. Where a person wants to sit is known: the draw of the window decides, and asking again gives the same. So
whoever blocked them is seated anywhere else, and takes no last seat, if there are others.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from nearby.core.ids import PersonId, RoomId
from nearby.core.placement import CANDIDATES_SCORED, Candidate, decide
from nearby.core.room import Room
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

LOOKED_FOR = 8
"""So many of those who give way to somebody are looked for in rooms that have no seat with them, the newest."""


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
        words = self._windows.draw_words(self._windows.at(now_ms), draw, person.id)
        offer = make_offer(person, self._people, self._rooms, self._seats, words, now_ms)
        authors = self._seats.conflicts.newest_giving_way_to(person.id, LOOKED_FOR)
        if not authors:
            return offer
        rooms = {candidate.room: self._rooms.get(candidate.room) for candidate in offer.candidates}
        levels: Sequence[int] = (self._rules.capacity,)
        if not person.wishes.companions:
            levels = self._people.fill_levels(offer.catchment)
            if len(rooms) < CANDIDATES_SCORED:
                rooms |= {room.id: room for room in self._rooms_of(authors) if room.catchment == offer.catchment}
        left = [self._left_by(person, room, now_ms) for room in rooms.values() if room is not None]
        for level in levels:
            found = [candidate for taken, candidate in left if 0 < taken < level]
            if found:
                break
        return replace(offer, candidates=found[:CANDIDATES_SCORED])

    def _rooms_of(self, authors: Sequence[PersonId]) -> list[Room]:
        people = (self._people.get(author) for author in authors)
        return [person.room for person in people if person is not None and person.room is not None]

    def _left_by(self, person: Person, room: Room, now_ms: int) -> tuple[int, Candidate]:
        """Return a room as it is once whoever gives way to the person has gone, and how many seats are taken then.

        None is where they must not sit. A room that is not thin is not offered as a thin one: nobody came to its
        rescue, as they would have without the author, and the person would find such rooms too often.
        """
        seats = room.seats.values()
        going = set(self._seats.conflicts.giving_way(person.id, [seat.person for seat in seats]))
        staying = [seat for seat in seats if seat.person not in going]
        size = sum(seat.held_since_ms is None for seat in staying)
        if room.size >= self._rules.low_water:
            size = max(size, self._rules.low_water)
        taken = 0 if self._seats.is_barred(person, room, now_ms) else len(staying)
        return taken, Candidate(room.id, size, room.opened_ms, room.tags, room.lang)

    def _foes(self, person: Person, offer: Offer, now_ms: int) -> list[Person]:
        """Return those of the newest whom the person blocked who are to be seated in the same catchment."""
        found = (self._people.get(foe) for foe in self._seats.conflicts.newest_of(person.id, AVOIDED))
        there = [foe for foe in found if foe is not None and foe.presence is not None]
        return [foe for foe in there if self._people.catchment_of(foe, now_ms) == offer.catchment]

    def _wanted(self, person: Person, now_ms: int) -> RoomId | None:
        """Return where somebody would sit next."""
        offer = self.look(person, now_ms)
        candidates, wishes = offer.candidates, offer.wishes
        return decide(person.id, candidates, now_ms, rules=self._rules, windows=self._windows, wishes=wishes).room

    def _free_seats(self, room_id: RoomId) -> int:
        room = self._rooms.get(room_id)
        return 0 if room is None else room.capacity - len(room.seats)
