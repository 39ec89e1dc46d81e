"""The check-in log of a crowd, through the real live state and store, equals what a plain model computes."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.cell import Ladder, ladder_of
from nearby.core.changes import Change
from nearby.core.ids import Cell, PersonId
from nearby.core.kept import Kept
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.hub.base import Caller
from nearby.hub.memory import LiveState
from nearby.server.clock import SteadyClock
from nearby.server.keeping import Keeping
from nearby.sim.in_force import Row, Whereabouts, rows
from nearby.store.base import Store
from nearby.store.sql import init_store
from nearby.testing.clock import ManualClock
from nearby.testing.postgres import running_postgres
from nearby.testing.store_suite import Database
from tests.hub.tables import Tables

RULES = Rules().unlimited()
WIDTH_MS = RULES.window_ms
SECRET = b"the secret of a test's windows"
WINDOWS = Windows(WIDTH_MS, SECRET)
START_MS = 3_000_000 * WIDTH_MS
LADDERS = [ladder_of(52.40 + 0.03 * north, 13.30 + 0.05 * east) for north in range(3) for east in range(3)]
LADDER_OF = {ladder.res7: ladder for ladder in LADDERS}


def crowd(random: Random, *, people: int, windows: int) -> list[Whereabouts]:
    """Return what people do for some windows: stay, move, fall silent, clear, come back."""
    told = []
    for number in range(people):
        at_ms = START_MS + random.randrange(windows * WIDTH_MS)
        cell = random.choice(LADDERS).res7
        while at_ms < START_MS + windows * WIDTH_MS:
            if random.random() < 0.4:
                cell = random.choice(LADDERS).res7
            told.append(Whereabouts(PersonId(f"p{number}"), None if random.random() < 0.08 else cell, at_ms))
            at_ms += random.choice([1, WIDTH_MS // 10, WIDTH_MS // 2, WIDTH_MS, 2 * WIDTH_MS, 4 * WIDTH_MS])
            at_ms += random.randrange(WIDTH_MS)
    return sorted(told, key=lambda one: one.at_ms)


class Service:
    """The live state and what is kept of it, on a clock by hand.

    Args:
        store: Where it is kept.
        at_ms: When it starts.
        kept: What survived, if it is a restart.
        is_keeping_told: Whether keeping is told of it too.
    """

    def __init__(
        self, store: Store, *, at_ms: int = START_MS, kept: Kept | None = None, is_keeping_told: bool = True
    ) -> None:
        self._clock = ManualClock(at_ms)
        steady = SteadyClock(wall_ms=self._clock.now_ms, monotonic_ms=self._clock.now_ms)
        record = Keeping(store, WINDOWS, steady, kept if is_keeping_told else None).record
        self._state = LiveState(RULES, secret=SECRET, draw_id=str, now_ms=at_ms, record=record, kept=kept)

    def take(self, one: Whereabouts, *, is_established: bool = True) -> None:
        """Let somebody check in or clear where they are."""
        now_ms = self._go_to(one.at_ms)
        if one.cell is None:
            self._state.clear(one.person, None, now_ms, why="left")
        else:
            self._state.check_in(Caller(one.person, established=is_established), LADDER_OF[one.cell], now_ms)

    def tick(self, at_ms: int) -> None:
        """Do what is due."""
        self._state.sweep(self._go_to(at_ms))

    def play(self, told: Iterable[Whereabouts], *, until_ms: int, tick_ms: int) -> None:
        """Play a crowd, looking at what is due only so often."""
        ticks = range(self._clock.now_ms() + tick_ms, until_ms, tick_ms)
        for one in sorted([*told, *ticks, until_ms], key=lambda one: one if isinstance(one, int) else one.at_ms):
            if isinstance(one, int):
                self.tick(one)
            else:
                self.take(one)

    def _go_to(self, at_ms: int) -> int:
        return self._clock.advance(at_ms - self._clock.now_ms())


class Plain:
    """A journal and a check-in log in memory, as the store's port has them."""

    def __init__(self) -> None:
        self.rows: set[tuple[int, Cell, PersonId]] = set()
        self.established: set[tuple[int, Cell, PersonId]] = set()
        self.notes = self.dropped = 0
        self.tables = Tables()
        self._ended_ms = -1

    def record(self, change: Change) -> None:
        self.tables.record(change)

    def note(self, person: PersonId, cell: Cell, window_start_ms: int, *, is_established: bool) -> None:
        row = (window_start_ms, cell, person)
        self.notes += 1
        if window_start_ms <= self._ended_ms or window_start_ms < max(self.rows, default=row)[0]:
            self.dropped += 1
            return
        self.rows.add(row)
        if is_established:
            self.established.add(row)

    def end_window(self, window_start_ms: int) -> None:
        self._ended_ms = max(self._ended_ms, window_start_ms)

    def counts(self) -> Counter[Row]:
        """Return how many people each window and cell has."""
        return Counter((start_ms, cell) for start_ms, cell, _ in self.rows)


def store_of(plain: Plain) -> Store:
    """Return as much of a store as keeping needs."""
    return cast(Store, SimpleNamespace(journal=plain, checkins=plain))


def expected(told: list[Whereabouts], moment: Callable[[int, PersonId], int] | None = None) -> Counter[Row]:
    return rows(told, WINDOWS, until_ms=START_MS + 1_000 * WIDTH_MS, moment=moment)


def end_of(told: list[Whereabouts]) -> int:
    """Return when everybody's presence has lapsed."""
    return (told[-1].at_ms if told else START_MS) + 4 * WIDTH_MS


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with running_postgres() as url:
        asyncio.run(init_store(url))
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Return an empty database of either kind."""
    if request.param == "sqlite":
        return Database(f"sqlite:///{tmp_path}/nearby.db")
    url: str = request.getfixturevalue("postgres_url")
    return Database(url)


async def test_the_log_of_a_crowd_is_what_the_model_computes(database: Database) -> None:
    told = crowd(Random(1), people=400, windows=8)
    async with database.open() as store:
        service = Service(store)
        for start in range(0, len(told), 200):
            some = told[start : start + 200]
            service.play(some, until_ms=some[-1].at_ms, tick_ms=7_000)
            await store.checkins.flush()
        service.play([], until_ms=end_of(told), tick_ms=7_000)
        await store.checkins.flush()
        assert store.checkins.statistics().dropped == 0
    found = await database.rows("checkins")
    assert Counter((row["window_start_ms"], row["cell"]) for row in found) == expected(told)
    # Within a window people are told apart, and over windows nobody is known again.
    assert max(Counter(row["person_hash"] for row in found).values()) <= len(LADDERS)
    by_hash = {row["person_hash"]: row["window_start_ms"] for row in found}
    assert all(by_hash[row["person_hash"]] == row["window_start_ms"] for row in found)
    assert len(found) > 2_000


def in_force_at_once(told: list[Whereabouts]) -> Counter[Row]:
    """Return what the log would hold if each check-in counted at once, where it was made."""
    found = {(one.person, WINDOWS.start_ms(WINDOWS.at(one.at_ms)), one.cell) for one in told if one.cell is not None}
    return Counter((start_ms, cell) for _, start_ms, cell in found)


def test_another_rule_would_show() -> None:
    told, plain = crowd(Random(2), people=200, windows=6), Plain()
    Service(store_of(plain)).play(told, until_ms=end_of(told), tick_ms=7_000)
    assert plain.counts() == expected(told)
    phase = expected(told, lambda window, person: WINDOWS.start_ms(window) + WINDOWS.moment_ms(0, person))
    borders = expected(told, lambda window, person: WINDOWS.start_ms(window))
    for other in (phase, borders, in_force_at_once(told)):
        assert (plain.counts() - other).total() + (other - plain.counts()).total() > 20


def test_nobody_who_stays_present_is_noted_twice_for_one_window_and_cell() -> None:
    random, plain = Random(3), Plain()
    told = [
        Whereabouts(PersonId(f"p{number}"), random.choice(LADDERS[:2]).res7, START_MS + turn * WIDTH_MS // 3 + number)
        for turn in range(15)
        for number in range(50)
    ]
    Service(store_of(plain)).play(told, until_ms=end_of(told), tick_ms=7_000)
    assert plain.notes == len(plain.rows) > 300


def test_whoever_is_established_for_part_of_a_window_counts_for_it() -> None:
    plain = Plain()
    service, ana = Service(store_of(plain)), PersonId("ana")
    for at_ms, is_established in ((0, False), (1, False), (2, True), (3, False)):
        service.take(Whereabouts(ana, LADDERS[0].res7, START_MS + at_ms), is_established=is_established)
    assert plain.established == plain.rows == {(START_MS, LADDERS[0].res7, ana)}
    assert plain.notes == 2


def test_whoever_is_silent_is_noted_before_the_window_ends_and_spread_over_it() -> None:
    plain = Plain()
    service = Service(store_of(plain))
    people = [Whereabouts(PersonId(f"p{number}"), LADDERS[0].res7, START_MS) for number in range(100)]
    service.play(people, until_ms=START_MS + WIDTH_MS, tick_ms=WIDTH_MS)
    noted = plain.notes
    assert 100 <= noted < 110
    service.take(Whereabouts(PersonId("late"), LADDERS[1].res7, START_MS + WIDTH_MS + 1))
    assert noted < plain.notes < 130
    service.tick(START_MS + 2 * WIDTH_MS)
    assert plain.counts()[START_MS + WIDTH_MS, LADDERS[0].res7] == 100


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ana", "ben", "cleo"]),
            st.sampled_from([*LADDERS[:2], None]),
            st.integers(0, 5 * WIDTH_MS),
        ),
        max_size=12,
    ),
    st.sampled_from([1_000, 45_000, WIDTH_MS - 1, 3 * WIDTH_MS]),
)
def test_whatever_a_few_people_do_the_log_is_what_the_model_computes(
    doings: list[tuple[str, Ladder | None, int]], tick_ms: int
) -> None:
    plain = Plain()
    told = sorted(
        (Whereabouts(PersonId(person), ladder and ladder.res7, START_MS + at_ms) for person, ladder, at_ms in doings),
        key=lambda one: one.at_ms,
    )
    Service(store_of(plain)).play(told, until_ms=end_of(told), tick_ms=tick_ms)
    assert (plain.counts(), plain.dropped) == (expected(told), 0)


@pytest.mark.parametrize("down_ms", [1_000, WIDTH_MS, 2 * WIDTH_MS])
def test_people_who_were_present_before_a_restart_are_noted_after_it(down_ms: int) -> None:
    told, plain = crowd(Random(4), people=100, windows=6), Plain()
    dies_ms = START_MS + 3 * WIDTH_MS + WIDTH_MS // 3
    before = [one for one in told if one.at_ms <= dies_ms]
    after = [one for one in told if one.at_ms > dies_ms + down_ms]
    Service(store_of(plain)).play(before, until_ms=dies_ms, tick_ms=7_000)
    kept = plain.tables.copy().taken_over(dies_ms + down_ms, RULES)
    again = Service(store_of(plain), at_ms=dies_ms + down_ms, kept=kept)
    again.play(after, until_ms=end_of(told), tick_ms=7_000)
    # Under the names of people, and not under a key that died, nobody is counted twice.
    assert (plain.counts(), plain.dropped) == (expected([*before, *after]), 0)


def test_a_restart_that_tells_nothing_of_who_was_present_drops_nothing() -> None:
    told, plain = crowd(Random(5), people=100, windows=3), Plain()
    dies_ms, starts_ms = end_of(told) - 3 * WIDTH_MS, end_of(told) - 2 * WIDTH_MS
    Service(store_of(plain)).play(told, until_ms=dies_ms, tick_ms=7_000)
    kept = plain.tables.taken_over(starts_ms, RULES)
    assert len(kept.presences) > 10
    service = Service(store_of(plain), at_ms=starts_ms, kept=kept, is_keeping_told=False)
    service.play([Whereabouts(PersonId("new"), LADDERS[0].res7, starts_ms)], until_ms=end_of(told), tick_ms=7_000)
    assert plain.dropped == 0
    assert (WINDOWS.start_ms(WINDOWS.at(starts_ms)), LADDERS[0].res7, PersonId("new")) in plain.rows
