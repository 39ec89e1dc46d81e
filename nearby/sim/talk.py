"""Talk at an even rate over all phones that have company."""

import asyncio
from time import monotonic
from typing import Protocol

TICK_S = 0.02


class Talkers(Protocol):
    """Whoever can be asked to speak."""

    def say_something(self) -> bool:
        """Let somebody speak; False if nobody can."""


async def keep_talking(players: Talkers, says_per_s: float) -> None:
    """Let phones in company talk until cancelled; a late tick catches up."""
    started_s, said = monotonic(), 0
    while True:
        due = int((monotonic() - started_s) * says_per_s)
        for _ in range(due - said):
            players.say_something()
        said = due
        await asyncio.sleep(TICK_S)
