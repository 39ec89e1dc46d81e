"""Shakes: who shakes where and when others do is seated with them, once for everybody."""
# ruff: noqa: D102  The name of a test is its sentence.

from dataclasses import replace

import pytest

from nearby.core import wire
from nearby.core.venue import shown_area
from nearby.errors import ErrorCode, Superseded
from nearby.hub.base import Caller
from nearby.testing.hub_suite.base import OpenWorld, SuiteBase, refusal, refusal_code
from nearby.testing.hub_suite.given import AWAY, BESIDE, HERE, RULES
from nearby.testing.hub_suite.lifts import OPEN_SOON, be_counted
from nearby.testing.hub_suite.limits import use_up_joins
from nearby.testing.hub_suite.mending import separate
from nearby.testing.hub_suite.venues import IN_RING, RING, name
from nearby.testing.hub_suite.world import Phone, World

WAIT_MS = RULES.shake_wait_ms
JITTER_MS = 200


async def apart(world: World, *people: str | Caller) -> list[Phone]:
    """Return people each of whom sits in a room with somebody who does not shake: nobody is moved meanwhile."""
    return [(await world.together(who, f"beside {number}"))[0] for number, who in enumerate(people)]


async def shake(*phones: Phone) -> None:
    """Let people shake, one after the other."""
    for phone in phones:
        await phone.shake()
        phone.world.clock.advance(JITTER_MS)


def met(phone: Phone) -> bool:
    """Return whether the phone's room is one in which people met."""
    return phone.sits and phone.view.why == "shaken"


class ShakesSuite(SuiteBase):
    """``shake`` and ``meet``."""

    async def test_two_who_shake_meet_in_a_room_of_their_own_when_the_wait_of_the_first_is_over(
        self, world: World
    ) -> None:
        ana, ben, cleo = await world.together("ana", "ben", "cleo")
        left = ana.room
        begin_ms, before = world.now_ms, len(world.journal)
        await shake(ana, ben)
        await world.meet(begin_ms + WAIT_MS - 1 - world.now_ms)
        assert not met(ana)
        await world.meet(1)
        assert (ana.room, met(ana), met(ben)) == (ben.room, True, True)
        assert [member.member for member in ana.view.members.values()] == [ana.view.you, ben.view.you]
        told = [(phone, type(heard)) for phone, heard in world.journal[before:]]
        for phone, hears in ((ana, [wire.Placed]), (ben, [wire.Left, wire.Placed]), (cleo, [wire.Left, wire.Left])):
            assert [what for who, what in told if who == phone.connection] == hears
        assert cleo.room == left
        assert await ana.seat(left, "next")

    async def test_a_hub_that_says_when_somebody_is_to_be_seated_is_right(self, world: World) -> None:
        ana, ben = await apart(world, "ana", "ben")
        assert await ana.hub.next_meeting_ms() is None
        begin_ms = world.now_ms
        await shake(ana, ben)
        assert await ana.hub.next_meeting_ms() in (begin_ms + WAIT_MS, None)
        await world.meet(begin_ms + WAIT_MS - world.now_ms)
        assert met(ana)
        assert await ana.hub.next_meeting_ms() is None

    async def test_whoever_shakes_alone_hears_nothing_and_stays(self, world: World) -> None:
        ana, ben = await apart(world, "ana", "ben")
        before = (ana.heard, ben.heard)
        await shake(ana)
        await world.meet(WAIT_MS)
        await shake(ben)
        await world.meet(WAIT_MS)
        assert (ana.heard, ben.heard) == before

    async def test_a_shake_is_good_for_one_meeting(self, world: World) -> None:
        ana, ben, cleo = await apart(world, "ana", "ben", "cleo")
        await shake(ana, ben)
        await world.meet(WAIT_MS)
        await shake(cleo)
        heard = ana.heard
        await world.meet(WAIT_MS)
        assert (ana.heard, met(cleo)) == (heard, False)

    async def test_many_meet_in_rooms_of_even_sizes(self, world: World) -> None:
        phones = [await world.arrive(f"p{number}") for number in range(9)]
        await shake(*phones)
        await world.meet(WAIT_MS)
        assert [len(phone.view.members) for phone in phones] == [5] * 5 + [4] * 4
        assert all(map(met, phones))
        assert len({phone.room for phone in phones}) == 2

    async def test_people_without_a_seat_meet_and_their_seats_are_no_first_ones(self, world: World) -> None:
        ana, ben = await world.connect("ana"), await world.connect("ben")
        for phone in (ana, ben):
            await phone.check_in()
        await shake(ana, ben)
        await world.meet(WAIT_MS)
        assert (met(ana), ana.room) == (True, ben.room)
        assert await ana.place()
        assert met(ana)

    @pytest.mark.parametrize("is_mutual", [True, False])
    async def test_those_in_conflict_do_not_meet_whomever_it_binds(self, world: World, is_mutual: bool) -> None:
        ana, ben = await apart(world, "ana", "ben")
        await separate(world, ana, ben, is_mutual=is_mutual)
        before = (ana.heard, ben.heard)
        await shake(ana, ben)
        await world.meet(WAIT_MS)
        assert (ana.heard, ben.heard) == before

    @pytest.mark.parametrize("is_mutual", [True, False])
    async def test_whoever_blocked_meets_nobody_rather_than_take_company_from_the_other(
        self, world: World, is_mutual: bool
    ) -> None:
        """The other meets whom they would meet if nobody had blocked them; blocking in turn tells them nothing."""
        ana, ben, cleo, dan = await apart(world, "ana", "ben", "cleo", "dan")
        await separate(world, ana, ben, is_mutual=is_mutual)
        await separate(world, ben, ana, is_mutual=is_mutual)
        await shake(cleo, ana, ben, dan)
        await world.meet(WAIT_MS)
        assert (len(ben.view.members), ben.room, ben.room) == (3, cleo.room, dan.room)
        assert not met(ana)

    async def test_among_many_whoever_blocked_meets_others(self, world: World) -> None:
        ana, ben, *others = await apart(world, "ana", "ben", *(f"p{number}" for number in range(world.rules.capacity)))
        await separate(world, ana, ben)
        await shake(ana, ben, *others)
        await world.meet(WAIT_MS)
        assert all(map(met, (ana, ben, *others)))
        assert ana.room != ben.room

    async def test_people_of_two_areas_do_not_meet_those_of_one_do(self, world: World) -> None:
        ana, ben, cleo = await world.arrive("ana"), await world.arrive("ben", BESIDE), await world.arrive("cleo", AWAY)
        await shake(ana, ben, cleo)
        await world.meet(WAIT_MS)
        assert (met(ana), met(ben), met(cleo)) == (True, True, False)
        assert ana.view.area == shown_area(HERE.res5)

    async def test_those_inside_a_venue_meet_among_themselves(self, world: World) -> None:
        await name(world, range(world.rules.open_venue))
        ana, ben, outside = [await world.connect(who) for who in ("ana", "ben", "outside")]
        for phone in (ana, ben):
            await phone.check_in(wishes=IN_RING)
        await outside.check_in()
        await shake(ana, outside, ben)
        await world.meet(WAIT_MS)
        assert (met(ana), met(ben), outside.sits) == (True, True, False)
        assert ana.view.area == shown_area(RING)

    async def test_one_who_was_lifted_meets_one_who_was_not_on_the_rung_lifted_to(self, open_world: OpenWorld) -> None:
        wide = await open_world(OPEN_SOON)
        await be_counted(wide)
        (ana,) = await wide.together("ana", catchment=HERE.res7)
        await wide.watch(wide.rules.lift_after_ms + wide.rules.mend_every_ms)
        assert ana.view.area == shown_area(HERE.res6)
        (ben,) = await wide.together("ben", catchment=HERE.res7)
        await shake(ben, ana)
        await wide.meet(WAIT_MS)
        assert (met(ana), ana.room, ana.view.area) == (True, ben.room, shown_area(HERE.res6))

    async def test_it_counts_as_a_join_and_none_left_refuses_the_shake(self, open_world: OpenWorld) -> None:
        world = await open_world(replace(RULES, joins_per_hour=2, joins_per_hour_verified=3))
        ana, ben = await apart(world, "ana", "ben")
        await shake(ana, ben)
        await world.meet(WAIT_MS)
        refused = await refusal(ana.shake())
        assert (refused.code, refused.limit) == (ErrorCode.RATE_LIMITED, "joins")
        assert await refusal_code(ben.ask_next()) is ErrorCode.RATE_LIMITED

    async def test_whose_last_join_went_elsewhere_meanwhile_leaves_nobody_alone_in_a_room(self, world: World) -> None:
        ana, ben = await apart(world, "ana", "ben")
        await shake(ana, ben)
        await use_up_joins(ana, world.rules.joins_per_hour)
        sat_in = ben.room
        await world.meet(WAIT_MS)
        assert (met(ana), met(ben), ben.room) == (False, False, sat_in)

    async def test_shakes_have_a_rate_that_a_repeat_does_not_count_by(self, world: World) -> None:
        (ana,) = await apart(world, "ana")
        for _ in range(world.rules.shake.burst):
            for _ in range(3):
                await ana.shake()
            await world.meet(WAIT_MS)
        refused = await refusal(ana.shake())
        passed_ms = world.rules.shake.burst * WAIT_MS
        expected = (ErrorCode.RATE_LIMITED, "shake", world.rules.shake.period_ms - passed_ms)
        assert (refused.code, refused.limit, refused.retry_ms) == expected
        world.clock.advance(world.rules.shake.period_ms - passed_ms)
        await ana.shake()
        assert (await world.statistics()).shaking == 1

    async def test_a_shake_needs_a_presence_and_the_newest_connection(self, world: World) -> None:
        ana = await world.connect("ana")
        assert await refusal_code(ana.shake()) is ErrorCode.NOT_PRESENT
        await ana.check_in()
        await world.connect("ana")
        with pytest.raises(Superseded):
            await ana.shake()
        assert (await world.statistics()).shaking == 0

    async def test_who_leaves_takes_the_shake_back(self, world: World) -> None:
        ana, ben = await apart(world, "ana", "ben")
        await shake(ana, ben)
        await ana.leave()
        await ana.check_in()
        await world.meet(WAIT_MS)
        assert not ana.sits
        assert not met(ben)

    async def test_who_is_not_connected_when_it_ends_meets_nobody_who_came_back_does(self, world: World) -> None:
        ana, ben, cleo = await apart(world, "ana", "ben", "cleo")
        await shake(ana, ben, cleo)
        for phone in (ana, cleo):
            await phone.drop()
        back = await world.connect("ana", knows=ana.view)
        await world.meet(WAIT_MS)
        assert (met(back), back.room, len(back.view.members)) == (True, ben.room, 2)
