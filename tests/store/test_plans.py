"""The plans of everything the store executes: no table of a million rows is read from end to end, but for named cases.

What is looked at is what the databases say they executed while the whole port was used, so nothing is left out.
"""

import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import asyncpg  # type: ignore[import-untyped]
import pytest

from nearby.store.base import Store
from nearby.store.tables import metadata
from nearby.testing.postgres import OwnPostgres, Server, postgres_with_schema
from nearby.testing.store_suite import Database
from tests.store.executed import (
    LOGGING_SERVER,
    Statement,
    Unused,
    executed_on_postgresql,
    executed_on_sqlite,
    use_all,
)
from tests.store.million import LARGE, fill

FILLED_FAST = {"autovacuum": "off", "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "4GB", "jit": "off"}

READS_ALL = {
    "warm start: every room gets a new epoch": (r"UPDATE rooms SET epoch=", {"rooms"}),
    "warm start: how far every log got": (r"UPDATE rooms SET seq=\(SELECT (?!.* IN \(SELECT)", {"rooms"}),
    "warm start: all that is present": (r"SELECT presence\.", {"presence"}),
    "warm start: all that binds": (r"SELECT recents\.person.* FROM recents$", {"recents"}),
    "warm start: all open rooms": (r"SELECT rooms\.room.* WHERE rooms\.empty_since_ms IS NULL OR", {"rooms"}),
    "warm start: all open seats": (r"SELECT seats\..* WHERE seats\.ended_ms IS NULL", {"seats"}),
    "warm start: who is listed, off an index of these alone": (
        r"SELECT people\.person FROM people WHERE people\.is_listed$",
        {"people"},
    ),
    "warm start: who sat as whom": (r"SELECT seats\.member, seats\.person FROM seats", {"seats"}),
    "warm start: who muted or greeted whom": (r"SELECT marks\.owner", {"marks"}),
    "warm start: who never meets": (r"SELECT conflicts\.author.* ORDER BY conflicts\.since_ms$", {"conflicts"}),
    "warm start: who is muted for good": (r"SELECT relations\.owner, relations\.subject FROM", {"relations"}),
    "warm start: what is in force against the erased": (r"SELECT DISTINCT shadows\.shadow FROM shadows$", {"shadows"}),
    "warm start: the logs of open rooms": (r"SELECT room_log\..* IN \(SELECT rooms", {"room_log", "rooms"}),
    "how long the queue is, off an index of the open reports alone": (
        r"SELECT count\(\*\) AS count_1, min\(reports\.at_ms\)",
        {"reports"},
    ),
    "a page of reports, in the order of its index": (r"SELECT reports\.report, reports\.reporter.* LIMIT", {"reports"}),
    "what operators said of names, off an index of these alone": (
        r"SELECT people\.person, people\.verdict, ",
        {"people"},
    ),
    # An index on the window would make every check-in of a new window write two pages.
    "purge: presences that lapsed": (r"DELETE FROM presence WHERE presence\.last_window", {"presence"}),
}
"""Statements that may read large tables from end to end: once a start, or in ten minutes."""


def may_read(sql: str) -> set[str]:
    """Return the large tables a statement may read from end to end."""
    flat = " ".join(sql.split())
    return {table for pattern, tables in READS_ALL.values() if re.match(pattern, flat) for table in tables}


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    with postgres_with_schema(LOGGING_SERVER | FILLED_FAST) as server:
        yield server


@pytest.fixture
async def empty(postgres: OwnPostgres) -> AsyncIterator[str]:
    server = Server(postgres.url)
    url = await server.create(like=postgres.url)
    yield url
    await server.drop(url)


class Planner:
    """Says by which plan a filled database would execute a statement."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def plan(self, statement: Statement) -> str:
        """Return the plan with the statement's own arguments, or without known ones the plan for any."""
        sql, arguments = statement
        if arguments is None:
            arguments = ["NULL"] * len(set(re.findall(r"\$\d+", sql)))
            await self._connection.execute("SET plan_cache_mode = force_generic_plan")
        else:
            await self._connection.execute("SET plan_cache_mode = force_custom_plan")
        await self._connection.execute(f"PREPARE it AS {sql}")
        given = f"({', '.join(arguments)})" if arguments else ""
        rows = await self._connection.fetch(f"EXPLAIN EXECUTE it{given}")
        await self._connection.execute("DEALLOCATE it")
        return "\n".join(row[0] for row in rows)

    async def reads_whole(self, statement: Statement) -> set[str]:
        """Return the tables that a statement reads from end to end.

        Of a large one: because the planner thinks it the fastest way. Of another: because there is no other way.
        """
        large = scanned(await self.plan(statement)) & LARGE
        await self._connection.execute("SET enable_seqscan = off")
        others = scanned(await self.plan(statement)) - LARGE
        await self._connection.execute("SET enable_seqscan = on")
        return large | (others & IN_TIME_LARGE)


IN_TIME_LARGE = frozenset(
    table.name
    for table in metadata.tables.values()
    if table.name not in ("brakes", "markers", "areas", "area_cells", "catchments", "spatial_ref_sys")
)
"""Tables that grow with people, or with what they do."""


def scanned(plan: str) -> set[str]:
    """Return the tables a plan of PostgreSQL reads from end to end."""
    found = re.findall(r"Seq Scan on (?:public\.)?(\w+)", plan)
    return {"checkins" if table.startswith("checkins_") else table for table in found}


@pytest.mark.timeout(240)
async def test_nothing_that_postgresql_executes_reads_a_million_rows(postgres: OwnPostgres, empty: str) -> None:
    statements = await executed_on_postgresql(postgres.directory, empty)
    assert len(statements) > 50
    await fill(postgres.url)
    connection = await asyncpg.connect(postgres.url)
    try:
        planner = Planner(connection)
        wrong = [found async for found in too_much_read(planner, statements)]
        assert not wrong, "\n\n".join(wrong)
        await without_an_index_it_is_noticed(connection, planner, statements)
    finally:
        await connection.close()


async def too_much_read(planner: Planner, statements: list[Statement]) -> AsyncIterator[str]:
    """Print the plan of each statement; yield those that read a table they may not."""
    for statement in statements:
        plan = await planner.plan(statement)
        print(f"{' '.join(statement.sql.split())[:300]}\n{plan}\n")
        tables = await planner.reads_whole(statement) - may_read(statement.sql)
        if tables:
            yield f"{sorted(tables)}: {statement.sql}\n{plan}"


async def without_an_index_it_is_noticed(connection: Any, planner: Planner, statements: list[Statement]) -> None:
    """Drop an index in a transaction that is rolled back, and see what needs it."""
    for index, table, of_a_key in (
        ("room_log_at_ms_idx", "room_log", False),
        ("seats_person_idx", "seats", True),
        ("bottles_author_idx", "bottles", True),
    ):
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(f"DROP INDEX {index}")
        suffer = [one for one in statements if table in await planner.reads_whole(one) - may_read(one.sql)]
        assert any((one.arguments is None) == of_a_key for one in suffer), index
        await transaction.rollback()


SCAN = re.compile(r"^SCAN (?:TABLE )?(\w+)")


def sqlite_scans(connection: sqlite3.Connection, sql: str) -> set[str]:
    """Return the tables that SQLite would read from end to end."""
    places = (None,) * (sql.count("?") if "?" in sql else 0)
    lines = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", places)]
    print(f"{' '.join(sql.split())[:300]}\n  " + "\n  ".join(lines) + "\n")
    names = (SCAN.match(line) for line in lines)
    return {re.sub(r"_\d+$", "", name[1]) for name in names if name} & IN_TIME_LARGE


async def test_nothing_that_sqlite_executes_reads_a_whole_table(sqlite_url: str, tmp_path: Path) -> None:
    statements = await executed_on_sqlite(sqlite_url)
    assert len(statements) > 50
    connection = sqlite3.connect(tmp_path / "nearby.db")
    # Its planner looks at no sizes unless ANALYZE was run: these are the plans for a million rows as well.
    assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchall()
    wrong = {sql: too_much for sql in statements if (too_much := sqlite_scans(connection, sql) - may_read(sql))}
    assert not wrong
    purge = next(sql for sql in statements if sql.startswith("DELETE FROM seats"))
    connection.execute("DROP INDEX seats_ended_ms_idx")
    connection.close()
    connection = sqlite3.connect(tmp_path / "nearby.db")
    assert sqlite_scans(connection, purge) == {"seats"}
    connection.close()


async def test_a_call_of_the_port_that_was_not_used_is_noticed(sqlite_url: str) -> None:
    class Grown(Store, Protocol):
        async def count_bottles(self) -> int: ...

    with pytest.raises(Unused, match="count_bottles"):
        await use_all(Database(sqlite_url), Grown)
