import sys

from hypothesis import given
from hypothesis import strategies as st

from nearby.core.packed import pack, trimmed, unpack

NOW_MS = 1_700_000_400_000
times = st.lists(st.integers(0, 2**47), max_size=13).map(tuple)


@given(times)
def test_times_come_back_as_they_were_and_in_their_order(times_ms: tuple[int, ...]) -> None:
    assert unpack(pack(times_ms)) == times_ms


def test_no_time_is_nothing_and_the_first_millisecond_is_a_time() -> None:
    assert (pack(()), unpack(0)) == (0, ())
    assert unpack(pack((0, 0))) == (0, 0)


def test_one_time_takes_no_more_than_a_number() -> None:
    assert sys.getsizeof(pack((NOW_MS,))) == sys.getsizeof(NOW_MS)


@given(st.integers(-(2**70), 2**70))
def test_a_trimmed_number_is_the_same_number(number: int) -> None:
    assert trimmed(number) == number
