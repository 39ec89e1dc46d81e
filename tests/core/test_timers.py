from hypothesis import given
from hypothesis import strategies as st

from nearby.core.timers import Timers

step = st.tuples(st.sampled_from("abcd") | st.none(), st.integers(0, 50))
steps = st.lists(step, max_size=5) | st.lists(step, min_size=30, max_size=60)


@given(steps)
def test_timers_agree_with_a_dictionary_of_earliest_times(steps: list[tuple[str | None, int]]) -> None:
    timers: Timers[str] = Timers()
    model: dict[str, int] = {}
    for key, at_ms in steps:
        if key is not None:
            timers.set(key, at_ms)
            model[key] = min(at_ms, model.get(key, at_ms))
        else:
            popped = timers.pop(at_ms)
            due = min(model.values(), default=at_ms + 1)
            if due > at_ms:
                assert popped is None
            else:
                assert popped is not None
                assert popped[1] == due == model.pop(popped[0])
        assert len(timers) == len(model)


def test_an_earlier_time_takes_the_place_of_a_later_one() -> None:
    timers: Timers[str] = Timers()
    timers.set("room", 20)
    timers.set("room", 10)
    assert timers.pop(10) == ("room", 10)
    assert timers.pop(30) is None


def test_a_later_time_does_not_put_off_an_earlier_one() -> None:
    timers: Timers[str] = Timers()
    timers.set("room", 10)
    timers.set("room", 20)
    assert timers.pop(9) is None
    assert timers.pop(30) == ("room", 10)
    assert timers.pop(30) is None


def test_a_key_that_came_up_may_be_set_again() -> None:
    timers: Timers[str] = Timers()
    timers.set("room", 10)
    assert timers.pop(10) == ("room", 10)
    timers.set("room", 30)
    assert timers.pop(29) is None
    assert timers.pop(30) == ("room", 30)


def test_times_of_different_keys_come_up_in_order() -> None:
    timers: Timers[str] = Timers()
    for key, due_ms in (("c", 30), ("a", 10), ("b", 20)):
        timers.set(key, due_ms)
    assert [timers.pop(99) for _ in range(4)] == [("a", 10), ("b", 20), ("c", 30), None]


def test_without_keys_there_is_no_first_time() -> None:
    timers: Timers[str] = Timers()
    assert timers.first_ms() is None
    timers.set("room", 5_000)
    assert timers.pop(5_000) == ("room", 5_000)
    assert timers.first_ms() is None


@given(st.lists(st.integers(0, 9_999), min_size=1), st.integers(0, 9_999))
def test_nothing_is_due_before_the_first_time_which_is_within_a_second_of_the_next(
    times_ms: list[int], looked_ms: int
) -> None:
    timers: Timers[int] = Timers()
    for key, due_ms in enumerate(times_ms):
        timers.set(key, due_ms)
    timers.next_ms(looked_ms)
    first_ms = timers.first_ms()
    assert first_ms is not None
    assert min(times_ms) - 1_000 < first_ms <= min(times_ms)
