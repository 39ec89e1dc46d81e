"""What unverified people may not say, and how many strangers they reach."""
# ruff: noqa: D102  The name of a test is its sentence.

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from nearby.core.ids import PersonId
from nearby.core.rules import SECOND_MS, Rate, Rules
from nearby.errors import ErrorCode
from nearby.hub.speech import Weighed
from nearby.testing.hub_suite.base import SuiteBase, refusal, refusal_code
from nearby.testing.hub_suite.given import HERE, RULES, verified
from nearby.testing.hub_suite.says import texts, use_up_saying
from nearby.testing.hub_suite.world import Phone, World

OpenWorld = Callable[[Rules], Awaitable[World]]

LINK = "look at example.com"
ADVERTISEMENT = "Ducks, 12 for a pound, all week!"
SAME_AGAIN = "DUCKS: 45 for a pound (all week)"

FREE = replace(RULES, say=Rate(1, 0), joins_per_hour=0, strangers_per_hour=5)
"""A small world of few strangers, in which people speak and move as they like."""


async def in_rooms(world: World, *people: str) -> list[Phone]:
    """Return phones in rooms of their own."""
    return [(await world.together(person))[0] for person in people]


async def reach_wait_ms(phone: Phone) -> int:
    """Return how long the person must wait to say something, refused because of whom it would reach."""
    refused = await refusal(phone.say("hi"))
    assert (refused.code, refused.limit) == (ErrorCode.RATE_LIMITED, "reach")
    assert refused.retry_ms is not None
    return refused.retry_ms


class SpeechSuite(SuiteBase):
    """The content gate and the count of strangers."""

    async def test_what_the_gate_refuses_is_not_said(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        heard = (ana.heard, ben.heard)
        assert await refusal_code(ben.say(LINK, 1)) is ErrorCode.HELD
        assert (ana.heard, ben.heard) == heard
        await ben.say("something else", 1)
        assert texts(ana) == ["something else"]
        assert (await world.statistics()).texts_held["link"] == 1

    async def test_verified_people_are_not_looked_at(self, world: World) -> None:
        ana, ben = await world.together("ana", verified("ben", "Ben"))
        await ben.say(LINK)
        assert texts(ana) == [LINK]

    async def test_a_member_of_the_room_may_be_called(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        called = f"@{ana.view.members[ana.view.you].name} hello"
        await ben.say(called)
        assert await refusal_code(ben.say("@some_body hello")) is ErrorCode.HELD
        assert texts(ana) == [called]

    async def test_what_was_held_counts_by_the_rate(self, world: World) -> None:
        _, ben = await world.together("ana", "ben")
        for _ in range(world.rules.say.burst):
            assert await refusal_code(ben.say(LINK)) is ErrorCode.HELD
        assert await refusal_code(ben.say(LINK)) is ErrorCode.RATE_LIMITED
        assert await refusal_code(ben.say("hello")) is ErrorCode.RATE_LIMITED

    async def test_repeats_rooms_that_moved_and_limits_come_before_the_gate(self, world: World) -> None:
        ana, ben = await world.together("ana", verified("ben", "Ben"))
        first = await ben.say(LINK, 1)
        again = await world.connect("ben", knows=ben.view)
        await again.renew(replace(again.caller, verified=False))
        assert await again.say(LINK, 1) == first
        assert await refusal_code(again.say(LINK, 2)) is ErrorCode.HELD
        await again.open_room("next")
        assert await refusal_code(again.say(LINK, 3, ana.room)) is ErrorCode.MOVED
        await use_up_saying(ana)
        assert await refusal_code(ana.say(LINK)) is ErrorCode.RATE_LIMITED

    async def test_a_number_in_pieces_is_held_in_the_room_in_which_they_were_said(self, open_world: OpenWorld) -> None:
        world = await open_world(FREE)
        ana, ben = await world.together("ana", "ben")
        await ben.say("0664")
        await ana.say("555")
        assert await refusal_code(ben.say("123")) is ErrorCode.HELD
        await ben.open_room("next")
        await ben.say("123")

    async def test_a_text_of_three_rooms_is_refused_everywhere_for_a_day(self, open_world: OpenWorld) -> None:
        world = await open_world(replace(FREE, window_ms=24 * RULES.hour_ms))
        ana, ben, cleo, dan = await in_rooms(world, "ana", "ben", "cleo", "dan")
        for phone in (ana, ana, ben, cleo):
            await phone.say(ADVERTISEMENT)
        for phone in (ana, dan):
            assert await refusal_code(phone.say(SAME_AGAIN)) is ErrorCode.HELD
        (eve,) = await world.together(verified("eve", "Eve"))
        await eve.say(ADVERTISEMENT)
        until_ms = world.now_ms + world.rules.day_ms
        world.clock.advance(world.rules.day_ms - 1)
        assert await refusal_code(dan.say(ADVERTISEMENT)) is ErrorCode.HELD
        world.clock.advance(until_ms - world.now_ms)
        await dan.say(ADVERTISEMENT)
        assert (await world.statistics()).texts_held["repeated"] == 3

    async def test_a_text_of_three_rooms_in_more_than_an_hour_is_not(self, open_world: OpenWorld) -> None:
        world = await open_world(replace(FREE, window_ms=24 * RULES.hour_ms))
        for phone in await in_rooms(world, "ana", "ben", "cleo", "dan"):
            await phone.say(ADVERTISEMENT)
            world.clock.advance(world.rules.hour_ms // 2)

    async def test_short_texts_may_be_said_everywhere(self, open_world: OpenWorld) -> None:
        world = await open_world(FREE)
        for phone in await in_rooms(world, "ana", "ben", "cleo", "dan"):
            await phone.say("good evening!")

    async def test_what_a_filter_found_unfit_is_held(self, world: World) -> None:
        _, ben = await world.together("ana", "ben")
        saying = ben.hub.say(ben.person, ben.connection, "hello", world.now_ms, is_unfit=True)
        assert await refusal_code(world.settled(saying)) is ErrorCode.HELD

    async def test_to_weigh_tells_what_say_would_come_to_and_changes_nothing(self, world: World) -> None:
        ana, ben = await world.together("ana", verified("ben", "Ben"))

        async def weigh(phone: Phone, message_id: int) -> Weighed:
            return await phone.hub.weigh(phone.person, phone.connection, "hello", world.now_ms, message_id=message_id)

        assert await weigh(ana, 1) == Weighed(is_open=True)
        assert await weigh(ben, 1) == Weighed()
        first = await ana.say("hello", 1)
        assert await weigh(ana, 1) == Weighed(first)
        for number in range(world.rules.say.burst - 1):
            await weigh(ana, number + 2)
            await ana.say(f"and {number}")
        assert await refusal_code(weigh(ana, 9)) is ErrorCode.RATE_LIMITED

    async def test_what_is_written_outside_rooms_passes_the_same_gate(self, world: World) -> None:
        hub, ana = world.hubs[0], PersonId("ana")
        assert await refusal_code(hub.screen("bottle", LINK, world.now_ms)) is ErrorCode.HELD
        for place in "abc":
            await hub.screen(place, ADVERTISEMENT, world.now_ms)
        assert await refusal_code(hub.screen("d", SAME_AGAIN, world.now_ms)) is ErrorCode.HELD
        await hub.screen("thread", "0664", world.now_ms, author=ana)
        await hub.screen("thread", "123", world.now_ms, author=PersonId("ben"))
        assert await refusal_code(hub.screen("thread", "123", world.now_ms, author=ana)) is ErrorCode.HELD

    async def test_without_a_gate_everything_may_be_said(self, open_world: OpenWorld) -> None:
        world = await open_world(replace(RULES, has_gate=False))
        ana, ben = await world.together("ana", "ben")
        await ben.say(LINK)
        assert texts(ana) == [LINK]

    async def test_words_reach_no_more_strangers_in_an_hour_than_allowed(self, open_world: OpenWorld) -> None:
        world = await open_world(replace(FREE, window_ms=24 * RULES.hour_ms))
        spammer, *_ = await world.together("spammer", "a", "b", "c")
        started_ms = world.now_ms
        await spammer.say("hi")
        others = await world.together("d", "e", "f")
        await spammer.seat(others[0].room)
        assert await reach_wait_ms(spammer) == world.rules.hour_ms
        assert texts(others[0]) == []
        world.clock.advance(world.rules.hour_ms - 1)
        assert await reach_wait_ms(spammer) == 1
        world.clock.advance(started_ms + world.rules.hour_ms - world.now_ms)
        await spammer.say("hi")

    async def test_to_leave_and_come_back_gives_nobody_more(self, open_world: OpenWorld) -> None:
        world = await open_world(FREE)
        spammer, *_ = await world.together("spammer", "a", "b", "c")
        await spammer.say("hi")
        await spammer.leave()
        await spammer.drop()
        others = await world.together("d", "e", "f")
        await world.go_to(world.now_ms + world.rules.return_ms)
        spammer = await world.connect("spammer")
        await spammer.check_in(HERE)
        if not await spammer.seat(others[0].room, "new"):
            pytest.fail("the room has a seat")
        assert await reach_wait_ms(spammer) > 0

    async def test_newcomers_count_with_the_next_words_and_held_seats_like_others(self, open_world: OpenWorld) -> None:
        world = await open_world(FREE)
        spammer, *others = await world.together("spammer", "a", "b", "c", "d")
        await others[0].drop()
        await spammer.say("hi")
        for name in ("e", "f"):
            newcomer = await world.connect(name)
            await newcomer.check_in(HERE)
            assert await newcomer.seat(spammer.room, "new")
            if name == "e":
                await spammer.say("hi again")
        assert await reach_wait_ms(spammer) > 0
        back = await world.connect("a", knows=others[0].view)
        assert [said.text for said in back.view.messages] == ["hi", "hi again"]

    async def test_words_of_verified_people_reach_everybody(self, open_world: OpenWorld) -> None:
        world = await open_world(FREE)
        caller = verified("host", "Host")
        host, *_ = await world.together(caller, "a", "b", "c")
        await host.say("hi")
        others = await world.together("d", "e", "f")
        await host.seat(others[0].room)
        world.clock.advance(SECOND_MS)
        await host.say("hi")
        assert texts(others[0]) == ["hi"]
