"""Company where three share a catchment: by hand, and against a scan of the whole history at every entry."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from random import Random

from nearby.core.cell import resolution_of, rungs_above
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import SECOND_MS, Rules
from nearby.sim.simulation.company import FOLLOWED_MS, WITHIN_MS, Companies, Company, company_of
from nearby.sim.simulation.events import START_MS, Crowd
from nearby.sim.simulation.history import Did, Entry, History
from tests.sim.simulation.histories import ANA, BEN, CLEO, DAN, HERE, place

FINE, COARSE, FAR = HERE.ladder.res7, HERE.ladder.res5, place(20_000).ladder.res7
SMALL = replace(Rules(), capacity=3)
ENDS_S = 200


class Told:
    """A history told in seconds."""

    def __init__(self) -> None:
        self.history = History()

    def at(self, seconds: float) -> History:
        self.history.at(START_MS + round(seconds * SECOND_MS))
        return self.history

    def comes(self, seconds: float, person: PersonId, room: str | None, cell: Cell = FINE) -> None:
        self.at(seconds).came(person, HERE)
        self.history.belongs(person, cell)
        if room is not None:
            self.history.sat(person, room, resolution_of(cell), "new")

    def company(self, *, ends: float = ENDS_S) -> Companies:
        return company_of(crowd(ends), self.history.entries)


def crowd(ends_s: float = ENDS_S) -> Crowd:
    ends_ms = START_MS + round(ends_s * SECOND_MS)
    return Crowd(name="by hand", events=[], measured_from_ms=START_MS, ends_ms=ends_ms, rules=SMALL)


def test_who_comes_to_a_catchment_of_three_has_15_s_from_the_third_on() -> None:
    told = Told()
    told.comes(0, ANA, "one")
    told.comes(50, BEN, "two")
    told.comes(100, CLEO, "three")
    told.at(110).sat(BEN, "one", 7, "merged")
    told.at(116).sat(CLEO, "one", 7, "merged")
    # Ana and Ben were alone for 10 s of three, Cleo for 16 s.
    assert told.company() == (Company(3, 2 / 3), Company(3, 1.0), Company(3, 2 / 3))


def test_the_clock_stands_while_there_are_not_three() -> None:
    told = Told()
    told.comes(0, ANA, "one")
    told.comes(0, BEN, "two")
    told.comes(0, CLEO, None)
    told.at(14).went(CLEO)
    told.comes(60, DAN, None)
    told.at(60.9).sat(ANA, "two", 7, "merged")
    told.at(76).went(DAN)
    # 14.9 s for Ana and Ben; Cleo left after 14 s and is not judged; Dan was left alone for 15.1 s.
    assert told.company() == (Company(3, 2 / 3), Company(3, 1.0), Company(3, 2 / 3))


def test_who_shares_another_catchment_or_has_a_block_is_not_one_of_the_three() -> None:
    told = Told()
    told.comes(0, ANA, "one")
    told.comes(0, BEN, "two")
    told.comes(0, CLEO, "three", COARSE)
    told.comes(0, DAN, "four")
    told.history.blocked(BEN, DAN)
    assert told.company() == (Company(0, None),) * 3


def test_a_room_that_is_full_or_of_another_catchment_has_no_seat() -> None:
    told = Told()
    for name in ("p0", "p1", "p2"):
        told.comes(0, PersonId(name), "full")
    told.comes(0, ANA, "one")
    told.at(30).went(PersonId("p0"))
    told.at(40).sat(ANA, "full", 7, "merged")
    # The third of them sat down with others at once. For Ana there was a seat for the last 10 s only.
    assert told.company() == (Company(2, 0.5), Company(2, 0.5), Company(2, 1.0))
    told = Told()
    told.comes(0, ANA, "one")
    told.comes(0, BEN, "two", COARSE)
    told.comes(0, CLEO, "two", COARSE)
    told.at(50).belongs(BEN, FINE)
    told.history.belongs(CLEO, FINE)
    assert told.company() == (Company(1, 0.0), Company(1, 0.0), Company(0, None))


def test_a_lifted_room_has_its_seats_where_it_was_lifted_to() -> None:
    told = Told()
    told.comes(0, ANA, "one", COARSE)
    told.comes(0, BEN, "two", FINE)
    told.comes(0, CLEO, "two", FINE)
    told.at(50).sat(BEN, "two", 5, "lifted")
    told.history.sat(CLEO, "two", 5, "lifted")
    told.at(100).belongs(BEN, COARSE)
    told.history.belongs(CLEO, COARSE)
    told.at(105).sat(ANA, "two", 5, "merged")
    assert told.company() == (Company(1, 1.0),) * 3


def test_who_comes_in_the_last_minute_is_not_judged() -> None:
    told = Told()
    for number in range(3):
        told.comes(141, PersonId(f"p{number}"), f"room {number}")
    assert told.company()[0] == Company(0, None)
    assert told.company(ends=202)[0] == Company(3, 0.0)


HISTORIES, STEPS = 150, 60
LONG = crowd(1_000)
CELLS = (FINE, HERE.ladder.res6, FAR)
ROOMS = {"a": 7, "b": 7, "c": 6, "d": 0}
PEOPLE = [PersonId(f"p{number}") for number in range(6)]
DOES = ["come"] * 5 + ["sit"] * 5 + ["belong", "go", "go", "rise", "lift", "block"]


def lived(random: Random) -> list[Entry]:
    """Return a history of whatever comes to mind; one in two has no blocks."""
    history, now_ms = History(), START_MS
    does = DOES if random.random() < 0.5 else DOES[:-1]
    rooms: dict[PersonId, str] = {}
    rungs = dict(ROOMS)
    present: dict[PersonId, None] = {}
    for _ in range(STEPS):
        now_ms += random.choice([0, 200, 1_000, 7_000, 14_000, 16_000])
        what, person, pick = random.choice(does), random.choice(PEOPLE), random.randrange(12)
        history.at(now_ms)
        if what == "come" and person not in present:
            present[person] = None
            history.came(person, HERE)
            history.belongs(person, CELLS[pick % 3])
        elif person not in present:
            continue
        elif what == "sit":
            name = list(ROOMS)[pick % 4]
            if [*rooms.values()].count(name) < SMALL.capacity and rooms.get(person) != name:
                rooms[person] = name
                history.sat(person, name, rungs[name], "new")
        elif what == "belong":
            history.belongs(person, CELLS[pick % 3])
        elif what == "go":
            present.pop(person)
            rooms.pop(person, None)
            history.rose(person)
            history.went(person)
        elif what == "rise":
            rooms.pop(person, None)
            history.rose(person)
        elif what == "lift" and rungs.get(rooms.get(person, ""), 0) > 5:
            name = rooms[person]
            rungs[name] -= 1
            for member in [one for one, room in rooms.items() if room == name]:
                history.sat(member, name, rungs[name], "lifted")
        elif what == "block" and PEOPLE[pick % 6] != person:
            history.blocked(person, PEOPLE[pick % 6])
        rungs |= {name: ROOMS[name] for name in ROOMS if name not in rooms.values()}
    return list(history.entries)


class Scan:
    """What is so after some entries, read from the first one on."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.cells: dict[PersonId, Cell] = {}
        self.room_of: dict[PersonId, str] = {}
        self.catchments: dict[str, Cell | None] = {}
        self.blocks: set[frozenset[PersonId]] = set()
        for entry in entries:
            if entry.did is Did.BELONGS and entry.cell is not None:
                self.cells[entry.person] = entry.cell
            elif entry.did is Did.SAT:
                start = self.catchments.get(entry.room) or self.cells[entry.person]
                rungs = {resolution_of(cell): cell for cell in (start, *rungs_above(start))}
                self.room_of[entry.person] = entry.room
                self.catchments[entry.room] = rungs.get(entry.resolution)
            elif entry.did in (Did.ROSE, Did.WENT):
                self.room_of.pop(entry.person, None)
                if entry.did is Did.WENT:
                    del self.cells[entry.person]
            elif entry.did is Did.BLOCKED and entry.other is not None:
                self.blocks.add(frozenset((entry.person, entry.other)))
            for room in set(self.catchments) - set(self.room_of.values()):
                del self.catchments[room]

    def members(self, room: str) -> list[PersonId]:
        return [person for person, other in self.room_of.items() if other == room]

    def get_along(self, people: Sequence[PersonId]) -> bool:
        return not any(frozenset(pair) in self.blocks for pair in combinations(people, 2))

    def has_company(self, person: PersonId) -> bool:
        return person in self.room_of and len(self.members(self.room_of[person])) > 1

    def is_of_three(self, person: PersonId) -> bool:
        here = [other for other in self.cells if other != person and self.cells[other] == self.cells.get(person)]
        return person in self.cells and any(self.get_along((person, *pair)) for pair in combinations(here, 2))

    def has_a_seat(self, person: PersonId) -> bool:
        rooms = [
            self.members(room)
            for room, catchment in self.catchments.items()
            if catchment == self.cells[person] and self.room_of.get(person) != room
        ]
        rooms = [members for members in rooms if len(members) < SMALL.capacity]
        rooms += [
            [other]
            for other, cell in self.cells.items()
            if other not in self.room_of and other != person and cell == self.cells[person]
        ]
        return any(all(self.get_along((person, member)) for member in members) for members in rooms)


def scanned(entries: Sequence[Entry]) -> Companies:
    of_three: list[bool] = []
    at_best: list[bool] = []
    with_a_seat: list[bool] = []
    arrivals = [number for number, entry in enumerate(entries) if entry.did is Did.CAME]
    for came in arrivals:
        person, ran_ms, seat_ms = entries[came].person, 0, 0
        has_run = had_a_seat = False
        if entries[came].at_ms > LONG.ends_ms - FOLLOWED_MS:
            continue
        for number in range(came, len(entries)):
            now = Scan(entries[: number + 1])
            if now.has_company(person) or (entries[number].did, entries[number].person) == (Did.WENT, person):
                break
            until_ms = entries[number + 1].at_ms if number + 1 < len(entries) else LONG.ends_ms
            if now.is_of_three(person):
                has_run = True
                ran_ms += until_ms - entries[number].at_ms
                if now.has_a_seat(person):
                    had_a_seat = True
                    seat_ms += until_ms - entries[number].at_ms
        else:
            now = Scan(entries)
        if has_run and (now.has_company(person) or ran_ms > WITHIN_MS):
            of_three.append(ran_ms <= WITHIN_MS)
            at_best.append(ran_ms - seat_ms <= WITHIN_MS)
        if had_a_seat and (now.has_company(person) or seat_ms > WITHIN_MS):
            with_a_seat.append(seat_ms <= WITHIN_MS)
    judged = (of_three, at_best, with_a_seat)
    return Companies(*(Company(len(each), sum(each) / len(each) if each else None) for each in judged))


def test_company_agrees_with_a_scan_of_the_whole_history_at_every_entry() -> None:
    seen: Counter[tuple[bool, int]] = Counter()
    for seed in range(HISTORIES):
        entries = lived(Random(seed))
        naive = scanned(entries)
        assert company_of(LONG, entries) == naive, seed
        seen.update((one.share == 1.0, number) for number, one in enumerate(naive) if one.judged)
    # Each saw people whom it counted as late.
    assert min(seen[False, number] for number in range(3)) > HISTORIES / 20
