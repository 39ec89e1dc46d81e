"""What writes the rows of the check-in log: in few transactions, and with what they stand in made first."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from nearby.core.area import outline_of
from nearby.core.cell import ladder_above
from nearby.core.ids import Cell
from nearby.store.sql.engine import translated
from nearby.store.sql.statements import CellRow, CheckInRow
from nearby.store.sql.writer import Writer
from nearby.store.tables import cells

DAY_MS = 86_400_000

CHUNK_SQLITE = 512
"""Rows of one transaction: 1-2 ms, because a group commit may be waiting for its turn to write. Two full statements."""

CHUNK_POSTGRESQL = 10_000


Row = tuple[int, Cell, bytes, bool]
"""The fields of a ``CheckInRow``: a tuple of no class of its own is made and sorted in a fraction of the time."""


class CheckInWriter(Protocol):
    """Writes some rows in one transaction."""

    @property
    def chunk(self) -> int:
        """Return how many rows one transaction should have."""

    async def write(self, rows: Sequence[Row], new_cells: Collection[Cell], new_days: Collection[int]) -> None:
        """Write rows. Of those with one key one stays, established if one of them was.

        Args:
            rows: In the order of the key.
            new_cells: Cells of the rows that may not be described yet.
            new_days: Days of the rows that may have no partition yet.

        Raises:
            RowRefused: Nothing was written.
            StoreDown: The database went away; the rows may be there, and may be written again.
        """

    async def close(self) -> None:
        """End what it holds."""


class SqliteCheckIns:
    """Writes to an SQLite file.

    Args:
        writer: Writes groups; closed with this.
    """

    chunk = CHUNK_SQLITE

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def write(self, rows: Sequence[Row], new_cells: Collection[Cell], new_days: Collection[int]) -> None:
        """See ``CheckInWriter.write``."""
        described = [(CellRow, [_described(cell) for cell in new_cells])] if new_cells else []
        await self._writer.write([*described, (CheckInRow, rows)])

    async def close(self) -> None:
        """See ``CheckInWriter.close``."""
        await self._writer.close()


class PostgresqlCheckIns:
    """Writes to PostgreSQL by COPY.

    Args:
        engine: Makes connections; not closed with this.
    """

    chunk = CHUNK_POSTGRESQL

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def write(self, rows: Sequence[Row], new_cells: Collection[Cell], new_days: Collection[int]) -> None:
        """See ``CheckInWriter.write``."""
        with translated():
            async with self._engine.begin() as connection:
                for day in new_days:
                    await connection.execute(text(partition_sql(day)))
                if new_cells:
                    described = [_described(cell)._asdict() for cell in new_cells]
                    await connection.execute(postgresql.insert(cells).on_conflict_do_nothing(), described)
                await _copy(connection, rows)

    async def close(self) -> None:
        """See ``CheckInWriter.close``."""


async def _copy(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    """COPY; if a row is there already, or twice among these, insert what is not there: at three times the cost.

    Rows come again when somebody's claim to be established rises, when somebody leaves and comes back within a window,
    and after an answer that was lost.
    """
    driver: Any = (await connection.get_raw_connection()).driver_connection
    try:
        async with connection.begin_nested():
            await driver.copy_records_to_table("checkins", records=rows, columns=CheckInRow._fields)
    except asyncpg.UniqueViolationError:
        await driver.execute(_MERGE, *map(list, zip(*rows, strict=True)))


_MERGE = """
    INSERT INTO checkins (window_start_ms, cell, person_hash, is_established)
    SELECT window_start_ms, cell, person_hash, bool_or(is_established)
    FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::boolean[])
        AS row (window_start_ms, cell, person_hash, is_established)
    GROUP BY window_start_ms, cell, person_hash
    ON CONFLICT (window_start_ms, cell, person_hash) DO UPDATE SET is_established = true
    WHERE excluded.is_established AND NOT checkins.is_established
"""


def day_of(window_start_ms: int) -> int:
    """Return the day (UTC) a window begins on."""
    return window_start_ms // DAY_MS


def partition_name(day: int) -> str:
    """Return the name of the partition that holds the windows that begin on a day (UTC)."""
    return f"checkins_{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day):%Y%m%d}"


def partition_sql(day: int) -> str:
    """Return the SQL that makes a day's partition unless it is there."""
    return (
        f"CREATE TABLE IF NOT EXISTS {partition_name(day)} PARTITION OF checkins "
        f"FOR VALUES FROM ({day * DAY_MS}) TO ({(day + 1) * DAY_MS})"
    )


def _described(cell: Cell) -> CellRow:
    ladder = ladder_above(cell)
    return CellRow(cell, ladder.res6, ladder.res5, outline_of(cell))
