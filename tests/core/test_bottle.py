from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.bottle import (
    TRANSITIONS,
    Bottle,
    BottleId,
    Drifting,
    Event,
    State,
    after,
    answered,
    caught,
    condemned,
    in_order,
    raised,
    released,
    reported,
    settled,
    thawed,
)
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.errors import IllegalTransition

RULES = Rules()
ANA, BEN = PersonId("ana"), PersonId("ben")
NOW_MS = 1_700_000_000_000
FRESH = Bottle(id=BottleId("b"), author=ANA, text="hello", origin=Cell(0x841F1D5FFFFFFFF), thrown_ms=NOW_MS)
HELD = caught(FRESH, BEN, NOW_MS, RULES, is_established=True)
IN_STATE = {
    State.AFLOAT: FRESH,
    State.LEASED: HELD,
    State.FROZEN: reported(FRESH, NOW_MS),
    State.THREADED: answered(HELD),
    State.SUNK: reported(reported(FRESH, NOW_MS), NOW_MS),
}
END_MS = NOW_MS + RULES.bottle_life_ms

ALLOWED = {
    "afloat": {"catch": "leased", "report": "frozen", "sink": "sunk", "condemn": "sunk"},
    "leased": {
        "reply": "threaded",
        "release": "afloat",
        "expire": "afloat",
        "report": "frozen",
        "condemn": "sunk",
    },
    "frozen": {"report": "sunk", "sink": "sunk", "condemn": "sunk", "thaw": "afloat"},
    "threaded": {},
    "sunk": {"raise": "frozen"},
}
"""The machine once more, by hand."""


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("state", State)
def test_what_is_in_the_table_happens_and_all_else_raises_with_both_named(state: State, event: Event) -> None:
    expected = ALLOWED[state.value].get(event.value)
    if expected is not None:
        assert after(state, event) is State(expected)
        return
    before = dict(TRANSITIONS)
    with pytest.raises(IllegalTransition, match=f"^{event.value} is not possible in state {state.value}$") as illegal:
        after(state, event)
    assert (illegal.value.state, illegal.value.event) == (state.value, event.value)
    assert before == TRANSITIONS


BY_PEOPLE = (Event.CATCH, Event.REPLY, Event.RELEASE, Event.REPORT, Event.CONDEMN, Event.THAW, Event.RAISE)


def changed(bottle: Bottle, event: Event, now_ms: int) -> Bottle:
    if event is Event.CATCH:
        return caught(bottle, BEN, now_ms, RULES, is_established=True)
    by_operators = {
        Event.CONDEMN: lambda: condemned(bottle, now_ms),
        Event.THAW: lambda: thawed(bottle, now_ms, RULES),
        Event.RAISE: lambda: raised(bottle),
    }
    if event in by_operators:
        return by_operators[event]()
    if event is Event.REPLY:
        return answered(bottle)
    return released(bottle, now_ms, RULES) if event is Event.RELEASE else reported(bottle, now_ms)


@pytest.mark.parametrize("event", BY_PEOPLE)
@pytest.mark.parametrize("state", State)
def test_a_bottle_changes_by_the_table_alone_and_an_illegal_change_leaves_it(state: State, event: Event) -> None:
    bottle = IN_STATE[state]
    if (state, event) in TRANSITIONS:
        assert changed(bottle, event, NOW_MS).state is TRANSITIONS[state, event]
        return
    with pytest.raises(IllegalTransition):
        changed(bottle, event, NOW_MS)
    assert bottle == IN_STATE[state]


def test_an_operator_takes_a_bottle_out_of_somebodys_hands_and_lets_none_go_whose_life_is_over() -> None:
    taken = condemned(HELD, NOW_MS + 5)
    assert (taken.state, taken.sunk_ms, taken.catcher, taken.lease_until_ms) == (State.SUNK, NOW_MS + 5, None, None)
    frozen = raised(taken)
    assert (frozen.state, frozen.sunk_ms, frozen.fence) == (State.FROZEN, None, HELD.fence)
    assert thawed(frozen, END_MS - 1, RULES).state is State.AFLOAT
    assert thawed(frozen, END_MS, RULES).state is State.SUNK


@pytest.mark.parametrize("state", State)
def test_a_bottle_is_in_somebodys_hands_only_while_it_is_leased(state: State) -> None:
    bottle = IN_STATE[state]
    assert (bottle.lease_until_ms is not None, bottle.catcher is not None) == (state is State.LEASED,) * 2
    assert (bottle.sunk_ms is not None) == (state is State.SUNK)


def test_a_lease_has_a_number_of_its_own_and_ends_with_its_last_millisecond() -> None:
    assert (HELD.fence, HELD.lease_until_ms) == (1, NOW_MS + RULES.lease_ms)
    last_ms = NOW_MS + RULES.lease_ms - 1
    assert HELD.is_held(BEN, 1, last_ms)
    assert settled(HELD, last_ms, RULES) is HELD
    assert not HELD.is_held(BEN, 1, last_ms + 1)
    assert not HELD.is_held(ANA, 1, last_ms)
    assert not HELD.is_held(BEN, 0, last_ms)
    with pytest.raises(IllegalTransition):
        caught(HELD, ANA, last_ms, RULES, is_established=True)
    again = caught(HELD, PersonId("eve"), last_ms + 1, RULES, is_established=False)
    assert (again.fence, again.catcher, again.established_catches) == (2, "eve", 1)
    assert not again.is_held(BEN, 1, last_ms + 1)


@pytest.mark.parametrize("state", [State.AFLOAT, State.FROZEN])
def test_a_bottle_sinks_when_its_life_is_over_and_not_before(state: State) -> None:
    bottle = IN_STATE[state]
    assert settled(bottle, END_MS - 1, RULES) is bottle
    sunk = settled(bottle, END_MS + 99, RULES)
    assert (sunk.state, sunk.sunk_ms) == (State.SUNK, END_MS)


def test_a_bottle_that_is_held_when_its_life_is_over_sinks_when_it_comes_back() -> None:
    late = caught(FRESH, BEN, END_MS - 1, RULES, is_established=False)
    assert settled(late, END_MS + 1, RULES) is late
    assert answered(late).state is State.THREADED
    back = released(late, END_MS + 1, RULES)
    assert (back.state, back.sunk_ms) == (State.SUNK, END_MS + 1)
    expired = settled(late, END_MS + RULES.bottle_life_ms, RULES)
    assert (expired.state, expired.sunk_ms) == (State.SUNK, late.lease_until_ms)


@pytest.mark.parametrize("by_release", [True, False])
def test_a_bottle_sinks_when_the_fifth_established_person_gives_it_back(by_release: bool) -> None:
    bottle, now_ms = FRESH, NOW_MS
    for number in range(1, 100):
        bottle = caught(bottle, BEN, now_ms, RULES, is_established=number % 2 == 0)
        now_ms += 1 if by_release else RULES.lease_ms
        bottle = released(bottle, now_ms, RULES) if by_release else settled(bottle, now_ms, RULES)
        if bottle.state is State.SUNK:
            break
    assert (bottle.fence, bottle.established_catches, bottle.sunk_ms) == (10, 5, now_ms)


@pytest.mark.parametrize("state", [State.THREADED, State.SUNK])
def test_an_answered_and_a_sunk_bottle_stay_what_they_are(state: State) -> None:
    assert settled(IN_STATE[state], END_MS * 2, RULES) is IN_STATE[state]


steps = st.lists(st.tuples(st.sampled_from([*BY_PEOPLE, None]), st.integers(0, 20 * 3_600_000)), max_size=30)


@given(steps)
def test_whatever_happens_every_change_is_one_of_the_table_and_settling_twice_is_settling_once(
    script: list[tuple[Event | None, int]],
) -> None:
    bottle, now_ms = FRESH, NOW_MS
    for event, passed_ms in script:
        now_ms += passed_ms
        bottle = settled(bottle, now_ms, RULES)
        assert settled(bottle, now_ms, RULES) is bottle
        if event is None or (bottle.state, event) not in TRANSITIONS:
            continue
        # Given back for the last time, it sinks in the same step.
        before, bottle = bottle.state, changed(bottle, event, now_ms)
        assert bottle.state in {TRANSITIONS[before, event], State.SUNK}
        assert (bottle.state is State.LEASED) == (bottle.catcher is not None)
        assert bottle.established_catches <= RULES.bottle_catches
        assert bottle.fence >= bottle.established_catches


def drifting(*fences: int) -> list[Drifting]:
    return [Drifting(BottleId(str(number)), ANA, fence) for number, fence in enumerate(fences)]


@given(st.lists(st.integers(0, 9), max_size=20), st.integers())
def test_the_least_caught_come_first_and_all_of_them_come(fences: list[int], seed: int) -> None:
    order = in_order(drifting(*fences), Random(seed).random)
    assert [one.fence for one in order] == sorted(fences)
    assert Counter(order) == Counter(drifting(*fences))


def test_among_those_caught_as_rarely_each_is_first_as_often() -> None:
    draw, first = Random(1).random, Counter[str]()
    for _ in range(3_000):
        first[in_order(drifting(2, 1, 1, 1), draw)[0].bottle] += 1
    assert first["0"] == 0
    assert all(900 < first[name] < 1_100 for name in "123")


def test_a_bottle_holds_no_more_than_was_thrown() -> None:
    assert replace(HELD, state=State.AFLOAT, fence=0, catcher=None, lease_until_ms=None, established_catches=0) == FRESH
