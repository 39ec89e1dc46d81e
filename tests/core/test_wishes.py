import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core import wire
from nearby.core.area_index import NOWHERE, AreaId, Inside
from nearby.core.cell import ladder_of
from nearby.core.ids import PersonId
from nearby.core.venue import Venue
from nearby.core.wishes import NO_WISHES, Wishes, read_wishes

RING = Venue(AreaId("ring"), ladder_of(47.37, 8.54).res7)
VENUES = {RING.id: RING}
IN_RING = Inside((AreaId("park"), RING.id), is_quiet=False)
OFFERED = ("chess", "dogs", "tea")


def read(
    inside: Inside = IN_RING,
    companions: frozenset[PersonId] = frozenset(),
    *,
    tags: list[str] | None = None,
    lang: str | None = None,
    venue: str | None = None,
) -> Wishes:
    position = wire.Position(lat=47.37, lon=8.54, tags=tags, lang=lang, venue=venue)
    return read_wishes(position, inside, VENUES, OFFERED, companions)


def test_a_check_in_that_asks_for_nothing_shares_the_wish_of_all_who_do_not() -> None:
    assert read() is NO_WISHES


@pytest.mark.parametrize("venue", [None, "park", "elsewhere"])
@pytest.mark.parametrize("tags", [None, [], ["golf"]])
def test_so_does_one_that_asks_only_for_what_cannot_be_had(tags: list[str] | None, venue: str | None) -> None:
    assert read(tags=tags, venue=venue) is NO_WISHES


@given(st.lists(st.sampled_from([*OFFERED, "golf", "TEA"]), max_size=3))
def test_only_tags_that_the_operator_offers_count(tags: list[str]) -> None:
    assert read(tags=tags).tags == {tag for tag in tags if tag in OFFERED}


@pytest.mark.parametrize(("lang", "read_as"), [("pt-BR", "pt"), ("PT", "pt"), ("zh-Hant-TW", "zh"), ("en", "en")])
def test_a_language_counts_by_its_primary_subtag(lang: str, read_as: str) -> None:
    assert read(lang=lang) == Wishes(lang=read_as)


def test_a_venue_counts_where_one_stands_in_it() -> None:
    assert read(venue="ring") == Wishes(venue=RING)
    assert read(NOWHERE, venue="ring") is NO_WISHES


def test_companions_are_those_that_the_check_in_names() -> None:
    assert read(companions=frozenset({PersonId("ben")})) == Wishes(companions=frozenset({PersonId("ben")}))
