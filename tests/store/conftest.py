import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from nearby.store.sql.engine import make_engines
from nearby.store.sql.migrate import migrate
from nearby.store.tables import markers, metadata
from nearby.testing.postgres import Server, running_postgres
from tests.forked import servers_start_at_once  # noqa: F401 (a fixture)

EMPTY = "; ".join(
    f"DELETE FROM {table.name}" + (" WHERE name = 'window'" if table is markers else "")
    for table in reversed(metadata.sorted_tables)
)
"""All at once: one statement after the other took longer than most tests."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Yield a PostgreSQL server with PostGIS: the one ``NEARBY_TEST_DATABASE_URL`` names, or one of our own."""
    given = os.environ.get("NEARBY_TEST_DATABASE_URL")
    server: AbstractContextManager[str] = nullcontext(given) if given else running_postgres()
    with server as url:
        yield Server(url)


@pytest.fixture(scope="session")
def migrated(postgres: Server) -> Iterator[str]:
    """Yield the URL of a database with the schema and no rows, to be copied."""

    async def make() -> str:
        url = await postgres.create()
        engines = await make_engines(url)
        await migrate(engines)
        await engines.dispose()
        return url

    url = asyncio.run(make())
    yield url
    asyncio.run(postgres.drop(url))


@pytest.fixture
async def postgres_url(postgres: Server) -> AsyncIterator[str]:
    """Yield the URL of an empty database."""
    url = await postgres.create()
    yield url
    await postgres.drop(url)


@pytest.fixture
async def migrated_postgres_url(migrated: str) -> AsyncIterator[str]:
    """Yield the URL of a database with the schema and no rows; one is enough, and emptied after each test."""
    yield migrated
    connection = await asyncpg.connect(migrated)
    try:
        await connection.execute(EMPTY)
    finally:
        await connection.close()


@pytest.fixture
async def altered_postgres_url(postgres: Server, migrated: str) -> AsyncIterator[str]:
    """Yield the URL of a copy of that database, whose schema a test may change."""
    url = await postgres.create(like=migrated)
    yield url
    await postgres.drop(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of a file that is not there yet."""
    return f"sqlite:///{tmp_path}/nearby.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty database of either kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url
