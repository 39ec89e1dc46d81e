from hypothesis import given
from hypothesis import strategies as st

from nearby.core.ids import PersonId
from nearby.core.waiting import Waiting

ANA, BEN, CLEO = PersonId("ana"), PersonId("ben"), PersonId("cleo")
REST_MS = 1_000


def waiting(*people: PersonId, at_most: int = 10) -> Waiting:
    found = Waiting(rest_ms=REST_MS, at_most=at_most)
    for person in people:
        assert found.ask(person)
    return found


def told(of: Waiting, person: PersonId, now_ms: int) -> bool:
    """Look twice, with company both times."""
    return [of.looked(person, now_ms, has_company=True) for _ in range(2)][-1]


def test_somebody_is_told_once_two_looks_in_a_row_find_company() -> None:
    asked = waiting(ANA)
    finds = [True, False, True, True, True]
    assert [asked.looked(ANA, 0, has_company=one) for one in finds] == [False, False, False, True, False]
    assert ANA not in asked
    assert len(asked) == 0


def test_nobody_is_told_who_did_not_ask_or_took_it_back() -> None:
    asked = waiting(ANA)
    asked.take_back(ANA)
    asked.take_back(BEN)
    assert not told(asked, ANA, 0)
    assert not told(asked, BEN, 0)


def test_an_asking_ends_with_the_presence() -> None:
    asked = waiting(ANA)
    assert not asked.looked(ANA, 0, has_company=None)
    assert ANA not in asked


def test_asking_again_keeps_what_the_last_look_found() -> None:
    asked = waiting(ANA)
    asked.looked(ANA, 0, has_company=True)
    assert asked.ask(ANA)
    assert asked.looked(ANA, 0, has_company=True)


def test_who_asks_again_too_soon_is_told_when_the_rest_is_over() -> None:
    asked = waiting(ANA)
    assert told(asked, ANA, 0)
    asked.ask(ANA)
    assert not told(asked, ANA, REST_MS - 1)
    assert asked.looked(ANA, REST_MS, has_company=True)


def test_one_asking_too_many_is_refused_and_takes_nobodys_place() -> None:
    asked = waiting(ANA, BEN, at_most=2)
    assert not asked.ask(CLEO)
    assert asked.people() == [ANA, BEN]
    assert asked.ask(ANA)


def test_who_cannot_be_remembered_as_told_is_told_later() -> None:
    asked = waiting(ANA, at_most=1)
    assert told(asked, ANA, 0)
    asked.ask(BEN)
    assert not told(asked, BEN, REST_MS - 1)
    assert asked.looked(BEN, REST_MS, has_company=True)


def test_nothing_is_known_of_somebody_forgotten() -> None:
    asked = waiting(ANA, BEN)
    assert told(asked, ANA, 0)
    asked.ask(ANA)
    asked.forget(ANA)
    asked.forget(CLEO)
    assert asked.people() == [BEN]
    asked.ask(ANA)
    assert told(asked, ANA, 1)


steps = st.lists(
    st.tuples(st.sampled_from(["ask", "take back", "look"]), st.sampled_from([ANA, BEN, CLEO]), st.integers(0, 400)),
    max_size=60,
)


@given(steps)
def test_nobody_is_ever_told_twice_within_the_rest(steps: list[tuple[str, PersonId, int]]) -> None:
    asked, now_ms, last_ms = waiting(at_most=2), 0, dict[PersonId, int]()
    for what, person, after_ms in steps:
        now_ms += after_ms
        if what == "ask":
            asked.ask(person)
        elif what == "take back":
            asked.take_back(person)
        elif asked.looked(person, now_ms, has_company=True):
            assert now_ms - last_ms.get(person, -REST_MS) >= REST_MS
            last_ms[person] = now_ms
        assert len(asked) <= 2
