"""Bringing a database to the schema of this version: ``schema.sql`` on an empty one, migrations on an older one."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.errors import ConfigError
from nearby.store.sql.engine import Engines, translated
from nearby.store.tables import SCHEMA_VERSION, markers, metadata

_PACKAGE = Path(__file__).parent.parent
_LOCK = 7_306_013
"""Of PostgreSQL's advisory locks: two ``nearby db init`` at once take turns."""


async def migrate(engines: Engines) -> tuple[int, int]:
    """Bring the database up to date and return the versions before (0 for none) and after.

    One transaction a version: a migration that fails leaves the version before it. Rows stay.

    Raises:
        ConfigError: The schema is newer than this program. Nothing was changed.
        StoreDown: The database cannot be reached.
    """
    before = await version_of(engines)
    now = before
    while now < SCHEMA_VERSION:
        target = SCHEMA_VERSION if now == 0 else now + 1
        script = await asyncio.to_thread(_script, target if now else 0, "sqlite" if engines.is_sqlite else "postgresql")
        with translated():
            async with engines.writer.begin() as connection:
                if not engines.is_sqlite:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                if await _version(connection) == now:
                    await _run(connection, script)
                now = await _version(connection)
    return before, now


async def version_of(engines: Engines) -> int:
    """Return the database's schema version, 0 if it holds none.

    Raises:
        ConfigError: It is newer than this program.
        StoreDown: The database cannot be reached.
    """
    with translated():
        async with engines.reader.connect() as connection:
            version = await _version(connection)
    if version > SCHEMA_VERSION:
        raise ConfigError(
            "database_url",
            f"the database holds schema version {version}, this program knows {SCHEMA_VERSION}; use a newer nearby",
        )
    return version


async def _version(connection: AsyncConnection) -> int:
    if not await connection.run_sync(lambda sync: inspect(sync).has_table("markers")):
        return 0
    return await connection.scalar(select(markers.c.value).where(markers.c.name == "schema")) or 0


def _script(version: int, dialect: str) -> str | None:
    """Return the SQL that makes ``version`` from the one before it; 0 makes the newest from nothing.

    None means: SQLite's newest is made from ``tables.py``.
    """
    for root in (_PACKAGE, _PACKAGE.parent.parent):
        if (root / "schema.sql").exists():
            break
    if version == 0:
        return None if dialect == "sqlite" else (root / "schema.sql").read_text()
    (path,) = (root / "migrations").glob(f"{version:04d}_*.{dialect}.sql")
    return path.read_text()


async def _run(connection: AsyncConnection, script: str | None) -> None:
    """Run a script in the connection's transaction."""
    if script is None:
        await connection.run_sync(metadata.create_all)
        values = {"schema": SCHEMA_VERSION, "areas": 0, "verdicts": 0}
        await connection.execute(markers.insert(), [{"name": name, "value": value} for name, value in values.items()])
    elif connection.dialect.name == "sqlite":
        for statement in statements(script):
            await connection.exec_driver_sql(statement)
    else:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute(script)


def statements(script: str) -> Iterator[str]:
    """Yield the statements of an SQLite script, one by one: the driver's own splitter would commit first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
