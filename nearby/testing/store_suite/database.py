"""A database under test: opened as a store as often as a test likes, and looked into from beside."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from sqlalchemy import select

from nearby.store.base import StoreEvents
from nearby.store.sql import SqlStore, open_store
from nearby.store.sql.engine import make_engines
from nearby.store.tables import metadata

SECRET = b"the secret of a test's shadows, long"


class Database:
    """One database.

    Args:
        url: Where it is.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def open(
        self,
        *,
        events: StoreEvents | None = None,
        gather_s: float = 0.0,
        patience_s: float = 5.0,
        max_log_rows: int = 50_000,
    ) -> AbstractAsyncContextManager[SqlStore]:
        """Return the store, to be entered; commits do not wait for company unless told to."""
        return open_store(
            self.url,
            secret=SECRET,
            events=events,
            gather_s=gather_s,
            patience_s=patience_s,
            max_log_rows=max_log_rows,
        )

    async def rows(self, table: str) -> Sequence[Mapping[str, Any]]:
        """Return a table's rows in the order of its key, as a connection of our own sees them."""
        described = metadata.tables[table]
        engines = await make_engines(self.url)
        try:
            async with engines.reader.connect() as connection:
                found = await connection.execute(select(described).order_by(*described.primary_key.columns))
                return [dict(row) for row in found.mappings()]
        finally:
            await engines.dispose()

    async def insert(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Put rows in, in one transaction; columns that are left out are null."""
        engines = await make_engines(self.url)
        try:
            async with engines.writer.begin() as connection:
                for row in rows:
                    await connection.execute(metadata.tables[table].insert().values(row))
        finally:
            await engines.dispose()
