from hypothesis import given
from hypothesis import strategies as st

from nearby.sim.stay import Arrival, Stay


@given(st.lists(st.integers(11, 30), max_size=25), st.integers(10, 40))
def test_arrivals_and_what_is_missed_agree_with_a_set(seqs: list[int], up_to: int) -> None:
    stay, got = Stay(("r1", 1), "m1", 10), set[int]()
    for seq in seqs:
        expected = Arrival.AGAIN if seq in got else Arrival.LATE if got and seq < max(got) else Arrival.NEW
        assert stay.receive(seq) is expected
        got.add(seq)
    assert stay.missed(up_to) == len(set(range(11, up_to + 1)) - got)


def test_what_the_snapshot_held_came_before() -> None:
    assert Stay(("r1", 1), "m1", 10).receive(10) is Arrival.AGAIN


def test_a_position_out_of_this_world_is_counted_without_counting_there() -> None:
    stay = Stay(("r1", 1), "m1", 0)
    stay.receive(2**62)
    assert stay.missed(2**62) == 2**62 - 1
