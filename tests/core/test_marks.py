from hypothesis import given
from hypothesis import strategies as st

from nearby.core.ids import MemberId, PersonId
from nearby.core.marks import Deaf, Marks

ANA, BEN, CLEO = PersonId("ana"), PersonId("ben"), PersonId("cleo")
M1, M2, M3 = MemberId("m1"), MemberId("m2"), MemberId("m3")

steps = st.lists(
    st.tuples(st.booleans(), st.sampled_from([ANA, BEN, CLEO]), st.sampled_from([M1, M2, M3])), max_size=30
)


@given(steps)
def test_marks_are_a_set_of_pairs(steps: list[tuple[bool, PersonId, MemberId]]) -> None:
    marks, pairs = Marks(), set[tuple[PersonId, MemberId]]()
    for is_added, owner, member in steps:
        (marks.add if is_added else marks.remove)(owner, member)
        (pairs.add if is_added else pairs.discard)((owner, member))
    assert len(marks) == len(pairs)
    for owner in (ANA, BEN, CLEO):
        assert marks.by(owner) == {member for one, member in pairs if one == owner}
        for member in (M1, M2, M3):
            assert marks.has(owner, member) == ((owner, member) in pairs)
            assert (owner in marks.owners(member)) == ((owner, member) in pairs)


def test_taking_a_mark_off_leaves_the_others_on_the_member() -> None:
    marks = Marks()
    marks.add(ANA, M1)
    marks.add(BEN, M1)
    marks.add(BEN, M1)
    marks.remove(ANA, M1)
    marks.remove(ANA, M1)
    assert marks.owners(M1) == (BEN,)
    marks.remove(BEN, M1)
    assert (marks.owners(M1), len(marks)) == ((), 0)


def test_one_mark_too_many_drops_the_oldest_on_the_member_marked_first() -> None:
    marks = Marks(most=3)
    for owner, member in ((ANA, M1), (BEN, M2), (BEN, M1), (CLEO, M3)):
        marks.add(owner, member)
    assert not marks.has(ANA, M1)
    assert [marks.owners(member) for member in (M1, M2, M3)] == [(BEN,), (BEN,), (CLEO,)]


def test_all_marks_are_told_in_order_those_on_the_member_marked_first_first() -> None:
    marks = Marks()
    for owner, member in ((BEN, M2), (ANA, M1), (ANA, M2)):
        marks.add(owner, member)
    assert marks.all() == [(M2, [BEN, ANA]), (M1, [ANA])]


def test_somebody_is_deaf_to_another_until_it_is_taken_back() -> None:
    deaf = Deaf()
    deaf.add(ANA, BEN)
    deaf.add(ANA, BEN)
    deaf.add(ANA, CLEO)
    assert deaf.is_to(ANA, BEN)
    assert not deaf.is_to(BEN, ANA)
    assert all(deaf.concern(person) for person in (ANA, BEN, CLEO))
    deaf.remove(ANA, BEN)
    deaf.remove(ANA, BEN)
    assert not deaf.is_to(ANA, BEN)
    assert deaf.concern(ANA)
    assert not deaf.concern(BEN)
    deaf.remove(ANA, CLEO)
    assert not deaf.concern(ANA)
