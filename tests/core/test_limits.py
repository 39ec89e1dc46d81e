import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.limits import gcra, rolling
from nearby.core.rules import Rate

gaps = st.lists(st.integers(0, 3_000), max_size=5) | st.lists(st.integers(0, 3_000), min_size=20, max_size=60)


def times_of(gaps: list[int]) -> list[int]:
    times, now_ms = [], 0
    for gap_ms in gaps:
        now_ms += gap_ms
        times.append(now_ms)
    return times


@given(gaps, st.integers(1, 2_000), st.integers(1, 6))
def test_gcra_agrees_with_a_token_bucket(gaps: list[int], period_ms: int, burst: int) -> None:
    tat_ms, tokens, filled_ms = 0, float(burst), 0
    for now_ms in times_of(gaps):
        tokens = min(burst, tokens + (now_ms - filled_ms) / period_ms)
        filled_ms = now_ms
        has_token = tokens >= 1 - 1e-9
        before_ms = tat_ms
        tat_ms, wait_ms = gcra(tat_ms, now_ms, Rate(period_ms, burst))
        assert (wait_ms == 0) == has_token
        if has_token:
            tokens -= 1
        else:
            assert tat_ms == before_ms
            assert wait_ms == pytest.approx((1 - tokens) * period_ms, abs=1)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 500), st.integers(1, 5))
def test_after_the_wait_that_gcra_names_the_same_event_is_allowed(
    tat_ms: int, now_ms: int, period_ms: int, burst: int
) -> None:
    rate = Rate(period_ms, burst)
    _, wait_ms = gcra(tat_ms, now_ms, rate)
    assert gcra(tat_ms, now_ms + wait_ms, rate)[1] == 0
    if wait_ms:
        assert gcra(tat_ms, now_ms + wait_ms - 1, rate)[1] == 1


def test_a_burst_of_zero_means_no_limit() -> None:
    assert gcra(99, 0, Rate(1_000, 0)) == (99, 0)


@given(gaps, st.integers(1, 5), st.integers(1, 5_000))
def test_a_rolling_count_never_allows_more_than_its_limit_in_any_span(
    gaps: list[int], limit: int, span_ms: int
) -> None:
    kept: tuple[int, ...] = ()
    allowed: list[int] = []
    for now_ms in times_of(gaps):
        kept, wait_ms = rolling(kept, now_ms, limit=limit, span_ms=span_ms)
        recent = [at_ms for at_ms in allowed if at_ms > now_ms - span_ms]
        assert (wait_ms == 0) == (len(recent) < limit)
        if wait_ms == 0:
            allowed.append(now_ms)
        else:
            assert rolling(kept, now_ms + wait_ms, limit=limit, span_ms=span_ms)[1] == 0
        assert len(kept) <= limit


def test_a_rolling_limit_of_zero_means_no_limit_and_keeps_nothing() -> None:
    assert rolling((1, 2, 3), 4, limit=0, span_ms=10) == ((), 0)


@given(st.lists(st.integers(0, 999), min_size=1, max_size=12), st.integers(1, 12))
def test_a_limit_lowered_meanwhile_names_the_first_time_that_it_allows(times_ms: list[int], limit: int) -> None:
    kept, now_ms = tuple(sorted(times_ms)), 999
    _, wait_ms = rolling(kept, now_ms, limit=limit, span_ms=1_000)
    free_ms = next(at_ms for at_ms in range(now_ms, 3_000) if sum(at > at_ms - 1_000 for at in kept) < limit)
    assert wait_ms == free_ms - now_ms
