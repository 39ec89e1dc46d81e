from hypothesis import given
from hypothesis import strategies as st

from nearby.core.ids import PersonId
from nearby.core.waiting import Waiting

ANA, BEN, CLEO = PersonId("ana"), PersonId("ben"), PersonId("cleo")


def waiting(*people: PersonId, at_most: int = 10) -> Waiting:
    found = Waiting(at_most)
    for person in people:
        assert found.ask(person)
    return found


def test_it_is_time_to_tell_somebody_once_two_looks_in_a_row_find_company() -> None:
    asked = waiting(ANA)
    finds = [True, False, True, True, True, False]
    assert [asked.looked(ANA, has_company=one) for one in finds] == [False, False, False, True, True, False]
    assert ANA in asked


def test_it_is_never_time_to_tell_who_did_not_ask_took_it_back_or_was_told() -> None:
    asked = waiting(ANA)
    asked.end(ANA)
    asked.end(BEN)
    for person in (ANA, BEN):
        assert [asked.looked(person, has_company=True) for _ in range(3)] == [False] * 3
    assert len(asked) == 0


def test_an_asking_ends_with_the_presence() -> None:
    asked = waiting(ANA)
    assert not asked.looked(ANA, has_company=None)
    assert ANA not in asked


def test_asking_again_keeps_what_the_last_look_found() -> None:
    asked = waiting(ANA)
    asked.looked(ANA, has_company=True)
    assert asked.ask(ANA)
    assert asked.looked(ANA, has_company=True)


def test_one_asking_too_many_is_refused_and_takes_nobodys_place() -> None:
    asked = waiting(ANA, BEN, at_most=2)
    assert not asked.ask(CLEO)
    assert asked.people() == [ANA, BEN]
    assert asked.ask(ANA)


@given(st.lists(st.tuples(st.sampled_from([ANA, BEN, CLEO]), st.sampled_from(["ask", "end", True, False, None]))))
def test_the_askings_are_those_of_a_naive_record(steps: list[tuple[PersonId, str | bool | None]]) -> None:
    asked, found = waiting(at_most=2), dict[PersonId, list[bool]]()
    for person, what in steps:
        if what == "ask":
            assert asked.ask(person) == (person in found or len(found) < 2)
            if person in found or len(found) < 2:
                found.setdefault(person, [])
        elif what == "end":
            asked.end(person)
            found.pop(person, None)
        else:
            has_company = what if isinstance(what, bool) else None
            looks = found.get(person, [])
            due = person in found and has_company is True and looks[-1:] == [True]
            assert asked.looked(person, has_company=has_company) == due
            if has_company is None:
                found.pop(person, None)
            elif person in found:
                looks.append(has_company)
        assert asked.people() == list(found)
