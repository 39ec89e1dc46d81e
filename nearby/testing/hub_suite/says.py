"""Saying: once, in order, to everybody; and what is refused in which order."""
# ruff: noqa: D102  The name of a test is its sentence.

import pytest

from nearby.core import wire
from nearby.core.ids import RoomId
from nearby.errors import ErrorCode
from nearby.testing.hub_suite.base import SuiteBase, refusal, refusal_code
from nearby.testing.hub_suite.world import Phone, World


def texts(phone: Phone) -> list[str]:
    """Return what the phone heard being said."""
    return [heard.text for heard in phone.heard if isinstance(heard, wire.Said)]


async def use_up_saying(phone: Phone) -> None:
    """Say as much as may be said at once."""
    for number in range(phone.world.rules.say.burst):
        await phone.say(f"filler {number}")


class SaysSuite(SuiteBase):
    """Saying, repeating and being refused."""

    async def test_everybody_hears_what_was_said_its_author_too(self, world: World) -> None:
        ana, ben, cleo = await world.together("ana", "ben", "cleo")
        (elsewhere,) = await world.together("dan")
        seq, at_ms = await ben.say("hello", 1)
        said = wire.Said(room=ana.room, seq=seq, from_=ben.view.you, text="hello", at_ms=at_ms)
        assert [phone.heard[-1] for phone in (ana, ben, cleo)] == [said] * 3
        assert at_ms == world.now_ms
        assert texts(elsewhere) == []

    async def test_all_hear_one_order_whoever_speaks(self, world: World) -> None:
        phones = await world.together("ana", "ben", "cleo")
        for number in range(9):
            await phones[number % 3].say(str(number))
        for phone in phones:
            assert texts(phone) == [str(number) for number in range(9)]

    async def test_a_repeat_gets_the_first_answer_and_is_not_said_again(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        first = await ben.say("hello", "m1")
        await ana.say("between")
        world.clock.advance(1_000)
        assert await ben.say("hello", "m1") == first
        assert texts(ana) == ["hello", "between"]

    async def test_a_repeat_on_a_newer_connection_is_one_too(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        first = await ben.say("hello", 7)
        await ben.drop()
        again = await world.connect("ben", knows=ben.view)
        assert await again.say("hello", 7, again.room) == first
        assert texts(ana) == ["hello"]

    async def test_without_an_id_nothing_is_a_repeat(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        first, _ = await ben.say("hello")
        assert (await ben.say("hello"))[0] == first + 1
        assert texts(ana) == ["hello", "hello"]

    async def test_ids_are_each_persons_own_and_a_number_is_no_text(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        seqs = [(await ana.say("one", 1))[0], (await ben.say("two", 1))[0], (await ben.say("three", "1"))[0]]
        assert len(set(seqs)) == 3
        assert texts(ana) == ["one", "two", "three"]

    async def test_an_id_with_another_text_is_refused(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ben.say("hello", 1)
        before = ana.heard
        assert await refusal_code(ben.say("something else", 1)) is ErrorCode.ID_REUSED
        assert ana.heard == before

    async def test_a_repeat_is_found_in_the_room_it_names_after_leaving_it(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        first = await ben.say("hello", 1)
        await ben.open_room("next")
        assert await ben.say("hello", 1, ana.room) == first
        await ben.leave()
        assert await ben.say("hello", 1, ana.room) == first
        assert texts(ana) == ["hello"]

    async def test_a_repeat_is_found_in_a_room_that_everybody_left(self, world: World) -> None:
        (ana,) = await world.together("ana")
        room = ana.room
        first = await ana.say("hello", 1)
        await ana.leave()
        await world.go_to(world.now_ms + world.rules.repeat_ms - 1)
        assert await ana.say("hello", 1, room) == first

    async def test_a_repeat_that_names_no_room_is_looked_up_in_the_present_one(self, world: World) -> None:
        _, ben = await world.together("ana", "ben")
        await ben.say("hello", 1)
        assert await ben.open_room("next")
        await ben.say("hello", 1)
        assert [said.text for said in ben.view.messages] == ["hello"]

    @pytest.mark.parametrize(("later_ms", "is_repeat"), [(-1, True), (1, False)])
    async def test_an_id_is_remembered_for_two_minutes(self, world: World, later_ms: int, is_repeat: bool) -> None:
        ana, ben = await world.together("ana", "ben")
        first = await ben.say("hello", 1)
        await world.go_to(world.now_ms + world.rules.repeat_ms + later_ms)
        assert (await ben.say("hello", 1) == first) == is_repeat
        assert len(texts(ana)) == (1 if is_repeat else 2)

    async def test_an_id_may_carry_another_text_after_two_minutes(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ben.say("hello", 1)
        await world.go_to(world.now_ms + world.rules.repeat_ms + 1)
        await ben.say("something else", 1)
        assert texts(ana) == ["hello", "something else"]

    async def test_a_room_that_is_not_mine_has_moved(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ben.open_room("next")
        before = (ana.heard, ben.heard)
        assert await refusal_code(ben.say("hello", room=ana.room)) is ErrorCode.MOVED
        assert await refusal_code(ben.say("hello", 1, RoomId("nowhere"))) is ErrorCode.MOVED
        assert (ana.heard, ben.heard) == before

    async def test_without_a_room_nothing_is_said(self, world: World) -> None:
        ana = await world.connect("ana")
        assert await refusal_code(ana.say("hello")) is ErrorCode.NOT_IN_ROOM
        assert await refusal_code(ana.say("hello", room=RoomId("nowhere"))) is ErrorCode.MOVED

    async def test_more_than_five_at_once_is_too_fast(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await use_up_saying(ben)
        before = ana.heard
        refused = await refusal(ben.say("too much", 1))
        assert (refused.code, refused.retry_ms) == (ErrorCode.RATE_LIMITED, world.rules.say.period_ms)
        assert ana.heard == before
        world.clock.advance(world.rules.say.period_ms - 1)
        assert await refusal_code(ben.say("too much", 1)) is ErrorCode.RATE_LIMITED
        world.clock.advance(1)
        await ben.say("in time", 1)
        assert texts(ana)[-1] == "in time"

    async def test_the_limit_is_each_persons_own(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await use_up_saying(ben)
        await ana.say("still here")
        assert texts(ben)[-1] == "still here"

    async def test_the_limit_goes_along_to_the_next_seat(self, world: World) -> None:
        _, ben = await world.together("ana", "ben")
        await use_up_saying(ben)
        await ben.open_room("next")
        assert await refusal_code(ben.say("hello")) is ErrorCode.RATE_LIMITED
        await ben.leave()
        await ben.check_in()
        await ben.open_room("new")
        assert await refusal_code(ben.say("hello")) is ErrorCode.RATE_LIMITED

    async def test_a_repeat_is_looked_up_before_any_limit(self, world: World) -> None:
        _, ben = await world.together("ana", "ben")
        first = await ben.say("hello", 1)
        for number in range(world.rules.say.burst - 1):
            await ben.say(str(number))
        assert await ben.say("hello", 1) == first
        assert await refusal_code(ben.say("something else", 1)) is ErrorCode.ID_REUSED
        assert await refusal_code(ben.say("something else", 2)) is ErrorCode.RATE_LIMITED

    async def test_a_reused_id_is_refused_before_a_room_that_moved(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ben.say("hello", 1)
        await ben.open_room("next")
        assert await refusal_code(ben.say("something else", 1, ana.room)) is ErrorCode.ID_REUSED

    async def test_a_room_that_moved_is_refused_before_any_limit(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await use_up_saying(ben)
        await ben.open_room("next")
        assert await refusal_code(ben.say("hello", 1, ana.room)) is ErrorCode.MOVED

    async def test_having_no_room_is_refused_before_any_limit(self, world: World) -> None:
        _, ben = await world.together("ana", "ben")
        await use_up_saying(ben)
        await ben.leave()
        assert await refusal_code(ben.say("hello")) is ErrorCode.NOT_IN_ROOM
