import sys

from hypothesis import given
from hypothesis import strategies as st

from nearby.core.packed import count_packed, first_packed, last_packed, pack, packed_with, trimmed, unpack

NOW_MS = 1_700_000_400_000
times = st.lists(st.integers(0, 2**47), max_size=13).map(tuple)


@given(times)
def test_times_come_back_as_they_were_and_in_their_order(times_ms: tuple[int, ...]) -> None:
    assert unpack(pack(times_ms)) == times_ms


def test_no_time_is_nothing_and_the_first_millisecond_is_a_time() -> None:
    assert (pack(()), unpack(0)) == (0, ())
    assert unpack(pack((0, 0))) == (0, 0)


@given(times, st.integers(0, 2**47))
def test_times_are_counted_looked_at_and_added_to_as_they_are(times_ms: tuple[int, ...], at_ms: int) -> None:
    packed = pack(times_ms)
    assert count_packed(packed) == len(times_ms)
    assert (first_packed(packed), last_packed(packed)) == (times_ms[0], times_ms[-1]) if times_ms else packed == 0
    assert packed_with(packed, at_ms) == pack((*times_ms, at_ms))
    assert sys.getsizeof(packed_with(packed, at_ms)) == sys.getsizeof(pack((*times_ms, at_ms)))


def test_one_time_takes_no_more_than_a_number() -> None:
    assert sys.getsizeof(pack((NOW_MS,))) == sys.getsizeof(NOW_MS)


@given(st.integers(-(2**70), 2**70))
def test_a_trimmed_number_is_the_same_number(number: int) -> None:
    assert trimmed(number) == number
