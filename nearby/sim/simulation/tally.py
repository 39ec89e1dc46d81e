"""Reads a history once, in order of time, and keeps the integrals that figures are made of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from nearby.core.ids import PersonId
from nearby.core.rules import SECOND_MS
from nearby.sim.simulation.density import Densities
from nearby.sim.simulation.events import Crowd, Place
from nearby.sim.simulation.gauges import Gauges, Key
from nearby.sim.simulation.history import Did, Entry
from nearby.sim.simulation.rooms import NO_TRAITS, Room, Rooms

COMPANY_WITHIN_S = (15, 30, 60)


@dataclass(slots=True)
class _Person:
    place: Place
    came_ms: int
    density: int
    room: str = ""
    is_alone: bool = True
    had_company: bool = False


class Tally:
    """The state of a history at one moment, and its integrals up to then.

    Attributes:
        gauges: The integrals.
    """

    def __init__(self, crowd: Crowd) -> None:
        self.gauges = Gauges()
        self._crowd = crowd
        self._people: dict[PersonId, _Person] = {}
        self._rooms = Rooms(self.gauges, crowd, lambda person: self._people[person].place)
        self._densities = Densities(self.gauges, crowd.rules.capacity)
        self._blocked: defaultdict[PersonId, set[PersonId]] = defaultdict(set)
        self._now_ms = 0

    @property
    def has_big_rooms(self) -> bool:
        """Return whether a room was too big to follow distances in it."""
        return self._rooms.has_big

    def read(self, entries: Iterable[Entry], borders_ms: Iterable[int]) -> list[Mapping[Key, float]]:
        """Return the integrals at each border, which are given in order and end with the history."""
        ends: list[Mapping[Key, float]] = []
        borders = iter(borders_ms)
        border_ms = next(borders, None)
        for entry in entries:
            while border_ms is not None and entry.at_ms >= border_ms:
                ends.append(self.gauges.totals(border_ms))
                border_ms = next(borders, None)
            self._now_ms = entry.at_ms
            self._take(entry)
        while border_ms is not None:
            ends.append(self.gauges.totals(border_ms))
            border_ms = next(borders, None)
        return ends

    def _take(self, entry: Entry) -> None:
        match entry.did:
            case Did.CAME:
                assert entry.place is not None
                self._come(entry.person, entry.place)
            case Did.MOVED:
                assert entry.place is not None
                self._move(entry.person, entry.place)
            case Did.SAT:
                self._sit(entry)
            case Did.ROSE:
                self._stand_up(entry.person)
                self._add("waiting", 1)
            case Did.WENT:
                self._go(entry.person)
            case Did.BLOCKED:
                assert entry.other is not None
                self._blocked[entry.person].add(entry.other)
                self._blocked[entry.other].add(entry.person)

    def _come(self, person: PersonId, place: Place) -> None:
        self._add("present", 1)
        self._add("waiting", 1)
        density = self._densities.enter(place, is_alone=True, now_ms=self._now_ms)
        self._people[person] = _Person(place, self._now_ms, density)
        if self._is_judged(self._now_ms):
            self.gauges.count(("arrived", density))
        self._add("companions present", self._companions_here(person))

    def _go(self, person: PersonId) -> None:
        who = self._people[person]
        if who.room:
            self._stand_up(person)
        else:
            self._add("waiting", -1)
        del self._people[person]
        self._add("companions present", -self._companions_here(person))
        self._add("present", -1)
        self._densities.leave(who.place, is_alone=True, now_ms=self._now_ms)

    def _move(self, person: PersonId, place: Place) -> None:
        who = self._people[person]
        if place == who.place:
            return
        room = self._rooms.get(who.room)
        if room is not None:
            self._rooms.count_pairs(person, room, -1, self._now_ms)
        self._densities.leave(who.place, is_alone=who.is_alone, now_ms=self._now_ms)
        who.place = place
        self._densities.enter(place, is_alone=who.is_alone, now_ms=self._now_ms)
        if room is not None:
            self._rooms.count_pairs(person, room, 1, self._now_ms)

    def _sit(self, entry: Entry) -> None:
        person, who = entry.person, self._people[entry.person]
        if entry.why not in ("new", "next"):
            self.gauges.count(("placed", entry.why))
        if who.room == entry.room:
            self._rooms.lift(entry.room, entry.resolution, self._now_ms)
            return
        if who.room:
            self._stand_up(person)
        else:
            self._add("waiting", -1)
        room = self._rooms.sit(person, entry.room, entry.resolution, self._now_ms)
        self.gauges.count(("conflicts", None), len(self._blocked[person].intersection(room.members)))
        who.room = entry.room
        self._note_company(room)

    def _stand_up(self, person: PersonId) -> None:
        who = self._people[person]
        room = self._rooms.stand_up(person, who.room, self._now_ms)
        who.room = ""
        self._be_alone(who, True)
        self._note_company(room)

    def _note_company(self, room: Room) -> None:
        """Note for whom a change of the room was the first company, or the end of it."""
        if len(room.members) == 1:
            [person] = room.members
            self._be_alone(self._people[person], True)
            return
        for person in room.members if len(room.members) == 2 else islice(reversed(room.members), 1):
            who = self._people[person]
            self._be_alone(who, False)
            if not who.had_company:
                who.had_company = True
                waited_ms = self._now_ms - who.came_ms
                for limit_s in COMPANY_WITHIN_S:
                    if waited_ms <= limit_s * SECOND_MS and self._is_judged(who.came_ms):
                        self.gauges.count((f"company within {limit_s} s", who.density))

    def _be_alone(self, who: _Person, is_alone: bool) -> None:
        if who.is_alone != is_alone:
            who.is_alone = is_alone
            self._densities.be_alone(who.place, is_alone, self._now_ms)

    def _is_judged(self, came_ms: int) -> bool:
        """Return whether somebody came early enough to be followed for as long as company is waited for."""
        return self._crowd.measured_from_ms <= came_ms <= self._crowd.ends_ms - COMPANY_WITHIN_S[-1] * SECOND_MS

    def _companions_here(self, person: PersonId) -> int:
        companions = self._crowd.traits.get(person, NO_TRAITS).companions
        return sum(other in self._people for other in companions)

    def _add(self, name: str, change: float) -> None:
        if change:
            self.gauges.add((name, None), change, self._now_ms)
