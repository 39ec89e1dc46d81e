"""What an operator stops: placement everywhere or in an area, shakes, and a room."""
# ruff: noqa: D102  The name of a test is its sentence.

import pytest

from nearby.core import wire
from nearby.core.brakes import NOTHING_STOPPED, Stopped
from nearby.core.ids import PersonId, RoomId
from nearby.errors import ErrorCode
from nearby.testing.hub_suite.base import SuiteBase, refusal_code
from nearby.testing.hub_suite.given import AWAY, BESIDE, HERE, unknown_position
from nearby.testing.hub_suite.mending import separate
from nearby.testing.hub_suite.moves import go_away
from nearby.testing.hub_suite.world import Phone, World

EVERYWHERE = Stopped(placement=True)
PLACES = [EVERYWHERE, Stopped(areas=frozenset({HERE.res7})), Stopped(areas=frozenset({HERE.res5}))]


async def brake(world: World, stopped: Stopped) -> None:
    """Let this be stopped."""
    await world.settled(world.hubs[-1].brake(stopped, world.now_ms))


async def close(world: World, room: RoomId) -> bool:
    """Close a room."""
    return await world.settled(world.hubs[-1].close_room(room, world.now_ms))


async def waiting(world: World, name: str = "ana") -> Phone:
    """Return somebody who is present and has no seat."""
    phone = await world.connect(name)
    await phone.check_in()
    return phone


class StopsSuite(SuiteBase):
    """``brake`` and ``close_room``."""

    @pytest.mark.parametrize("stopped", PLACES)
    async def test_whoever_is_where_placement_is_stopped_gets_no_seat_and_is_told(
        self, world: World, stopped: Stopped
    ) -> None:
        (ben,) = await world.together("ben")
        ana = await waiting(world)
        await brake(world, stopped)
        assert await ana.offer() is None
        assert not ana.sits
        assert getattr(ana.heard[-1], "why", None) == "paused"
        assert not await ana.seat(ben.room, "new")
        assert not await ana.open_room("new")
        assert (ana.sits, ben.sits) == (False, True)

    async def test_elsewhere_placement_goes_on(self, world: World) -> None:
        await brake(world, Stopped(areas=frozenset({BESIDE.res7, AWAY.res5})))
        assert (await world.arrive("ana")).sits

    async def test_seats_stay_and_what_is_said_is_heard(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await brake(world, EVERYWHERE)
        await ana.say("still here")
        assert isinstance(ben.heard[-1], wire.Said)
        assert await ana.offer() is None
        assert ana.sits

    async def test_next_and_shakes_are_refused(self, world: World) -> None:
        (ana,) = await world.together("ana")
        await brake(world, EVERYWHERE)
        assert await refusal_code(ana.ask_next()) is ErrorCode.OFF
        assert await refusal_code(ana.shake()) is ErrorCode.OFF
        await brake(world, Stopped(shake=True))
        assert await refusal_code(ana.shake()) is ErrorCode.OFF
        await ana.ask_next()

    @pytest.mark.parametrize("stopped", [EVERYWHERE, Stopped(shake=True)])
    async def test_shakes_of_before_meet_nobody(self, world: World, stopped: Stopped) -> None:
        ana, ben = await world.together("ana", "ben")
        for phone in (ana, ben):
            await phone.shake()
        await brake(world, stopped)
        room = ana.room
        await world.meet(world.rules.shake_wait_ms)
        assert ana.room == ben.room == room
        assert (await world.statistics()).shaking == 0

    async def test_once_it_goes_on_those_who_were_held_off_are_to_be_placed(self, world: World) -> None:
        ana, ben, cleo = await waiting(world), await waiting(world, "ben"), await waiting(world, "cleo")
        await brake(world, EVERYWHERE)
        for phone in (ana, ben, cleo):
            assert await phone.offer() is None
        assert await world.sweep() == []
        await cleo.drop()
        await brake(world, NOTHING_STOPPED)
        assert await world.sweep() == [ana.person, ben.person]
        assert await ana.place("moved")
        assert ana.view.why == "new"
        assert await world.sweep() == []

    async def test_where_it_is_still_stopped_they_go_on_waiting(self, world: World) -> None:
        ana, far = await waiting(world), await world.connect("far")
        await far.check_in(AWAY)
        await brake(world, EVERYWHERE)
        for phone in (ana, far):
            await phone.offer()
        await brake(world, Stopped(areas=frozenset({HERE.res6})))
        assert await world.sweep() == [far.person]
        await brake(world, NOTHING_STOPPED)
        assert await world.sweep() == [ana.person]

    async def test_whoever_must_move_stays_until_it_goes_on(self, world: World) -> None:
        (ana,) = await world.together("ana")
        await brake(world, EVERYWHERE)
        assert await world.go_to(await go_away(world, ana)) == [ana.person]
        room = ana.room
        assert await ana.offer() is None
        assert ana.room == room
        await brake(world, NOTHING_STOPPED)
        assert await world.sweep() == [ana.person]
        assert await ana.place("moved")
        assert ana.room != room

    async def test_whoever_had_to_give_up_a_seat_has_none_meanwhile_and_then_a_new_one(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await brake(world, EVERYWHERE)
        await separate(world, ana, ben)
        assert await world.sweep() == [ana.person]
        assert await ana.offer() is None
        assert not ana.sits
        await brake(world, NOTHING_STOPPED)
        assert await world.sweep() == [ana.person]
        assert await ana.place("moved")

    async def test_a_lost_seat_does_not_come_back_meanwhile(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        view = ana.view
        await ana.drop()
        await world.go_to(world.now_ms + world.rules.seat_hold_ms)
        await brake(world, EVERYWHERE)
        again = await world.connect("ana", knows=view)
        assert not again.sits
        assert ben.sits

    async def test_a_held_seat_is_taken_up_again(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        view = ana.view
        await ana.drop()
        await brake(world, EVERYWHERE)
        assert (await world.connect("ana", knows=view)).sits

    async def test_people_who_are_forgotten_are_not_waited_for(self, world: World) -> None:
        ana = await waiting(world)
        await brake(world, EVERYWHERE)
        await ana.offer()
        await ana.leave()
        await ana.drop()
        await world.go_to(world.now_ms + 2 * world.rules.hour_ms)
        await brake(world, NOTHING_STOPPED)
        assert await world.sweep() == []

    async def test_a_closed_room_ends_and_its_people_are_told(self, world: World) -> None:
        ana, ben, cleo = await world.together("ana", "ben", "cleo")
        room, view = ana.room, cleo.view
        await cleo.drop()
        assert await close(world, room)
        for phone in (ana, ben):
            assert not phone.sits
            assert getattr(phone.heard[-1], "why", None) == "removed"
        assert not await close(world, room)
        assert not await ana.seat(room, "new")
        again = await world.connect("cleo", resume=unknown_position(room))
        assert not again.sits
        assert view.room.id == room
        await ana.check_in()
        assert await ana.place()
        assert ana.room != room

    async def test_other_rooms_go_on_and_one_that_never_was_is_not_there(self, world: World) -> None:
        (ana,), (ben,) = await world.together("ana"), await world.together("ben")
        assert not await close(world, RoomId("no-such-room"))
        assert await close(world, ana.room)
        assert ben.sits
        assert await world.settled(ben.hub.room_of(PersonId("ana"))) is None
