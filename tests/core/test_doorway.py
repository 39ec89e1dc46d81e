"""Newcomers are taken so many a second, and the others are told turns that are spread as evenly."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.doorway import LONGEST_WAIT_MS, SPREAD_MS, Doorway

SECOND_MS = 1_000


def taken(doorway: Doorway, times_ms: list[int]) -> list[int]:
    return [now_ms for now_ms in times_ms if not doorway.knock(now_ms, 0.0)]


@given(st.lists(st.integers(0, 300), max_size=300), st.integers(1, 50))
def test_no_second_takes_more_than_a_burst_and_what_comes_in_meanwhile(gaps_ms: list[int], per_s: int) -> None:
    times_ms = [sum(gaps_ms[:count]) for count in range(1, len(gaps_ms) + 1)]
    came = taken(Doorway(per_s), times_ms)
    for start_ms in came:
        assert sum(start_ms <= now_ms < start_ms + SECOND_MS for now_ms in came) <= 2 * per_s


@given(st.integers(1, 100), st.lists(st.integers(20, 5_000), max_size=100))
def test_whoever_comes_no_faster_than_the_rate_is_taken(per_s: int, gaps_ms: list[int]) -> None:
    doorway, now_ms = Doorway(per_s), 0
    for gap_ms in gaps_ms:
        now_ms += max(gap_ms, -(-SECOND_MS // per_s))
        assert doorway.knock(now_ms, 0.5) == 0


def test_those_who_are_turned_away_get_turns_one_behind_the_other() -> None:
    doorway = Doorway(10)
    assert [doorway.knock(0, 0.0) for _ in range(13)] == [0] * 10 + [101, 201, 301]
    assert doorway.knock(0, 0.5) == 401 + SPREAD_MS // 2


def test_nobody_is_told_to_wait_for_ever() -> None:
    doorway, random = Doorway(1), Random(1)
    waits_ms = [doorway.knock(0, random.random()) for _ in range(1_000)]
    assert max(waits_ms) <= LONGEST_WAIT_MS + SPREAD_MS
    assert len(set(waits_ms)) > 500


def test_a_crowd_that_comes_when_told_is_in_about_as_soon_as_the_rate_allows() -> None:
    doorway, random = Doorway(100), Random(1)
    comes_ms = [0] * 1_000
    now_ms = 0
    while comes_ms:
        comes_ms.sort()
        now_ms = comes_ms.pop(0)
        if wait_ms := doorway.knock(now_ms, random.random()):
            comes_ms.append(now_ms + wait_ms)
    assert 9_000 <= now_ms <= 15_000


@pytest.mark.parametrize("now_ms", [0, 10**12])
def test_a_rate_of_0_takes_everybody(now_ms: int) -> None:
    assert taken(Doorway(0), [now_ms] * 1_000) == [now_ms] * 1_000


def test_a_rate_under_one_a_second_takes_one_at_a_time() -> None:
    doorway = Doorway(0.5)
    assert [doorway.knock(now_ms, 0.0) for now_ms in (0, 0, 2_000)] == [0, 2_001, 0]


def test_a_clock_that_is_set_back_gives_nothing_away() -> None:
    doorway = Doorway(1)
    assert doorway.knock(10_000, 0.0) == 0
    assert doorway.knock(9_000, 0.0) > 0
