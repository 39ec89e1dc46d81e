import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]
import pytest

from nearby.errors import StoreDown
from nearby.store.base import Store
from nearby.store.sql.engine import RowRefused, make_engines, translated
from nearby.testing.proxy import Proxy, running_proxy
from nearby.testing.store_suite import Database
from nearby.testing.store_suite.base import Heard
from nearby.testing.store_suite.given import ANA, HERE, NOW_MS, joined, present, room, said, seen
from nearby.testing.store_suite.journal import commit
from nearby.testing.waiting import eventually

PATIENCE_S = 0.8
"""Longer than a commit takes where each processor is wanted by many, and than it takes here to be given up."""


@pytest.fixture
async def proxy(migrated_postgres_url: str) -> AsyncIterator[Proxy]:
    address = urlsplit(migrated_postgres_url)
    async with running_proxy(str(address.hostname), address.port or 5432) as proxy:
        yield proxy


@pytest.fixture
def behind(proxy: Proxy, migrated_postgres_url: str) -> Database:
    """Return the database as it is reached through the proxy."""
    address = urlsplit(migrated_postgres_url)
    return Database(urlunsplit(address._replace(netloc=f"{address.username}@127.0.0.1:{proxy.port}")))


@pytest.fixture
def direct(migrated_postgres_url: str) -> Database:
    return Database(migrated_postgres_url)


async def all_written(store: Store) -> None:
    async def look() -> int:
        return store.journal.statistics().waiting

    await eventually(look, lambda waiting: waiting == 0, what="changes that wait")


async def test_while_the_database_is_away_acks_fail_and_everything_is_written_when_it_is_back(
    proxy: Proxy, behind: Database, direct: Database
) -> None:
    heard = Heard()
    async with behind.open(events=heard, patience_s=PATIENCE_S) as store:
        await commit(store, seen(ANA), room(), said(ANA, 1))
        proxy.cut()
        for seq in (2, 3):
            with pytest.raises(StoreDown) as down:
                await commit(store, said(ANA, seq), present(ANA))
            assert down.value.retry_ms > 0
        with pytest.raises(StoreDown):
            await store.check()
        assert store.journal.statistics().is_down
        proxy.heal()
        await all_written(store)
        await store.check()
        await commit(store, said(ANA, 4))
    assert [row["seq"] for row in await direct.rows("room_log")] == [1, 2, 3, 4]
    assert len(await direct.rows("presence")) == 1
    assert heard.reachable_was == [False, True]
    assert not heard.drops


async def test_a_full_journal_refuses_to_hear_more_and_drops_who_came_and_went_but_nothing_said(
    proxy: Proxy, behind: Database, direct: Database
) -> None:
    heard = Heard()
    async with behind.open(events=heard, patience_s=PATIENCE_S, max_log_rows=3) as store:
        await commit(store, seen(ANA), room())
        proxy.cut()
        for seq in range(1, 4):
            assert store.journal.has_room
            store.journal.record(said(ANA, seq))
        assert not store.journal.has_room
        store.journal.record(joined(ANA, 4))
        store.journal.record(said(ANA, 5))
        assert heard.drops == [("drop_membership_events", 1)]
        assert store.journal.statistics().dropped == 1
        proxy.heal()
        await all_written(store)
        assert store.journal.has_room
    assert [row["seq"] for row in await direct.rows("room_log")] == [1, 2, 3, 5]


async def test_connections_that_break_while_it_writes_lose_and_repeat_nothing(
    proxy: Proxy, behind: Database, direct: Database
) -> None:
    async with behind.open(patience_s=0.05) as store:
        for change in (seen(ANA), room()):
            store.journal.record(change)
        await all_written(store)
        for seq in range(1, 201):
            store.journal.record(said(ANA, seq))
            store.checkins.note(ANA, HERE.res7, NOW_MS + seq * 600_000, is_established=True)
            if seq % 20 == 0:
                proxy.cut()
                proxy.heal()
            if seq % 3 == 0:
                try:
                    await store.journal.durable()
                    await store.checkins.flush()
                except StoreDown:
                    continue
        await all_written(store)

        async def written() -> int:
            return store.checkins.statistics().waiting

        await eventually(written, lambda waiting: waiting == 0, what="check-ins that wait")
    assert [row["seq"] for row in await direct.rows("room_log")] == list(range(1, 201))
    assert len(await direct.rows("checkins")) == 200


async def test_a_slow_database_delays_acks_and_loses_nothing(proxy: Proxy, behind: Database, direct: Database) -> None:
    async with behind.open() as store:
        proxy.delay(0.05)
        await commit(store, seen(ANA), room(), said(ANA, 1))
        assert not store.journal.statistics().is_down
    assert len(await direct.rows("room_log")) == 1


async def test_a_file_that_somebody_else_holds_is_an_outage_too(sqlite_url: str, tmp_path: Path) -> None:
    database, heard = Database(sqlite_url), Heard()
    async with database.open(events=heard, patience_s=0.1) as store:
        await commit(store, seen(ANA), room())
        other = sqlite3.connect(tmp_path / "nearby.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreDown):
            await commit(store, said(ANA, 1))
        # SQLite goes on waiting for its turn: nothing has failed but somebody's patience.
        assert store.journal.statistics().is_down
        other.execute("ROLLBACK")
        other.close()
        await all_written(store)
        assert not store.journal.statistics().is_down
    assert len(await database.rows("room_log")) == 1
    assert heard.reachable_was == [False, True]


@pytest.fixture(params=["sqlite_url", "altered_postgres_url"])
def alterable(request: pytest.FixtureRequest) -> Database:
    """Return a database of either kind whose schema a test may change."""
    return Database(request.getfixturevalue(request.param))


RENAMED = ("ALTER TABLE room_log RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO room_log")
NARROWED = ("ALTER TABLE room_log RENAME COLUMN text TO words", "ALTER TABLE room_log RENAME COLUMN words TO text")


@pytest.mark.parametrize("there_and_back", [RENAMED, NARROWED], ids=["table", "column"])
async def test_a_statement_that_no_row_could_be_written_by_is_an_outage_and_loses_nothing(
    alterable: Database, there_and_back: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    database, heard = alterable, Heard()
    there, back = there_and_back
    async with database.open(events=heard, patience_s=PATIENCE_S) as store:
        await commit(store, seen(ANA), room(), said(ANA, 1))
        await alter(database, there)
        for seq in (2, 3):
            with pytest.raises(StoreDown, match="in time"):
                await commit(store, said(ANA, seq))
        assert store.journal.statistics().is_down
        await alter(database, back)
        await all_written(store)
    assert [row["seq"] for row in await database.rows("room_log")] == [1, 2, 3]
    assert heard.reachable_was == [False, True]
    assert not heard.drops
    said_so = [record for record in caplog.records if "refuses a statement" in record.getMessage()]
    assert [record.levelname for record in said_so] == ["ERROR"]


async def test_a_right_that_was_taken_away_is_an_outage_and_loses_nothing(altered_postgres_url: str) -> None:
    owner, heard = Database(altered_postgres_url), Heard()
    await alter(owner, "CREATE ROLE nearby_writer LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO nearby_writer")
    address = urlsplit(altered_postgres_url)
    place = str(address.netloc).rpartition("@")[2]
    try:
        async with Database(urlunsplit(address._replace(netloc=f"nearby_writer@{place}"))).open(
            events=heard, patience_s=PATIENCE_S
        ) as store:
            await commit(store, seen(ANA), room(), said(ANA, 1))
            await alter(owner, "REVOKE INSERT ON room_log FROM nearby_writer")
            with pytest.raises(StoreDown):
                await commit(store, said(ANA, 2))
            assert store.journal.statistics().is_down
            await alter(owner, "GRANT INSERT ON room_log TO nearby_writer")
            await all_written(store)
    finally:
        await alter(owner, "DROP OWNED BY nearby_writer; DROP ROLE nearby_writer")
    assert [row["seq"] for row in await owner.rows("room_log")] == [1, 2]
    assert not heard.drops


async def alter(database: Database, sql: str) -> None:
    """Carry out what an operator did beside the server."""
    engines = await make_engines(database.url)
    async with engines.writer.begin() as connection:
        for statement in sql.split(";"):
            await connection.exec_driver_sql(statement)
    await engines.dispose()


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (asyncpg.InsufficientPrivilegeError, StoreDown),
        (asyncpg.UndefinedTableError, StoreDown),
        (asyncpg.UndefinedColumnError, StoreDown),
        (asyncpg.PostgresSyntaxError, StoreDown),
        (asyncpg.DatatypeMismatchError, StoreDown),
        (asyncpg.ForeignKeyViolationError, RowRefused),
        (asyncpg.CheckViolationError, RowRefused),
        (asyncpg.NumericValueOutOfRangeError, RowRefused),
        (asyncpg.CharacterNotInRepertoireError, RowRefused),
    ],
)
def test_only_data_and_constraints_are_a_rows_fault(error: type[Exception], raised: type[Exception]) -> None:
    with pytest.raises(raised), translated():
        raise error("said the database")


async def test_a_commit_that_hangs_is_an_outage_as_soon_as_somebody_waited_too_long(
    proxy: Proxy, behind: Database, direct: Database
) -> None:
    heard = Heard()
    async with behind.open(events=heard, patience_s=PATIENCE_S) as store:
        await commit(store, seen(ANA), room())
        proxy.delay(0.5)  # Each way: it takes a second, and does not fail.
        with pytest.raises(StoreDown, match="in time"):
            await commit(store, said(ANA, 1))
        assert store.journal.statistics().is_down
        assert heard.reachable_was == [False]
        proxy.delay(0.0)
        await all_written(store)
        assert not store.journal.statistics().is_down
    assert [row["seq"] for row in await direct.rows("room_log")] == [1]
    assert heard.reachable_was == [False, True]
