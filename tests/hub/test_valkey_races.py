"""On a shared hub everything may happen at once, and nothing contradicts anything afterwards."""

import asyncio
import os
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from redis.asyncio import Redis

from nearby.core.past import TRIMMED_WITHIN
from nearby.hub.memory.agenda import Kind
from nearby.hub.valkey import sweeper
from nearby.hub.valkey.collections import TIMERS
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.runner import Runner
from nearby.hub.valkey.sweeper import BATCH
from nearby.testing.hub_suite.given import RULES
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.redis import RedisServer
from nearby.testing.shared_state import contradictions
from tests.hub.racing import Racers
from tests.hub.valkey_lives import ValkeyLive, going_live

IS_FULL = os.environ.get("NEARBY_TEST_PROFILE", "ci") == "full"
SMALL_ROOMS = replace(RULES.unlimited(), capacity=3, target=2, low_water=2)
STEPS_MS = (0, 0, 0, 1, 700, 11_000, 61_000, 200_000)


@pytest.mark.parametrize("seed", range(40 if IS_FULL else 5))
async def test_what_races_leaves_one_consistent_state_and_every_phone_a_log_without_gaps(
    redis: RedisServer, seed: int
) -> None:
    random = Random(seed)
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 2, SMALL_ROOMS)
        live = world.live
        assert isinstance(live, ValkeyLive)
        racers = Racers(world, 14, random)

        async def wrong() -> list[str]:
            return contradictions(await live.stored(), SMALL_ROOMS)

        await racers.race_on(25, STEPS_MS, wrong)
        assert len(racers.said) > 10


async def test_a_crowd_that_is_placed_at_once_has_seats_in_no_more_rooms_than_it_fills(redis: RedisServer) -> None:
    crowd, rules = 40, RULES.unlimited()
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 2, rules)
        phones = [await world.connect(f"p{number}") for number in range(crowd)]
        for phone in phones:
            await phone.check_in()
        # All others see that it has a seat.
        assert await phones[0].place()
        placing = (phone.hub.place(phone.person, "new", world.now_ms) for phone in phones[1:])
        assert None not in await asyncio.gather(*placing)
        rooms = (await world.statistics()).rooms_by_size
    assert sum(size * count for size, count in rooms.items()) == crowd
    # One of each gateway may open a room at the same time, and the last of each may stand open.
    assert sum(rooms.values()) <= -(-crowd // rules.target) + 2


async def test_what_is_due_of_rooms_in_which_everybody_talks_is_done_all_the_same(redis: RedisServer) -> None:
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 2, RULES.unlimited())
        rooms = [await world.together(f"a{number}", f"b{number}") for number in range(16)]
        for phones in rooms:
            await phones[0].say("the first to be forgotten")
        world.clock.advance(RULES.log_ms + RULES.log_ms // 2)
        is_over, live = asyncio.Event(), world.live
        assert isinstance(live, ValkeyLive)

        async def talk(phone: Phone) -> None:
            while not is_over.is_set():
                await phone.hub.say(phone.person, phone.connection, "on and on", world.now_ms)
                # Time for some round trips, of which a look at the room needs two.
                for _ in range(3):
                    await phone.hub.statistics()

        talking = [asyncio.ensure_future(talk(phones[0])) for phones in rooms]
        try:
            for _ in range(3):
                for hub in world.hubs:
                    await hub.sweep(world.now_ms)
        finally:
            is_over.set()
            await asyncio.gather(*talking)
        assert not contradictions(await live.stored(), world.rules)


async def test_a_room_in_which_somebody_speaks_while_its_last_events_are_forgotten_is_looked_at_again(
    redis: RedisServer, client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with going_live(redis.url) as go_live:
        world = await World.start(go_live, 2, RULES.unlimited())
        ada, bob = await world.together("ada", "bob")
        call, spoken = Link.function, list[tuple[int, int]]()

        async def speak_after(link: Link, name: str, *arguments: Any) -> Any:
            answer = await call(link, name, *arguments)
            if name == "trim" and answer == 0 and not spoken:
                spoken.append((0, 0))
                spoken[:] = [await bob.say("still here")]
            return answer

        monkeypatch.setattr(Link, "function", speak_after)
        await world.go_to(world.now_ms + RULES.log_ms + 1)
        assert isinstance(world.live, ValkeyLive)
        look = await client.zscore(f"{world.live.tag}{TIMERS}", f"{Kind.ROOM:d}:{ada.room}")
    assert spoken
    assert look is not None


async def test_a_sweep_that_would_take_too_long_leaves_the_rest_to_the_next(redis: RedisServer) -> None:
    async with going_live(redis.url, sweep_s=0.0) as go_live:
        world = await World.start(go_live, 1, RULES.unlimited())
        phones = [phone for number in range(BATCH) for phone in await world.together(f"a{number}", f"b{number}")]
        for phone in phones:
            await phone.drop()
        world.clock.advance(RULES.seat_hold_ms)
        held = [(await world.statistics()).held_seats]
        while held[-1]:
            await world.sweep()
            held.append((await world.statistics()).held_seats)
            assert held[-1] >= held[-2] - BATCH
    assert held[0] == len(phones)
    assert len(held) > 2


async def test_a_gateway_that_is_far_behind_does_a_whole_batch_at_a_time_in_a_few_round_trips(
    redis: RedisServer, client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rooms that talk are due again a moment later, and more of them the further it is behind."""
    async with going_live(redis.url, sweep_s=0.0) as go_live:
        world = await World.start(go_live, 1, SMALL_ROOMS)
        live = world.live
        assert isinstance(live, ValkeyLive)
        rooms = [await world.together(f"a{number}", f"b{number}") for number in range(2 * BATCH)]
        # Half of them fall silent: of those nothing is left.
        for talking in (rooms, rooms[:BATCH], rooms[:BATCH], rooms[:BATCH]):
            for phones in talking:
                await phones[0].say("one of many")
            world.clock.advance(RULES.log_ms // TRIMMED_WITHIN)
        world.clock.advance(RULES.log_ms)
        behind = [await client.zcount(f"{live.tag}{TIMERS}", "-inf", world.now_ms)]
        reads, read = list[int](), Runner._read

        async def count(runner: Runner, *arguments: Any) -> None:
            reads[-1] += 1
            await read(runner, *arguments)

        monkeypatch.setattr(Runner, "_read", count)
        # Nobody is in the way, so that nothing is tried twice: to read what is not known yet is no such try.
        monkeypatch.setattr(sweeper, "TRIES_OF_MANY", 1)
        while behind[-1]:
            reads.append(0)
            await world.hubs[0].sweep(world.now_ms)
            behind.append(await client.zcount(f"{live.tag}{TIMERS}", "-inf", world.now_ms))
    assert behind[0] >= len(rooms)
    assert len(reads) <= -(-behind[0] // BATCH)
    assert max(reads) <= 4
