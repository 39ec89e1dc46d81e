"""Talk at an even rate over all phones that have company."""

import asyncio
from time import monotonic

from nearby.sim.players import Players

TICK_S = 0.1


async def keep_talking(players: Players, says_per_s: float) -> None:
    """Let phones in company talk until cancelled; a late tick catches up."""
    started_s, said = monotonic(), 0
    while True:
        due = int((monotonic() - started_s) * says_per_s)
        for _ in range(due - said):
            players.say_something()
        said = due
        await asyncio.sleep(TICK_S)
