"""The plans of the queries that run while people talk: none may read a large table from end to end."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from nearby.core.rules import Rules
from nearby.store.retention import DAY_MS, purgeable
from nearby.store.sql.checkins import partition_sql
from nearby.store.sql.engine import Engines, make_engines
from nearby.store.sql.migrate import migrate
from nearby.store.tables import (
    audit,
    bans,
    bottles,
    checkins,
    metadata,
    people,
    relations,
    reports,
    room_log,
    rooms,
    seats,
    shadows,
)

RULES = Rules()
ROWS = 200_000
NOW_MS = 20_000 * DAY_MS + DAY_MS // 2
"""Rows are one a second up to now, so that a purge that runs in time finds few."""

CELL = 0x871F1D489FFFFFF
N = f"FROM generate_series(1, {ROWS}) n"
FILL = f"""
SET session_replication_role = replica;
INSERT INTO people (person, is_guest, created_ms, seen_day, active_days, is_listed)
    SELECT 'p' || n, n % 2 = 0, 0, {NOW_MS // DAY_MS} - n % 63, 1, false {N};
INSERT INTO presence SELECT 'p' || n, {CELL}, {NOW_MS // RULES.window_ms} - n % 2, NULL, 0, true {N};
INSERT INTO recents SELECT 'p' || n, 0, 0, '[]', '{{}}', NULL, NULL, false, {NOW_MS} + 1000 * (n - 2000) {N};
INSERT INTO rooms SELECT 'r' || n, {CELL}, 0, 8, 1, 0, CASE WHEN n % 100 = 0 THEN {NOW_MS} - 20 * n END {N};
INSERT INTO seats
    SELECT 'm' || n, 'r' || (n / 8), 'p' || n, 'x', true, false, 1, 'new', NULL, NULL,
        CASE WHEN n % 10 = 0 THEN {NOW_MS} - 20 * n END {N};
INSERT INTO room_log (room, seq, epoch, at_ms, kind, member, text)
    SELECT 'r' || (n % 20000), n / 20000 + 1, 1, {NOW_MS} - 3 * n, 'said', 'm' || n, 'hello' {N};
INSERT INTO checkins SELECT {NOW_MS} - 600000 * (n % 150), {CELL}, decode(md5(n::text), 'hex'), true {N};
INSERT INTO relations SELECT 'p' || n, 'block', 'p' || (n + 1), 'h' || n, 0 {N};
ANALYZE;
"""


@pytest.fixture
async def engines(postgres_url: str) -> AsyncIterator[Engines]:
    engines = await make_engines(postgres_url)
    await migrate(engines)
    async with engines.reader.begin() as connection:
        for day in (19_999, 20_000):
            await connection.execute(sa.text(partition_sql(day)))
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute(FILL)
    yield engines
    await engines.dispose()


def queries() -> dict[str, sa.ClauseElement]:
    """Return what is asked while the server runs, by what it is for."""
    person = sa.literal("p77")
    found: dict[str, sa.ClauseElement] = {
        f"purge {table}": metadata.tables[table].delete().where(is_over(NOW_MS, RULES))
        for table, is_over in purgeable()
    }
    in_hour = sa.and_(checkins.c.window_start_ms >= NOW_MS - 3_600_000, checkins.c.window_start_ms < NOW_MS)
    found |= {
        "account": sa.select(people).where(people.c.person == person),
        "crowd of an hour": sa.select(checkins.c.cell, sa.func.count()).where(in_hour).group_by(checkins.c.cell),
        "blocks against": sa.select(relations.c.owner).where(
            relations.c.subject == person, relations.c.kind == "block"
        ),
        "my relations": sa.select(relations).where(relations.c.owner == person),
        "member of a room": sa.select(seats.c.person).where(seats.c.member == sa.literal("m77")),
        "seats of a person": sa.select(seats).where(seats.c.person == person),
        "log of a room": sa.select(room_log).where(room_log.c.room == sa.literal("r77")),
        "end of a log": sa.select(sa.func.max(room_log.c.seq)).where(room_log.c.room == sa.literal("r77")),
        "a room": sa.select(rooms).where(rooms.c.room == sa.literal("r77")),
    }
    return found


SMALL = {table.name for table in (audit, bans, bottles, reports, shadows)}
"""Left empty here; the planner may read an empty table as it likes."""

IN_ROUND_FIGURES = {"purge presence"}
"""May read its table: an index on the window would make every check-in of a new window write two pages."""


async def test_no_query_of_a_running_server_reads_a_large_table_from_end_to_end(engines: Engines) -> None:
    dialect = engines.reader.dialect
    async with engines.reader.connect() as connection:
        for name, query in queries().items():
            sql = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
            plan = "\n".join(await connection.scalars(sa.text(f"EXPLAIN {sql.replace(':', chr(92) + ':')}")))
            print(f"{name}:\n{plan}\n")
            scanned = {line.split("Seq Scan on ")[1].split()[0] for line in plan.splitlines() if "Seq Scan on " in line}
            assert name in IN_ROUND_FIGURES or scanned <= SMALL, f"{name}:\n{plan}"
