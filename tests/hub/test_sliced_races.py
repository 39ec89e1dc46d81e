"""Over slices too everything may happen at once, and nobody ends up in two of them."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.errors import HubDown
from nearby.hub.base import Caller
from nearby.hub.slices import Slice
from nearby.testing.cluster import RedisCluster
from nearby.testing.hub_suite.given import AWAY, HERE, RULES
from nearby.testing.hub_suite.world import World
from nearby.testing.live import Live
from nearby.testing.sliced_live import SlicedLive
from tests.hub.racing import Racers
from tests.hub.sliced_lives import SLICES, SlicedValkeyLive, going_live_in_slices

IS_FULL = os.environ.get("NEARBY_TEST_PROFILE", "ci") == "full"
SMALL_ROOMS = replace(RULES.unlimited(), capacity=3, target=2, low_water=2)
STEPS_MS = (0, 0, 700, 61_000, 200_000, 400_000)


class Weather:
    """How often a slice cannot be reached, or not be heard."""

    failing = 0.0


class FarAway:
    """A slice that takes some turns of the loop to reach, and some to answer, if it is reached and heard."""

    def __init__(self, slice_: Slice, random: Random, weather: Weather) -> None:
        self._slice = slice_
        self._random = random
        self._weather = weather

    def __getattr__(self, name: str) -> object:
        call: Callable[..., object] = getattr(self._slice, name)

        async def far(*arguments: object, **named: object) -> object:
            await self._pass_by()
            answer = await call(*arguments, **named)  # type: ignore[misc]
            await self._pass_by()
            return answer

        return far

    async def _pass_by(self) -> None:
        for _ in range(self._random.randrange(4)):
            await asyncio.sleep(0)
        if self._random.random() < self._weather.failing:
            raise HubDown


async def world_of_slices_far_away(random: Random, weather: Weather | None = None) -> World:
    weather = weather or Weather()

    async def start(rules: Rules, now_ms: int) -> Live:
        return SlicedLive(rules, now_ms, SLICES, wrap=lambda slice_: FarAway(slice_, random, weather))  # type: ignore[arg-type,return-value]

    return await World.start(start, 2, SMALL_ROOMS)


@pytest.mark.parametrize("seed", range(400 if IS_FULL else 20))
async def test_however_slices_answer_everybody_is_in_one_of_them(seed: int) -> None:
    random = Random(seed)
    world = await world_of_slices_far_away(random)
    live = world.live
    assert isinstance(live, SlicedLive)
    racers = Racers(world, 10, random)

    async def wrong() -> list[str]:
        return live.in_two_slices()

    await racers.race_on(25, STEPS_MS, wrong)
    assert len(racers.said) > 5


@pytest.mark.parametrize("seed", range(400 if IS_FULL else 20))
async def test_whatever_is_cut_short_everybody_is_in_one_slice_after_a_sweep(seed: int) -> None:
    random, weather = Random(seed), Weather()
    world = await world_of_slices_far_away(random, weather)
    live = world.live
    assert isinstance(live, SlicedLive)
    racers = Racers(world, 10, random)
    for _ in range(25):
        weather.failing = 0.03
        await racers.race(8)
        weather.failing = 0.0
        for hub in (*world.hubs, *world.hubs):
            await hub.sweep(world.now_ms)
        assert not live.in_two_slices()
        racers.hang_up_what_is_over()
        world.clock.advance(random.choice(STEPS_MS))


@pytest.mark.parametrize("seed", range(400 if IS_FULL else 20))
async def test_whoever_checks_in_and_clears_their_location_over_http_is_where_the_last_of_it_says(seed: int) -> None:
    random = Random(seed)
    world = await world_of_slices_far_away(random)
    live = world.live
    assert isinstance(live, SlicedLive)
    ana = Caller(PersonId("ana"), established=True)

    async def do() -> None:
        hub = random.choice(world.hubs)
        if random.random() < 0.3:
            await hub.clear(ana.person, None, world.now_ms)
        else:
            await hub.check_in(ana, random.choice((HERE, AWAY)), world.now_ms)

    for _ in range(10):
        await asyncio.gather(*(do() for _ in range(4)))
        assert not live.in_two_slices()
        world.clock.advance(random.choice(STEPS_MS))
    await random.choice(world.hubs).clear(ana.person, None, world.now_ms)
    assert not live.records(ana.person)


@pytest.mark.parametrize("seed", range(40 if IS_FULL else 2))
async def test_what_races_leaves_everybody_in_one_slice_and_every_phone_a_log_without_gaps(
    cluster: RedisCluster, seed: int
) -> None:
    random = Random(seed)
    async with going_live_in_slices(cluster.url) as go_live:
        world = await World.start(go_live, 2, SMALL_ROOMS)
        live = world.live
        assert isinstance(live, SlicedValkeyLive)
        racers = Racers(world, 10, random)
        await racers.race_on(12, STEPS_MS, live.contradictions)
        assert len(racers.said) > 5
