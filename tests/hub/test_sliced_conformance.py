"""A live state of slices passes what a live state does, but for two things that hold within a slice only."""

import os
from collections.abc import AsyncIterator

import pytest

from nearby.core.rules import Rules
from nearby.testing.cluster import RedisCluster
from nearby.testing.hub_suite import HubSuite
from nearby.testing.hub_suite.given import AWAY
from nearby.testing.hub_suite.lists import listed, next_window, seen, viewer
from nearby.testing.hub_suite.moves import two_of_whom_one_went_away
from nearby.testing.hub_suite.resume import ResumeSuite
from nearby.testing.hub_suite.says import SaysSuite
from nearby.testing.hub_suite.seats import SeatsSuite
from nearby.testing.hub_suite.world import World
from nearby.testing.live import GoLive, Live
from nearby.testing.sliced_live import SlicedLive
from tests.hub.sliced_lives import SLICES, going_live_in_slices

IS_FULL = os.environ.get("NEARBY_TEST_PROFILE", "ci") == "full"


async def start_sliced(rules: Rules, now_ms: int) -> Live:
    return SlicedLive(rules, now_ms, SLICES)


class SlicedSuite(HubSuite):
    """The suite, with these two as they are where what is far away is another slice's."""

    async def test_a_move_bars_nothing(self, world: World) -> None:
        ana, ben, due_ms = await two_of_whom_one_went_away(world)
        await world.go_to(due_ms)
        assert await ana.open_room("moved", AWAY.res5)
        assert not await ana.seat(ben.room, "next")

    async def test_whoever_moves_away_is_seen_until_the_window_ends(self, world: World) -> None:
        vic, far = await viewer(world), await viewer(world, "far", AWAY)
        (ana,) = await listed(world, "ana")
        await next_window(world, vic)
        await far.check_in(AWAY)
        await ana.check_in(AWAY)
        moved = await world.go_to(max(world.now_ms, world.moment_ms(ana, 0)))
        assert (await seen(vic), await seen(far)) == ({ana.person}, set())
        # Who has no seat to keep goes to the other slice once a tick places them.
        assert moved == [ana.person]
        assert await ana.place("moved")
        assert (await seen(vic), await seen(far)) == (set(), set())
        await next_window(world)
        assert (await seen(vic), await seen(far)) == (set(), {ana.person})


class TestTwoGateways(SlicedSuite):
    gateways = 2

    @pytest.fixture
    def go_live(self) -> GoLive:
        return start_sliced


@pytest.mark.skipif(not IS_FULL, reason="two gateways show what one does")
class TestOneGateway(TestTwoGateways):
    gateways = 1


class TestTwoGatewaysOnACluster(SeatsSuite, SaysSuite, ResumeSuite):
    """What goes on within a slice; moves between them have tests of their own."""

    gateways = 2

    @pytest.fixture
    async def go_live(self, cluster: RedisCluster) -> AsyncIterator[GoLive]:
        async with going_live_in_slices(cluster.url) as start:
            yield start


@pytest.mark.skipif(not IS_FULL, reason="its parts are above, and in memory")
class TestTheWholeSuiteOnACluster(SlicedSuite):
    gateways = 2

    @pytest.fixture
    async def go_live(self, cluster: RedisCluster) -> AsyncIterator[GoLive]:
        async with going_live_in_slices(cluster.url) as start:
            yield start
