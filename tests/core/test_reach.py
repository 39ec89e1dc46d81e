from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.ids import PersonId
from nearby.core.reach import Reach

LIMIT, SPAN_MS = 5, 1_000
CROWD = [PersonId(name) for name in "abcdefghijkl"]
MOST_AT_ONCE = 4

rooms = st.lists(st.sampled_from(CROWD), max_size=MOST_AT_ONCE, unique=True)
talks = st.lists(st.tuples(st.integers(0, 600), rooms), max_size=40)


def people(names: str) -> list[PersonId]:
    return [PersonId(name) for name in names]


def wait_ms(reach: Reach, names: str, now_ms: int) -> int:
    return reach.wait_ms(people(names), now_ms, limit=LIMIT, span_ms=SPAN_MS)


@given(talks)
def test_in_no_span_are_more_strangers_reached_than_allowed_and_none_is_refused_without_need(
    talk: list[tuple[int, list[PersonId]]],
) -> None:
    reach, heard, now_ms = Reach(), list[tuple[int, PersonId]](), 0
    for after_ms, room in talk:
        now_ms += after_ms
        naive = {person for at_ms, person in heard if at_ms > now_ms - SPAN_MS} | set(room)
        wait = reach.wait_ms(room, now_ms, limit=LIMIT, span_ms=SPAN_MS)
        assert (wait == 0) == (len(naive) <= LIMIT)
        if wait == 0:
            reach.add(room, now_ms)
            heard.extend((now_ms, person) for person in room)
    for end_ms, _ in heard:
        assert len({person for at_ms, person in heard if end_ms - SPAN_MS < at_ms <= end_ms}) <= LIMIT


@given(talks, rooms)
def test_the_wait_is_exact(talk: list[tuple[int, list[PersonId]]], last: list[PersonId]) -> None:
    reach, now_ms = Reach(), 0
    for after_ms, room in talk:
        now_ms += after_ms
        if reach.wait_ms(room, now_ms, limit=LIMIT, span_ms=SPAN_MS) == 0:
            reach.add(room, now_ms)
    wait = reach.wait_ms(last, now_ms, limit=LIMIT, span_ms=SPAN_MS)
    if wait:
        assert reach.wait_ms(last, now_ms + wait - 1, limit=LIMIT, span_ms=SPAN_MS) == 1
    assert reach.wait_ms(last, now_ms + wait, limit=LIMIT, span_ms=SPAN_MS) == 0


@given(st.lists(st.tuples(st.integers(0, 600), st.sampled_from([(0, 3), (2, 6), (5, 9), (8, 11)])), max_size=40))
def test_an_audience_known_again_counts_as_if_each_of_it_were_looked_up(
    talk: list[tuple[int, tuple[int, int]]],
) -> None:
    audiences = {bounds: tuple(CROWD[bounds[0] : bounds[1]]) for _, bounds in talk}
    quick, slow, now_ms = Reach(), Reach(), 1
    for after_ms, bounds in talk:
        now_ms += after_ms
        room = audiences[bounds]
        wait = slow.wait_ms(room, now_ms, limit=LIMIT, span_ms=SPAN_MS)
        if quick.is_of(room):
            assert wait == 0
            quick.again(now_ms)
        else:
            assert quick.wait_ms(room, now_ms, limit=LIMIT, span_ms=SPAN_MS) == wait
            if wait == 0:
                quick.add(room, now_ms, room)
        if wait == 0:
            slow.add(room, now_ms)
    assert quick.last_ms == slow.last_ms
    assert quick.times_ms() == slow.times_ms()
    assert quick.heard_ms == slow.heard_ms == Reach.of(quick.heard_ms, quick.noted_ms).heard_ms


def test_an_audience_is_known_by_the_very_object() -> None:
    reach, audience = Reach(), tuple(people("ab"))
    reach.add(people("ab"), 1)
    assert not reach.is_of(audience)
    reach.add(people("ab"), 2, audience)
    assert reach.is_of(audience)
    assert not reach.is_of(tuple(people("ab")))


def test_the_wait_is_until_enough_of_the_absent_are_forgotten() -> None:
    reach = Reach()
    for now_ms, names in ((0, "ab"), (100, "cd"), (200, "e")):
        assert wait_ms(reach, names, now_ms) == 0
        reach.add(people(names), now_ms)
    assert wait_ms(reach, "f", 300) == SPAN_MS - 300
    assert wait_ms(reach, "fgh", 300) == SPAN_MS + 100 - 300
    assert wait_ms(reach, "abf", 300) == SPAN_MS + 100 - 300
    assert wait_ms(reach, "e", 300) == 0
    assert wait_ms(reach, "fg", SPAN_MS) == 0


def test_more_at_once_than_allowed_are_never_reached() -> None:
    assert wait_ms(Reach(), "abcdef", 0) == SPAN_MS


def test_it_tells_who_is_new() -> None:
    reach = Reach()
    assert reach.add(people("ab"), 1)
    assert not reach.add(people("b"), 2)
    assert not reach.add([], 3)
    assert reach.last_ms == 2
    assert Reach().last_ms == 0


def test_what_is_written_down_says_when_and_not_who_and_counts_as_strangers_after_a_restart() -> None:
    reach = Reach()
    for now_ms, names in ((0, "a"), (100, "b"), (200, "cd")):
        reach.add(people(names), now_ms)
    kept = reach.times_ms()
    assert kept == (0, 100, 200, 200)
    again = Reach(kept[1:])
    assert again.wait_ms(people("ab"), 300, limit=LIMIT, span_ms=SPAN_MS) == 0
    assert again.wait_ms(people("abc"), 300, limit=LIMIT, span_ms=SPAN_MS) == SPAN_MS + 100 - 300


@pytest.mark.parametrize("names", ["", "a", "abcd"])
def test_what_was_said_to_the_same_people_costs_nothing_more(names: str) -> None:
    reach = Reach()
    for before_ms, now_ms in pairwise(range(0, 20 * SPAN_MS, SPAN_MS // 3)):
        assert before_ms < now_ms
        assert wait_ms(reach, names, now_ms) == 0
        reach.add(people(names), now_ms)
    assert len(reach.times_ms()) == len(names)
