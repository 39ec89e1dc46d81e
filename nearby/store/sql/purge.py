"""Deleting what is past its time."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, text

from nearby.core.rules import Rules
from nearby.store.retention import CHECKINS_MS, old_events_that_may_end_a_log, purgeable
from nearby.store.sql.checkin_writer import DAY_MS, partition_name
from nearby.store.sql.engine import Engines, translated
from nearby.store.sql.turn import Turn
from nearby.store.sql.warm import keep_positions
from nearby.store.tables import metadata


async def purge(engines: Engines, turn: Turn, now_ms: int, rules: Rules) -> Mapping[str, int]:
    """See ``Store.purge``. One transaction a table, so that nothing waits long for its turn to write.

    Rows of whole days of the check-in log, which PostgreSQL drops unread, are not in the counts.
    """
    if not engines.is_sqlite:
        await _drop_partitions(engines, now_ms)
    counts: dict[str, int] = {}
    for name, is_over in purgeable():
        table = metadata.tables[name]
        with translated():
            async with turn.of(engines.purger) as connection:
                if name == "room_log":
                    await keep_positions(connection, old_events_that_may_end_a_log(now_ms, rules))
                deleted = await connection.execute(delete(table).where(is_over(now_ms, rules)))
                counts[name] = deleted.rowcount
    if engines.is_sqlite:
        await _truncate_wal(engines, turn)
    return counts


async def _drop_partitions(engines: Engines, now_ms: int) -> None:
    """Drop the days that ended before the time: whole files go, and no row is read."""
    last = partition_name((now_ms - CHECKINS_MS) // DAY_MS - 1)
    find = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'checkins'::regclass")
    with translated():
        async with engines.purger.begin() as connection:
            for name in await connection.scalars(find):
                if name <= last:
                    await connection.execute(text(f"DROP TABLE {name}"))


async def _truncate_wal(engines: Engines, turn: Turn) -> None:
    """Write the WAL into the file and cut it to nothing: what was deleted is in neither."""
    async with turn.lock:
        with translated():
            async with engines.writer.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
