from dataclasses import replace

import h3.api.basic_int as h3  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from nearby.core import wire
from nearby.core.area_index import Area, AreaId
from nearby.core.cell import ladder_of
from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.core.venue import Venue, Venues, is_last_rung, shown_area, venue_of

RULES = replace(Rules(), open_venue=3)
HOME = ladder_of(47.37, 8.54)
RING, HALL = Venue(AreaId("ring"), HOME.res7), Venue(AreaId("hall"), HOME.res7)
PEOPLE = [PersonId(f"p{number}") for number in range(6)]

window = st.lists(st.tuples(st.sampled_from([RING, HALL]), st.sampled_from(PEOPLE)), max_size=8)


def named(venues: Venues, people: list[PersonId], venue: Venue = RING) -> list[bool]:
    return [venues.name(venue, person) for person in people]


@given(st.lists(window, max_size=12))
def test_venues_agree_with_sets_of_people_per_window(history: list[list[tuple[Venue, PersonId]]]) -> None:
    venues, is_open = Venues(RULES), {RING.id: False, HALL.id: False}
    sets: list[dict[AreaId, set[PersonId]]] = [{RING.id: set(), HALL.id: set()}]

    def count(venue: AreaId) -> int:
        return len(set[PersonId]().union(*(people[venue] for people in sets[-2:])))

    for names in history:
        for venue, person in names:
            sets[-1][venue.id].add(person)
            opens = not is_open[venue.id] and count(venue.id) >= RULES.open_venue
            is_open[venue.id] |= opens
            assert venues.name(venue, person) == opens
        closed = tuple(sorted(venue for venue, was_open in is_open.items() if was_open and count(venue) < 3))
        assert venues.end_window() == closed
        is_open |= dict.fromkeys(closed, False)
        for venue in (RING, HALL):
            assert venues.counted(venue) == len(sets[-1][venue.id])
            assert venues.is_open(venue) == is_open[venue.id]
        sets.append({RING.id: set(), HALL.id: set()})


def test_a_venue_opens_by_the_last_of_enough_different_people() -> None:
    venues = Venues(RULES)
    assert named(venues, [*PEOPLE[:2], *PEOPLE[:2], PEOPLE[2], PEOPLE[3]]) == [False] * 4 + [True, False]
    assert venues.is_open(RING)
    assert not venues.is_open(HALL)


def test_the_people_of_this_window_and_the_last_count_together_and_each_once() -> None:
    venues = Venues(RULES)
    named(venues, PEOPLE[:2])
    venues.end_window()
    assert named(venues, [*PEOPLE[:2], PEOPLE[2]]) == [False, False, True]


def test_those_of_the_window_before_the_last_do_not_count() -> None:
    venues = Venues(RULES)
    named(venues, PEOPLE[:2])
    venues.end_window()
    venues.end_window()
    assert named(venues, PEOPLE[2:4]) == [False, False]


def test_a_venue_closes_at_the_end_of_a_window_that_with_the_one_before_had_too_few() -> None:
    venues = Venues(RULES)
    named(venues, PEOPLE[:3])
    assert venues.end_window() == ()
    named(venues, PEOPLE[:2])
    assert (venues.end_window(), venues.counted(RING)) == ((), 2)
    assert venues.end_window() == (RING.id,)
    assert not venues.is_open(RING)
    assert venues.end_window() == ()


def test_an_area_is_a_venue_at_the_home_of_its_cells_and_shown_as_that() -> None:
    fine = h3.latlng_to_cell(47.37, 8.54, 9)
    venue = venue_of(Area(AreaId("ring"), "venue", "Ring", b"", frozenset({fine})))
    assert venue == RING
    assert shown_area(venue) == wire.Area(cell=h3.int_to_str(HOME.res7), resolution=7, venue="ring")


def test_a_cell_is_shown_without_a_venue() -> None:
    for cell, resolution in zip(HOME, (7, 6, 5), strict=True):
        assert shown_area(cell) == wire.Area(cell=h3.int_to_str(cell), resolution=resolution)


def test_only_the_coarsest_cells_are_the_last_rung() -> None:
    assert [is_last_rung(catchment) for catchment in (*HOME, RING)] == [False, False, True, False]
