"""Groups of rows into an SQLite file: one transaction is one call in one thread."""

import asyncio
import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from nearby.store.sql.engine import RowRefused, translated
from nearby.store.sql.statements import Step, sqlite_sql, values_of

Found = TypeVar("Found")

TOGETHER = (256, 64, 16, 4, 1)
"""Rows of one statement. Few different sizes, so that all statements stay prepared."""


class SqliteWriter:
    """See ``nearby.store.sql.writer.Writer``.

    Args:
        connect: Returns a new connection in autocommit mode; called in the thread that uses it.
        owner_file: Whoever owns the live state holds a lock on it. Made if it is not there, and never removed.
        turn: Whose turn it is to write.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], owner_file: Path, turn: asyncio.Lock) -> None:
        self._connect = connect
        self._owner_file = owner_file
        self._owning: int | None = None
        self._turn = turn
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, "nearby-sqlite")

    async def write(self, steps: Sequence[Step]) -> None:
        """See ``Writer.write``."""
        await self._in_transaction(partial(_write, steps))

    async def write_what_is_accepted(self, steps: Sequence[Step]) -> int:
        """See ``Writer.write_what_is_accepted``."""
        return await self._in_transaction(partial(_write_what_is_accepted, steps))

    async def own(self) -> bool:
        """See ``Writer.own``. The lock cannot be lost: it lasts as long as the process, or until ``close``."""
        return await self._in_thread(self._own)

    async def check(self) -> None:
        """See ``Writer.check``."""
        await self._in_transaction(lambda connection: None)

    async def close(self) -> None:
        """See ``Writer.close``."""
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    async def _in_transaction(self, work: Callable[[sqlite3.Connection], Found]) -> Found:
        # Cancelled, a transaction that has begun in the thread goes on to its end.
        async with self._turn:
            return await self._in_thread(partial(self._transact, work))

    async def _in_thread(self, work: Callable[[], Found]) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _own(self) -> bool:
        if self._owning is None:
            with translated():
                # Not the database itself: closing any descriptor of it would give up SQLite's own locks.
                descriptor = os.open(self._owner_file, os.O_CREAT | os.O_RDWR, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(descriptor)
                    return False
            self._owning = descriptor
        return True

    def _close(self) -> None:
        self._hang_up()
        if self._owning is not None:
            os.close(self._owning)
            self._owning = None

    def _transact(self, work: Callable[[sqlite3.Connection], Found]) -> Found:
        with translated():
            connection = self._connection = self._connection or self._connect()
            try:
                connection.execute("BEGIN IMMEDIATE")
                found = work(connection)
                connection.execute("COMMIT")
            except RowRefused:
                connection.execute("ROLLBACK")
                raise
            except BaseException:
                # Whatever is wrong with the file, a new connection has the best chances; it rolls back too.
                self._hang_up()
                raise
        return found

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()


def _write(steps: Sequence[Step], connection: sqlite3.Connection) -> None:
    with translated():
        for kind, rows in steps:
            _run(connection, kind, rows)


def _write_what_is_accepted(steps: Sequence[Step], connection: sqlite3.Connection) -> int:
    refused = 0
    for kind, rows in steps:
        for row in rows:
            connection.execute("SAVEPOINT one_row")
            try:
                with translated():
                    _run(connection, kind, [row])
            except RowRefused:
                refused += 1
                connection.execute("ROLLBACK TO one_row")
            connection.execute("RELEASE one_row")
    return refused


def _run(connection: sqlite3.Connection, kind: type, rows: Sequence[Any]) -> None:
    done = 0
    for size in TOGETHER:
        while len(rows) - done >= size:
            values = tuple(chain.from_iterable(values_of(kind, rows[done : done + size])))
            connection.execute(sqlite_sql(kind, size), values)
            done += size
