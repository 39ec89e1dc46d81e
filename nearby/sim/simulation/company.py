"""Whether those who come have company as soon as there could be any.

A person's clock runs while they have had no company since they came and three people who get along, themselves
included, have the same finest open catchment. It stops, and does not go back, while they have not. A second clock
runs only while besides there is a seat: a room of that catchment other than their own with less people than seats and
nobody they have a block with, or somebody without a seat who gets along with them.

What the first clock shows while the second stands is nobody's to change who says who sits in which of these rooms.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from nearby.core.cell import resolution_of, rungs_above
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import SECOND_MS
from nearby.sim.simulation.density import FEW
from nearby.sim.simulation.events import Crowd
from nearby.sim.simulation.history import Did, Entry
from nearby.sim.simulation.tally import COMPANY_WITHIN_S

WITHIN_MS = COMPANY_WITHIN_S[0] * SECOND_MS
FOLLOWED_MS = COMPANY_WITHIN_S[-1] * SECOND_MS
"""Who comes later than this before the end is not judged."""


@dataclass(frozen=True, slots=True)
class Company:
    """Of ``judged`` people whose clock ran, the share that had company before it passed 15 s; None of nobody.

    Who left, or was overtaken by the end, before that and without company is not judged.
    """

    judged: int
    share: float | None


class Companies(NamedTuple):
    """How those fared who came to a catchment of three.

    ``at_best`` is of the same people the share that would have had company in time if everybody had sat down as soon
    as there was a seat for them; ``with_a_seat`` how those fared for whom there was one.
    """

    of_three: Company
    at_best: Company
    with_a_seat: Company


def company_of(crowd: Crowd, entries: Iterable[Entry]) -> Companies:
    """Return how those fared who came to a catchment of three."""
    clocks = _Clocks(crowd)
    for entry in entries:
        clocks.take(entry)
    return clocks.judged_at(crowd.ends_ms)


@dataclass(slots=True)
class _Clock:
    since_ms: int | None = None
    ran_ms: int = 0
    has_run: bool = False

    def run(self, runs: bool, now_ms: int) -> None:
        """Run or stand from now on."""
        if self.since_ms is not None:
            self.ran_ms += now_ms - self.since_ms
        self.since_ms = now_ms if runs else None
        self.has_run = self.has_run or runs


@dataclass(slots=True)
class _Room:
    catchment: Cell | None
    members: dict[PersonId, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Area:
    """A catchment: who shares it, who of these has no seat or waits for their first company, and rooms with a seat."""

    people: dict[PersonId, None] = field(default_factory=dict)
    unseated: dict[PersonId, None] = field(default_factory=dict)
    lone: dict[PersonId, None] = field(default_factory=dict)
    with_seats: dict[str, _Room] = field(default_factory=dict)
    counts: tuple[int, int, int] = (0, 0, 0)

    def counted(self) -> tuple[int, int, int]:
        """Return all that clocks depend on where nobody has a block: of seats two, since one may be their own."""
        return min(len(self.people), FEW), min(len(self.with_seats), 2), min(len(self.unseated), 2)


class _Clocks:
    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._clocks: dict[PersonId, tuple[_Clock, _Clock]] = {}
        self._done: tuple[list[bool], list[bool], list[bool]] = ([], [], [])
        self._cells: dict[PersonId, Cell] = {}
        self._areas: defaultdict[Cell, _Area] = defaultdict(_Area)
        self._rooms: dict[str, _Room] = {}
        self._room_of: dict[PersonId, str] = {}
        self._blocks: dict[PersonId, set[PersonId]] = {}

    def take(self, entry: Entry) -> None:
        person, now_ms = entry.person, entry.at_ms
        changed: list[Cell | None] = [self._cells.get(person)]
        match entry.did:
            case Did.CAME:
                if self._crowd.measured_from_ms <= now_ms <= self._crowd.ends_ms - FOLLOWED_MS:
                    self._clocks[person] = (_Clock(), _Clock())
            case Did.BELONGS:
                assert entry.cell is not None
                self._move(person, entry.cell)
                changed.append(entry.cell)
            case Did.SAT:
                changed += self._sit(entry)
            case Did.ROSE:
                changed += self._stand_up(person)
            case Did.WENT:
                changed += self._stand_up(person)
                self._settle(person, now_ms, has_company=False)
                self._move(person, None)
            case Did.BLOCKED:
                assert entry.other is not None
                self._blocks.setdefault(person, set()).add(entry.other)
                self._blocks.setdefault(entry.other, set()).add(person)
                changed.append(self._cells.get(entry.other))
        for cell in dict.fromkeys(changed):
            if cell is not None:
                self._review(self._areas[cell], now_ms)
        self._look([person], now_ms)

    def judged_at(self, now_ms: int) -> Companies:
        for person in list(self._clocks):
            self._settle(person, now_ms, has_company=False)
        return Companies(*(Company(len(done), sum(done) / len(done) if done else None) for done in self._done))

    def _move(self, person: PersonId, cell: Cell | None) -> None:
        before = self._cells.pop(person, None)
        if before is not None:
            area = self._areas[before]
            for people in (area.people, area.unseated, area.lone):
                people.pop(person, None)
        if cell is not None:
            self._cells[person] = cell
            area = self._areas[cell]
            area.people[person] = None
            if person in self._clocks:
                area.lone[person] = None
            if person not in self._room_of:
                area.unseated[person] = None

    def _sit(self, entry: Entry) -> Iterator[Cell | None]:
        """Seat somebody, or let their room be lifted, and yield the catchments whose rooms with a seat changed."""
        person = entry.person
        if self._room_of.get(person) != entry.room:
            yield from self._stand_up(person)
            self._room_of[person] = entry.room
            self._rooms.setdefault(entry.room, _Room(None)).members[person] = None
            if person in self._cells:
                self._areas[self._cells[person]].unseated.pop(person, None)
        room = self._rooms[entry.room]
        yield from self._shelve(entry.room, room, _cell_of(room.catchment or self._cells.get(person), entry.resolution))
        if len(room.members) > 1:
            for member in list(room.members) if len(room.members) == 2 else [person]:
                self._settle(member, entry.at_ms, has_company=True)

    def _stand_up(self, person: PersonId) -> Iterator[Cell | None]:
        name = self._room_of.pop(person, None)
        if name is None:
            return
        room = self._rooms[name]
        del room.members[person]
        if person in self._cells:
            self._areas[self._cells[person]].unseated[person] = None
        yield from self._shelve(name, room, room.catchment)
        if not room.members:
            del self._rooms[name]

    def _shelve(self, name: str, room: _Room, catchment: Cell | None) -> Iterator[Cell | None]:
        """Let a room be of this catchment, and offered there if it has a seat."""
        if room.catchment is not None:
            self._areas[room.catchment].with_seats.pop(name, None)
            yield room.catchment
        room.catchment = catchment
        if catchment is not None and 0 < len(room.members) < self._crowd.rules.capacity:
            self._areas[catchment].with_seats[name] = room
            yield catchment

    def _settle(self, person: PersonId, now_ms: int, *, has_company: bool) -> None:
        """Stop somebody's clocks for good and judge them."""
        clocks = self._clocks.pop(person, None)
        if clocks is None:
            return
        if person in self._cells:
            self._areas[self._cells[person]].lone.pop(person, None)
        of_three, at_best, with_a_seat = self._done
        for clock, done in zip(clocks, (of_three, with_a_seat), strict=True):
            clock.run(False, now_ms)
            if clock.has_run and (has_company or clock.ran_ms > WITHIN_MS):
                done.append(clock.ran_ms <= WITHIN_MS)
        if len(of_three) > len(at_best):
            first, second = clocks
            at_best.append(first.ran_ms - second.ran_ms <= WITHIN_MS)

    def _review(self, area: _Area, now_ms: int) -> None:
        """Look at those in a catchment whose clocks may have to run or to stop by what changed in it."""
        before, area.counts = area.counts, area.counted()
        if area.counts != before or self._blocks:
            self._look(list(area.lone), now_ms)

    def _look(self, people: Sequence[PersonId], now_ms: int) -> None:
        for person in people:
            clocks, cell = self._clocks.get(person), self._cells.get(person)
            if clocks is not None and cell is not None:
                area = self._areas[cell]
                is_of_three = self._is_of_three(person, area)
                clocks[0].run(is_of_three, now_ms)
                clocks[1].run(is_of_three and self._has_a_seat(person, area), now_ms)

    def _is_of_three(self, person: PersonId, area: _Area) -> bool:
        if len(area.people) < FEW or not self._blocks:
            return len(area.people) >= FEW
        others = [other for other in area.people if other != person and self._get_along(person, other)]
        return any(self._get_along(one, other) for one, other in combinations(others, 2))

    def _has_a_seat(self, person: PersonId, area: _Area) -> bool:
        own = self._room_of.get(person)
        rooms = (room.members for name, room in area.with_seats.items() if name != own)
        return any(all(self._get_along(person, member) for member in members) for members in rooms) or any(
            other != person and self._get_along(person, other) for other in area.unseated
        )

    def _get_along(self, person: PersonId, other: PersonId) -> bool:
        return other not in self._blocks.get(person, ())


def _cell_of(cell: Cell | None, resolution: int) -> Cell | None:
    """Return the cell of a resolution that ``cell`` is in, None for resolution 0: a room of no catchment."""
    rungs = () if cell is None else (cell, *rungs_above(cell))
    return next((rung for rung in rungs if resolution_of(rung) == resolution), None)
