"""Venues: catchments of their own for whoever names them from inside."""
# ruff: noqa: D102  The name of a test is its sentence.

from dataclasses import replace

import pytest

from nearby.core import wire
from nearby.core.area_index import AreaId
from nearby.core.cell import cell_name
from nearby.core.ids import PersonId
from nearby.core.rules import MINUTE_MS
from nearby.core.venue import Venue
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import ErrorCode
from nearby.hub.base import Caller, Standing
from nearby.testing.hub_suite.base import OpenWorld, SuiteBase, refusal_code
from nearby.testing.hub_suite.given import HERE, RULES
from nearby.testing.hub_suite.lifts import be_counted, catchment_for
from nearby.testing.hub_suite.limits import use_up_joins
from nearby.testing.hub_suite.world import Phone, World

RING = Venue(AreaId("ring"), HERE.res7)
IN_RING = Wishes(venue=RING)


async def name(world: World, people: range, *, established: bool = True) -> Standing:
    """Let people name the venue, from outside any connection; return what the last check-in came to."""
    for number in people:
        caller = Caller(PersonId(f"visitor{number}"), established=established, is_guest=not established)
        standing = await world.settled(world.hubs[-1].check_in(caller, HERE, world.now_ms, IN_RING))
    return standing


async def visitors(world: World, *people: str) -> list[Phone]:
    """Return people who sit together in the venue."""
    phones = [await world.connect(who) for who in people]
    for phone in phones:
        await phone.check_in(wishes=IN_RING)
        assert await (phone.open_room("new", RING) if phone is phones[0] else phone.seat(phones[0].room, "new"))
    return phones


class VenuesSuite(SuiteBase):
    """Venues that open, close and gather people."""

    async def test_a_venue_opens_at_once_when_enough_established_people_have_named_it(self, world: World) -> None:
        enough = world.rules.open_venue
        assert (await name(world, range(enough - 1))).area == HERE.res5
        assert (await name(world, range(enough - 1))).area == HERE.res5
        assert (await name(world, range(enough - 1, enough))).area == RING
        assert (await name(world, range(500, 501), established=False)).area == RING

    async def test_guests_open_no_venue(self, world: World) -> None:
        assert (await name(world, range(3 * world.rules.open_venue), established=False)).area == HERE.res5

    async def test_those_of_this_window_and_the_last_open_it_together(self, world: World) -> None:
        half = world.rules.open_venue // 2
        await name(world, range(half))
        await world.go_to(world.now_ms + world.rules.window_ms)
        assert (await name(world, range(half, 2 * half))).area == RING

    async def test_those_of_the_window_before_the_last_do_not_count(self, world: World) -> None:
        half = world.rules.open_venue // 2
        await name(world, range(half))
        await world.go_to(world.now_ms + 2 * world.rules.window_ms)
        assert (await name(world, range(half, 2 * half))).area == HERE.res5

    async def test_it_closes_after_a_window_with_too_few(self, world: World) -> None:
        await name(world, range(world.rules.open_venue))
        ana = await world.connect("ana")
        areas = []
        for _ in range(4):
            await ana.check_in(wishes=IN_RING)
            areas.append(await catchment_for(ana) == RING)
            await world.go_to(world.now_ms + world.rules.window_ms)
        assert areas == [True, True, True, False]

    async def test_who_does_not_name_it_is_not_seated_there(self, world: World) -> None:
        await name(world, range(world.rules.open_venue))
        ana = await world.arrive("ana")
        assert ana.view.area == wire.Area(cell=cell_name(HERE.res5), resolution=5)
        (ben,) = await visitors(world, "ben")
        cleo = await world.arrive("cleo")
        assert cleo.room == ana.room != ben.room

    async def test_who_names_an_open_one_is_asked_there_once_and_that_is_a_join(self, world: World) -> None:
        await name(world, range(world.rules.open_venue))
        ana = await world.connect("ana")
        await use_up_joins(ana, world.rules.joins_per_hour - 1)
        world.clock.advance(MINUTE_MS)
        assert (await ana.check_in(wishes=IN_RING)).wish == "venue"
        assert (await ana.check_in(wishes=IN_RING)).wish is None
        assert await ana.place("venue")
        assert ana.view.why == "venue"
        assert ana.view.area == wire.Area(cell=cell_name(HERE.res7), resolution=7, venue="ring")
        heard = ana.heard
        assert await ana.place("venue")
        assert ana.heard == heard
        assert await refusal_code(ana.ask_next()) is ErrorCode.RATE_LIMITED

    async def test_who_no_longer_names_it_when_the_seat_is_found_keeps_the_one_there_is(self, world: World) -> None:
        await name(world, range(world.rules.open_venue))
        ana = await world.arrive("ana")
        heard = ana.heard
        assert (await ana.check_in(wishes=IN_RING)).wish == "venue"
        await ana.check_in(wishes=NO_WISHES)
        assert await ana.place("venue")
        assert ana.heard == heard

    async def test_who_named_one_that_closed_before_the_seat_was_found_keeps_the_one_there_is(
        self, world: World
    ) -> None:
        await name(world, range(world.rules.open_venue))
        await world.go_to(world.now_ms + 2 * world.rules.window_ms)
        ana = await world.arrive("ana")
        heard = ana.heard
        assert (await ana.check_in(wishes=IN_RING)).wish == "venue"
        await world.go_to(world.now_ms + world.rules.window_ms)
        assert await ana.place("venue")
        assert ana.heard == heard

    async def test_who_names_a_closed_one_keeps_the_seat_and_stays_on_it_when_it_opens(self, world: World) -> None:
        ana = await world.arrive("ana")
        assert (await ana.check_in(wishes=IN_RING)).wish is None
        await name(world, range(world.rules.open_venue))
        assert (await ana.check_in(wishes=IN_RING)).wish is None
        assert ana.view.area.resolution == 5
        assert await catchment_for(ana) == RING

    async def test_a_first_seat_in_a_venue_is_new(self, world: World) -> None:
        await name(world, range(world.rules.open_venue))
        ana = await world.connect("ana")
        assert (await ana.check_in(wishes=IN_RING)).wish == "new"
        assert await ana.place()
        assert (ana.view.why, ana.view.area.venue) == ("new", "ring")

    async def test_who_stops_naming_it_is_placed_anew_in_the_second_window_after(self, world: World) -> None:
        ana, ben = await visitors(world, "ana", "ben")
        due_ms = world.moment_ms(ana, 2)
        await ana.check_in(wishes=NO_WISHES)
        await world.go_to(world.now_ms + world.rules.window_ms)
        await ana.check_in(wishes=NO_WISHES)
        await ben.check_in(wishes=IN_RING)
        assert await world.go_to(due_ms - 1) == []
        assert await world.go_to(due_ms) == [ana.person]
        assert await ana.place("moved")
        assert (ana.view.why, ana.view.area.resolution) == ("moved", 5)

    async def test_who_names_it_again_in_time_stays(self, world: World) -> None:
        (ana,) = await visitors(world, "ana")
        moved = []
        for wishes in (NO_WISHES, IN_RING, NO_WISHES, IN_RING):
            await ana.check_in(wishes=wishes)
            moved += await world.go_to(world.now_ms + world.rules.window_ms)
        assert moved == []
        assert ana.view.area.venue == "ring"

    @pytest.mark.parametrize("is_open", [True, False])
    async def test_its_rooms_are_merged_and_never_lifted(self, open_world: OpenWorld, is_open: bool) -> None:
        world = await open_world(replace(RULES, streak=1, open_res7=1, open_res6=1))
        await be_counted(world)
        if is_open:
            await name(world, range(world.rules.open_venue))
        (ana,) = await visitors(world, "ana")
        await world.together("ben", "cleo", "dan", catchment=RING.home)
        await world.watch(2 * world.rules.lift_after_ms)
        assert ana.view.why == "new"
        others = await visitors(world, "eve", "fay", "gil")
        await world.watch(world.rules.merge_after_ms)
        assert (ana.view.why, ana.room) == ("merged", others[0].room)
        assert not ana.is_quiet

    async def test_alone_in_a_venue_is_not_quiet(self, world: World) -> None:
        (ana,) = await visitors(world, "ana")
        assert not ana.is_quiet

    async def test_its_rooms_are_filled_to_the_target_while_many_named_it(self, open_world: OpenWorld) -> None:
        world = await open_world(replace(RULES, open_venue=2, busy_above=2))
        await name(world, range(3))
        await world.go_to(world.now_ms + world.rules.window_ms)
        await name(world, range(2))
        phones = await visitors(world, *(f"guest{number}" for number in range(world.rules.target)))
        late = await world.connect("late")
        await late.check_in(wishes=IN_RING)
        assert await late.place()
        assert late.room != phones[0].room
        await world.go_to(world.now_ms + world.rules.window_ms)
        later = await world.connect("later")
        await later.check_in(wishes=IN_RING)
        offer = await later.offer()
        assert offer is not None
        assert {candidate.room for candidate in offer.candidates} == {late.room, phones[0].room}
