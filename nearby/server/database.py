"""What ``nearby db``, ``areas`` and ``brakes`` do with the database of the settings; each returns the lines to print.

Each raises ``ConfigError`` if the database cannot be opened, must be initialised first or is too new, and
``StoreDown`` if it goes away while at it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from secrets import token_bytes

from nearby.core.area_index import Kind
from nearby.core.brakes import What
from nearby.errors import ConfigError
from nearby.server.app import database, init_database
from nearby.server.config import Settings
from nearby.store import commands
from nearby.store.base import Store

SECRET_BYTES = 32


async def init(settings: Settings) -> Sequence[str]:
    """Make the schema, or bring it up to date. Rows stay."""
    before, after = await init_database(settings)
    if before == after:
        return [f"schema: version {after}, as it was"]
    return [f"schema: version {after}, was {before or 'none'}"]


async def purge(settings: Settings, now_ms: int) -> Sequence[str]:
    """Delete what is past its time."""
    async with _opened(settings) as store:
        return await commands.purge(store, now_ms, settings.rules())


async def import_areas(settings: Settings, file: Path, kind: Kind | None, reason: str, now_ms: int) -> Sequence[str]:
    """Put every area of a GeoJSON file.

    Raises:
        ConfigError: Also if the file cannot be read.
        BadArea: One of them cannot be used, or no reason was given. None was imported.
    """
    try:
        geojson = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise ConfigError("file", f"{file} cannot be read ({error.strerror})") from error
    async with _opened(settings) as store:
        return await commands.import_areas(store, geojson, reason, now_ms, kind=kind)


async def list_areas(settings: Settings) -> Sequence[str]:
    """Return one line an area, by id."""
    async with _opened(settings) as store:
        return await commands.list_areas(store)


async def remove_area(settings: Settings, area: str, reason: str, now_ms: int) -> Sequence[str]:
    """Remove one area.

    Raises:
        BadArea: There is none of that id, or no reason was given.
    """
    async with _opened(settings) as store:
        return await commands.remove_area(store, area, reason, now_ms)


async def list_brakes(settings: Settings) -> Sequence[str]:
    """Return one line a brake that is pulled."""
    async with _opened(settings) as store:
        return await commands.list_brakes(store)


async def pull_brake(settings: Settings, what: What, area: str, reason: str, now_ms: int) -> Sequence[str]:
    """Stop something.

    Raises:
        BadArea: It cannot be stopped there, or no reason was given.
    """
    async with _opened(settings) as store:
        return await commands.pull_brake(store, what, area, reason, now_ms)


async def release_brake(settings: Settings, what: What, area: str, reason: str, now_ms: int) -> Sequence[str]:
    """Let something go on.

    Raises:
        BadArea: It is not stopped, or no reason was given.
    """
    async with _opened(settings) as store:
        return await commands.release_brake(store, what, area, reason, now_ms)


def _opened(settings: Settings) -> AbstractAsyncContextManager[Store]:
    # The secret keys hashes of people, of whom none of this knows or writes anything.
    return database(settings, secret=token_bytes(SECRET_BYTES))
