from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.area_index import AreaId
from nearby.core.cell import ladder_of
from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.core.shake import AT_ONCE, CARRIED, Clash, Gatherings, Meeting, make_groups
from nearby.core.venue import CatchmentId, Venue

RULES = Rules()
WAIT_MS = RULES.shake_wait_ms
PARK = ladder_of(52.52, 13.40).res7
RING = Venue(AreaId("ring"), PARK)
ANA, BEN, CLEO, DAN = EVERYBODY = [PersonId(name) for name in ("ana", "ben", "cleo", "dan")]

Pairs = frozenset[frozenset[PersonId]]


def crowd(count: int) -> list[PersonId]:
    return [PersonId(f"p{number}") for number in range(count)]


def by_pairs(pairs: Pairs) -> Clash:
    return lambda person, others: any(frozenset((person, other)) in pairs for other in others)


def nobody_clashes(person: PersonId, others: Sequence[PersonId]) -> bool:
    return False


def met(gatherings: Gatherings, now_ms: int, *, clash: Clash = nobody_clashes) -> list[Meeting]:
    """Return all that comes of the shakes whose wait is over."""
    meetings = list[Meeting]()
    while meeting := gatherings.meet(now_ms, may_meet=lambda person, catchment: True, clash=clash):
        meetings.append(meeting)
    return meetings


def groups_of(meetings: list[Meeting]) -> list[list[PersonId]]:
    return [group for meeting in meetings for group in meeting.groups]


conflicts = st.frozensets(st.frozensets(st.sampled_from(crowd(20)), min_size=2, max_size=2), max_size=60)


@given(st.integers(0, 200), st.integers(3, 8))
def test_without_conflicts_there_are_as_few_groups_as_can_be_and_of_even_sizes(count: int, capacity: int) -> None:
    people = crowd(count)
    groups, alone = make_groups(people, clash=nobody_clashes, capacity=capacity)
    sizes = [len(group) for group in groups]
    assert [person for group in groups for person in group] + alone == people
    assert len(alone) == (count == 1)
    assert len(sizes) == (-(-count // capacity) if count > 1 else 0)
    assert all(2 <= size <= capacity for size in sizes)
    assert not sizes or max(sizes) - min(sizes) <= 1


@given(conflicts, st.integers(0, 20), st.integers(2, 8))
def test_with_conflicts_everybody_is_in_one_place_and_nobody_with_whom_they_must_not_meet(
    pairs: Pairs, count: int, capacity: int
) -> None:
    people = crowd(count)
    groups, alone = make_groups(people, clash=by_pairs(pairs), capacity=capacity)
    assert sorted([person for group in groups for person in group] + alone) == sorted(people)
    for group in groups:
        assert 2 <= len(group) <= capacity
        assert not pairs & {frozenset(pair) for pair in combinations(group, 2)}


@given(conflicts, st.integers(0, 20), st.integers(2, 8))
def test_who_is_alone_could_not_be_put_with_anybody(pairs: Pairs, count: int, capacity: int) -> None:
    clash = by_pairs(pairs)
    groups, alone = make_groups(crowd(count), clash=clash, capacity=capacity)
    for person in alone:
        assert all(clash(person, [other]) for other in alone if other != person)
        assert all(clash(person, group) for group in groups if len(group) < capacity)
        assert all(clash(person, [other]) for group in groups if len(group) > 2 for other in group)


def test_one_who_is_shunned_by_most_is_paired_with_the_one_who_does_not() -> None:
    pairs = frozenset(frozenset((ANA, other)) for other in (BEN, CLEO))
    groups, alone = make_groups([BEN, CLEO, DAN, ANA], clash=by_pairs(pairs), capacity=8)
    assert sorted(map(sorted, groups)) == [[ANA, DAN], [BEN, CLEO]]
    assert not alone


def test_two_whom_the_others_must_not_meet_are_a_pair() -> None:
    pairs = frozenset(frozenset(pair) for pair in ((ANA, BEN), (ANA, CLEO), (BEN, CLEO), (ANA, DAN), (BEN, DAN)))
    groups, alone = make_groups([ANA, BEN, CLEO, DAN], clash=by_pairs(pairs), capacity=2)
    assert [sorted(group) for group in groups] == [[CLEO, DAN]]
    assert sorted(alone) == [ANA, BEN]


def test_who_must_not_meet_the_own_group_joins_another_that_has_a_place() -> None:
    ed, flo = crowd(2)
    pairs = frozenset({frozenset((ed, DAN)), frozenset((ed, flo))})
    groups, alone = make_groups([ANA, BEN, CLEO, DAN, flo, ed], clash=by_pairs(pairs), capacity=4)
    assert [sorted(group) for group in groups] == [sorted([ANA, BEN, CLEO, ed]), sorted([DAN, flo])]
    assert not alone


def test_two_meet_when_the_wait_of_the_first_is_over_and_not_before() -> None:
    gatherings = Gatherings(RULES)
    assert gatherings.shake(ANA, PARK, 1_000)
    assert gatherings.shake(BEN, PARK, 1_000 + WAIT_MS - 1)
    assert met(gatherings, 1_000 + WAIT_MS - 1) == []
    assert met(gatherings, 1_000 + WAIT_MS) == [Meeting(PARK, [[ANA, BEN]], [])]
    assert (met(gatherings, 1_000 + 9 * WAIT_MS), len(gatherings)) == ([], 0)


def test_a_shake_at_the_end_of_the_wait_opens_another_one() -> None:
    gatherings = Gatherings(RULES)
    gatherings.shake(ANA, PARK, 0)
    gatherings.shake(BEN, PARK, WAIT_MS)
    assert met(gatherings, WAIT_MS) == [Meeting(PARK, [], [ANA])]
    gatherings.shake(CLEO, PARK, 2 * WAIT_MS - 1)
    assert met(gatherings, 2 * WAIT_MS) == [Meeting(PARK, [[BEN, CLEO]], [])]


def test_people_of_two_catchments_do_not_meet() -> None:
    gatherings = Gatherings(RULES)
    gatherings.shake(ANA, PARK, 0)
    gatherings.shake(BEN, RING, 0)
    assert met(gatherings, WAIT_MS) == [Meeting(PARK, [], [ANA]), Meeting(RING, [], [BEN])]


def test_shaking_again_while_one_waits_changes_nothing() -> None:
    gatherings = Gatherings(RULES)
    assert gatherings.shake(ANA, PARK, 0)
    assert not gatherings.shake(ANA, PARK, 9)
    assert gatherings.waits(ANA, PARK)
    assert not gatherings.shake(ANA, PARK, WAIT_MS)
    gatherings.shake(BEN, PARK, 10)
    assert groups_of(met(gatherings, WAIT_MS)) == [[ANA, BEN]]


def test_a_shake_from_another_catchment_takes_the_place_of_the_one_before() -> None:
    gatherings = Gatherings(RULES)
    gatherings.shake(ANA, PARK, 0)
    gatherings.shake(BEN, PARK, 0)
    assert gatherings.shake(ANA, RING, 5)
    gatherings.shake(CLEO, RING, 6)
    assert met(gatherings, 2 * WAIT_MS) == [Meeting(PARK, [], [BEN]), Meeting(RING, [[ANA, CLEO]], [])]


def test_after_the_last_one_took_their_shake_back_a_whole_wait_begins_anew() -> None:
    gatherings = Gatherings(RULES)
    gatherings.shake(ANA, PARK, 0)
    assert gatherings.leave(ANA)
    assert not gatherings.leave(ANA)
    gatherings.shake(BEN, PARK, WAIT_MS - 1)
    gatherings.shake(CLEO, PARK, 2 * WAIT_MS - 2)
    assert met(gatherings, 2 * WAIT_MS - 2) == []
    assert groups_of(met(gatherings, 2 * WAIT_MS - 1)) == [[BEN, CLEO]]


def test_who_can_no_longer_have_a_seat_there_meets_nobody() -> None:
    gatherings = Gatherings(RULES)
    for person in EVERYBODY:
        gatherings.shake(person, PARK, 0)
    meeting = gatherings.meet(
        WAIT_MS, may_meet=lambda person, catchment: catchment == PARK and person != BEN, clash=nobody_clashes
    )
    assert meeting == Meeting(PARK, [[ANA, CLEO, DAN]], [BEN])
    assert len(gatherings) == 0


@pytest.mark.parametrize("count", [1, AT_ONCE, AT_ONCE + 1, AT_ONCE + RULES.capacity + 1, 999, 1_000, 1_001])
def test_a_crowd_meets_in_steps_that_are_bounded_and_leave_nobody_alone(count: int) -> None:
    gatherings = Gatherings(RULES)
    people = crowd(count)
    for number, person in enumerate(people):
        gatherings.shake(person, PARK, number)
    meetings = met(gatherings, WAIT_MS)
    assert max(sum(map(len, meeting.groups)) for meeting in meetings) <= AT_ONCE + RULES.capacity
    groups = groups_of(meetings)
    assert sum(len(meeting.alone) for meeting in meetings) == (count == 1)
    assert sorted(person for group in groups for person in group) == sorted(people if count > 1 else [])
    assert len(groups) == (-(-count // RULES.capacity) if count > 1 else 0)


def test_in_a_crowd_whom_conflicts_left_alone_meet_those_who_shook_later() -> None:
    """The first step is full of people none of whom may meet another; as many as are carried meet the others."""
    foes, others = crowd(AT_ONCE), [PersonId(f"q{number}") for number in range(2 * AT_ONCE)]
    foe = set(foes)
    gatherings = Gatherings(RULES)
    for person in (*foes, *others):
        gatherings.shake(person, PARK, 0)

    def clash(person: PersonId, group: Sequence[PersonId]) -> bool:
        return person in foe and any(other in foe for other in group)

    meetings = met(gatherings, WAIT_MS, clash=clash)
    alone = [person for meeting in meetings for person in meeting.alone]
    assert alone == foes[: AT_ONCE - CARRIED]
    assert all(len(foe & set(group)) <= 1 for group in groups_of(meetings))


class Naive:
    """Gatherings as a list of shakes that is looked through each time."""

    def __init__(self) -> None:
        self.shakes = list[tuple[PersonId, CatchmentId, int]]()
        self.opened = list[tuple[CatchmentId, int]]()

    def opening(self, catchment: CatchmentId, at_ms: int) -> int | None:
        times = [ms for place, ms in self.opened if place == catchment and ms <= at_ms < ms + WAIT_MS]
        return times[0] if times else None

    def shake(self, person: PersonId, catchment: CatchmentId, now_ms: int) -> None:
        if any(one[:2] == (person, catchment) for one in self.shakes):
            return
        self.leave(person)
        opened_ms = self.opening(catchment, now_ms)
        if opened_ms is None:
            self.opened.append((catchment, opened_ms := now_ms))
        self.shakes.append((person, catchment, opened_ms))

    def leave(self, person: PersonId) -> None:
        self.shakes = [one for one in self.shakes if one[0] != person]
        used = {one[1:] for one in self.shakes}
        self.opened = [one for one in self.opened if one in used]

    def meet(self, now_ms: int) -> set[tuple[CatchmentId, frozenset[PersonId]]]:
        found = {
            (place, frozenset(one[0] for one in self.shakes if one[1:] == (place, ms)))
            for place, ms in self.opened
            if ms + WAIT_MS <= now_ms
        }
        for _, people in found:
            for person in people:
                self.leave(person)
        return found


STEPS = st.tuples(
    st.sampled_from(EVERYBODY),
    st.sampled_from([PARK, RING]),
    st.sampled_from(["shake", "shake", "shake", "leave", "meet"]),
    st.sampled_from([0, 1, WAIT_MS // 2, WAIT_MS - 1, WAIT_MS]),
)


@given(st.lists(STEPS, max_size=40))
def test_who_meets_whom_agrees_with_a_list_of_shakes(
    steps: list[tuple[PersonId, CatchmentId, str, int]],
) -> None:
    """Hence it is symmetric, and each shake is good for one meeting: a set, and taken out of the list."""
    gatherings, naive, now_ms = Gatherings(RULES), Naive(), 0
    for person, catchment, what, passes_ms in steps:
        now_ms += passes_ms
        match what:
            case "shake":
                gatherings.shake(person, catchment, now_ms)
                naive.shake(person, catchment, now_ms)
            case "leave":
                gatherings.leave(person)
                naive.leave(person)
            case _:
                meetings = met(gatherings, now_ms)
                people = [
                    (one.catchment, frozenset(person for group in one.groups for person in group) | set(one.alone))
                    for one in meetings
                ]
                assert Counter(people) == Counter(naive.meet(now_ms))
                assert all(len(one.alone) in {0, 1} for one in meetings)
        assert len(gatherings) == len(naive.shakes)
        assert all(gatherings.waits(*one[:2]) for one in naive.shakes)
