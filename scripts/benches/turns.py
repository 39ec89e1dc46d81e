"""Servers under load in turn, lap by lap: what disturbs the machine then disturbs them all alike."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from scripts.benches.servers import Kind, Server

WARM_UP_LAPS = 3


class Side(Protocol):
    """One server and the phones that load it."""

    @property
    def server(self) -> Server:
        """Return the server."""

    async def prepare(self) -> None:
        """Do what must precede the next lap and is not measured."""

    async def lap(self) -> int:
        """Load the server once over and return how much it has carried out."""


async def take_turns(
    sides: Sequence[Side], *, rounds: int, laps: int, advance: Callable[[], None]
) -> dict[Kind, list[float]]:
    """Return each server's CPU per piece of work in µs, one figure a round.

    Args:
        sides: All servers.
        rounds: How many figures.
        laps: How many laps of each server make one figure.
        advance: Is called after each lap of everybody that counts.

    Raises:
        BenchFailed: A lap failed.
    """
    figures: dict[Kind, list[float]] = {side.server.kind: [] for side in sides}
    for _ in range(WARM_UP_LAPS):
        for side in sides:
            await side.prepare()
            await side.lap()
    for _ in range(rounds):
        used_s = dict.fromkeys(figures, 0.0)
        done = dict.fromkeys(figures, 0)
        for _ in range(laps):
            for side in sides:
                await side.prepare()
                before_s = await asyncio.to_thread(side.server.cpu_s)
                done[side.server.kind] += await side.lap()
                # Steps of 10 ms fall either way: over many laps they cancel out.
                used_s[side.server.kind] += await asyncio.to_thread(side.server.cpu_s) - before_s
            advance()
        for kind, so_far in figures.items():
            so_far.append(used_s[kind] * 1e6 / done[kind])
    return figures
