import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from nearby.errors import StoreDown
from nearby.store.base import Store
from nearby.testing.proxy import Proxy, running_proxy
from nearby.testing.store_suite import Database
from nearby.testing.store_suite.base import Heard
from nearby.testing.store_suite.given import ANA, HERE, NOW_MS, joined, present, room, said, seen
from nearby.testing.store_suite.journal import commit
from nearby.testing.waiting import eventually


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
    async with behind.open(events=heard, patience_s=0.2) as store:
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
    async with behind.open(events=heard, patience_s=0.2, max_log_rows=3) as store:
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
        proxy.delay_s = 0.05
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


async def test_a_commit_that_hangs_is_an_outage_as_soon_as_somebody_waited_too_long(
    proxy: Proxy, behind: Database, direct: Database
) -> None:
    heard = Heard()
    async with behind.open(events=heard, patience_s=0.2) as store:
        await commit(store, seen(ANA), room())
        proxy.delay_s = 0.5  # Each way: it takes a second, and does not fail.
        with pytest.raises(StoreDown, match="in time"):
            await commit(store, said(ANA, 1))
        assert store.journal.statistics().is_down
        assert heard.reachable_was == [False]
        proxy.delay_s = 0.0
        await all_written(store)
        assert not store.journal.statistics().is_down
    assert [row["seq"] for row in await direct.rows("room_log")] == [1]
    assert heard.reachable_was == [False, True]
