"""Memory per idle connection: phones that were welcomed and say nothing."""

import asyncio
from collections.abc import Callable

from scripts.benches.crowd import BATCH, Crowd
from scripts.benches.report import Target
from scripts.benches.servers import BenchFailed, Kind, running

UNIT = "KiB of server memory per connection"
KINDS = (Kind.OURS, Kind.AIOHTTP)
TARGET = Target(25)


def setup(connections: int) -> str:
    """Return how it is measured, in one sentence."""
    return f"{connections:,} idle phones after hello"


async def measure(*, connections: int, rounds: int, advance: Callable[[], None]) -> dict[Kind, list[float]]:
    """Return the figures of each server, one a round.

    Raises:
        BenchFailed: Not everybody was welcomed.
    """
    figures: dict[Kind, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind, so_far in figures.items():
            so_far.append(await _measure(kind, connections))
        advance()
    return figures


async def _measure(kind: Kind, connections: int) -> float:
    """Return the figure of one server.

    The first phones come before the first look, so that what a server loads once is not counted.
    """
    async with running(kind, {}) as server:
        with Crowd(server) as crowd:
            await crowd.connect(BATCH)
            before_kib = await asyncio.to_thread(server.process.resident_kib)
            await crowd.connect(connections)
            after_kib = await asyncio.to_thread(server.process.resident_kib)
    if not after_kib:
        raise BenchFailed(f"{kind} ended while it was measured")
    return (after_kib - before_kib) / connections
