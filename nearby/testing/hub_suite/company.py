"""Whether somebody who is away would find company."""
# ruff: noqa: D102  The name of a test is its sentence.

import pytest

from nearby.core.brakes import Stopped
from nearby.core.ids import PersonId
from nearby.testing.hub_suite.base import SuiteBase
from nearby.testing.hub_suite.given import AWAY
from nearby.testing.hub_suite.mending import separate
from nearby.testing.hub_suite.stops import brake
from nearby.testing.hub_suite.world import Phone, World


async def company(phone: Phone) -> bool | None:
    """Return whether somebody would find company now."""
    return await phone.world.settled(phone.hub.has_company(phone.person, phone.world.now_ms))


async def away(world: World, who: str = "ana") -> Phone:
    """Return somebody present without connection or seat."""
    phone = await world.connect(who)
    await phone.check_in()
    await phone.drop()
    return phone


class CompanySuite(SuiteBase):
    """``has_company``."""

    async def test_there_is_company_for_whoever_is_away_once_somebody_sits_in_their_area(self, world: World) -> None:
        ana = await away(world)
        assert await company(ana) is False
        ben = await world.arrive("ben")
        assert await company(ana) is True
        await ben.drop()
        assert await company(ana) is False

    async def test_there_is_company_once_somebody_sits_down_in_the_room_whose_seat_is_held(self, world: World) -> None:
        (ana,) = await world.together("ana")
        room = ana.room
        await ana.drop()
        ben = await world.connect("ben")
        await ben.check_in()
        assert await company(ana) is False
        await ben.seat(room, "new")
        assert await company(ana) is True

    async def test_a_room_of_people_who_are_away_is_no_company(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ana.drop()
        await ben.drop()
        assert (await company(ana), await company(ben)) == (False, False)

    async def test_whoever_is_connected_is_told_by_their_room(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        assert (await company(ana), await company(ben)) == (False, False)

    async def test_people_in_another_area_are_no_company(self, world: World) -> None:
        ana = await away(world)
        await world.arrive("ben", AWAY)
        assert await company(ana) is False

    async def test_without_a_presence_there_is_no_answer(self, world: World) -> None:
        ana = await away(world)
        await world.settled(ana.hub.clear(ana.person, None, world.now_ms))
        assert await company(ana) is None
        nobody = await world.settled(ana.hub.has_company(PersonId("nobody"), world.now_ms))
        assert nobody is None

    @pytest.mark.parametrize("is_author", [True, False])
    async def test_whoever_is_in_conflict_is_no_company(self, world: World, is_author: bool) -> None:
        ana = await away(world)
        ben = await world.arrive("ben")
        await separate(world, *((ana, ben) if is_author else (ben, ana)))
        assert await company(ana) is False

    async def test_a_full_room_is_no_company(self, world: World) -> None:
        ana = await away(world)
        await world.together(*(f"p{number}" for number in range(world.rules.capacity)))
        assert await company(ana) is False

    async def test_where_placement_is_stopped_there_is_none(self, world: World) -> None:
        ana = await away(world)
        await world.arrive("ben")
        await brake(world, Stopped(placement=True))
        assert await company(ana) is False
