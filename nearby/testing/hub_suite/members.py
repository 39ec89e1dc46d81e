"""Who is this member, and what people do about one of their room: mute, greet, go away."""
# ruff: noqa: D102  The name of a test is its sentence.

from dataclasses import replace

import pytest

from nearby.core import wire
from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.core.rules import Rate
from nearby.errors import ErrorCode, Superseded
from nearby.hub.base import Met
from nearby.testing.hub_suite.base import OpenWorld, SuiteBase, refusal, refusal_code
from nearby.testing.hub_suite.given import RULES, unknown_position
from nearby.testing.hub_suite.mending import group
from nearby.testing.hub_suite.world import Phone, World

NOBODY = MemberId("nobody")


async def member(phone: Phone, other: Phone, room: RoomId | None = None) -> PersonId | None:
    """Ask who the other is, as a member of the room the other knows."""
    return await phone.world.settled(phone.hub.member(phone.person, room, MemberId(other.view.you)))


async def mute(phone: Phone, member: Phone | MemberId, *, is_on: bool = True, room: RoomId | None = None) -> None:
    """Mute a member, or no longer."""
    muted = MemberId(member.view.you) if isinstance(member, Phone) else member
    call = phone.hub.mute(phone.person, phone.connection, room, muted, phone.world.now_ms, is_on=is_on)
    await phone.world.settled(call)


async def mute_person(world: World, owner: Phone, other: Phone, *, is_on: bool = True) -> None:
    """Let somebody never hear another, wherever they sit, or hear them again."""
    await world.settled(world.hubs[0].mute_person(owner.person, other.person, is_on=is_on))


async def greet(phone: Phone, member: Phone | MemberId, room: RoomId | None = None) -> Met | None:
    """Greet a member."""
    greeted = MemberId(member.view.you) if isinstance(member, Phone) else member
    call = phone.hub.greet(phone.person, phone.connection, room, greeted, phone.world.now_ms)
    return await phone.world.settled(call)


async def move_away(phone: Phone) -> None:
    """Take somebody out of their room."""
    await phone.world.settled(phone.hub.move_away(phone.person, phone.world.now_ms))


def heard_of(phone: Phone) -> list[str]:
    """Return what was said and what was skipped, as the phone heard it, in order."""
    return [
        heard.text if isinstance(heard, wire.Said) else "skipped"
        for heard in phone.heard
        if isinstance(heard, wire.Said | wire.Skipped)
    ]


class MembersSuite(SuiteBase):
    """``member``, ``mute``, ``greet``, ``tell`` and ``move_away``."""

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
        assert await world.hubs[0].member(PersonId("stranger"), None, MemberId(ben.view.you)) is None

    async def test_i_am_nobody_to_myself(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        assert await member(ana, ana) is None

    async def test_whoever_muted_a_member_hears_that_they_spoke_and_not_what(self, world: World) -> None:
        ana, ben, cleo = await world.together("ana", "ben", "cleo")
        await mute(ana, ben)
        await ben.say("unheard")
        await cleo.say("heard")
        assert heard_of(ana) == ["skipped", "heard"]
        assert heard_of(ben) == heard_of(cleo) == ["unheard", "heard"]
        await mute(ana, ben, is_on=False)
        await ben.say("again")
        assert heard_of(ana) == ["skipped", "heard", "again"]

    async def test_a_mute_is_of_one_room_and_one_member(self, world: World) -> None:
        ana, ben, _ = await world.together("ana", "ben", "cleo")
        await mute(ana, ben)
        room = ana.room
        await ben.open_room("next")
        await ben.say("elsewhere")
        assert await ana.seat(ben.room)
        await ben.say("here")
        assert heard_of(ana) == ["here"]
        assert ana.room != room

    async def test_a_mute_holds_on_another_connection_in_what_is_resumed_and_in_snapshots(self, world: World) -> None:
        ana, ben, cleo = await world.together("ana", "ben", "cleo")
        await mute(ana, ben)
        await ana.drop()
        await ben.say("unheard")
        await cleo.say("heard")
        back = await world.connect("ana", knows=ana.view)
        assert back.welcome.resumed == ben.room
        assert [type(message) for message in back.welcome.then] == [wire.Skipped, wire.Said]
        assert back.view.seq == ben.view.seq
        fresh = await world.connect("ana", resume=unknown_position(ben.room))
        assert [said.text for said in fresh.view.messages] == ["heard"]
        assert fresh.view.seq == ben.view.seq
        await ben.say("still not")
        assert heard_of(fresh) == ["skipped"]

    async def test_what_somebody_said_who_left_is_muted_too(self, world: World) -> None:
        ana, ben, _ = await world.together("ana", "ben", "cleo")
        await ben.say("a word")
        gone = MemberId(ben.view.you)
        await ben.leave()
        await mute(ana, gone)
        fresh = await world.connect("ana", resume=unknown_position(ana.room))
        assert fresh.view.messages == []

    async def test_a_mute_follows_a_member_whom_a_merge_brings_along(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await mute(ana, ben)
        (other, *_) = await group(world, "other", 3)
        await world.watch(world.rules.merge_after_ms)
        assert ana.room == ben.room == other.room
        await ben.say("unheard")
        await other.say("heard")
        assert heard_of(ana) == ["skipped", "heard"]
        await mute(ana, ben, is_on=False)
        await ben.say("again")
        assert heard_of(ana) == ["skipped", "heard", "again"]

    async def test_a_member_who_is_nobody_can_be_muted_and_nothing_comes_of_it(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        (eve,) = await world.together("eve")
        for nobody, room in ((NOBODY, None), (MemberId(eve.view.you), None), (NOBODY, RoomId("nowhere"))):
            for is_on in (True, False):
                await mute(ana, nobody, is_on=is_on, room=room)
        await mute(ana, ana)
        await mute(ana, ben, is_on=False)
        await ana.say("mine")
        await ben.say("yours")
        assert heard_of(ana) == ["mine", "yours"]
        alone = await world.connect("alone")
        await mute(alone, ben)
        await mute(alone, ben, room=ana.room)

    async def test_a_mute_in_a_room_i_left_holds_when_i_come_back(self, world: World) -> None:
        ana, ben, _ = await world.together("ana", "ben", "cleo")
        room = ana.room
        await ana.leave()
        await mute(ana, ben, room=room)
        await ana.check_in()
        assert await ana.seat(room, "new")
        await ben.say("unheard")
        assert heard_of(ana)[-1] == "skipped"

    async def test_an_older_connection_mutes_and_greets_nobody(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await world.connect("ana", knows=ana.view)
        with pytest.raises(Superseded):
            await mute(ana, ben)
        with pytest.raises(Superseded):
            await greet(ana, ben)

    async def test_a_lasting_mute_holds_in_every_room_whoever_comes_first(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await mute_person(world, ana, ben)
        await ben.say("unheard")
        assert heard_of(ana) == ["skipped"]
        await ben.open_room("next")
        assert await ana.seat(ben.room)
        await ben.say("unheard either")
        await ana.open_room("next")
        assert await ben.seat(ana.room)
        await ben.say("nor here")
        assert heard_of(ana)[1:] == ["skipped", "skipped"]
        await ana.say("you hear me")
        assert heard_of(ben)[-1] == "you hear me"
        await mute_person(world, ana, ben, is_on=False)
        await ben.say("at last")
        assert heard_of(ana)[-1] == "at last"

    async def test_a_lasting_mute_of_somebody_elsewhere_waits_for_them(self, world: World) -> None:
        (ana,) = await world.together("ana")
        (ben,) = await world.together("ben")
        for is_on in (True, False, False, True):
            await mute_person(world, ana, ben, is_on=is_on)
        assert await ben.seat(ana.room)
        await ben.say("unheard")
        assert heard_of(ana) == ["skipped"]

    async def test_whoever_is_greeted_is_told_once_and_both_meet_when_both_greeted(self, world: World) -> None:
        ana, ben, cleo = await world.together("ana", "ben", "cleo")
        assert await greet(ana, ben) is None
        assert await greet(ana, ben) is None
        assert ben.told == [wire.Greeted(room=ana.room, member=ana.view.you)]
        met = Met(PersonId("ana"), ana.room, MemberId(ana.view.you), MemberId(ben.view.you))
        assert await greet(ben, ana, ben.room) == met
        assert await greet(ana, ben) == Met(PersonId("ben"), ana.room, met.you, met.member)
        assert ana.told == cleo.told == []

    async def test_a_greeting_is_for_a_member_of_the_room_that_is_mine(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        (eve,) = await world.together("eve")
        for nobody in (NOBODY, MemberId(eve.view.you), ana):
            assert await greet(ana, nobody) is None
        assert eve.told == ana.told == []
        assert await refusal_code(greet(ana, ben, eve.room)) is ErrorCode.MOVED
        alone = await world.connect("alone")
        assert await refusal_code(greet(alone, ben)) is ErrorCode.NOT_IN_ROOM

    async def test_a_greeting_of_whoever_muted_me_is_as_if_nobody_had_been_greeted(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await greet(ben, ana)
        await mute(ben, ana)
        assert await greet(ana, ben) is None
        assert ben.told == []
        await mute(ben, ana, is_on=False)
        assert await greet(ana, ben) is not None

    async def test_greetings_follow_a_merge(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await greet(ana, ben)
        (other, *_) = await group(world, "other", 3)
        await world.watch(world.rules.merge_after_ms)
        assert ana.room == ben.room == other.room
        assert await greet(ben, ana) is not None

    async def test_greetings_are_ten_at_once_whomever_they_name_and_the_same_again_is_free(
        self, open_world: OpenWorld
    ) -> None:
        world = await open_world(replace(RULES, greet=Rate(360_000, 2)))
        ana, ben = await world.together("ana", "ben")
        await greet(ana, ben)
        await greet(ana, NOBODY)
        await greet(ana, ben)
        refused = await refusal(greet(ana, NOBODY))
        assert (refused.code, refused.limit, refused.retry_ms) == (ErrorCode.RATE_LIMITED, "greet", 360_000)
        world.clock.advance(360_000)
        assert await greet(ana, NOBODY) is None

    async def test_those_who_part_hear_each_other_and_have_greeted_nobody(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await greet(ana, ben)
        assert await greet(ben, ana) is not None
        await mute_person(world, ana, ben)
        await world.settled(world.hubs[0].part(ana.person, ben.person))
        await ben.say("heard")
        assert heard_of(ana) == ["heard"]
        assert await greet(ben, ana) is None
        assert await greet(ana, ben) is not None
        await world.settled(world.hubs[0].part(PersonId("stranger"), ben.person))

    async def test_the_newest_connection_is_told(self, world: World) -> None:
        ana = await world.connect("ana")
        newer = await world.connect("ana")
        known = wire.Known(room="r", member="m", person="p", name="Ben")
        await world.settled(world.hubs[0].tell(PersonId("ana"), known))
        await world.settled(world.hubs[0].tell(PersonId("stranger"), known))
        assert (ana.told, newer.told) == ([], [known])

    async def test_whoever_moves_away_leaves_at_once_and_is_placed_anew_elsewhere(self, open_world: OpenWorld) -> None:
        world = await open_world(replace(RULES, joins_per_hour=1))
        ana, ben, _ = await world.together("ana", "ben", "cleo")
        room, was = ana.room, ana.view.you
        await move_away(ana)
        assert ben.heard[-1] == wire.Left(room=room, seq=ben.view.seq, member=was)
        assert await world.sweep() == ["ana"]
        assert await ana.place("moved")
        assert (ana.view.why, ana.room != room) == ("moved", True)
        assert await refusal_code(ana.ask_next()) is ErrorCode.RATE_LIMITED

    async def test_whoever_has_no_seat_moves_nowhere(self, world: World) -> None:
        ana = await world.connect("ana")
        await move_away(ana)
        await world.settled(world.hubs[0].move_away(PersonId("stranger"), world.now_ms))
        assert await world.sweep() == []

    async def test_blocks_have_a_rate_of_their_own(self, open_world: OpenWorld) -> None:
        world = await open_world(replace(RULES, block=Rate(180_000, 1)))
        hub = world.hubs[0]
        await hub.ask_block(PersonId("ana"), world.now_ms)
        refused = await refusal(hub.ask_block(PersonId("ana"), world.now_ms))
        assert (refused.code, refused.limit, refused.retry_ms) == (ErrorCode.RATE_LIMITED, "block", 180_000)
        await hub.ask_block(PersonId("ben"), world.now_ms)
        world.clock.advance(180_000)
        await hub.ask_block(PersonId("ana"), world.now_ms)
