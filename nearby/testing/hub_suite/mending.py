"""Merges: thin rooms move as a whole, and all that moves along or stays behind."""
# ruff: noqa: D102  The name of a test is its sentence.

import msgspec
import pytest

from nearby.core import wire
from nearby.core.rules import SECOND_MS
from nearby.errors import ErrorCode
from nearby.testing.hub_suite.base import SuiteBase, refusal_code
from nearby.testing.hub_suite.given import AWAY
from nearby.testing.hub_suite.limits import use_up_joins
from nearby.testing.hub_suite.world import Phone, World


async def group(world: World, name: str, size: int) -> list[Phone]:
    """Return so many people who sit in one new room."""
    return await world.together(*(f"{name}{number}" for number in range(size)))


async def separate(world: World, author: Phone, other: Phone, *, is_mutual: bool = True) -> None:
    """Let two people be in conflict."""
    hub = world.hubs[0]
    await world.settled(hub.separate(author.person, other.person, world.now_ms, is_mutual=is_mutual))


def were(phone: Phone) -> dict[str, str]:
    """Return who of the members were whom in the room before, as the phone sees it."""
    return {one.member: one.was for one in phone.view.members.values() if one.was is not msgspec.UNSET}


class MendingSuite(SuiteBase):
    """Rooms that are merged by the sweep."""

    async def test_a_room_thin_for_half_a_minute_moves_into_the_fullest_room_with_the_seats(self, world: World) -> None:
        groups = {size: await group(world, f"of{size}-", size) for size in (8, 7, 6, 4)}
        ana, ben = await world.together("ana", "ben")
        await world.watch(world.rules.merge_after_ms - 1)
        assert ana.view.why == ben.view.why == "new"
        await world.watch(1)
        assert ana.room == ben.room == groups[6][0].room
        assert ana.view.why == ben.view.why == "merged"
        assert len(groups[6][0].view.members) == world.rules.capacity
        assert (await world.statistics()).rooms_by_size == {8: 2, 7: 1, 4: 1}

    async def test_whoever_is_alone_moves_within_seconds_of_there_being_a_seat(self, world: World) -> None:
        *others, last = await group(world, "other", world.rules.capacity)
        (ana,) = await world.together("ana")
        await world.watch(4 * world.rules.mend_every_ms - 1)
        assert ana.view.why == "new"
        await last.leave()
        await world.watch(world.rules.mend_alone_every_ms)
        assert (ana.view.why, ana.room) == ("merged", others[0].room)

    async def test_whoever_has_just_come_waits_for_seconds_before_they_move(self, world: World) -> None:
        (ana,) = await world.together("ana")
        others = await group(world, "other", 4)
        await world.watch(world.rules.merge_alone_after_ms - 1)
        assert ana.view.why == "new"
        await world.watch(1)
        assert ana.room == others[0].room

    async def test_whoever_is_alone_moves_to_two_whose_room_is_younger(self, world: World) -> None:
        (ana,) = await world.together("ana")
        world.clock.advance(1)
        ben, cleo = await world.together("ben", "cleo")
        await world.watch(world.rules.merge_alone_after_ms)
        assert [phone.view.why for phone in (ana, ben, cleo)] == ["merged", "new", "new"]
        assert ana.room == ben.room

    async def test_whoever_waits_for_somebody_to_come_back_is_not_alone(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        others = await group(world, "other", 4)
        await ben.drop()
        await world.watch(world.rules.merge_after_ms - 1)
        assert ana.view.why == "new"
        await world.watch(1)
        assert ana.room == others[0].room

    async def test_two_stay_while_their_room_has_the_last_seats(self, world: World) -> None:
        *others, last = await group(world, "other", world.rules.capacity - 2)
        ana, ben = await world.together("ana", "ben")
        await world.watch(world.rules.lift_after_ms)
        assert ana.view.why == "new"
        await last.leave()
        await world.watch(world.rules.mend_every_ms)
        assert ana.room == ben.room == others[0].room

    async def test_seats_of_rooms_whose_people_are_all_away_are_none_for_newcomers(self, world: World) -> None:
        await group(world, "other", world.rules.capacity - 2)
        for phone in await group(world, "away", 3):
            await phone.drop()
        ana, _ = await world.together("ana", "ben")
        await world.watch(world.rules.merge_after_ms)
        assert ana.view.why == "new"

    async def test_of_two_thin_rooms_the_older_one_stays(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        older = ana.view.room
        world.clock.advance(1)
        cleo, dan = await world.together("cleo", "dan")
        await world.watch(world.rules.merge_after_ms)
        assert [phone.view.room for phone in (ana, ben, cleo, dan)] == [older] * 4
        assert [phone.view.why for phone in (ana, ben, cleo, dan)] == ["new", "new", "merged", "merged"]
        assert [type(heard) for heard in ana.heard[-2:]] == [wire.Joined, wire.Joined]

    async def test_a_room_that_lost_its_company_moves_half_a_minute_later(self, world: World) -> None:
        ana, ben, cleo = await world.together("ana", "ben", "cleo")
        others = await group(world, "other", 4)
        await world.watch(2 * world.rules.merge_after_ms)
        await cleo.leave()
        await world.watch(world.rules.merge_after_ms - 1)
        assert ana.room != others[0].room
        await world.watch(1)
        assert ana.room == ben.room == others[0].room

    async def test_company_that_comes_in_time_keeps_a_room_where_it_is(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        await group(world, "other", 4)
        await world.watch(world.rules.merge_after_ms - 1)
        cleo = await world.connect("cleo")
        await cleo.check_in()
        assert await cleo.seat(ana.room, "new")
        await world.watch(world.rules.lift_after_ms)
        assert ana.view.why == "new"

    async def test_a_room_is_not_merged_where_there_are_too_few_seats(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        await group(world, "other", world.rules.capacity - 1)
        await world.watch(world.rules.lift_after_ms)
        assert ana.view.why == "new"

    async def test_a_room_is_not_merged_with_one_of_another_catchment(self, world: World) -> None:
        (ana,) = await world.together("ana")
        for cell in (AWAY.res5, AWAY.res7):
            await world.together(f"of{cell}", "ben", "cleo", ladder=AWAY, catchment=cell)
        await world.watch(world.rules.lift_after_ms)
        assert ana.view.why == "new"

    async def test_nobody_is_moved_twice_in_ten_minutes(self, world: World) -> None:
        ben, cleo, dan = await world.together("ben", "cleo", "dan")
        (ana,) = await world.together("ana")
        await world.watch(world.rules.merge_alone_after_ms)
        assert ana.room == ben.room
        moved_ms = world.now_ms
        others = await group(world, "other", 3)
        await cleo.leave()
        await dan.leave()
        present = (ana, ben, *others)
        await world.watch(moved_ms + world.rules.forced_every_ms - 1 - world.now_ms, *present)
        assert ana.room == ben.room != others[0].room
        await world.watch(world.rules.mend_every_ms, *present)
        assert ana.room == ben.room == others[0].room

    async def test_nobody_is_moved_while_one_of_their_room_is_talking(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        others = await group(world, "other", 3)
        await world.watch(world.rules.merge_after_ms - SECOND_MS)
        await ben.say("wait for me")
        await world.watch(world.rules.settle_ms - 1)
        assert ana.view.why == "new"
        await world.watch(world.rules.mend_every_ms)
        assert ana.room == others[0].room

    async def test_those_who_talk_where_somebody_moves_to_are_not_asked(self, world: World) -> None:
        (ana,) = await world.together("ana")
        ben, _, _ = await world.together("ben", "cleo", "dan")
        await world.watch(world.rules.merge_after_ms - 1)
        await ben.say("and then")
        await world.watch(1)
        assert ana.room == ben.room

    async def test_a_room_whose_people_are_all_away_is_no_company(self, world: World) -> None:
        (ana,) = await world.together("ana")
        for phone in await group(world, "other", 3):
            await phone.drop()
        await world.watch(world.rules.merge_after_ms)
        assert ana.view.why == "new"

    @pytest.mark.parametrize("is_mutual", [True, False])
    @pytest.mark.parametrize("is_here", [True, False])
    async def test_a_conflict_between_any_two_keeps_rooms_apart(
        self, world: World, is_mutual: bool, is_here: bool
    ) -> None:
        ana, ben = await world.together("ana", "ben")
        cleo, dan, _ = await world.together("cleo", "dan", "eve")
        await separate(world, ben if is_here else dan, dan if is_here else ben, is_mutual=is_mutual)
        await world.watch(world.rules.lift_after_ms)
        assert (ana.view.why, cleo.view.why) == ("new", "new")

    async def test_a_room_is_merged_into_the_next_fullest_one_without_conflict(self, world: World) -> None:
        _, dan, *_ = await group(world, "first", 5)
        others = await group(world, "second", 4)
        ana, _ = await world.together("ana", "ben")
        await separate(world, ana, dan)
        await world.watch(world.rules.merge_after_ms)
        assert ana.room == others[0].room

    async def test_nobody_is_merged_back_into_a_room_left_by_next(self, world: World) -> None:
        ana, ben, *_ = await group(world, "some", 4)
        assert await ana.open_room("next")
        await world.watch(world.rules.lift_after_ms)
        assert ana.room != ben.room

    async def test_nobody_who_left_a_room_by_next_is_brought_its_people(self, world: World) -> None:
        ben, ana = await world.together("ben", "ana")
        others = await group(world, "other", 3)
        assert await ana.seat(others[0].room, "next")
        await world.watch(world.rules.lift_after_ms)
        assert ben.room != ana.room

    async def test_no_merge_is_a_join(self, world: World) -> None:
        ana = await world.connect("ana")
        await use_up_joins(ana, world.rules.joins_per_hour - 1)
        others = await group(world, "other", 3)
        await world.watch(world.rules.merge_after_ms)
        assert ana.room == others[0].room
        await ana.ask_next()
        assert await ana.open_room("next")
        assert await refusal_code(ana.ask_next()) is ErrorCode.RATE_LIMITED
