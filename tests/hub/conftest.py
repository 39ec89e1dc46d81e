import os
from collections.abc import Iterator

import pytest

from nearby.testing.cluster import RedisCluster, running_cluster
from nearby.testing.redis import GivenRedis, RedisServer, running_redis


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
