"""Connections to either database, set up so that what the port promises can be kept on it."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import DataError as SqlDataError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from nearby.errors import ConfigError, StoreDown

CONNECT_TIMEOUT_S = 5
COMMAND_TIMEOUT_S = 10
"""A statement of the hot path that takes longer counts as lost; a group commit takes milliseconds."""

LONG_TIMEOUT_S = 120
"""The same for a warm start, a purge or an export, which go through whole tables."""

BUSY_TIMEOUT_MS = 5_000
"""How long SQLite waits for another process that writes, such as ``nearby areas import``."""

BUSY_TRIES = 50

READERS = 4

CACHED_STATEMENTS = 256
"""Statements SQLite's driver keeps prepared: a few sizes for each kind of row."""


class RowRefused(Exception):
    """The database refuses a row; trying again would not help. Internal to the store."""


class StatementRefused(StoreDown):
    """The database refuses a statement whatever its rows: a bug of ours, or somebody changed rights or tables.

    An outage and no ``RowRefused``: it would be so with every row, and none may be lost for it.

    Args:
        code: The database's own for what is wrong.
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"the database refuses a statement ({code}): a right or a table is missing, or it is a bug")


class Disowned(Exception):
    """Another process owns the live state that this one owned before. Internal to the store."""


@dataclass(frozen=True, slots=True)
class Engines:
    """A database's connections.

    On SQLite, which lets one connection write at a time, ``writer`` is one connection. On PostgreSQL ``reader`` is
    for whatever takes long. ``file`` is SQLite's.
    """

    writer: AsyncEngine
    reader: AsyncEngine
    file: Path | None = None

    @property
    def is_sqlite(self) -> bool:
        """Return which of the two it is."""
        return self.writer.dialect.name == "sqlite"

    @property
    def purger(self) -> AsyncEngine:
        """Return what may write for long."""
        return self.writer if self.is_sqlite else self.reader

    async def dispose(self) -> None:
        """Close every connection."""
        await self.writer.dispose()
        await self.reader.dispose()


async def make_engines(url: str) -> Engines:
    """Return engines for ``sqlite:///FILE`` or ``postgresql://...``; only a missing SQLite file is made yet.

    Raises:
        ConfigError: The URL is of neither kind, or the file cannot be made.
    """
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
    except ArgumentError:
        raise ConfigError("database_url", "write sqlite:///FILE or postgresql://USER@HOST/NAME") from None
    if kind == "sqlite" and parsed.database and parsed.database != ":memory:":
        # Making an engine looks up the working directory, and the file may be on a slow disk.
        return await asyncio.to_thread(_on_file, parsed)
    if kind in ("postgresql", "postgres"):
        # Columns take it when they are first used, which would be on the loop.
        await asyncio.to_thread(import_module, "nearby.store.postgis")
        writer = _postgresql(parsed, COMMAND_TIMEOUT_S, pool_size=3)
        return Engines(writer, _postgresql(parsed, LONG_TIMEOUT_S, pool_size=READERS))
    raise ConfigError("database_url", "name a file, sqlite:///FILE, or a server, postgresql://USER@HOST/NAME")


def _on_file(url: URL) -> Engines:
    path = Path(str(url.database)).absolute()
    _make_file(path)
    return Engines(
        file=path,
        writer=_sqlite(url, "FULL", "BEGIN IMMEDIATE"),
        reader=_sqlite(url, "NORMAL", "BEGIN", size=READERS),
    )


def _make_file(path: Path) -> None:
    """Make the file for its owner's eyes only."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigError("database_url", f"{path} cannot be written to ({error.strerror})") from error
    _switch_to_wal(path)


def _switch_to_wal(path: Path) -> None:
    """Set the journal mode, which the file keeps. SQLite's own busy timeout does not cover this statement."""
    connection = sqlite3.connect(path)
    try:
        for attempt in range(BUSY_TRIES):
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                return
            except sqlite3.OperationalError:
                if attempt == BUSY_TRIES - 1:
                    raise
                time.sleep(BUSY_TIMEOUT_MS / 1_000 / BUSY_TRIES)
    except sqlite3.DatabaseError as error:
        raise ConfigError("database_url", f"{path} cannot be used: {error}") from error
    finally:
        connection.close()


def _postgresql(url: URL, timeout_s: float, *, pool_size: int) -> AsyncEngine:
    return create_async_engine(
        url.set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        pool_timeout=CONNECT_TIMEOUT_S,
        hide_parameters=True,
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": timeout_s,
            "server_settings": {"application_name": "nearby"},
        },
    )


def _sqlite(url: URL, synchronous: str, begin: str, *, size: int = 1) -> AsyncEngine:
    """Return an engine on one file; ``synchronous`` FULL means that a commit is on disk when it returns."""
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1_000},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, record: object) -> None:
        _set_up(connection, synchronous)

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def connect_sqlite(path: Path, synchronous: str) -> sqlite3.Connection:
    """Return a connection of the driver's own, set up as the engines' are; blocks."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1_000, cached_statements=CACHED_STATEMENTS)
    _set_up(connection, synchronous)
    return connection


def _set_up(connection: Any, synchronous: str) -> None:
    connection.isolation_level = None  # We say when a transaction begins.
    cursor = connection.cursor()
    for pragma in (f"synchronous = {synchronous}", "foreign_keys = ON", "secure_delete = ON", "temp_store = MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@contextmanager
def translated() -> Iterator[None]:
    """Turn what drivers raise into ``StoreDown``, or ``RowRefused`` where trying that row again would not help."""
    try:
        yield
    except (OSError, TimeoutError, PoolTimeout) as error:
        raise StoreDown from error
    except OverflowError as error:
        raise RowRefused("a number is too large") from error
    except UnicodeEncodeError as error:
        raise RowRefused("a text is no Unicode") from error
    except DBAPIError as error:
        raise _translation(error, error.orig) from error
    except (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # From the driver itself, as COPY is.
        raise _translation(error, error) from error


def _translation(error: Exception, original: object) -> Exception:
    if _is_rows_fault(error, original):
        return RowRefused(type(original).__name__)
    if fault := _statements_fault(original):
        return StatementRefused(fault)
    return StoreDown()


def _is_rows_fault(error: Exception, original: object) -> bool:
    """Return whether other rows would be accepted: SQLSTATE classes 22 (data) and 23 (constraint)."""
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        return state[:2] in ("22", "23")
    # A value the driver cannot encode; a connection that is gone comes as the same class.
    if isinstance(original, asyncpg.DataError) or isinstance(getattr(original, "__cause__", None), asyncpg.DataError):
        return True
    if isinstance(original, sqlite3.Error):
        return isinstance(original, sqlite3.IntegrityError | sqlite3.DataError | sqlite3.ProgrammingError)
    return isinstance(error, IntegrityError | SqlDataError | ProgrammingError)


def _statements_fault(original: object) -> str | None:
    """Return the code of what is wrong with a statement whatever its rows, or None: SQLSTATE class 42, SQLITE_ERROR."""
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str) and state.startswith("42"):
        return state
    is_error = getattr(original, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    return "SQLITE_ERROR" if is_error else None
