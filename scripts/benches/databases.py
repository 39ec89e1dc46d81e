"""New databases for servers under load: SQLite files, or on a PostgreSQL of the bench's own with ``fsync`` on."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from nearby.store.sql import init_store
from nearby.testing.postgres import Server, running_postgres

DURABLE = {"fsync": "on", "full_page_writes": "on"}


@contextlib.asynccontextmanager
async def new_databases(count: int, *, is_sqlite: bool) -> AsyncIterator[list[str]]:
    """Yield the URLs of new databases with our schema; they are gone when the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        if is_sqlite:
            place = await asyncio.to_thread(stack.enter_context, tempfile.TemporaryDirectory(prefix="nearby-"))
            urls = [f"sqlite:///{Path(place)}/{number}.db" for number in range(count)]
        else:
            server = Server(await asyncio.to_thread(stack.enter_context, running_postgres(DURABLE)))
            urls = [await server.create() for _ in range(count)]
        for url in urls:
            await init_store(url)
        yield urls
