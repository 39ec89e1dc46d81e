"""Which rooms a person may choose among."""

from collections.abc import Sequence

from nearby.core.cell import rungs_above
from nearby.core.placement import CANDIDATES_READ, CANDIDATES_SCORED, Candidate, luck_of
from nearby.core.room import Room
from nearby.core.venue import CatchmentId, Venue
from nearby.hub.base import Offer
from nearby.hub.memory.people import People
from nearby.hub.memory.person import Person
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.seats import Seats


def make_offer(person: Person, people: People, rooms: Rooms, seats: Seats, words: Sequence[int], now_ms: int) -> Offer:
    """Return what ``Hub.offer`` does for somebody present; of ``words`` all draw the sample, but the last one luck.

    Who came with others is offered the room in which most of them sit, if it can be had; else, while some still wait
    for a seat, rooms that have one for each, perhaps none. A companion in conflict with them counts for nothing.
    """
    catchment = people.catchment_of(person, now_ms)
    companions = _companions_of(person, catchment, people, seats, now_ms) if person.wishes.companions else []
    # Most people: no room is looked at but those that are scored.
    is_plain = not companions and seats.is_barred_nowhere(person)
    candidates: Sequence[Candidate] = ()
    for fill in people.fill_levels(catchment):
        if is_plain:
            candidates = rooms.sample(catchment, words[:CANDIDATES_SCORED], fill)
        else:
            sample = [rooms.get(card.room) for card in rooms.sample(catchment, words[:CANDIDATES_READ], fill)]
            found = [room for room in sample if room is not None and not seats.is_barred(person, room, now_ms)]
            if companions:
                found = _with_companions(person, companions, found, seats, now_ms)
            candidates = [
                Candidate(room.id, room.size, room.opened_ms, room.tags, room.lang)
                for room in found[:CANDIDATES_SCORED]
            ]
        if candidates:
            break
    return Offer(catchment, candidates, person.wishes, luck_of(words[CANDIDATES_READ]))


def _companions_of(person: Person, catchment: CatchmentId, people: People, seats: Seats, now_ms: int) -> list[Person]:
    """Return who came with the person and counts: each named the other, and both are to be seated in the catchment.

    Nobody in conflict with the person does, nor anybody who sits where the person may not.
    """
    named = (people.get(other) for other in sorted(person.wishes.companions))
    return [
        other
        for other in named
        if other is not None
        and other.presence is not None
        and person.id in other.wishes.companions
        and people.catchment_of(other, now_ms) == catchment
        and (other.room is None or _is_within(other.room.catchment, catchment))
        and not seats.conflicts.clash((person.id,), (other.id,))
    ]


def _with_companions(
    person: Person, companions: list[Person], found: list[Room], seats: Seats, now_ms: int
) -> list[Room]:
    at = [one.room for one in companions if one.room is not None and _may_sit(person, one.room, seats, now_ms)]
    if at:
        return [max(at, key=at.count)]
    waiting = sum(one.seat is None and one.attached is not None for one in companions)
    if not waiting:
        return found
    return [room for room in found if room.capacity - len(room.seats) > waiting]


def _is_within(catchment: CatchmentId, wanted: CatchmentId) -> bool:
    """Return whether somebody who is to be seated in ``wanted`` may sit in a room of ``catchment``: no finer one."""
    return catchment == wanted or (not isinstance(wanted, Venue) and catchment in rungs_above(wanted))


def _may_sit(person: Person, room: Room, seats: Seats, now_ms: int) -> bool:
    return len(room.seats) < room.capacity and not seats.is_barred(person, room, now_ms)
