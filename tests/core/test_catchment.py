from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.catchment import Catchments, Turn
from nearby.core.cell import ladder_of
from nearby.core.ids import Cell
from nearby.core.rules import Rules
from nearby.core.window import Windows

RULES = Rules(noise_scale=0.0)
WINDOWS = Windows(600_000, b"sixteen bytes or more")
PARK = ladder_of(47.37, 8.54)
OTHER = ladder_of(-33.9, 151.2)
CELLS = sorted(cell for ladder in (PARK, OTHER) for cell in (ladder.res7, ladder.res6))


def after(counts: list[int], rules: Rules = RULES) -> Catchments:
    catchments = Catchments(rules, WINDOWS)
    for window, count in enumerate(counts):
        catchments.end_window(window, dict.fromkeys(PARK, count))
    return catchments


def naive(counts: list[int], threshold: int) -> bool:
    is_open = False
    for first, second, third in zip(counts, counts[1:], counts[2:], strict=False):
        if min(first, second, third) >= threshold:
            is_open = True
        elif max(first, second, third) < threshold:
            is_open = False
    return is_open


@given(st.lists(st.integers(0, 14), max_size=30))
def test_a_cell_opens_after_three_windows_at_k_and_closes_after_three_below(counts: list[int]) -> None:
    catchments = after(counts)
    assert catchments.is_open(PARK.res7) == naive(counts, 10)
    assert catchments.is_open(PARK.res6) == naive(counts, 8)
    assert catchments.is_open(PARK.res5)
    assert catchments.open_by_resolution() == {7: naive(counts, 10), 6: naive(counts, 8)}


@given(st.lists(st.integers(0, 14), min_size=1, max_size=30))
def test_each_turn_says_what_it_changed(counts: list[int]) -> None:
    catchments = Catchments(RULES, WINDOWS)
    states = [False]
    for window, count in enumerate(counts):
        turn = catchments.end_window(window, {PARK.res7: count})
        states.append(catchments.is_open(PARK.res7))
        assert (PARK.res7 in turn.opened, PARK.res7 in turn.closed) == (
            states[-2:] == [False, True],
            states[-2:] == [True, False],
        )
    assert states == [naive(counts[:end], 10) for end in range(len(counts) + 1)]


def test_the_finest_open_cell_goes_down_the_ladder_as_counts_grow() -> None:
    assert after([7] * 3).finest_open(PARK) == PARK.res5
    assert after([8] * 3).finest_open(PARK) == PARK.res6
    assert after([10] * 3).finest_open(PARK) == PARK.res7
    assert after([10] * 3).finest_open(OTHER) == OTHER.res5


@given(st.lists(st.integers(0, 14), max_size=6), st.sampled_from([5, 6, 7]))
def test_the_finest_open_cell_of_at_most_a_resolution_is_the_first_open_one_of_the_rest_of_the_ladder(
    counts: list[int], at_most: int
) -> None:
    catchments = after(counts)
    rungs = {7: PARK, 6: PARK[1:], 5: PARK[2:]}[at_most]
    expected = next(cell for cell in rungs if catchments.is_open(cell))
    assert catchments.finest_open(PARK, at_most) == expected


def test_however_coarse_the_cells_asked_for_there_is_an_open_one() -> None:
    assert after([10] * 3).finest_open(PARK, 4) == PARK.res5


@pytest.mark.parametrize(("counted", "levels"), [(40, [8]), (41, [5, 6])])
def test_a_catchment_above_forty_fills_all_rooms_but_for_a_seat_and_then_to_the_target(
    counted: int, levels: list[int]
) -> None:
    assert list(after([counted]).fill_levels(PARK.res7)) == levels
    assert list(after([counted, 3]).fill_levels(PARK.res7)) == [RULES.capacity]
    assert list(after([counted]).fill_levels(OTHER.res7)) == [RULES.capacity]


def test_a_cell_that_everybody_left_closes_too() -> None:
    catchments = after([10] * 3)
    for window in (3, 4, 5):
        assert catchments.is_open(PARK.res7)
        catchments.end_window(window, {})
    assert not catchments.is_open(PARK.res7)


def test_counts_carry_noise_that_asking_again_does_not_average_away() -> None:
    noisy = replace(RULES, noise_scale=3.0)
    opened = [after([10] * 3, replace(noisy, open_res7=k)).is_open(PARK.res7) for k in range(1, 30)]
    again = [after([10] * 3, replace(noisy, open_res7=k)).is_open(PARK.res7) for k in range(1, 30)]
    exact = [after([10] * 3, replace(RULES, open_res7=k)).is_open(PARK.res7) for k in range(1, 30)]
    assert opened == again
    assert opened != exact


def test_every_window_draws_noise_of_its_own() -> None:
    rules = replace(RULES, noise_scale=3.0, streak=1)
    catchments, verdicts = Catchments(rules, WINDOWS), []
    for window in range(40):
        catchments.end_window(window, {PARK.res7: rules.open_res7})
        verdicts.append(catchments.is_open(PARK.res7))
    assert verdicts == [WINDOWS.noise(window, PARK.res7, 3.0) >= 0 for window in range(40)]


def test_a_cell_that_nobody_was_in_gets_no_noise() -> None:
    loud = replace(RULES, noise_scale=1_000.0, streak=1)
    raised = [window for window in range(60) if WINDOWS.noise(window, PARK.res7, 1_000.0) > 100]
    catchments = Catchments(loud, WINDOWS)
    assert catchments.end_window(raised[0], {PARK.res7: 1}) == Turn(opened=(PARK.res7,), closed=())
    assert catchments.end_window(raised[1], {}) == Turn(opened=(), closed=(PARK.res7,))


@given(st.lists(st.dictionaries(st.sampled_from(CELLS), st.integers(0, 13)), min_size=6, max_size=30))
def test_a_turn_names_every_cell_that_changed_in_order(history: list[dict[Cell, int]]) -> None:
    catchments = Catchments(replace(RULES, streak=2), WINDOWS)
    for window, counts in enumerate(history):
        before = {cell for cell in CELLS if catchments.is_open(cell)}
        turn = catchments.end_window(window, counts)
        now = {cell for cell in CELLS if catchments.is_open(cell)}
        assert turn == Turn(tuple(sorted(now - before)), tuple(sorted(before - now)))


def test_cells_that_open_together_are_named_in_order() -> None:
    catchments = Catchments(replace(RULES, streak=1), WINDOWS)
    assert catchments.end_window(0, dict.fromkeys(reversed(CELLS), 10)) == Turn(tuple(CELLS), ())
    assert catchments.end_window(1, {}) == Turn((), tuple(CELLS))


@given(st.lists(st.dictionaries(st.sampled_from(CELLS), st.integers(0, 13)), max_size=30), st.integers(0, 30))
def test_catchments_go_on_from_their_rows(history: list[dict[Cell, int]], restarts_after: int) -> None:
    went_on, restarted = Catchments(Rules(), WINDOWS), Catchments(Rules(), WINDOWS)
    for window, counts in enumerate(history):
        if window == restarts_after:
            rows = restarted.rows()
            restarted = Catchments(Rules(), WINDOWS)
            restarted.restore(rows)
            assert sorted(restarted.rows()) == sorted(rows)
        assert restarted.end_window(window, counts) == went_on.end_window(window, counts)
    assert [restarted.fill_levels(cell) for cell in CELLS] == [went_on.fill_levels(cell) for cell in CELLS]
    assert restarted.open_by_resolution() == went_on.open_by_resolution()


def test_the_count_of_a_cell_that_is_always_open_goes_on_too() -> None:
    catchments, restarted = after([41]), Catchments(RULES, WINDOWS)
    restarted.restore(catchments.rows())
    assert restarted.is_open(PARK.res5)
    assert list(restarted.fill_levels(PARK.res5)) == [RULES.target - 1, RULES.target]
    assert restarted.open_by_resolution() == {7: 0, 6: 0}
