from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from nearby.testing.postgres import postgres_with_schema
from nearby.testing.redis import RedisServer, running_redis
from nearby.testing.serving import LiveServer, live_server
from tests.forked import servers_start_at_once  # noqa: F401 (a fixture)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """Of a PostgreSQL of the module's own that has the schema."""
    with postgres_with_schema() as server:
        yield server.url


@pytest.fixture(scope="module")
def hub() -> Iterator[RedisServer]:
    """Yield a server of the module's own; what it holds is of the tests before."""
    with running_redis() as server:
        yield server
