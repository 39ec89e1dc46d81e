from collections import Counter
from collections.abc import Collection, Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.area_index import AreaId
from nearby.core.cell import ladder_of
from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.core.shake import AT_ONCE, CARRIED, Clash, Gatherings, Meeting, Yields, make_groups
from nearby.core.venue import CatchmentId, Venue

RULES = Rules()
WAIT_MS = RULES.shake_wait_ms
PARK = ladder_of(52.52, 13.40).res7
RING = Venue(AreaId("ring"), PARK)
ANA, BEN, CLEO, DAN = EVERYBODY = [PersonId(name) for name in ("ana", "ben", "cleo", "dan")]

Pair = tuple[PersonId, PersonId]
"""Of two who must not meet: who yields, and to whom."""


def crowd(count: int) -> list[PersonId]:
    return [PersonId(f"p{number}") for number in range(count)]


def clash_of(pairs: Collection[Pair]) -> Clash:
    return lambda person, others: any((person, one) in pairs or (one, person) in pairs for one in others)


def yields_of(pairs: Collection[Pair]) -> Yields:
    return lambda person, others: any((person, one) in pairs for one in others)


def grouped(
    people: Sequence[PersonId], pairs: Collection[Pair] = (), *, capacity: int = 8
) -> tuple[list[list[PersonId]], list[PersonId]]:
    return make_groups(people, clash=clash_of(pairs), yields=yields_of(pairs), capacity=capacity)


def met(gatherings: Gatherings, now_ms: int, *, pairs: Collection[Pair] = ()) -> list[Meeting]:
    """Return all that comes of the shakes whose wait is over."""
    meetings = list[Meeting]()
    clash, yields = clash_of(pairs), yields_of(pairs)
    while meeting := gatherings.meet(now_ms, may_meet=lambda person, catchment: True, clash=clash, yields=yields):
        meetings.append(meeting)
    return meetings


def groups_of(meetings: list[Meeting]) -> list[list[PersonId]]:
    return [group for meeting in meetings for group in meeting.groups]


def is_one_way(pairs: Collection[Pair]) -> bool:
    return all((other, one) not in pairs for one, other in pairs)


conflicts = st.frozensets(st.tuples(*2 * (st.sampled_from(crowd(20)),)), max_size=60).filter(is_one_way)


@given(st.integers(0, 200), st.integers(3, 8))
def test_without_conflicts_there_are_as_few_groups_as_can_be_and_of_even_sizes(count: int, capacity: int) -> None:
    people = crowd(count)
    groups, alone = grouped(people, capacity=capacity)
    sizes = [len(group) for group in groups]
    assert [person for group in groups for person in group] + alone == people
    assert len(alone) == (count == 1)
    assert len(sizes) == (-(-count // capacity) if count > 1 else 0)
    assert all(2 <= size <= capacity for size in sizes)
    assert not sizes or max(sizes) - min(sizes) <= 1


@given(conflicts, st.integers(0, 20), st.integers(2, 8))
def test_with_conflicts_everybody_is_in_one_place_and_nobody_with_whom_they_must_not_meet(
    pairs: Collection[Pair], count: int, capacity: int
) -> None:
    people = crowd(count)
    groups, alone = grouped(people, pairs, capacity=capacity)
    assert sorted([person for group in groups for person in group] + alone) == sorted(people)
    for group in groups:
        assert 2 <= len(group) <= capacity
        assert not any(clash_of(pairs)(one, (other,)) for one, other in combinations(group, 2))


@given(conflicts, st.integers(0, 20), st.integers(2, 8))
def test_who_is_alone_could_not_be_put_with_anybody_unseen_by_whom_they_yield_to(
    pairs: Collection[Pair], count: int, capacity: int
) -> None:
    clash, yields = clash_of(pairs), yields_of(pairs)
    groups, alone = grouped(crowd(count), pairs, capacity=capacity)
    for person in alone:
        assert all(clash(person, [other]) for other in alone if other != person)
        assert all(clash(person, group) for group in groups if len(group) < capacity)
        for group in groups:
            if len(group) > 2 and not yields(person, group):
                assert all(clash(person, [other]) for other in group)


@given(st.permutations(crowd(20)), st.integers(0, 20), st.sets(st.sampled_from(crowd(20)[1:])), st.integers(2, 8))
def test_whoever_is_blocked_meets_the_same_people_as_if_the_others_had_not_shaken(
    order: list[PersonId], count: int, blockers: set[PersonId], capacity: int
) -> None:
    blocked, people = PersonId("p0"), [PersonId("p0"), *order[:count]]
    people = [person for number, person in enumerate(people) if person not in people[:number]]
    with_them, alone = grouped(people, {(one, blocked) for one in blockers}, capacity=capacity)
    without, _ = grouped([person for person in people if person not in blockers], capacity=capacity)
    assert [group for group in with_them if blocked in group] == [group for group in without if blocked in group]
    assert len(set(alone) & blockers) <= 1


def test_whoever_blocked_is_in_another_group_if_there_is_one() -> None:
    people = crowd(9)
    groups, alone = grouped([ANA, *people], {(ANA, people[0])})
    assert [group[0] for group in groups if ANA in group] == [people[5]]
    assert not alone


def test_whoever_blocked_is_alone_rather_than_take_company_from_whom_they_blocked() -> None:
    groups, alone = grouped([BEN, CLEO, DAN, ANA], {(ANA, BEN)})
    assert (groups, alone) == ([[BEN, CLEO, DAN]], [ANA])


def test_whom_all_the_others_blocked_is_alone_and_the_others_meet() -> None:
    groups, alone = grouped([ANA, BEN, CLEO, DAN], {(BEN, ANA), (CLEO, ANA), (DAN, ANA)})
    assert ([sorted(group) for group in groups], alone) == ([[BEN, CLEO, DAN]], [ANA])


def test_two_who_blocked_the_same_one_meet() -> None:
    groups, alone = grouped([ANA, BEN, CLEO, DAN], {(ANA, BEN), (CLEO, BEN)})
    assert (groups, alone) == ([[BEN, DAN], [CLEO, ANA]], [])


def test_whoever_yields_to_one_who_yields_meets_the_one_whom_that_one_blocked() -> None:
    groups, alone = grouped([ANA, BEN, CLEO], {(BEN, ANA), (CLEO, BEN)})
    assert (groups, alone) == ([[CLEO, ANA]], [BEN])


def test_of_three_who_yield_to_each_other_in_a_ring_none_meets_another() -> None:
    groups, alone = grouped([ANA, BEN, CLEO], {(ANA, BEN), (BEN, CLEO), (CLEO, ANA)})
    assert (groups, sorted(alone)) == ([], [ANA, BEN, CLEO])


def test_whoever_blocked_pairs_up_with_somebody_out_of_a_full_group_without_whom_they_blocked() -> None:
    people = crowd(6)
    groups, alone = grouped([*people, ANA], {(ANA, people[0])}, capacity=3)
    assert (groups, alone) == ([people[:3], people[4:], [people[3], ANA]], [])


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


def test_it_says_when_the_next_wait_is_over() -> None:
    gatherings = Gatherings(RULES)
    assert gatherings.next_ms() is None
    gatherings.shake(ANA, PARK, 5)
    gatherings.shake(BEN, RING, 7)
    assert gatherings.next_ms() == 5 + WAIT_MS
    gatherings.leave(ANA)
    assert gatherings.next_ms() == 7 + WAIT_MS


def test_who_can_no_longer_have_a_seat_there_meets_nobody() -> None:
    gatherings = Gatherings(RULES)
    for person in EVERYBODY:
        gatherings.shake(person, PARK, 0)
    meeting = gatherings.meet(
        WAIT_MS,
        may_meet=lambda person, catchment: catchment == PARK and person != BEN,
        clash=clash_of(()),
        yields=yields_of(()),
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
    pairs = {(later, earlier) for earlier, later in combinations(foes, 2)}
    gatherings = Gatherings(RULES)
    for person in (*foes, *others):
        gatherings.shake(person, PARK, 0)

    meetings = met(gatherings, WAIT_MS, pairs=pairs)
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
