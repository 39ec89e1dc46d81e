"""The plain model of the check-in log, held against stories that can be checked by hand."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.cell import ladder_of, metres_between
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.sim.in_force import Heard, Moment, Whereabouts, bounds, doubted, rows

WIDTH_MS = 1_000
WINDOWS = Windows(WIDTH_MS, b"the secret of a test's windows")
ANA, BEN = PersonId("ana"), PersonId("ben")
HERE, THERE = Cell(1), Cell(2)
LONG_MS = 100 * WIDTH_MS


def halfway(window: int, person: PersonId) -> int:
    return window * WIDTH_MS + 500


def told(*messages: tuple[int, Cell | None], until_ms: int = LONG_MS, moment: Moment | None = halfway) -> set[str]:
    """Return the rows of one person as words."""
    found = rows([Whereabouts(ANA, cell, at_ms) for at_ms, cell in messages], WINDOWS, until_ms=until_ms, moment=moment)
    assert set(found.values()) <= {1}
    return {f"{start_ms // WIDTH_MS} {'here' if cell == HERE else 'there'}" for start_ms, cell in found}


def test_one_check_in_counts_until_the_moment_of_the_second_window_after() -> None:
    assert told((10_400, HERE)) == {"10 here", "11 here", "12 here"}
    assert told((10_600, HERE)) == {"10 here", "11 here", "12 here"}


def test_a_move_waits_for_the_moment_of_this_window_or_the_next() -> None:
    assert told((10_100, HERE), (10_300, THERE)) == {"10 here", "10 there", "11 there", "12 there"}
    assert told((10_100, HERE), (10_600, THERE)) == {"10 here", "11 here", "11 there", "12 there"}


def test_a_check_in_at_the_moment_itself_comes_too_late_for_it() -> None:
    assert told((10_100, HERE), (10_500, THERE)) == {"10 here", "11 here", "11 there", "12 there"}


def test_whoever_comes_back_before_the_moment_never_left() -> None:
    assert told((10_100, HERE), (10_200, THERE), (10_300, HERE)) == {"10 here", "11 here", "12 here"}


def test_a_check_in_after_a_clearing_or_a_lapse_counts_at_once() -> None:
    assert told((10_100, HERE), (10_200, None), (10_300, THERE)) == {"10 here", "10 there", "11 there", "12 there"}
    assert told((10_100, HERE), (12_600, THERE)) == {"10 here", "11 here", *(f"{n} there" for n in (12, 13, 14))} | {
        "12 here"
    }


def test_a_clearing_ends_what_was_waiting_too() -> None:
    assert told((10_100, HERE), (10_200, THERE), (10_300, None)) == {"10 here"}


def test_nobody_is_followed_beyond_the_end() -> None:
    assert told((10_100, HERE), (10_300, THERE), until_ms=10_499) == {"10 here"}
    assert told((10_100, HERE), (10_300, THERE), until_ms=10_500) == {"10 here", "10 there"}


def test_people_add_up() -> None:
    both = [Whereabouts(ANA, HERE, 10_100), Whereabouts(BEN, HERE, 10_900)]
    assert rows(both, WINDOWS, until_ms=10_999) == Counter({(10_000, HERE): 2})


def test_without_another_rule_the_moments_are_the_keyed_draws() -> None:
    moment_ms = WINDOWS.moment_ms(10, ANA)
    assert told((10_000, HERE), (moment_ms - 1, THERE), until_ms=10_999, moment=None) == {"10 here", "10 there"}
    assert told((10_000, HERE), (moment_ms, THERE), until_ms=10_999, moment=None) == {"10 here"}


def test_bounds_agree_where_no_moment_lies_between_the_sending_and_the_answer() -> None:
    moment_ms = WINDOWS.moment_ms(10, ANA)
    first = Heard(ANA, HERE, 10_000, 10_000)
    before, after = (Heard(ANA, THERE, at_ms - 1, at_ms) for at_ms in (moment_ms - 1, moment_ms + 2))
    for heard, has_moved in ((before, 1), (after, 0)):
        found = bounds([first, heard], WINDOWS, until_ms=10_999)
        assert found.must == found.may
        assert (found.must[10_000, HERE], found.must[10_000, THERE]) == (1, has_moved)


def test_bounds_differ_by_what_a_moment_in_between_decides() -> None:
    moment_ms = WINDOWS.moment_ms(10, ANA)
    found = bounds(
        [Heard(ANA, HERE, 10_000, 10_000), Heard(ANA, THERE, moment_ms - 1, moment_ms)], WINDOWS, until_ms=10_999
    )
    assert found.must == Counter({(10_000, HERE): 1})
    assert found.may == Counter({(10_000, HERE): 1, (10_000, THERE): 1})


def test_of_somebody_whose_message_is_not_sure_nothing_must_be_there_and_everything_may() -> None:
    found = bounds(
        [Heard(ANA, HERE, 10_000, 10_900), Heard(ANA, THERE, 10_950, 11_950, is_sure=False)], WINDOWS, until_ms=LONG_MS
    )
    assert not found.must
    assert found.may == Counter({(n * WIDTH_MS, cell): 1 for n in range(10, 14) for cell in (HERE, THERE)})


@pytest.mark.parametrize(("later_ms", "is_sure"), [(599_000, False), (601_000, True)])
def test_nothing_is_sure_of_somebody_who_may_have_come_too_fast(later_ms: int, is_sure: bool) -> None:
    near, far = ladder_of(40.7, -74.0).res7, ladder_of(40.9, -74.0).res7
    metres = metres_between(near, far)
    rules = replace(Rules(), fast_m_per_s=metres / 600)
    moved = [Heard(ANA, near, 0, 0), Heard(ANA, far, later_ms, later_ms + 100)]
    stayed = [Heard(BEN, near, 0, 0), Heard(BEN, near, 1, 1), Heard(BEN, None, 2, 2)]
    found = doubted([*moved, *stayed], rules)
    assert [one.is_sure for one in found if one.person == ANA] == [is_sure] * 2
    assert all(one.is_sure for one in found if one.person == BEN)


def test_too_many_stories_are_not_told() -> None:
    slow = [Heard(ANA, cell, 10_000, 19_999) for cell in (HERE, THERE) * 3]
    found = bounds(slow, WINDOWS, until_ms=LONG_MS)
    assert not found.must
    assert found.may[10_000, HERE] == found.may[20_000, THERE] == 1


MESSAGES = st.lists(
    st.tuples(
        st.sampled_from([ANA, BEN]), st.sampled_from([HERE, THERE, None]), st.integers(0, 4_000), st.integers(0, 300)
    ),
    max_size=6,
)


@given(MESSAGES)
def test_whatever_time_each_message_was_taken_at_its_rows_are_within_the_bounds(
    messages: list[tuple[PersonId, Cell | None, int, int]],
) -> None:
    heard: list[Heard] = []
    taken: list[Whereabouts] = []
    sent_ms = {ANA: 0, BEN: 0}
    for person, cell, at_ms, late_ms in sorted(messages, key=lambda message: message[2]):
        # One socket: what is sent later is taken later.
        sent_ms[person] = max(sent_ms[person], at_ms - late_ms)
        heard.append(Heard(person, cell, sent_ms[person], at_ms + late_ms // 2))
        taken.append(Whereabouts(person, cell, at_ms))
    found, exact = bounds(heard, WINDOWS, until_ms=10_000), rows(taken, WINDOWS, until_ms=10_000)
    assert found.must <= exact <= found.may
