"""The check-in log of a run's own server, read when the server is gone and held against the plain model."""

import contextlib
import hashlib
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Collection
from pathlib import Path

from sqlalchemy import func, select

from nearby.core.ids import Cell
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.errors import ConfigError
from nearby.server.app import system_clock
from nearby.sim.child import init_database
from nearby.sim.in_force import Row, doubted
from nearby.sim.log_check import LogFigures, Watch, check_log
from nearby.store.sql.engine import make_engines
from nearby.store.tables import checkins, presence

WRITTEN_WITHIN_MS = 5_000


class LogCheck:
    """Holds a server's log against what phones told it.

    Args:
        database_url: The server's database, which holds the schema.
        before: What its log held before the server started.
        windows: The server's windows, with its secret.
        rules: The server's.
    """

    def __init__(self, database_url: str, before: Counter[Row], windows: Windows, rules: Rules) -> None:
        self.database_url = database_url
        self.watch = Watch(system_clock().now_ms)
        self._before = before
        self._windows = windows
        self._rules = rules

    async def figures(self, *, stopped_ms: int) -> LogFigures:
        """Return how the log compares with the model. Call it when the server is gone: it writes until then.

        Args:
            stopped_ms: When the server was told to stop.
        """
        gone_ms = self.watch.now_ms()
        found = await _counts(self.database_url) - self._before
        told = doubted(self.watch.told(), self._rules)
        return check_log(told, found, self._windows, stopped_ms=stopped_ms, gone_ms=gone_ms)

    async def figures_of_shared(self, *, began_ms: int, stopped_ms: int, established: Collection[str]) -> LogFigures:
        """Return the same of servers that share a hub: it counts established people, from the second window on.

        Args:
            began_ms: When they took phones.
            stopped_ms: When they were told to stop; a window is written a moment after its end.
            established: Who is established.
        """
        gone_ms = self.watch.now_ms()
        found = await _counts(self.database_url) - self._before
        told = [one for one in doubted(self.watch.told(), self._rules) if one.person in established]
        since_ms = self._windows.start_ms(self._windows.at(began_ms) + 1)
        return check_log(
            told, found, self._windows, stopped_ms=stopped_ms - WRITTEN_WITHIN_MS, gone_ms=gone_ms, since_ms=since_ms
        )


@contextlib.asynccontextmanager
async def prepared(database_url: str | None, *, key: str, speed: float) -> AsyncIterator[LogCheck]:
    """Make a database ready for a server of our own and for reading its log, until the block ends.

    Args:
        database_url: Where it is; None for a throw-away file.
        key: The secret the server will be given.
        speed: Its speed.

    Raises:
        ConfigError: It cannot be used, or holds people who are present.
    """
    with tempfile.TemporaryDirectory(prefix="nearby-") as directory:
        url = database_url or f"sqlite:///{Path(directory) / 'nearby.db'}"
        await init_database(url)
        if await _people_present(url):
            raise ConfigError("database_url", "somebody is present in that database; give the run one of its own")
        rules = Rules().faster(speed)
        windows = Windows(rules.window_ms, secret_of_draws(key))
        yield LogCheck(url, await _counts(url), windows, rules)


def secret_of_draws(key: str) -> bytes:
    """Return what a server given ``key`` keys its draws with."""
    return hashlib.blake2b(key.encode(), digest_size=32, person=b"nearby draws").digest()


async def _people_present(url: str) -> int:
    engines = await make_engines(url)
    try:
        async with engines.reader.connect() as connection:
            return (await connection.execute(select(func.count()).select_from(presence))).scalar_one()
    finally:
        await engines.dispose()


async def _counts(url: str) -> Counter[Row]:
    """Return how many people each window and cell has in the log."""
    window, cell = checkins.c.window_start_ms, checkins.c.cell
    engines = await make_engines(url)
    try:
        async with engines.reader.connect() as connection:
            found = await connection.execute(select(window, cell, func.count()).group_by(window, cell))
            return Counter({(start_ms, Cell(place)): people for start_ms, place, people in found})
    finally:
        await engines.dispose()
