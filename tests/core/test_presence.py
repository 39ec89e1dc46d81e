from hypothesis import given
from hypothesis import strategies as st

from nearby.core.cell import Ladder
from nearby.core.ids import Cell, PersonId
from nearby.core.presence import (
    Presence,
    at_moment,
    check_in,
    due_ms,
    first_check_in,
    lapses_at_ms,
    moves_at_ms,
    put_off,
)
from nearby.core.window import Windows

WIDTH_MS = 1_000
WINDOWS = Windows(WIDTH_MS, b"sixteen bytes or more")
ANA = PersonId("ana")
HERE, THERE, AWAY = (Ladder(Cell(n), Cell(60 + n), Cell(5)) for n in (1, 2, 3))

check_ins = st.lists(st.tuples(st.integers(1, 900), st.sampled_from([HERE, THERE, AWAY])), min_size=1, max_size=25)


def moments(until_ms: int) -> list[int]:
    return [WINDOWS.moment_ms(window, ANA) for window in range(until_ms // WIDTH_MS + 4)]


def scan(times: list[tuple[int, Ladder]], now_ms: int) -> Ladder | None:
    """Step through every millisecond: what is in force, and what waits for the next moment."""
    in_force: Ladder | None = None
    pending: Ladder | None = None
    last_window = 0
    due = set(moments(now_ms))
    for tick_ms in range(now_ms + 1):
        if tick_ms in due and in_force is not None:
            if pending is not None:
                in_force, pending = pending, None
            if tick_ms == WINDOWS.moment_ms(last_window + 2, ANA):
                in_force = pending = None
        for at_ms, ladder in times:
            if at_ms == tick_ms:
                last_window = tick_ms // WIDTH_MS
                if in_force is None:
                    in_force = ladder
                else:
                    pending = None if ladder == in_force else ladder
    return in_force


@given(check_ins, st.integers(0, 2_500))
def test_the_cell_in_force_agrees_with_a_scan_of_every_millisecond(
    steps: list[tuple[int, Ladder]], rest_ms: int
) -> None:
    times, now_ms = [], 0
    for step_ms, ladder in steps:
        now_ms += step_ms
        times.append((now_ms, ladder))
    presence: Presence | None = None
    for at_ms, ladder in times:
        if presence is not None:
            presence = at_moment(presence, ANA, at_ms, WINDOWS)
        presence = (
            first_check_in(ladder, at_ms, WINDOWS)
            if presence is None
            else check_in(presence, ANA, ladder, at_ms, WINDOWS)
        )
    end_ms = now_ms + rest_ms
    after = None if presence is None else at_moment(presence, ANA, end_ms, WINDOWS)
    assert (after.ladder if after else None) == scan(times, end_ms)


def test_a_first_check_in_takes_effect_at_once() -> None:
    assert first_check_in(HERE, 5, WINDOWS).ladder == HERE


def test_a_change_waits_for_the_persons_moment_and_a_return_cancels_it() -> None:
    presence = check_in(first_check_in(HERE, 0, WINDOWS), ANA, THERE, 0, WINDOWS)
    moment_ms = presence.due_ms
    assert moment_ms in moments(0)
    before = at_moment(presence, ANA, moment_ms - 1, WINDOWS)
    assert before is presence
    changed = at_moment(presence, ANA, moment_ms, WINDOWS)
    assert changed is not None
    assert (changed.ladder, changed.pending) == (THERE, None)
    assert at_moment(changed, ANA, moment_ms, WINDOWS) is changed
    assert check_in(presence, ANA, HERE, 1, WINDOWS).pending is None


def test_another_change_keeps_the_moment_of_the_first() -> None:
    presence = check_in(first_check_in(HERE, 0, WINDOWS), ANA, THERE, 0, WINDOWS)
    again = check_in(presence, ANA, AWAY, 1, WINDOWS)
    assert (again.pending, again.due_ms) == (AWAY, presence.due_ms)


def test_a_repeated_check_in_of_the_same_window_changes_nothing_at_all() -> None:
    presence = first_check_in(HERE, 0, WINDOWS)
    assert check_in(presence, ANA, HERE, 999, WINDOWS) is presence


def test_a_check_in_late_in_a_window_waits_for_the_next_windows_moment() -> None:
    moment_ms = WINDOWS.moment_ms(0, ANA)
    presence = check_in(first_check_in(HERE, 0, WINDOWS), ANA, THERE, moment_ms, WINDOWS)
    assert presence.due_ms == WINDOWS.moment_ms(1, ANA)


def test_presence_lapses_and_seats_move_at_the_moment_of_the_second_window_after() -> None:
    presence = first_check_in(HERE, 10 * WIDTH_MS, WINDOWS)
    lapse_ms = lapses_at_ms(presence, ANA, WINDOWS)
    assert lapse_ms == moves_at_ms(10, ANA, WINDOWS) == WINDOWS.moment_ms(12, ANA)
    assert at_moment(presence, ANA, lapse_ms - 1, WINDOWS) is presence
    assert at_moment(presence, ANA, lapse_ms, WINDOWS) is None


@given(check_ins, st.booleans())
def test_nothing_changes_before_it_is_due_and_something_does_then(
    steps: list[tuple[int, Ladder]], is_put_off: bool
) -> None:
    now_ms, presence = 0, first_check_in(HERE, 0, WINDOWS)
    for step_ms, ladder in steps:
        now_ms += step_ms
        presence = check_in(presence, ANA, ladder, now_ms, WINDOWS)
    if is_put_off and presence.pending is not None:
        presence = put_off(presence, ANA, now_ms, WINDOWS)
    at_ms = due_ms(presence, ANA, WINDOWS)
    assert at_moment(presence, ANA, at_ms - 1, WINDOWS) is presence
    assert at_moment(presence, ANA, at_ms, WINDOWS) is not presence


def test_a_clock_that_goes_back_does_not_shorten_a_presence() -> None:
    presence = first_check_in(HERE, 15 * WIDTH_MS, WINDOWS)
    assert check_in(presence, ANA, HERE, 11 * WIDTH_MS, WINDOWS) is presence
    assert check_in(presence, ANA, THERE, 11 * WIDTH_MS, WINDOWS).last_window == 15


def test_a_change_whose_moment_nobody_looked_at_is_not_put_off_by_another_check_in() -> None:
    presence = check_in(first_check_in(HERE, 0, WINDOWS), ANA, THERE, 0, WINDOWS)
    again = check_in(presence, ANA, AWAY, presence.due_ms + 1, WINDOWS)
    looked = at_moment(again, ANA, presence.due_ms + 1, WINDOWS)
    assert looked is not None
    assert looked.ladder == AWAY


@given(st.integers(0, 900))
def test_a_change_that_is_put_off_waits_for_the_next_moment_as_if_the_check_in_had_come_later(first_ms: int) -> None:
    presence = check_in(first_check_in(HERE, first_ms, WINDOWS), ANA, THERE, first_ms, WINDOWS)
    waiting = put_off(presence, ANA, presence.due_ms, WINDOWS)
    next_ms = WINDOWS.moment_ms(WINDOWS.at(presence.due_ms) + 1, ANA)
    assert waiting == Presence(HERE, presence.last_window, THERE, next_ms)
    later = check_in(first_check_in(HERE, first_ms, WINDOWS), ANA, THERE, presence.due_ms, WINDOWS)
    assert (waiting.pending, waiting.due_ms) == (later.pending, later.due_ms)
    assert at_moment(waiting, ANA, min(next_ms, lapses_at_ms(waiting, ANA, WINDOWS)) - 1, WINDOWS) is waiting


def test_a_change_that_is_put_off_keeps_no_presence_alive() -> None:
    presence = check_in(first_check_in(HERE, 0, WINDOWS), ANA, THERE, 0, WINDOWS)
    for window in range(3):
        presence = put_off(presence, ANA, WINDOWS.moment_ms(window, ANA), WINDOWS)
    assert at_moment(presence, ANA, WINDOWS.moment_ms(2, ANA), WINDOWS) is None


@given(st.integers(0, 900))
def test_a_late_change_waits_for_a_window_more_and_no_check_in_makes_it_sooner(first_ms: int) -> None:
    present = first_check_in(HERE, first_ms, WINDOWS)
    usual = check_in(present, ANA, THERE, first_ms, WINDOWS)
    late = check_in(present, ANA, THERE, first_ms, WINDOWS, is_late=True)
    assert late.due_ms == WINDOWS.moment_ms(WINDOWS.at(usual.due_ms) + 1, ANA)
    assert check_in(late, ANA, THERE, first_ms + 1, WINDOWS).due_ms == late.due_ms
    assert check_in(usual, ANA, AWAY, first_ms, WINDOWS, is_late=True).due_ms == late.due_ms
    assert check_in(late, ANA, HERE, first_ms, WINDOWS, is_late=True).pending is None
