"""Lifts: a room that has nobody to merge with gathers people of a larger area, and stays the room it is."""
# ruff: noqa: D102  The name of a test is its sentence.

from dataclasses import replace

import pytest

from nearby.core import wire
from nearby.core.cell import Ladder
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import SECOND_MS
from nearby.core.venue import CatchmentId, shown_area
from nearby.hub.base import Caller
from nearby.testing.hub_suite.base import OpenWorld, SuiteBase
from nearby.testing.hub_suite.given import BESIDE, HERE, RULES
from nearby.testing.hub_suite.mending import separate
from nearby.testing.hub_suite.world import Phone, World

OPEN_SOON = replace(RULES, streak=1, open_res7=1, open_res6=1)
"""A cell opens by one established person in one window."""


async def be_counted(world: World, *ladders: Ladder) -> None:
    """Let somebody established, who wants no seat, open the cells of ``ladders``, from the next window on."""
    for ladder in ladders or (HERE,):
        counted = Caller(PersonId(f"counted in {ladder.res7}"), established=True)
        await world.settled(world.hubs[0].check_in(counted, ladder, world.now_ms))
    await world.go_to(world.now_ms + world.rules.window_ms)


async def catchment_for(phone: Phone) -> CatchmentId:
    """Return where the next seat of the phone's person would be."""
    offer = await phone.offer()
    assert offer is not None
    return offer.catchment


class LiftsSuite(SuiteBase):
    """Rooms that are lifted by the sweep."""

    @pytest.fixture
    async def wide(self, open_world: OpenWorld) -> World:
        """Return a world in which all cells around ``HERE`` are open."""
        world = await open_world(OPEN_SOON)
        await be_counted(world)
        return world

    async def test_a_lonely_room_goes_up_rung_by_rung_and_stays_as_it_is(self, wide: World) -> None:
        ana, ben = await wide.together("ana", "ben", catchment=HERE.res7)
        await ana.say("anybody else?")
        for cell in (HERE.res6, HERE.res5):
            before = ana.view
            room, members, messages, seq = before.room, dict(before.members), list(before.messages), before.seq
            await wide.watch(wide.rules.lift_after_ms - wide.rules.mend_every_ms)
            assert ana.view is before
            await wide.watch(2 * wide.rules.mend_every_ms)
            for phone in (ana, ben):
                assert (phone.view.why, phone.view.area) == ("lifted", shown_area(cell))
                assert (phone.view.room, phone.view.members, phone.view.seq) == (room, members, seq)
            assert ana.view.messages == messages
        assert not ana.is_quiet
        assert (await ben.say("still here"))[0] == seq + 1

    async def test_a_room_on_the_last_rung_is_not_lifted_and_alone_there_it_is_quiet(self, wide: World) -> None:
        (ana,) = await wide.together("ana", catchment=HERE.res6)
        assert not ana.is_quiet
        await wide.watch(wide.rules.lift_after_ms + wide.rules.mend_every_ms)
        assert (ana.view.why, ana.is_quiet) == ("lifted", True)
        heard = ana.heard
        await wide.watch(2 * wide.rules.lift_after_ms)
        assert ana.heard == heard

    async def test_a_rung_that_is_not_open_is_passed_by(self, open_world: OpenWorld) -> None:
        world = await open_world(replace(OPEN_SOON, open_res6=2))
        await be_counted(world)
        (ana,) = await world.together("ana", catchment=HERE.res7)
        await world.watch(world.rules.lift_after_ms + world.rules.mend_every_ms)
        assert ana.view.area == shown_area(HERE.res5)

    async def test_a_lifted_room_merges_at_once_with_what_it_finds_and_that_is_the_only_forced_move(
        self, wide: World
    ) -> None:
        (ana,) = await wide.together("ana", catchment=HERE.res7)
        others = await wide.together("ben", "cleo", "dan", catchment=HERE.res6, ladder=BESIDE)
        await wide.watch(wide.rules.lift_after_ms + wide.rules.mend_every_ms)
        assert (ana.view.why, ana.room) == ("merged", others[0].room)
        assert [heard.why for heard in ana.heard if isinstance(heard, wire.Placed)] == ["new", "lifted", "merged"]

    @pytest.mark.parametrize("is_mutual", [True, False])
    async def test_neither_talk_nor_a_room_in_conflict_delays_a_lift(self, wide: World, is_mutual: bool) -> None:
        ana, _ = await wide.together("ana", "ben", catchment=HERE.res7)
        cleo, *_ = await wide.together("cleo", "dan", "eve", catchment=HERE.res7)
        await separate(wide, ana, cleo, is_mutual=is_mutual)
        due_ms = wide.now_ms + wide.rules.lift_after_ms
        while wide.now_ms < due_ms:
            assert ana.view.why == "new"
            await ana.say("talking")
            await wide.watch(5 * SECOND_MS)
        assert ana.view.why == "lifted"

    async def test_those_who_were_moved_lately_are_lifted_all_the_same(self, wide: World) -> None:
        ben, cleo, dan = await wide.together("ben", "cleo", "dan", catchment=HERE.res7)
        (ana,) = await wide.together("ana", catchment=HERE.res7)
        await wide.watch(wide.rules.merge_after_ms)
        assert ana.view.why == "merged"
        for phone in (cleo, dan):
            await phone.leave()
        await wide.watch(wide.rules.lift_after_ms + wide.rules.mend_every_ms)
        assert ana.view.why == ben.view.why == "lifted"

    async def test_talk_and_the_bound_on_moves_are_no_reason_to_lift(self, wide: World) -> None:
        (ana,) = await wide.together("ana", catchment=HERE.res7)
        await wide.together("ben", "cleo", "dan", catchment=HERE.res7)
        for _ in range(2 * wide.rules.lift_after_ms // (5 * SECOND_MS)):
            await ana.say("talking")
            await wide.watch(5 * SECOND_MS)
        assert ana.view.why == "new"

    async def test_a_room_that_had_somebody_to_merge_with_waits_anew(self, wide: World) -> None:
        (ana,) = await wide.together("ana", catchment=HERE.res7)
        await wide.watch(wide.rules.lift_after_ms - 2 * wide.rules.mend_every_ms)
        others = await wide.together("ben", "cleo", "dan", catchment=HERE.res7)
        for _ in range(3):
            await ana.say("talking")
            await wide.watch(wide.rules.mend_every_ms // 3)
        for phone in others:
            await phone.leave()
        await wide.watch(wide.rules.lift_after_ms - wide.rules.mend_every_ms)
        assert ana.view.why == "new"
        await wide.watch(2 * wide.rules.mend_every_ms)
        assert ana.view.why == "lifted"

    @pytest.mark.parametrize("says", [0, 1])
    async def test_a_phone_that_was_away_is_never_silently_resumed_across_a_lift(self, wide: World, says: int) -> None:
        ana, ben = await wide.together("ana", "ben", catchment=HERE.res7)
        await wide.watch(wide.rules.lift_after_ms - wide.rules.mend_every_ms)
        await ben.drop()
        for _ in range(says):
            await ana.say("before")
        await wide.watch(2 * wide.rules.mend_every_ms)
        assert ana.view.why == "lifted"
        again = await wide.connect("ben", knows=ben.view)
        (placed,) = again.welcome.then
        assert isinstance(placed, wire.Placed)
        assert (placed.why, placed.area) == ("lifted", shown_area(HERE.res6))
        assert [said.text for said in placed.messages] == ["before"] * says

    async def test_what_follows_a_lift_is_resumed(self, wide: World) -> None:
        ana, ben = await wide.together("ana", "ben", catchment=HERE.res7)
        await wide.watch(wide.rules.lift_after_ms + wide.rules.mend_every_ms)
        await ana.say("after")
        await ben.drop()
        await ana.say("and on")
        again = await wide.connect("ben", knows=ben.view)
        assert again.welcome.resumed == ana.room

    async def test_newcomers_come_from_the_larger_area(self, wide: World) -> None:
        (ana,) = await wide.together("ana", catchment=HERE.res7)
        await wide.watch(wide.rules.lift_after_ms + wide.rules.mend_every_ms)
        ben = await wide.arrive("ben", BESIDE)
        assert ben.room == ana.room

    async def test_a_lifted_person_is_not_placed_finer_for_three_windows(self, open_world: OpenWorld) -> None:
        world = await open_world(replace(OPEN_SOON, cells_per_hour=0))
        await be_counted(world)
        (ana,) = await world.together("ana", catchment=HERE.res7)
        await world.watch(world.rules.lift_after_ms + world.rules.mend_every_ms)
        lifted_in = world.windows.at(world.now_ms)
        company = [await world.connect(name) for name in ("ben", "cleo")]
        for phone in company:
            await phone.check_in()
            assert await phone.seat(ana.room, "new")
        expected: dict[int, Cell] = {0: HERE.res6, 1: HERE.res6, 2: HERE.res6, 3: HERE.res6, 4: HERE.res7}
        for window, cell in expected.items():
            await world.go_to(max(world.now_ms, world.windows.start_ms(lifted_in + window)))
            counted = Caller(PersonId("counted"), established=True)
            await world.settled(world.hubs[0].check_in(counted, HERE, world.now_ms))
            for phone in (ana, *company):
                await phone.check_in()
            assert await catchment_for(ana) == cell
            assert await catchment_for(company[0]) == HERE.res7
