from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.ids import PersonId
from nearby.core.reports import Told, counts, due_ms, removes, stays_suspended, suspends
from nearby.core.rules import DAY_MS, Rules

RULES = Rules()
NOW_MS = 1_700_000_000_000
PEOPLE = [PersonId(name) for name in ("ana", "ben", "eve", "ida", "joe", "kim", "lea", "max")]
ROOMS = ["r1", "r2", "r3", "r4"]

people = st.sampled_from(PEOPLE)
reports = st.builds(Told, people, st.sampled_from(ROOMS), st.integers(0, 9))


def told(reporters: int, places: int, at_ms: int = NOW_MS) -> list[Told]:
    """Return reports by so many people over so many rooms."""
    return [Told(PEOPLE[number], ROOMS[number % places], at_ms) for number in range(reporters)]


@pytest.mark.parametrize(
    ("is_established", "shares", "expected"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_a_report_counts_if_made_by_an_established_person_who_was_there(
    is_established: bool, shares: bool, expected: bool
) -> None:
    found = counts(is_established=is_established, shares=shares, rejected_ms=[], now_ms=NOW_MS, rules=RULES)
    assert found is expected


def test_two_rejected_reports_silence_their_reporter_for_thirty_days() -> None:
    def is_heard(*rejected_ms: int) -> bool:
        return counts(is_established=True, shares=True, rejected_ms=rejected_ms, now_ms=NOW_MS, rules=RULES)

    month_ms = 30 * DAY_MS
    assert is_heard(NOW_MS)
    assert not is_heard(NOW_MS, NOW_MS - month_ms + 1)
    assert is_heard(NOW_MS, NOW_MS - month_ms)
    assert is_heard(NOW_MS - month_ms, NOW_MS - month_ms - 1, NOW_MS - 2 * month_ms)


@given(st.lists(st.integers(-40, 0)))
def test_whom_rejections_silence_agrees_with_a_scan(days: list[int]) -> None:
    rejected_ms = [NOW_MS + day * DAY_MS for day in days]
    scan = [day for day in days if day > -30]
    found = counts(is_established=True, shares=True, rejected_ms=rejected_ms, now_ms=NOW_MS, rules=RULES)
    assert found is (len(scan) < 2)


def test_two_who_are_no_friends_remove_and_one_or_two_friends_do_not() -> None:
    ana, ben, eve, *_ = PEOPLE
    assert not removes([], [])
    assert not removes([ana, ana], [])
    assert removes([ana, ben], [])
    assert not removes([ana, ben], [(ben, ana)])
    assert removes([ana, ben, eve], [(ana, ben), (eve, ana)])


@given(st.lists(people), st.lists(st.tuples(people, people)))
def test_who_removes_agrees_with_a_look_at_every_pair(
    reporters: list[PersonId], friends: list[tuple[PersonId, PersonId]]
) -> None:
    pairs = combinations(set(reporters), 2)
    naive = any((one, other) not in friends and (other, one) not in friends for one, other in pairs)
    assert removes(reporters, friends) is naive


@pytest.mark.parametrize(
    ("reporters", "places", "expected"), [(6, 3, True), (5, 3, False), (6, 2, False), (8, 4, True)]
)
def test_six_people_over_three_rooms_suspend(reporters: int, places: int, expected: bool) -> None:
    assert suspends(told(reporters, places), None, RULES) is expected


def test_one_person_who_reports_six_times_is_one() -> None:
    assert not suspends([Told(PEOPLE[0], room, at_ms) for room in ROOMS for at_ms in (1, 2)], None, RULES)


def test_reports_suspend_once_until_an_operator_has_looked() -> None:
    assert not suspends([*told(6, 3), *told(6, 3, NOW_MS + 9)], NOW_MS, RULES)
    assert suspends(told(6, 3, NOW_MS + 9), NOW_MS, RULES)


def test_a_suspension_ends_when_the_reports_that_are_left_would_not_have_sufficed() -> None:
    assert stays_suspended(told(7, 3), NOW_MS, RULES)
    assert stays_suspended(told(7, 3)[1:], NOW_MS, RULES)
    assert not stays_suspended(told(7, 3)[2:], NOW_MS, RULES)
    assert not stays_suspended([*told(5, 3), Told(PEOPLE[7], "r1", NOW_MS + 1)], NOW_MS, RULES)


@given(st.lists(reports, max_size=20), st.none() | st.integers(0, 9))
def test_who_is_suspended_agrees_with_a_scan(still_open: list[Told], suspended_ms: int | None) -> None:
    def weighs(some: list[Told]) -> bool:
        who = [person for person in PEOPLE if any(one.reporter == person for one in some)]
        where = [room for room in ROOMS if any(one.place == room for one in some)]
        return len(who) >= 6 and len(where) >= 3

    old = [] if suspended_ms is None else [one for one in still_open if one.at_ms <= suspended_ms]
    assert suspends(still_open, suspended_ms, RULES) is (not old and weighs(still_open))
    if suspended_ms is not None:
        assert stays_suspended(still_open, suspended_ms, RULES) is weighs(old)


def test_an_operator_has_a_day() -> None:
    assert due_ms(NOW_MS, RULES) == NOW_MS + DAY_MS
