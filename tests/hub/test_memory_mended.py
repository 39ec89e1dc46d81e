"""What a warm start keeps of merges, lifts, venues and cells."""

from dataclasses import replace

import pytest

from nearby.core import wire
from nearby.core.area_index import AreaId
from nearby.core.changes import RecentRow
from nearby.core.ids import PersonId
from nearby.core.venue import Venue
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Caller
from nearby.testing.hub_suite.given import AWAY, BESIDE, HERE, RULES, unknown_position
from nearby.testing.hub_suite.mending import group, were
from nearby.testing.hub_suite.merged import merged
from nearby.testing.hub_suite.world import Phone, World
from tests.hub.tables import Tables
from tests.hub.test_memory_restore import placed, restart, start

OPEN_AT_ONCE = replace(RULES, streak=1, open_res7=1, open_res6=1)
RING = Venue(AreaId("ring"), HERE.res7)


async def test_those_who_were_moved_by_a_merge_are_where_they_were_and_know_each_other() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben, others, _ = await merged(world)
    again = await restart(world, tables)
    back = [await again.connect(phone.person, knows=phone.view) for phone in (ana, ben, *others)]
    assert {phone.room for phone in back} == {others[0].room}
    assert [were(phone) for phone in back] == [were(phone) for phone in (ana, ben, *others)]


async def test_who_missed_a_merge_hears_of_it_after_a_restart() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben, others, _ = await merged(world)
    again = await restart(world, tables)
    back = await again.connect(ana.person, resume=unknown_position(others[1].room))
    assert placed(back).why == "resynced"
    missed = await again.connect(ben.person, resume=wire.Resume(room="the one before", epoch=1, after=2))
    assert placed(missed).why == "merged"


async def test_nobody_is_moved_twice_in_ten_minutes_for_a_restart_in_between() -> None:
    tables = Tables()
    world = await start(tables)
    ben, cleo, dan = await world.together("ben", "cleo", "dan")
    (ana,) = await world.together("ana")
    await world.watch(RULES.merge_alone_after_ms)
    assert ana.room == ben.room
    for phone in (cleo, dan):
        await phone.leave()
    again = await restart(world, tables)
    back = [await again.connect(phone.person, knows=phone.view) for phone in (ana, ben)]
    await group(again, "other", 3)
    await again.watch(RULES.lift_after_ms, *back)
    assert [phone.view.why for phone in back] == ["resynced"] * 2
    await again.watch(RULES.forced_every_ms - RULES.lift_after_ms, *back)
    assert [phone.view.why for phone in back] == ["merged"] * 2


async def lifted(tables: Tables) -> tuple[World, Phone]:
    """Return somebody whose room was lifted to the res-6 cell."""
    world = await start(tables, OPEN_AT_ONCE)
    counted = Caller(PersonId("counted"), established=True)
    await world.hubs[0].check_in(counted, HERE, world.now_ms)
    await world.go_to(world.now_ms + OPEN_AT_ONCE.window_ms)
    (ana,) = await world.together("ana", catchment=HERE.res7)
    await world.watch(OPEN_AT_ONCE.lift_after_ms)
    assert ana.view.area.resolution == 6
    return world, ana


async def test_a_lifted_room_stays_lifted_and_its_people_are_not_placed_finer() -> None:
    tables = Tables()
    world, ana = await lifted(tables)
    again = await restart(world, tables)
    back = await again.connect("ana", knows=ana.view)
    assert (back.room, back.view.area) == (ana.room, ana.view.area)
    await back.check_in()
    offer = await back.offer()
    assert offer is not None
    assert offer.catchment == HERE.res6


async def test_company_and_loneliness_are_measured_anew_after_a_restart() -> None:
    tables = Tables()
    world = await start(tables, OPEN_AT_ONCE)
    await world.hubs[0].check_in(Caller(PersonId("counted"), established=True), HERE, world.now_ms)
    await world.go_to(world.now_ms + OPEN_AT_ONCE.window_ms)
    (ana,) = await world.together("ana", catchment=HERE.res7)
    await world.watch(OPEN_AT_ONCE.lift_after_ms - 1)
    again = await restart(world, tables)
    back = await again.connect("ana", knows=ana.view)
    await again.watch(OPEN_AT_ONCE.lift_after_ms - 1)
    assert back.view.why == "resynced"
    await again.watch(OPEN_AT_ONCE.mend_every_ms)
    assert back.view.why == "lifted"


async def test_the_cells_of_the_last_hour_count_after_a_restart() -> None:
    tables = Tables()
    world = await start(tables, replace(RULES, cells_per_hour=2))
    caller, cells = Caller(PersonId("ana")), [HERE, BESIDE]
    for ladder in cells:
        await world.hubs[0].check_in(caller, ladder, world.now_ms)
        await world.wait(RULES.window_ms)
    assert [len(row.cells_ms) for row in tables.changes if isinstance(row, RecentRow)][-1:] == [2]
    again = await restart(world, tables)
    ana = await again.connect(caller)
    await ana.check_in(AWAY)
    await again.wait(2 * RULES.window_ms, ana, ladder=AWAY)
    offer = await ana.offer()
    assert offer is not None
    assert offer.catchment == BESIDE.res5
    await ana.leave()
    with pytest.raises(Refused) as refused:
        await ana.check_in(AWAY)
    assert refused.value.code is ErrorCode.RATE_LIMITED


@pytest.mark.parametrize("wishes", [Wishes(venue=RING), NO_WISHES])
async def test_a_venues_people_stay_if_they_name_it_again_and_else_are_placed_anew(wishes: Wishes) -> None:
    tables = Tables()
    world = await start(tables)
    ana = await world.connect("ana")
    await ana.check_in(wishes=Wishes(venue=RING))
    assert await ana.open_room("new", RING)
    again = await restart(world, tables)
    back = await again.connect("ana", knows=ana.view)
    assert back.view.area == ana.view.area
    moved = []
    for _ in range(4):
        await back.check_in(wishes=wishes)
        moved += await again.go_to(again.now_ms + RULES.window_ms)
    assert (back.person in moved) == (wishes is NO_WISHES)


async def test_what_somebody_wished_for_is_not_kept() -> None:
    tables = Tables()
    world = await start(tables)
    ana = await world.connect("ana")
    await ana.check_in(wishes=Wishes(tags=frozenset({"tea"}), lang="en"))
    assert await ana.open_room("new")
    again = await restart(world, tables)
    ben = await again.connect("ben")
    await ben.check_in()
    offer = await ben.offer()
    assert offer is not None
    assert [(one.room, one.tags, one.lang) for one in offer.candidates] == [(ana.room, frozenset(), None)]
