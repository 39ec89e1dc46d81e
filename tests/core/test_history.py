from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core import pages_wire
from nearby.core.admin_wire import NowAnswer
from nearby.core.history import (
    BUCKETS_S,
    STEP_MS,
    STEPS,
    History,
    Live,
    Look,
    Step,
    named,
    p99_ms,
    step_at,
    thin_share,
    totals,
)
from nearby.core.rules import HOUR_MS

NOTHING = (0,) * (len(BUCKETS_S) + 1)


def look(at_ms: int, **more: Any) -> Look:
    counts: dict[str, Any] = {
        "live": None,
        "is_store_up": True,
        "checkins": 0,
        "says": 0,
        "deliveries": 0,
        "placements": {},
        "limits_hit": {},
        "say_counts": NOTHING,
        "checkin_counts": NOTHING,
        "lag_counts": NOTHING,
    }
    return Look(at_ms=at_ms, **(counts | more))


def history_of(*looks: Look) -> History:
    """Return the history of a server that is alone."""
    history = History()
    for one in looks:
        history.put(step_at(one.at_ms), history.note(one) or {})
    return history


def test_a_look_is_due_once_in_each_step() -> None:
    history = History()
    assert history.is_due(5)
    history.note(look(5))
    assert not history.is_due(STEP_MS - 1)
    assert history.is_due(STEP_MS)
    history.note(look(STEP_MS + 3_000))
    assert not history.is_due(2 * STEP_MS - 1)
    assert history.is_due(2 * STEP_MS)


LIVE = Live(7, 5, {1: 1, 4: 1})
BEFORE = look(10_000, checkins=10, says=3, deliveries=100, placements={"new": 4}, limits_hit={"say": 1})
AFTER = look(
    30_000,
    live=LIVE,
    is_store_up=False,
    checkins=50,
    says=13,
    deliveries=300,
    placements={"new": 6, "merged": 2},
    limits_hit={"say": 2, "change": 2},
    say_counts=(0, 10, *NOTHING[2:]),
)


def test_a_step_is_what_was_counted_between_two_looks() -> None:
    (step,) = history_of(BEFORE, AFTER).steps(30_000)
    assert step == Step(
        at_ms=30_000,
        servers=1,
        live=LIVE,
        is_hub_up=True,
        is_store_up=False,
        checkins_per_s=2.0,
        says_per_s=0.5,
        deliveries_per_s=10.0,
        placements={"new": 2, "merged": 2},
        limits_hit=3,
        say_p99_ms=0.2,
        checkin_p99_ms=None,
        loop_lag_p99_ms=None,
    )


def test_what_several_servers_did_in_a_step_adds_up() -> None:
    history = history_of(BEFORE)
    mine = history.note(AFTER)
    assert mine is not None
    other = {"servers": 1, "took_ms": 10_000, "checkins": 20, "says": 30, "placed:new": 1, "limit:say": 1, "say:3": 90}
    history.put(step_at(30_000), {name: mine.get(name, 0) + other.get(name, 0) for name in {*mine, *other}})
    (step,) = history.steps(30_000)
    # 60 check-ins in 15 s on the average.
    assert (step.servers, step.checkins_per_s, step.placements["new"], step.limits_hit) == (2, 4.0, 3, 4)
    assert step.say_p99_ms == 1.0
    assert not step.is_store_up


def test_a_step_that_this_server_did_not_see_is_known_from_the_others() -> None:
    history = history_of(BEFORE)
    history.put(step_at(BEFORE.at_ms) - 1, {"servers": 2, "took_ms": 20_000, "says": 10})
    (step,) = history.steps(BEFORE.at_ms)
    assert (step.says_per_s, step.live, step.is_hub_up, step.is_store_up) == (1.0, None, True, True)
    assert not list(history.steps(BEFORE.at_ms + HOUR_MS))


def test_a_step_without_a_hub_says_so() -> None:
    (step,) = history_of(look(0), look(STEP_MS)).steps(STEP_MS)
    assert (step.live, step.is_hub_up) == (None, False)


def test_what_was_done_since_the_last_look_is_known_by_name() -> None:
    history = History()
    assert history.since(BEFORE) == totals(BEFORE) == {"placed:new": 4, "limit:say": 1}
    history.note(BEFORE)
    assert named(history.since(AFTER), "limit:") == {"say": 1, "change": 2}
    assert named(history.since(AFTER), "placed:") == {"new": 2, "merged": 2}


def test_an_hour_of_steps_is_kept_and_no_more() -> None:
    history = history_of(*(look(number * STEP_MS) for number in range(2 * STEPS)))
    now_ms = (2 * STEPS - 1) * STEP_MS
    times = [step.at_ms for step in history.steps(now_ms)]
    assert (len(times), times[-1]) == (STEPS, now_ms)


def test_steps_older_than_an_hour_are_not_shown_after_a_pause() -> None:
    history = history_of(look(0), look(STEP_MS), look(STEP_MS + HOUR_MS))
    assert [step.at_ms for step in history.steps(STEP_MS + HOUR_MS)] == [STEP_MS + HOUR_MS]


@given(st.lists(st.integers(0, 200), min_size=len(NOTHING), max_size=len(NOTHING)))
def test_99_of_100_durations_are_in_buckets_up_to_the_one_that_is_named(counts: list[int]) -> None:
    found = p99_ms(counts)
    if not sum(counts):
        assert found is None
        return
    assert found is not None
    ends_ms = [end_s * 1_000 for end_s in BUCKETS_S]
    place = ends_ms.index(found)
    if found != ends_ms[-1]:
        assert sum(counts[: place + 1]) >= 0.99 * sum(counts)
    assert sum(counts[:place]) < 0.99 * sum(counts)


def test_durations_beyond_the_last_bucket_count_as_its_end() -> None:
    assert p99_ms((*NOTHING[:-1], 5)) == 1_000


@pytest.mark.parametrize(
    ("rooms", "share"), [({}, None), ({0: 3}, None), ({1: 2, 2: 1, 4: 1}, 0.5), ({8: 2}, 0.0), ({2: 1, 3: 2}, 0.25)]
)
def test_people_in_rooms_of_one_or_two_are_in_thin_ones(rooms: Mapping[int, int], share: float | None) -> None:
    assert thin_share(rooms) == share


def test_what_operators_and_pages_are_told_has_no_field_for_a_place_or_person() -> None:
    names = {*NowAnswer.__struct_fields__, *pages_wire.PageConfig.__struct_fields__}
    assert not names & {"cell", "room", "person", "lat", "lon"}
