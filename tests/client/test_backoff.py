from random import Random

from hypothesis import given
from hypothesis import strategies as st

from nearby.client import Backoff, next_check_in_s


class AlmostOne(Random):
    """Chance that always draws the upper end."""

    def random(self) -> float:
        return 1 - 2**-53


def ceilings(backoff: Backoff, count: int) -> list[float]:
    return [round(backoff.next_s(), 6) for _ in range(count)]


def test_the_upper_end_doubles_up_to_the_cap() -> None:
    assert ceilings(Backoff(base_s=0.5, cap_s=30, random=AlmostOne()), 9) == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


@given(st.integers(), st.integers(0, 2_000))
def test_a_delay_is_anywhere_between_nothing_and_the_upper_end_however_often_it_failed(seed: int, failed: int) -> None:
    backoff = Backoff(base_s=0.5, cap_s=30, random=Random(seed))
    for attempt in range(failed % 50):
        assert 0 <= backoff.next_s() <= min(30, 0.5 * 2**attempt)
    for _ in range(failed):
        assert 0 <= backoff.next_s() <= 30


def test_a_crowd_that_was_dropped_at_once_comes_back_spread_over_the_whole_span() -> None:
    delays_s = [Backoff(base_s=1, cap_s=30, random=Random(phone)).next_s() for phone in range(1_000)]
    tenths = [sum(tenth / 10 <= delay_s < (tenth + 1) / 10 for delay_s in delays_s) for tenth in range(10)]
    assert min(tenths) > 50


def test_a_connection_that_outlasts_the_next_delay_starts_it_over() -> None:
    backoff = Backoff(base_s=1, cap_s=8, random=AlmostOne())
    ceilings(backoff, 2)
    backoff.lasted(4)
    assert ceilings(backoff, 3) == [1, 2, 4]


def test_a_connection_that_does_not_outlast_it_changes_nothing() -> None:
    backoff = Backoff(base_s=1, cap_s=8, random=AlmostOne())
    ceilings(backoff, 2)
    backoff.lasted(3.9)
    assert ceilings(backoff, 3) == [4, 8, 8]


@given(st.integers(), st.floats(0.001, 86_400))
def test_the_next_check_in_is_half_to_four_fifths_of_a_window_away(seed: int, window_s: float) -> None:
    assert 0.5 * window_s <= next_check_in_s(window_s, Random(seed)) <= 0.8 * window_s
