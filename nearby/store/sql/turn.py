"""Whose turn it is to write: SQLite lets one connection write at a time, and waits by sleeping in a thread."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class Turn:
    """Takes writers one by one, in order, on SQLite; on PostgreSQL nobody waits.

    Args:
        is_needed: Whether the database needs it.
    """

    def __init__(self, *, is_needed: bool) -> None:
        self.lock = asyncio.Lock()
        self._is_needed = is_needed

    @asynccontextmanager
    async def of(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction when it is our turn; commit it at the end, or roll it back if something was raised."""
        if not self._is_needed:
            async with engine.begin() as connection:
                yield connection
            return
        async with self.lock, engine.begin() as connection:
            yield connection
