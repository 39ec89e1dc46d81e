import os
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from nearby.testing.cluster import RedisCluster, running_cluster
from nearby.testing.hub_suite.given import RULES
from nearby.testing.hub_suite.world import World
from nearby.testing.redis import GivenRedis, RedisServer, running_redis
from tests.hub.valkey_lives import going_live


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """Yield a server for tests that empty it: the one ``NEARBY_TEST_REDIS_URL`` names, or one of our own."""
    given = os.environ.get("NEARBY_TEST_REDIS_URL")
    if given:
        yield GivenRedis(given)
        return
    with running_redis() as server:
        yield server


@pytest.fixture(scope="session")
def cluster() -> Iterator[RedisCluster]:
    """Yield a cluster for tests that empty it and leave it whole."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
async def client(redis: RedisServer) -> AsyncIterator[Redis]:
    """Yield a client of the server."""
    async with Redis.from_url(redis.url, driver_info=None) as client:
        yield client


@pytest.fixture
async def world(redis: RedisServer) -> AsyncIterator[World]:
    """Yield two gateways on a live state of their own."""
    async with going_live(redis.url) as go_live:
        yield await World.start(go_live, 2, RULES)
