import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.errors import ConfigError
from nearby.store.sql import open_store
from nearby.store.sql.engine import Engines, make_engines
from nearby.store.sql.migrate import migrate, statements, version_of
from nearby.store.tables import SCHEMA_VERSION, markers, metadata
from tests.store.catalogue import Catalogue, read_catalogue

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"
SECRET = b"the secret of a test's shadows, long"

ROWS: list[tuple[str, dict[str, Any]]] = [
    (
        "people",
        {"person": "ana", "is_guest": False, "created_ms": 1, "seen_day": 2, "active_days": 3, "is_listed": False},
    ),
    (
        "people",
        {"person": "ben", "is_guest": True, "created_ms": 1, "seen_day": 2, "active_days": 3, "is_listed": True},
    ),
    ("relations", {"owner": "ana", "kind": "block", "subject": "ben", "handle": "h", "created_ms": 5}),
    (
        "rooms",
        {"room": "r", "catchment": 0x871F1D489FFFFFF, "opened_ms": 1, "capacity": 8, "epoch": 1, "seq": 2},
    ),
    ("room_log", {"room": "r", "seq": 1, "epoch": 1, "at_ms": 7, "kind": "said", "member": "m", "text": "hello"}),
]
"""One row and more of what version 1 knew."""


@pytest.fixture
async def engines(empty_url: str) -> Any:
    engines = await make_engines(empty_url)
    yield engines
    await engines.dispose()


async def start_at(engines: Engines, version: int) -> None:
    """Make a database as ``version`` of the program left it."""
    kind = "sqlite" if engines.is_sqlite else "postgresql"
    for path in sorted(MIGRATIONS.glob(f"*.{kind}.sql"))[:version]:
        async with engines.writer.begin() as connection:
            script = path.read_text()
            for statement in statements(script) if engines.is_sqlite else [script]:
                await run(connection, statement)


async def run(connection: AsyncConnection, script: str) -> None:
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql(script)
    else:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute(script)


async def catalogue(engines: Engines) -> Catalogue:
    found = await read_catalogue(engines.reader)
    for table in found.values():
        table["columns"] = dict(sorted(table["columns"].items()))
    return found


async def test_a_new_database_gets_the_newest_schema_at_once(engines: Engines) -> None:
    assert await version_of(engines) == 0
    assert await migrate(engines) == (0, SCHEMA_VERSION)
    assert await migrate(engines) == (SCHEMA_VERSION, SCHEMA_VERSION)


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
async def test_an_older_database_comes_up_to_date_and_keeps_every_row(engines: Engines, version: int) -> None:
    await start_at(engines, version)
    async with engines.writer.begin() as connection:
        for table, row in ROWS:
            await connection.execute(metadata.tables[table].insert().values(row))
    assert await migrate(engines) == (version, SCHEMA_VERSION)
    async with engines.reader.connect() as connection:
        for table in {table for table, _ in ROWS}:
            rows = [dict(row) for row in (await connection.execute(select(metadata.tables[table]))).mappings()]
            expected = [row for name, row in ROWS if name == table]
            assert len(rows) == len(expected)
            assert all(any(row.items() <= found.items() for found in rows) for row in expected)


async def test_those_who_were_in_conflict_still_are_after_it(engines: Engines) -> None:
    await start_at(engines, 3)
    report = {"reporter": "ben", "reported": "ana", "reason": "spam", "does_count": True, "status": "open"}
    async with engines.writer.begin() as connection:
        for table, row in ROWS[:3]:
            await connection.execute(metadata.tables[table].insert().values(row))
        for name, at_ms in (("one", 8), ("two", 6)):
            await connection.execute(metadata.tables["reports"].insert().values(report=name, at_ms=at_ms, **report))
    await migrate(engines)
    async with engines.reader.connect() as connection:
        rows = [tuple(row) for row in await connection.execute(select(metadata.tables["conflicts"]))]
    assert sorted(rows) == [("ana", "ben", "block", True, 5), ("ben", "ana", "report", True, 6)]


async def test_the_long_way_and_the_short_way_end_in_the_same_catalogue(engines: Engines, tmp_path: Path) -> None:
    await start_at(engines, 1)
    await migrate(engines)
    walked = await catalogue(engines)
    async with engines.writer.begin() as connection:
        if engines.is_sqlite:
            await connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            await connection.run_sync(metadata.drop_all)
        else:
            await connection.execute(text("DROP SCHEMA public CASCADE"))
            await connection.execute(text("CREATE SCHEMA public"))
    assert await migrate(engines) == (0, SCHEMA_VERSION)
    assert await catalogue(engines) == walked


async def test_a_database_from_the_future_is_left_alone(engines: Engines, empty_url: str) -> None:
    await migrate(engines)
    async with engines.writer.begin() as connection:
        await connection.execute(update(markers).where(markers.c.name == "schema").values(value=SCHEMA_VERSION + 1))
    with pytest.raises(ConfigError, match="use a newer nearby"):
        await migrate(engines)
    with pytest.raises(ConfigError, match=f"^database_url: the database holds schema version {SCHEMA_VERSION + 1}"):
        await open_store(empty_url, secret=SECRET).__aenter__()


async def test_two_programs_may_migrate_at_once(engines: Engines, empty_url: str) -> None:
    other = await make_engines(empty_url)
    await asyncio.gather(migrate(engines), migrate(other))
    async with other.reader.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(markers)) == 3
    await other.dispose()


async def test_postgresql_is_not_changed_by_a_server_that_starts(postgres_url: str) -> None:
    with pytest.raises(ConfigError, match="nearby db init"):
        await open_store(postgres_url, secret=SECRET).__aenter__()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://nobody@127.0.0.1:1/none", "cannot be reached"),
        ("mysql://x/y", "sqlite:///FILE"),
        ("sqlite://", "sqlite:///FILE"),
        ("nonsense", "sqlite:///FILE"),
        ("sqlite:////proc/nearby.db", "cannot be written to"),
    ],
)
async def test_a_database_that_cannot_be_used_is_one_sentence(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as error:
        await open_store(url, secret=SECRET).__aenter__()
    assert "\n" not in str(error.value)
    assert error.value.setting == "database_url"


async def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("these are notes " * 100)
    with pytest.raises(ConfigError, match="file is not a database"):
        await open_store(f"sqlite:///{tmp_path}/notes.txt", secret=SECRET).__aenter__()


async def test_the_file_is_for_its_owners_eyes_only(sqlite_url: str, tmp_path: Path) -> None:
    async with open_store(sqlite_url, secret=SECRET):
        modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {0o600}
