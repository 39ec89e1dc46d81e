"""Check-ins of one server with the check-in log and without: every one is its person's first of the window."""

import asyncio
import re
import time
import urllib.request
from collections.abc import Callable
from contextlib import AsyncExitStack

from scripts.benches.crowd import Crowd
from scripts.benches.databases import new_databases
from scripts.benches.report import Target
from scripts.benches.servers import BenchFailed, Kind, Server, running

UNIT = "check-ins a second of server CPU"
KINDS: tuple[Kind, ...] = (Kind.OURS, Kind.UNLOGGED, Kind.UNKEPT)
TARGET = Target(0.85, of=Kind.UNLOGGED, is_least=True)

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
DATABASES = (SQLITE, POSTGRESQL)

WINDOW_S = 10
"""All servers have their lap within one window, and the next lap in the next: the log gets a row for each check-in."""

SETTLE_S = 1.0
"""After a lap: the log is written within half a second, and what that costs counts."""

_LAT, _LON = 60.1699, 24.9384
_LOGGED = re.compile(r'^nearby_store_rows_total\{what="checkins"\} ([0-9.e+]+)$', re.MULTILINE)


def setup(connections: int, laps: int) -> str:
    """Return how it is measured, in one sentence."""
    return (
        f"{connections:,} phones, {laps} times a round each checks in once in a window of {WINDOW_S} s, "
        "over its open socket"
    )


async def measure(
    *, database: str, connections: int, laps: int, rounds: int, advance: Callable[[], None]
) -> dict[Kind, list[float]]:
    """Return the figures of each server on one database, one a round.

    Raises:
        BenchFailed: Not every check-in was acknowledged, or was written to the log that is measured.
    """
    figures: dict[Kind, list[float]] = {kind: [] for kind in KINDS}
    async with AsyncExitStack() as stack:
        urls = await stack.enter_async_context(new_databases(len(KINDS), is_sqlite=database == SQLITE))
        sides = []
        for kind, url in zip(KINDS, urls, strict=True):
            settings = {"window-s": str(WINDOW_S), "database-url": url, "keep": "off" if kind is Kind.UNKEPT else "on"}
            server = await stack.enter_async_context(running(kind, settings))
            side = _Crowd(server, stack.enter_context(Crowd(server)))
            await side.connect(connections)
            sides.append(side)
        # All at once and at a window's beginning, so that all presences are of one window: those of the window before
        # end as the first lap goes on.
        await _next_window()
        await asyncio.gather(*(side.begin() for side in sides))
        await _take_turns(sides, figures, rounds=rounds, laps=laps, connections=connections, advance=advance)
        logged = {side.server.kind: await side.logged() for side in sides}
        due = (1 + rounds * laps) * connections
        if logged[Kind.OURS] < due or logged[Kind.UNLOGGED] or logged[Kind.UNKEPT]:
            raise BenchFailed(f"{due} rows were due in the log, and written were {logged}")
    return figures


async def _take_turns(
    sides: "list[_Crowd]",
    figures: dict[Kind, list[float]],
    *,
    rounds: int,
    laps: int,
    connections: int,
    advance: Callable[[], None],
) -> None:
    for _ in range(rounds):
        cpu_s = dict.fromkeys(KINDS, 0.0)
        for _ in range(laps):
            await _next_window()
            for side in sides:
                cpu_s[side.server.kind] += await side.lap()
            advance()
            # Nobody gains by always being first.
            sides.append(sides.pop(0))
        if not all(cpu_s.values()):
            raise BenchFailed("a round took less processor time than the kernel counts: ask for more laps")
        for kind in KINDS:
            figures[kind].append(laps * connections / cpu_s[kind])


async def _next_window() -> None:
    """Wait for the servers' next window: theirs begin at whole multiples of its width."""
    await asyncio.sleep(WINDOW_S - time.time() % WINDOW_S + 0.05)


class _Crowd:
    """Phones that check in at one position, each once a lap."""

    def __init__(self, server: Server, crowd: Crowd) -> None:
        self.server = server
        self._crowd = crowd

    async def connect(self, connections: int) -> None:
        """Let everybody connect."""
        await self._crowd.connect(connections)

    async def begin(self) -> None:
        """Let everybody have a room."""
        await self._crowd.be_placed(_LAT, _LON)

    async def lap(self) -> float:
        """Check everybody in; return the server's CPU for it in seconds, and for all that follows from it."""
        before_s = await asyncio.to_thread(self.server.process.cpu_s)
        await self._crowd.check_in(_LAT, _LON, at_least_s=0.0)
        await asyncio.sleep(SETTLE_S)
        return await asyncio.to_thread(self.server.process.cpu_s) - before_s

    async def logged(self) -> int:
        """Return how many rows the server wrote to its check-in log."""
        text = await asyncio.to_thread(_get, self.server.process.metrics_url)
        found = _LOGGED.search(text)
        return int(float(found[1])) if found else 0


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        text: str = answer.read().decode()
        return text
