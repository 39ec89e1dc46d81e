"""A PostgreSQL database whose tables of the running server hold a million rows each, made by the server itself."""

import asyncio
from collections import defaultdict
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from nearby.core.rules import Rules
from nearby.store.sql.checkin_writer import partition_sql
from nearby.testing.store_suite.given import NOW_MS

RULES = Rules()
ROWS = 1_000_000
DAY_MS = 86_400_000
CELL = 0x871F1D489FFFFFF
N = f"FROM generate_series(1, {ROWS}) n"
FILL = {
    "people (person, is_guest, created_ms, seen_day, active_days, is_listed)": (
        f"SELECT 'p' || n, n % 2 = 0, 0, {NOW_MS // DAY_MS} - n % 62, 1, false"
    ),
    "presence (person, cell, last_window, pending_cell, due_ms, is_counted)": (
        f"SELECT 'p' || n, {CELL}, {NOW_MS // RULES.window_ms} - n % 2, NULL, 0, true"
    ),
    "recents (person, has_lapsed, until_ms)": f"SELECT 'p' || n, false, {NOW_MS} + 1000 * (n - 2000)",
    "rooms (room, catchment, opened_ms, capacity, epoch, seq, empty_since_ms)": (
        f"SELECT 'r' || n, {CELL}, 0, 8, 1, 50, CASE WHEN n % 100 = 0 THEN {NOW_MS} - 20 * n END"
    ),
    "seats (member, room, person, name, is_name_drawn, is_verified, joined_seq, why, ended_ms)": (
        "SELECT 'm' || n, 'r' || n % 125000 + 1, 'p' || n, 'x', true, false, 1, 'new', "
        f"CASE WHEN n % 10 = 0 THEN {NOW_MS} - 20 * n END"
    ),
    "room_log (room, seq, epoch, at_ms, kind, member, text)": (
        f"SELECT 'r' || n % 20000 + 1, n / 20000 + 1, 1, {NOW_MS} - 3 * n, 'said', 'm' || n, 'hello'"
    ),
    "checkins (window_start_ms, cell, person_hash, is_established)": (
        f"SELECT {NOW_MS} - 600000 * (n / 7000), {CELL}, decode(lpad(to_hex(n), 32, '0'), 'hex'), true"
    ),
    "relations (owner, kind, subject, handle, created_ms)": "SELECT 'p' || n, 'block', 'p' || n + 1, 'h' || n, 0",
}
"""Rows are as recent as those of a server whose purge runs in time, so that it finds few."""

LARGE = frozenset(table.split()[0] for table in FILL)

WRITERS = 2


async def fill(url: str) -> None:
    """Put a million rows into each of ``LARGE``.

    Indexes are dropped and made once the rows are there, at a tenth of the cost. Checks and foreign keys are gone for
    good: the planner asks for neither.
    """
    connection = await asyncpg.connect(url)
    try:
        again = await _bared(connection)
        await _all_of(url, [f"INSERT INTO {table} {rows} {N}" for table, rows in FILL.items()])
        await _all_of(url, again)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _bared(connection: Any) -> list[str]:
    """Take keys, indexes and checks away; return what makes those that are made again, table by table."""
    today = NOW_MS // DAY_MS
    for day in (today - 1, today):
        await connection.execute(partition_sql(day))
    again: defaultdict[str, list[str]] = defaultdict(list)
    for table, name, kind, definition in await connection.fetch(CONSTRAINTS, list(LARGE)):
        await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE")
        if kind in ("p", "u"):
            again[table].append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for table, name, definition in await connection.fetch(INDEXES, list(LARGE)):
        await connection.execute(f"DROP INDEX {name}")
        again[table].append(definition)
    for table, name in await connection.fetch(NEEDED, list(LARGE)):
        await connection.execute(f"ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL")
    for domain in ("opaque_id", "person_id"):
        await connection.execute(f"ALTER DOMAIN {domain} DROP CONSTRAINT {domain}_check")
    return ["; ".join(statements) for statements in again.values()]


CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid::regclass::text = ANY($1) AND contype IN ('p', 'u', 'f', 'c')
    ORDER BY contype
"""
NEEDED = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_name = ANY($1) AND is_nullable = 'NO'"
)
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY($1)"


async def _all_of(url: str, statements: list[str]) -> None:
    """Carry out statements, a few at a time, without looking at foreign keys. Two of one table may not meet."""

    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("SET session_replication_role = replica")
            while statements:
                await connection.execute(statements.pop())
        finally:
            await connection.close()

    await asyncio.gather(*(work() for _ in range(WRITERS)))
