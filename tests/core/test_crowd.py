import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.cell import Ladder, ladder_of
from nearby.core.crowd import CLASSES, Crowd, WindowCount, crowds, whole_hours
from nearby.core.rules import HOUR_MS

WINDOW_MS = 600_000
LADDERS: list[Ladder] = [ladder_of(52.5 + step / 40, 13.4) for step in range(6)]
CELLS = [ladder.res7 for ladder in LADDERS]

counts = st.lists(
    st.builds(
        WindowCount,
        st.integers(0, 11).map(lambda window: window * WINDOW_MS),
        st.sampled_from(CELLS),
        st.integers(0, 150),
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("people", "at_least", "at_most"),
    [(10, 10, 19), (19, 10, 19), (20, 20, 49), (49, 20, 49), (50, 50, 99), (99, 50, 99), (100, 100, None)],
)
def test_a_cell_is_shown_by_its_class(people: int, at_least: int, at_most: int | None) -> None:
    assert crowds([WindowCount(0, CELLS[0], people)], 7) == [Crowd(0, CELLS[0], at_least, at_most)]


def test_a_cell_of_fewer_than_ten_is_not_shown_at_any_resolution() -> None:
    few = [WindowCount(0, cell, 9) for cell in CELLS]
    assert [crowds(few, resolution) for resolution in (7, 6, 5)] == [[], [], []]


def test_an_hour_is_shown_by_its_busiest_window() -> None:
    hour = [WindowCount(window * WINDOW_MS, CELLS[0], people) for window, people in enumerate([12, 60, 12, 0, 30, 5])]
    assert crowds(hour, 7) == [Crowd(0, CELLS[0], 50, 99)]


@pytest.mark.parametrize("resolution", [9, 8, 4])
def test_no_other_resolution_is_answered(resolution: int) -> None:
    with pytest.raises(ValueError, match="7, 6 and 5"):
        crowds([], resolution)


@given(st.integers(0, 10 * HOUR_MS), st.integers(0, 10 * HOUR_MS), st.integers(0, 10 * HOUR_MS))
def test_only_whole_hours_that_are_over_are_answered(from_ms: int, to_ms: int, now_ms: int) -> None:
    start_ms, end_ms = whole_hours(from_ms, to_ms, now_ms)
    inside = [
        hour for hour in range(0, 11 * HOUR_MS, HOUR_MS) if from_ms <= hour and hour + HOUR_MS <= min(to_ms, now_ms)
    ]
    assert list(range(start_ms, end_ms, HOUR_MS)) == inside


@given(counts, st.sampled_from([6, 5]))
def test_coarser_cells_tell_nothing_that_the_shown_ones_do_not(seen: list[WindowCount], resolution: int) -> None:
    shown = crowds(seen, 7)
    parent = {ladder.res7: ladder[7 - resolution] for ladder in LADDERS}
    for coarse in crowds(seen, resolution):
        inside = [
            one.at_least
            for one in shown
            if one.hour_start_ms == coarse.hour_start_ms and parent[one.cell] == coarse.cell
        ]
        assert coarse.at_least == sum(inside)
        assert coarse.at_most is None


@given(counts, st.sampled_from(CELLS), st.integers(0, 11), st.sampled_from([7, 6, 5]))
def test_subtracting_maps_with_and_without_one_person_finds_nobody_off_a_class_border(
    seen: list[WindowCount], cell: int, window: int, resolution: int
) -> None:
    """The differencing attack: two maps that differ by one person in one window differ only at a class border."""
    at_ms = window * WINDOW_MS
    total = {(one.window_start_ms, one.cell): one.people for one in seen}
    before = [WindowCount(start_ms, where, people) for (start_ms, where), people in total.items()]
    key = (at_ms, next(one for one in CELLS if one == cell))
    total[key] = total.get(key, 0) + 1
    after = [WindowCount(start_ms, where, people) for (start_ms, where), people in total.items()]
    if total[key] not in CLASSES:
        assert crowds(after, resolution) == crowds(before, resolution)
