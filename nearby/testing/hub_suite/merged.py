"""What of a merged room is found afterwards: who was whom, held seats, repeats, limits, moves that were due."""
# ruff: noqa: D102  The name of a test is its sentence.

from nearby.core import wire
from nearby.core.ids import MemberId
from nearby.core.rules import MINUTE_MS
from nearby.errors import ErrorCode
from nearby.testing.hub_suite.base import SuiteBase, refusal_code
from nearby.testing.hub_suite.given import AWAY, START_MS, unknown_position
from nearby.testing.hub_suite.mending import group, were
from nearby.testing.hub_suite.world import Phone, World


async def merged(world: World) -> tuple[Phone, Phone, list[Phone], dict[str, str]]:
    """Return two who were moved by a merge, those they came to, and the pseudonyms of the two by the one before."""
    ana, ben = await world.together("ana", "ben")
    others = await group(world, "other", 3)
    before: dict[str, str] = {ana.view.you: "ana", ben.view.you: "ben"}
    await world.watch(world.rules.merge_after_ms)
    assert ana.room == ben.room == others[0].room
    return ana, ben, others, before


class MergedSuite(SuiteBase):
    """After a merge."""

    async def test_those_who_came_along_know_each_other_again_and_nobody_else_does(self, world: World) -> None:
        ana, ben, others, before = await merged(world)
        pseudonyms = {ana.view.you: "ana", ben.view.you: "ben"}
        assert pseudonyms.keys().isdisjoint(before)
        for phone in (ana, ben):
            assert {member: before[was] for member, was in were(phone).items()} == pseudonyms
        for phone in others:
            assert were(phone) == {}
            assert were(await world.connect(phone.caller)) == {}
        assert were(await world.connect("ana", resume=unknown_position(ana.room))) == were(ben)

    async def test_who_comes_after_a_merge_is_not_told_who_was_whom(self, world: World) -> None:
        ana, *_ = await merged(world)
        late = await world.connect("late")
        await late.check_in()
        assert await late.seat(ana.room, "new")
        assert were(late) == {}

    async def test_who_lost_a_seat_in_a_room_that_was_merged_is_not_alone_there_again(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        others, room = await group(world, "other", 3), ana.room
        await ben.drop()
        while world.now_ms < START_MS + world.rules.seat_hold_ms:
            # Nobody is moved while they talk.
            await ana.say("still here")
            await world.go_to(world.now_ms + world.rules.settle_ms // 2)
        await world.watch(2 * world.rules.mend_every_ms)
        assert ana.room == others[0].room
        again = await world.connect("ben", resume=unknown_position(room))
        assert again.welcome.then == (wire.Unplaced(why="none"),)

    async def test_what_was_said_before_is_seen_by_nobody_after_a_merge(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        others = await group(world, "other", 3)
        await ana.say("between us")
        await others[0].say("among us")
        await world.watch(world.rules.merge_after_ms)
        assert ana.room == others[0].room
        assert ana.view.messages == []
        assert [said.text for said in others[1].view.messages] == ["among us"]

    async def test_a_held_seat_goes_along_and_who_comes_back_hears_why_and_who_was_whom(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        others = await group(world, "other", 3)
        before = {ana.view.you, ben.view.you}
        await world.watch(world.rules.merge_after_ms // 2)
        await ben.drop()
        await world.watch(world.rules.merge_after_ms // 2)
        assert ana.room == others[0].room
        assert (await world.statistics()).held_seats == 1
        again = await world.connect("ben", knows=ben.view)
        (placed,) = again.welcome.then
        assert isinstance(placed, wire.Placed)
        assert (placed.room.id, placed.why) == (ana.room, "merged")
        assert were(again).keys() == {ana.view.you, again.view.you}
        assert set(were(again).values()) == before
        assert (await world.statistics()).held_seats == 0

    async def test_a_held_seat_is_held_no_longer_for_having_been_moved(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await group(world, "other", 3)
        await ben.drop()
        await world.watch(world.rules.seat_hold_ms - 1)
        assert (ana.view.why, len(ana.view.members)) == ("merged", 5)
        await world.watch(1)
        assert len(ana.view.members) == 4
        again = await world.connect("ben", resume=unknown_position(ana.room))
        assert again.view.why == "resynced"

    async def test_a_repeat_is_found_in_the_room_that_was_merged(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        others, old = await group(world, "other", 3), ana.room
        await world.watch(world.rules.merge_after_ms // 2)
        first = await ana.say("hello", 7)
        await world.watch(world.rules.merge_after_ms)
        assert ana.room == others[0].room
        heard = ana.heard
        assert await ana.say("hello", 7, old) == first
        assert await refusal_code(ana.say("another", 7, old)) is ErrorCode.ID_REUSED
        assert await refusal_code(ana.say("hello", 8, old)) is ErrorCode.MOVED
        assert ana.heard == heard

    async def test_the_say_limit_goes_along(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        others = await group(world, "other", 3)
        await world.watch(world.rules.merge_after_ms - world.rules.settle_ms)
        for _ in range(world.rules.say.burst):
            await ana.say("one more")
        assert await refusal_code(ana.say("too much")) is ErrorCode.RATE_LIMITED
        await world.watch(world.rules.settle_ms)
        assert ana.room == others[0].room
        for _ in range(world.rules.say.burst):
            await ana.say("one more")
        assert await refusal_code(ana.say("too much")) is ErrorCode.RATE_LIMITED

    async def test_the_merged_room_is_gone(self, world: World) -> None:
        (ana,) = await world.together("ana")
        old = ana.room
        others = await group(world, "other", 3)
        await world.watch(world.rules.merge_after_ms)
        assert ana.room == others[0].room
        late = await world.connect("late")
        await late.check_in()
        offer = await late.offer()
        assert offer is not None
        assert [candidate.room for candidate in offer.candidates] == [ana.room]
        await world.watch(world.rules.room_linger_ms)
        assert not await late.seat(old, "new")

    async def test_a_merge_does_not_put_off_a_move(self, world: World) -> None:
        ana, ben, cleo = await world.together("ana", "ben", "cleo")
        others = await group(world, "other", 3)
        await ana.check_in(AWAY)
        due_ms = world.moment_ms(ana, 2)
        await world.wait(world.rules.window_ms, ana, ladder=AWAY)
        for phone in (ben, *others):
            await phone.check_in()
        await cleo.leave()
        assert await world.watch(MINUTE_MS) == []
        assert ana.room == others[0].room
        await ana.check_in(AWAY)
        assert await world.go_to(due_ms - 1) == []
        assert await world.go_to(due_ms) == [ana.person]

    async def test_the_members_left_behind_hear_nothing_and_those_before_hear_every_seat(self, world: World) -> None:
        ana, ben, others, before = await merged(world)
        for phone in (ana, ben):
            assert [type(heard) for heard in phone.heard[-2:]][-1] is wire.Placed
            assert not [heard for heard in phone.heard if isinstance(heard, wire.Left)]
        joined = [heard.member.member for heard in others[0].heard if isinstance(heard, wire.Joined)]
        assert joined[-2:] == [MemberId(ana.view.you), MemberId(ben.view.you)]
        assert not before.keys() & set(joined)
