"""Who is this member, and what people do about one of their room."""
# ruff: noqa: D102  The name of a test is its sentence.

from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.testing.hub_suite.base import SuiteBase
from nearby.testing.hub_suite.world import Phone, World


async def member(phone: Phone, other: Phone, room: RoomId | None = None) -> PersonId | None:
    """Ask who the other is, as a member of the room the other knows."""
    return await phone.world.settled(phone.hub.member(phone.person, room, MemberId(other.view.you)))


class MembersSuite(SuiteBase):
    """``member``."""

    async def test_a_member_of_my_room_is_somebody(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        assert await member(ana, ben) == "ben"
        assert await member(ana, ben, ana.room) == "ben"

    async def test_nobody_is_found_in_a_room_that_is_not_mine_or_not_the_one_named(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        (eve,) = await world.together("eve")
        assert await member(ana, eve) is None
        assert await member(ana, eve, eve.room) is None
        assert await member(ana, ben, eve.room) is None

    async def test_i_am_nobody_to_myself(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        assert await member(ana, ana) is None
