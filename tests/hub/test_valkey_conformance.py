"""The hub that several gateways share passes what the one of one process does."""

import os
from collections.abc import AsyncIterator

import pytest

from nearby.testing.cluster import RedisCluster
from nearby.testing.hub_suite import HubSuite
from nearby.testing.hub_suite.moves import MovesSuite
from nearby.testing.hub_suite.resume import ResumeSuite
from nearby.testing.hub_suite.says import SaysSuite
from nearby.testing.hub_suite.seats import SeatsSuite
from nearby.testing.live import GoLive
from nearby.testing.redis import RedisServer
from tests.hub.valkey_lives import going_live

IS_FULL = os.environ.get("NEARBY_TEST_PROFILE", "ci") == "full"


class TestTwoGatewaysOnOneServer(HubSuite):
    gateways = 2

    @pytest.fixture
    async def go_live(self, redis: RedisServer) -> AsyncIterator[GoLive]:
        async with going_live(redis.url) as start:
            yield start


class TestTwoGatewaysOnACluster(SeatsSuite, SaysSuite, ResumeSuite, MovesSuite):
    """What a cluster could do to one slot's state: find it, and be told by it."""

    gateways = 2

    @pytest.fixture
    async def go_live(self, cluster: RedisCluster) -> AsyncIterator[GoLive]:
        async with going_live(cluster.url) as start:
            yield start


@pytest.mark.skipif(not IS_FULL, reason="its parts are above")
class TestTheWholeSuiteOnACluster(HubSuite):
    gateways = 2

    @pytest.fixture
    async def go_live(self, cluster: RedisCluster) -> AsyncIterator[GoLive]:
        async with going_live(cluster.url) as start:
            yield start


@pytest.mark.skipif(not IS_FULL, reason="two gateways show what one does")
class TestOneGateway(HubSuite):
    @pytest.fixture
    async def go_live(self, redis: RedisServer) -> AsyncIterator[GoLive]:
        async with going_live(redis.url) as start:
            yield start
