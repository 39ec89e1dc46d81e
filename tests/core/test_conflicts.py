from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from nearby.core.conflicts import Conflicts
from nearby.core.ids import PersonId

KEEP = 3
ANA, BEN, CLEO, DAN, EVE = PEOPLE = [PersonId(name) for name in ("ana", "ben", "cleo", "dan", "eve")]

people = st.sampled_from(PEOPLE)
groups = st.lists(people, max_size=4)
changes = st.lists(st.tuples(people, people, st.booleans() | st.none()), max_size=40)

Model = list[tuple[PersonId, PersonId, bool]]


def made_of(changes: Model | list[tuple[PersonId, PersonId, bool | None]]) -> tuple[Conflicts, Model]:
    """Return conflicts after changes, and what a list of them holds; None ends one."""
    conflicts, model = Conflicts(KEEP), Model()
    for author, other, is_mutual in changes:
        was_mutual = (author, other, True) in model
        model = [one for one in model if one[:2] != (author, other)]
        if is_mutual is None:
            conflicts.remove(author, other)
            continue
        conflicts.add(author, other, is_mutual=is_mutual)
        model.append((author, other, is_mutual or was_mutual))
        own = [one for one in model if one[0] == author]
        model = [one for one in model if one not in own[:-KEEP]]
    return conflicts, model


@given(changes, people, groups)
def test_who_must_not_sit_down_agrees_with_a_list_of_conflicts(
    changes: list[tuple[PersonId, PersonId, bool | None]], person: PersonId, others: list[PersonId]
) -> None:
    conflicts, model = made_of(changes)
    assert conflicts.bars(person, iter(others)) == any(
        (author == person and other in others) or (other == person and author in others and is_mutual)
        for author, other, is_mutual in model
    )


@given(changes, people)
def test_whom_conflicts_concern_agrees_with_a_list_of_them(
    changes: list[tuple[PersonId, PersonId, bool | None]], person: PersonId
) -> None:
    conflicts, model = made_of(changes)
    assert conflicts.concern(person) == any(person in one[:2] for one in model)


def test_what_bound_both_is_not_weakened_by_a_later_conflict_that_would_bind_its_author_alone() -> None:
    conflicts = Conflicts(KEEP)
    conflicts.add(ANA, BEN, is_mutual=True)
    conflicts.add(ANA, BEN, is_mutual=False)
    assert conflicts.bars(BEN, [ANA])
    conflicts.remove(ANA, BEN)
    conflicts.add(ANA, BEN, is_mutual=False)
    assert not conflicts.bars(BEN, [ANA])


@given(changes, groups, groups)
def test_which_parties_clash_agrees_with_a_list_of_conflicts(
    changes: list[tuple[PersonId, PersonId, bool | None]], some: list[PersonId], others: list[PersonId]
) -> None:
    conflicts, model = made_of(changes)
    expected = any(
        (author in some and other in others) or (author in others and other in some) for author, other, _ in model
    )
    assert conflicts.clash(iter(some), iter(others)) == expected
    assert conflicts.clash(iter(others), iter(some)) == expected


@given(changes, people, groups)
def test_who_gives_way_agrees_with_a_list_of_conflicts(
    changes: list[tuple[PersonId, PersonId, bool | None]], person: PersonId, others: list[PersonId]
) -> None:
    conflicts, model = made_of(changes)
    assert conflicts.giving_way(person, iter(others)) == [one for one in others if (one, person, False) in model]


@given(changes, people, groups)
def test_whoever_may_sit_down_sits_with_nobody_in_conflict_once_others_gave_way(
    changes: list[tuple[PersonId, PersonId, bool | None]], person: PersonId, others: list[PersonId]
) -> None:
    conflicts, _ = made_of(changes)
    others = [other for other in others if other != person]
    if not conflicts.bars(person, others):
        stay = set(others) - set(conflicts.giving_way(person, others))
        assert not conflicts.clash([person], stay)


def test_a_mutual_conflict_bars_both() -> None:
    conflicts, _ = made_of([(ANA, BEN, True)])
    assert conflicts.bars(ANA, [CLEO, BEN])
    assert conflicts.bars(BEN, [ANA])
    assert conflicts.giving_way(BEN, [ANA]) == []


def test_one_that_is_not_mutual_bars_its_author_who_gives_way_to_the_other() -> None:
    conflicts, _ = made_of([(ANA, BEN, False)])
    assert conflicts.bars(ANA, [BEN])
    assert not conflicts.bars(BEN, [ANA])
    assert conflicts.giving_way(BEN, [CLEO, ANA]) == [ANA]
    assert conflicts.giving_way(ANA, [BEN]) == []


def test_the_oldest_conflict_of_an_author_is_forgotten_beyond_the_bound_and_those_of_others_stay() -> None:
    conflicts, _ = made_of([(BEN, ANA, True), *((ANA, other, True) for other in (BEN, CLEO, DAN, EVE))])
    assert [conflicts.bars(ANA, [other]) for other in (CLEO, DAN, EVE)] == [True] * 3
    assert conflicts.bars(ANA, [BEN])
    conflicts.remove(BEN, ANA)
    assert not conflicts.bars(ANA, [BEN])


def test_a_conflict_made_again_is_the_newest() -> None:
    conflicts, _ = made_of([(ANA, other, True) for other in (BEN, CLEO, DAN, BEN, EVE)])
    assert conflicts.newest_of(ANA, 2) == [EVE, BEN]
    assert conflicts.newest_of(BEN, 2) == []
    assert conflicts.bars(ANA, [BEN])
    assert not conflicts.bars(ANA, [CLEO])


def test_a_conflict_made_again_may_bind_the_other_too() -> None:
    conflicts, _ = made_of([(ANA, BEN, False), (ANA, BEN, True)])
    assert conflicts.bars(BEN, [ANA])


def test_ending_ones_own_conflict_leaves_that_of_the_other() -> None:
    conflicts, _ = made_of([(ANA, BEN, True), (BEN, ANA, False), (ANA, BEN, None)])
    assert not conflicts.bars(ANA, [BEN])
    assert conflicts.bars(BEN, [ANA])


@given(changes, people, groups)
def test_who_yields_agrees_with_a_list_of_conflicts_by_age(
    changes: list[tuple[PersonId, PersonId, bool | None]], person: PersonId, others: list[PersonId]
) -> None:
    changes = [change for change in changes if change[0] != change[1]]
    conflicts, _ = made_of(changes)
    since = Counter[tuple[PersonId, PersonId]]()
    for number, (author, other, is_mutual) in enumerate(changes, start=1):
        if is_mutual is None:
            since.pop((author, other), None)
            continue
        since[author, other] = since[author, other] or number
        own = [one for one in conflicts_after(changes[:number]) if one[0] == author]
        for gone in [one for one in since if one[0] == author and one not in own]:
            del since[gone]
    assert conflicts.yields(person, iter(others)) == any(
        (person, other) in since and not 0 < since[other, person] < since[person, other] for other in others
    )


def conflicts_after(changes: list[tuple[PersonId, PersonId, bool | None]]) -> list[tuple[PersonId, PersonId]]:
    """Return who is then in conflict with whom."""
    return [one[:2] for one in made_of(changes)[1]]


def test_of_two_who_blocked_each_other_the_first_one_yields_whatever_the_other_does_again() -> None:
    conflicts, _ = made_of([(ANA, BEN, True), (BEN, ANA, True), (ANA, BEN, False), (BEN, ANA, True)])
    assert conflicts.yields(ANA, [CLEO, BEN])
    assert not conflicts.yields(BEN, [ANA])
    conflicts.remove(ANA, BEN)
    assert conflicts.yields(BEN, [ANA])
    assert not conflicts.yields(ANA, [BEN])
    conflicts.add(ANA, BEN, is_mutual=True)
    assert not conflicts.yields(ANA, [BEN])
