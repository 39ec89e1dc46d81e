from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.mending import Mending, Party, mend
from nearby.core.rules import Rules

RULES = Rules()
NOW_MS = 3_600_000
LONG_AGO_MS = NOW_MS - RULES.lift_after_ms
OLDER = Party(opened_ms=1, is_thin=True, spoke_ms=0, forced_ms=0)
YOUNGER = replace(OLDER, opened_ms=2)
FULLER = replace(OLDER, is_thin=False)
ALONE = replace(OLDER, is_alone=True)

times = st.sampled_from([0, 1]) | st.integers(NOW_MS - 700_000, NOW_MS)
parties = st.builds(
    Party, opened_ms=st.integers(0, 3), is_thin=st.booleans(), spoke_ms=times, forced_ms=times, is_alone=st.booleans()
).filter(lambda party: party.is_thin or not party.is_alone)


def mended(
    room: Party,
    other: Party | None,
    *,
    thin_since_ms: int = LONG_AGO_MS,
    lonely_since_ms: int = LONG_AGO_MS,
    leaves_seats: bool = True,
) -> Mending:
    return mend(
        room,
        other,
        NOW_MS,
        thin_since_ms=thin_since_ms,
        lonely_since_ms=lonely_since_ms,
        leaves_seats=leaves_seats,
        rules=RULES,
    )


@given(parties.map(lambda party: replace(party, is_thin=True)), parties | st.none(), times, times, st.booleans())
def test_what_is_done_agrees_with_the_rules_as_they_are_written(
    room: Party, other: Party | None, thin_since_ms: int, lonely_since_ms: int, leaves_seats: bool
) -> None:
    if other is None:
        expected = Mending.LIFT if NOW_MS - lonely_since_ms >= 120_000 else Mending.WAIT
    else:
        is_older = other.is_thin and room.opened_ms < other.opened_ms
        if other.is_thin and room.is_alone != other.is_alone:
            is_older = other.is_alone
        moving = other if is_older else room
        was_thin_long = NOW_MS - thin_since_ms >= (10_000 if room.is_alone else 30_000)
        is_talking = moving.spoke_ms != 0 and NOW_MS - moving.spoke_ms < 10_000
        was_moved = moving.forced_ms != 0 and NOW_MS - moving.forced_ms < 600_000
        may_leave = moving.is_alone or leaves_seats
        may_merge = was_thin_long and not is_talking and not was_moved and may_leave
        expected = Mending.WAIT if not may_merge else Mending.TAKE_IN if is_older else Mending.MERGE
    found = mended(room, other, thin_since_ms=thin_since_ms, lonely_since_ms=lonely_since_ms, leaves_seats=leaves_seats)
    assert found is expected


def test_a_thin_room_moves_into_one_that_is_not_however_old_it_is() -> None:
    assert mended(OLDER, replace(FULLER, opened_ms=NOW_MS)) is Mending.MERGE


def test_of_two_thin_rooms_the_older_one_stays_whichever_is_looked_at() -> None:
    assert mended(OLDER, YOUNGER) is Mending.TAKE_IN
    assert mended(YOUNGER, OLDER) is Mending.MERGE


@pytest.mark.parametrize(("thin_for_ms", "expected"), [(29_999, Mending.WAIT), (30_000, Mending.MERGE)])
def test_a_room_is_merged_once_it_was_thin_for_half_a_minute(thin_for_ms: int, expected: Mending) -> None:
    assert mended(YOUNGER, OLDER, thin_since_ms=NOW_MS - thin_for_ms) is expected


@pytest.mark.parametrize(("thin_for_ms", "expected"), [(9_999, Mending.WAIT), (10_000, Mending.MERGE)])
def test_whoever_is_alone_has_nobody_to_lose_and_moves_soon(thin_for_ms: int, expected: Mending) -> None:
    assert mended(ALONE, FULLER, thin_since_ms=NOW_MS - thin_for_ms) is expected


def test_whoever_is_alone_goes_to_two_however_young_their_room_is() -> None:
    assert mended(ALONE, YOUNGER) is Mending.MERGE
    assert mended(YOUNGER, ALONE) is Mending.TAKE_IN


def test_two_stay_with_the_last_seats_and_one_does_not() -> None:
    assert mended(OLDER, FULLER, leaves_seats=False) is Mending.WAIT
    assert mended(OLDER, ALONE, leaves_seats=False) is Mending.TAKE_IN
    assert mended(ALONE, FULLER, leaves_seats=False) is Mending.MERGE


def test_two_who_stay_for_the_seats_of_their_room_are_not_lifted() -> None:
    assert mended(OLDER, FULLER, leaves_seats=False, lonely_since_ms=0) is Mending.WAIT


@pytest.mark.parametrize(("ago_ms", "expected"), [(9_999, Mending.WAIT), (10_000, Mending.MERGE)])
def test_nobody_is_moved_who_is_talking(ago_ms: int, expected: Mending) -> None:
    assert mended(replace(YOUNGER, spoke_ms=NOW_MS - ago_ms), OLDER) is expected


@pytest.mark.parametrize(("ago_ms", "expected"), [(599_999, Mending.WAIT), (600_000, Mending.MERGE)])
def test_nobody_is_moved_twice_in_ten_minutes(ago_ms: int, expected: Mending) -> None:
    assert mended(replace(YOUNGER, forced_ms=NOW_MS - ago_ms), OLDER) is expected


def test_only_those_who_would_move_are_asked_whether_they_talk_or_were_moved() -> None:
    busy_older, busy_younger = (replace(party, spoke_ms=NOW_MS, forced_ms=NOW_MS) for party in (OLDER, YOUNGER))
    assert mended(YOUNGER, busy_older) is Mending.MERGE
    assert mended(busy_older, YOUNGER) is Mending.TAKE_IN
    assert mended(OLDER, busy_younger) is Mending.WAIT


@pytest.mark.parametrize(("lonely_for_ms", "expected"), [(119_999, Mending.WAIT), (120_000, Mending.LIFT)])
def test_a_room_without_another_is_lifted_after_two_minutes_whatever_else_happens_in_it(
    lonely_for_ms: int, expected: Mending
) -> None:
    talking = replace(OLDER, spoke_ms=NOW_MS, forced_ms=NOW_MS)
    lonely_since_ms = NOW_MS - lonely_for_ms
    assert mended(talking, None, thin_since_ms=NOW_MS, lonely_since_ms=lonely_since_ms) is expected


def test_a_room_that_may_not_merge_yet_is_not_lifted_for_that() -> None:
    assert mended(replace(YOUNGER, spoke_ms=NOW_MS), OLDER, lonely_since_ms=0) is Mending.WAIT
