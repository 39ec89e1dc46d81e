"""Groups of rows into PostgreSQL: statements that stay prepared, on a connection that is held."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from nearby.store.sql.engine import RowRefused, translated
from nearby.store.sql.statements import Step, postgresql_sql


class PostgresqlWriter:
    """See ``nearby.store.sql.writer.Writer``.

    Args:
        engine: Makes the connection.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._driver: Any = None

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

    async def close(self) -> None:
        """See ``Writer.close``."""
        if self._connection is not None:
            await self._connection.close()

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        """Yield the driver's connection; it is given up if anything but a refusal is raised."""
        with translated():
            if self._connection is None:
                self._connection = await self._engine.connect()
                self._driver = (await self._connection.get_raw_connection()).driver_connection
            try:
                with translated():
                    yield self._driver
            except RowRefused:
                raise
            except BaseException:
                await self._hang_up()
                raise

    async def _hang_up(self) -> None:
        connection, self._connection, driver, self._driver = self._connection, None, self._driver, None
        driver.terminate()
        if connection is not None:
            await connection.invalidate()
            await connection.close()


async def _run(driver: Any, step: Step) -> None:
    kind, rows = step
    await driver.execute(postgresql_sql(kind), *map(list, zip(*rows, strict=True)))
