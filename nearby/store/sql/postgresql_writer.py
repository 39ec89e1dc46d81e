"""Groups of rows into PostgreSQL: statements that stay prepared, on a connection that is held."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from nearby.store.sql.engine import Disowned, RowRefused, translated
from nearby.store.sql.statements import Step, postgresql_sql, values_of

OWNER_LOCK = 7_306_014
"""Of PostgreSQL's advisory locks: held by the session of whoever owns the live state."""

_END_SESSION = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2"


class PostgresqlWriter:
    """See ``nearby.store.sql.writer.Writer``.

    The session that writes is the one that holds the owner's lock: a process that was cut off, and lost the live
    state to another meanwhile, cannot write a row.

    Args:
        engine: Makes the connection.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._turn = asyncio.Lock()
        self._is_owner = False
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._session: tuple[int, datetime] | None = None

    async def write(self, steps: Sequence[Step]) -> None:
        """See ``Writer.write``."""
        async with self._connected() as driver:
            if len(steps) == 1:
                # A transaction by itself, in one round trip: most groups are what was said, and nothing else.
                await _run(driver, steps[0])
                return
            async with driver.transaction():
                for step in steps:
                    await _run(driver, step)

    async def write_what_is_accepted(self, steps: Sequence[Step]) -> int:
        """See ``Writer.write_what_is_accepted``."""
        refused = 0
        async with self._connected() as driver, driver.transaction():
            for kind, rows in steps:
                for row in rows:
                    try:
                        with translated():
                            async with driver.transaction():
                                await _run(driver, (kind, [row]))
                    except RowRefused:
                        refused += 1
        return refused

    async def own(self) -> bool:
        """See ``Writer.own``."""
        if not self._is_owner:
            async with self._connected() as driver:
                self._is_owner = await self._lock(driver)
        return self._is_owner

    async def check(self) -> None:
        """See ``Writer.check``."""
        async with self._connected() as driver:
            await driver.execute("SELECT 1")

    async def close(self) -> None:
        """See ``Writer.close``."""
        if self._connection is not None:
            await self._hang_up()

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        """Yield the driver's connection; it is given up if anything but a refusal is raised."""
        with translated():
            async with self._turn:
                try:
                    if self._connection is None:
                        await self._connect()
                    with translated():
                        yield self._driver
                except RowRefused:
                    raise
                except BaseException:
                    await self._hang_up()
                    raise

    async def _connect(self) -> None:
        self._connection = await self._engine.connect()
        self._driver = (await self._connection.get_raw_connection()).driver_connection
        try:
            if self._is_owner and not await self._lock(self._driver):
                raise Disowned
        except BaseException:
            await self._hang_up()
            raise

    async def _lock(self, driver: Any) -> bool:
        """Let this session hold the lock, unless another process does; return whether it holds it now.

        Our own session before may not have noticed yet that it is cut off: it is ended.
        """
        if self._session is not None:
            await driver.execute(_END_SESSION, *self._session)
            self._session = None
        if not await driver.fetchval("SELECT pg_try_advisory_lock($1)", OWNER_LOCK):
            return False
        self._session = await driver.fetchrow(
            "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        )
        return True

    async def _hang_up(self) -> None:
        """End the session at once, whatever it is at."""
        connection, self._connection, driver, self._driver = self._connection, None, self._driver, None
        if driver is not None:
            driver.terminate()
        if connection is not None:
            await connection.invalidate()
            await connection.close()


async def _run(driver: Any, step: Step) -> None:
    kind, rows = step
    await driver.execute(postgresql_sql(kind), *map(list, zip(*values_of(kind, rows), strict=True)))
