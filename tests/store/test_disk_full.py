"""The disk of a database is full: an outage like any other, and all is written once there is space."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from nearby.errors import StoreDown
from nearby.store.base import Store
from nearby.store.sql.engine import make_engines, translated
from nearby.testing.postgres import UNIX_USER
from nearby.testing.serving import live_server
from nearby.testing.store_suite import Database
from nearby.testing.store_suite.base import Heard
from nearby.testing.store_suite.given import ANA, HERE, NOW_MS, room, said, seen
from nearby.testing.store_suite.journal import commit
from nearby.testing.waiting import eventually
from tests.store.disks import SmallDisk, small_disk

LONG = "x" * 1_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 6) as disk:
        yield disk


async def until_written(store: Store) -> None:
    async def waiting() -> int:
        return store.journal.statistics().waiting

    await eventually(waiting, lambda found: found == 0, what="changes that wait")


async def last_said_before_it_is_full(store: Store) -> int:
    """Say more and more; return the seq of the last message, which is not on disk."""
    for seq in range(1, 5_001):
        store.journal.record(said(ANA, seq, LONG))
        if seq % 50 == 0:
            try:
                await store.journal.durable()
            except StoreDown:
                return seq
    raise AssertionError("there was no end to the space")


async def full_and_free_again(database: Database, disk: SmallDisk) -> None:
    """Say more than the disk holds, see it refused as an outage, make space, and find everything."""
    heard = Heard()
    async with database.open(events=heard, patience_s=0.5) as store:
        await commit(store, seen(ANA), room())
        disk.fill(but_bytes=64 * 1024)
        seq = await last_said_before_it_is_full(store)
        assert store.journal.statistics().is_down
        store.checkins.note(ANA, HERE.res7, NOW_MS, is_established=True)
        disk.free()
        await until_written(store)
        await store.checkins.flush()
        await commit(store, said(ANA, seq + 1))
    assert [row["seq"] for row in await database.rows("room_log")] == list(range(1, seq + 2))
    assert len(await database.rows("checkins")) == 1
    assert heard.reachable_was == [False, True]
    assert not heard.drops


async def test_a_full_disk_under_sqlite_is_an_outage_and_loses_nothing(disk: SmallDisk) -> None:
    await full_and_free_again(Database(f"sqlite:///{disk.path}/nearby.db"), disk)


async def test_a_full_disk_under_postgresql_is_an_outage_and_loses_nothing(
    altered_postgres_url: str, disk: SmallDisk
) -> None:
    if "NEARBY_TEST_DATABASE_URL" in os.environ:
        pytest.skip("the server that NEARBY_TEST_DATABASE_URL names has disks of its own")
    place = disk.path / "space"
    place.mkdir()
    shutil.chown(place, UNIX_USER)
    reachable = (*disk.path.parents, disk.path)
    was = {path: path.stat().st_mode for path in reachable}
    try:
        for path in reachable:
            path.chmod(was[path] | 0o011)
        await execute(altered_postgres_url, f"CREATE TABLESPACE small LOCATION '{place}'")
        await execute(altered_postgres_url, "ALTER TABLE room_log SET TABLESPACE small")
        await full_and_free_again(Database(altered_postgres_url), disk)
        await execute(altered_postgres_url, "ALTER TABLE room_log SET TABLESPACE pg_default")
        await execute(altered_postgres_url, "DROP TABLESPACE small")
    finally:
        for path in reachable:
            path.chmod(was[path])


async def execute(url: str, sql: str) -> None:
    """Carry out a statement that must not be in a transaction."""
    engines = await make_engines(url)
    async with engines.writer.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute(sql)
    await engines.dispose()


@pytest.mark.parametrize(
    "error",
    [asyncpg.DiskFullError, asyncpg.OutOfMemoryError, asyncpg.TooManyConnectionsError, asyncpg.QueryCanceledError],
)
def test_what_a_database_lacks_is_no_rows_fault(error: type[Exception]) -> None:
    with pytest.raises(StoreDown), translated():
        raise error("could not extend file")


async def test_a_server_on_a_full_disk_talks_on_refuses_acks_and_recovers(disk: SmallDisk) -> None:
    async with live_server(disk.path, limits="off") as server:
        ana, ben = await server.seated("ana"), await server.seated("ben")
        disk.fill()
        answer: dict[str, Any] = {"type": "ack"}
        number = 0
        while answer["type"] == "ack":
            number += 1
            assert number < 5_000
            answer = await ana.ask({"type": "say", "id": number, "text": LONG})
        assert answer["code"] == "store_down"
        assert (await server.call("GET", "/readyz")).status == 503
        heard = [message["seq"] for message in await ben.quiet() if message["type"] == "said"]
        assert len(heard) == number
        disk.free()

        async def readiness() -> int:
            return (await server.call("GET", "/readyz")).status

        await eventually(readiness, lambda status: status == 200, what="readiness")
        again = await ana.ask({"type": "say", "id": number, "text": LONG})
        assert (again["type"], again["seq"]) == ("ack", heard[-1])
        assert await server.metric("nearby_store_dropped_total", policy="refused") == 0
    rows = await Database(f"sqlite:///{disk.path}/nearby.db").rows("room_log")
    assert [row["seq"] for row in rows if row["kind"] == "said"] == heard
