"""On a shared hub everything may happen at once, and nothing contradicts anything afterwards."""

import os
from dataclasses import replace
from random import Random

import pytest

from nearby.testing.hub_suite.given import RULES
from nearby.testing.hub_suite.world import World
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
        for _ in range(25):
            await racers.race(8)
            await live.settle()
            assert not world.violations()
            assert not contradictions(await live.stored(), SMALL_ROOMS)
            world.clock.advance(random.choice(STEPS_MS))
        assert not racers.failures
        assert len(set(racers.said)) == len(racers.said) > 10
