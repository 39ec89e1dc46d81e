from collections import Counter
from dataclasses import dataclass, field
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from nearby.core.area_index import AreaId
from nearby.core.cell import ladder_of
from nearby.core.ids import PersonId
from nearby.core.nearby_list import LEAST, LOOKED_AT, NOBODY, SHOWN, Eye, Listed, Rosters
from nearby.core.venue import CatchmentId, Venue
from nearby.core.window import Windows

WINDOWS = Windows(600_000, b"sixteen bytes or more")
HERE, BESIDE = ladder_of(52.52, 13.40), ladder_of(52.50, 13.38)
HALL = Venue(AreaId("hall"), HERE.res7)
AREAS: tuple[CatchmentId, ...] = (*HERE, BESIDE.res7, HALL)
PLACES: tuple[tuple[CatchmentId, ...], ...] = (HERE, BESIDE, (*HERE, HALL))
ANA, BEN = PersonId("ana"), PersonId("ben")
PEOPLE = [PersonId(name) for name in ("ana", "ben", "cleo", "dan")]
CROWD = tuple(PersonId(f"p{number}") for number in range(1_000))


@dataclass
class Naive:
    """Everything by a scan: who is where, and a copy of all of it when the window began."""

    listed: set[PersonId] = field(default_factory=set)
    at: dict[PersonId, tuple[CatchmentId, ...]] = field(default_factory=dict)
    began: dict[PersonId, tuple[CatchmentId, ...]] = field(default_factory=dict)
    gone: set[PersonId] = field(default_factory=set)

    def seen(self, area: CatchmentId) -> set[PersonId]:
        return {person for person, areas in self.began.items() if area in areas} - self.gone


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["list", "unlist", "put", "put", "remove", "window", "ask"]),
        st.sampled_from(PEOPLE),
        st.sampled_from(PLACES),
    ),
    max_size=40,
)


def carry_out(rosters: Rosters, naive: Naive, step: str, person: PersonId, areas: tuple[CatchmentId, ...]) -> None:
    match step:
        case "list" | "unlist":
            rosters.choose(person, is_listed=step == "list")
            (naive.listed.add if step == "list" else naive.listed.discard)(person)
        case "put":
            rosters.put(person, areas)
            if person in naive.listed:
                naive.at[person] = areas
        case "remove":
            rosters.remove(person)
        case "window":
            rosters.end_window()
            naive.began, naive.gone = dict(naive.at), set()
        case _:
            rosters.roster(areas[0])
    if step in ("remove", "unlist") and naive.at.pop(person, None) is not None:
        naive.gone.add(person)


@given(STEPS)
def test_who_can_be_seen_is_who_was_there_when_the_window_began_and_is_not_gone(
    steps: list[tuple[str, PersonId, tuple[CatchmentId, ...]]],
) -> None:
    rosters, naive = Rosters(), Naive()
    for step in steps:
        carry_out(rosters, naive, *step)
        for area in AREAS:
            roster = rosters.roster(area)
            assert len(set(roster)) == len(roster)
            assert {person for person in roster if not rosters.is_gone(person)} == naive.seen(area)
        assert {person for person in PEOPLE if rosters.is_listed(person)} == naive.listed


def test_each_way_into_and_out_of_a_roster() -> None:
    """What the drawn steps find by luck, one by one."""
    rosters = Rosters()
    rosters.put(ANA, HERE)
    rosters.remove(ANA)
    rosters.end_window()
    assert rosters.roster(HERE.res7) == ()
    for person in (ANA, BEN):
        rosters.choose(person, is_listed=True)
        rosters.put(person, HERE)
        rosters.put(person, HERE)
    assert rosters.roster(HERE.res7) == ()
    rosters.end_window()
    assert rosters.roster(HERE.res7) == rosters.roster(HERE.res6) == (ANA, BEN)
    rosters.put(ANA, BESIDE)
    assert (rosters.roster(HERE.res7), rosters.roster(BESIDE.res7)) == ((ANA, BEN), ())
    rosters.choose(BEN, is_listed=False)
    assert rosters.is_gone(BEN)
    assert not rosters.is_gone(ANA)
    rosters.end_window()
    assert (rosters.roster(HERE.res7), rosters.roster(BESIDE.res7)) == ((), (ANA,))
    assert rosters.roster(HERE.res5) == (ANA,)


def test_who_comes_back_in_the_same_window_is_not_seen_before_the_next() -> None:
    rosters = Rosters()
    rosters.choose(ANA, is_listed=True)
    rosters.put(ANA, HERE)
    rosters.end_window()
    for is_listed in (False, True):
        rosters.choose(ANA, is_listed=is_listed)
    rosters.put(ANA, HERE)
    assert rosters.roster(HERE.res7) == (ANA,)
    assert rosters.is_gone(ANA)
    rosters.end_window()
    assert not rosters.is_gone(ANA)


def ordered(viewer: str, *, window: int = 7, area: CatchmentId = HERE.res7, crowd: int = 1_000) -> list[PersonId]:
    return list(Eye(WINDOWS, window, PersonId(viewer)).order(area, CROWD[:crowd]))


def test_the_order_is_the_same_whenever_it_is_asked_for_and_another_for_each_viewer_window_and_area() -> None:
    orders = [
        ordered("ana"),
        ordered("ben"),
        ordered("ana", window=8),
        ordered("ana", area=HERE.res6),
        ordered("ana", area=HALL),
    ]
    assert ordered("ana") == orders[0]
    assert len({tuple(order) for order in orders}) == len(orders)


@given(st.integers(0, 1_000), st.text(max_size=5))
def test_of_a_list_each_comes_at_most_once_and_of_a_short_one_everybody(crowd: int, viewer: str) -> None:
    found = [person for person in ordered(viewer, crowd=crowd) if person not in NOBODY]
    assert len(set(found)) == len(found) == min(crowd, LOOKED_AT)
    assert set(found) <= set(CROWD[:crowd])


def test_everybody_is_first_for_as_many_viewers() -> None:
    """By a chi-square over 20 people: 43.8 is its 99.9 % point for 19 degrees of freedom."""
    firsts = Counter(ordered(f"viewer {number}", crowd=20)[0] for number in range(4_000))
    assert sum((firsts[person] - 200) ** 2 / 200 for person in CROWD[:20]) < 43.8


def test_where_somebody_stands_in_one_viewers_order_says_nothing_of_anothers() -> None:
    places = [{person: place for place, person in enumerate(ordered(viewer, crowd=200))} for viewer in ("a", "b")]
    same = sum(places[0][person] == places[1][person] for person in CROWD[:200])
    assert same < 10


def look(viewer: str, crowd: int = 100, gone: frozenset[PersonId] = frozenset(), window: int = 7) -> list[Listed]:
    eye = Eye(WINDOWS, window, PersonId(viewer))
    return eye.look(
        eye.order(HERE.res7, CROWD[:crowd]),
        is_shown=lambda person: person not in gone,
        badge_of=lambda person: ("Vera", True) if person == CROWD[0] else (None, False),
    )


def test_an_answer_holds_fifty_others_each_under_a_name_and_handle_of_their_own() -> None:
    seen = look("ana")
    assert len(seen) == len({one.handle for one in seen}) == len({one.name for one in seen}) == SHOWN
    assert look("ana") == seen


def test_the_viewer_is_never_among_them() -> None:
    eye = Eye(WINDOWS, 7, CROWD[0])
    seen = look(CROWD[0], 30)
    assert len(seen) == 29
    assert eye.handle(CROWD[0]) not in {one.handle for one in seen}


def test_a_verified_name_is_shown_as_it_is_with_its_badge() -> None:
    (known,) = (one for one in look("ana", 40) if one.verified)
    assert known.name == "Vera"


def test_who_is_gone_leaves_the_handles_and_names_of_the_others_as_they_were() -> None:
    eye = Eye(WINDOWS, 7, ANA)
    before = look("ana", 40)
    gone = frozenset(islice(eye.order(HERE.res7, CROWD[:40]), 5))
    after = look("ana", 40, gone)
    assert [one for one in before if one.handle not in {eye.handle(person) for person in gone}] == after


@dataclass(frozen=True)
class Counting(Windows):
    """Windows that know how often they drew."""

    drawn: Counter[str] = field(default_factory=Counter)

    def draw_bits(self, window: int, purpose: str, *about: str) -> int:
        self.drawn[purpose] += 1
        return super().draw_bits(window, purpose, *about)

    def draw_words(self, window: int, purpose: str, *about: str) -> tuple[int, ...]:
        self.drawn[purpose] += 1
        return super().draw_words(window, purpose, *about)


def draws_for(crowd: int) -> Counter[str]:
    """Return how often is drawn for an answer in which nobody of so many is shown."""
    windows = Counting(600_000, b"sixteen bytes or more")
    eye = Eye(windows, 7, ANA)
    ordered = eye.order(HERE.res7, CROWD[:crowd])
    assert eye.look(ordered, is_shown=lambda person: False, badge_of=lambda person: (None, False)) == []
    return windows.drawn


def test_an_answer_without_anybody_takes_as_much_work_whether_few_are_not_shown_or_nobody_is_there() -> None:
    assert len({str(draws_for(crowd)) for crowd in range(LEAST + 1)}) == 1
    assert draws_for(0)["nearby name"] == LEAST
    assert draws_for(LEAST + 1) != draws_for(LEAST)


def test_two_viewers_and_two_windows_have_no_handle_in_common() -> None:
    everything = [{one.handle for one in look(*asked)} for asked in (("ana",), ("ben",))]
    everything.append({one.handle for one in look("ana", window=8)})
    assert sum(map(len, everything)) == len(set().union(*everything))


def test_a_handle_is_found_by_its_viewer_alone() -> None:
    eye, other = Eye(WINDOWS, 7, ANA), Eye(WINDOWS, 7, BEN)
    handle = eye.handle(CROWD[3])
    assert eye.find(handle, iter(CROWD)) == CROWD[3]
    assert eye.find("no-such-handle", iter(CROWD)) is None
    assert other.find(handle, iter(CROWD)) is None
