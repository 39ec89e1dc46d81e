"""How long after a fault each phone talks again."""

import asyncio
from dataclasses import dataclass
from statistics import median
from time import monotonic

from nearby.sim.player import Player
from nearby.sim.players import Players

TRY_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class TalkingAgain:
    """After how many seconds each phone had something acknowledged, and how many phones had nothing in time."""

    after_s: tuple[float, ...]
    silent: int

    @property
    def p50_s(self) -> float:
        """Return the median."""
        return median(self.after_s) if self.after_s else 0.0

    @property
    def max_s(self) -> float:
        """Return how long the last one took."""
        return max(self.after_s, default=0.0)


async def until_everybody_talks(players: Players, *, within_s: float) -> TalkingAgain:
    """Let every phone that is here now say something until that is acknowledged; return how long each took.

    Who leaves meanwhile counts neither way.
    """
    since_s = monotonic()
    tasks = [players.start(_talk(players, player)) for player in players.everybody()]
    if not tasks:
        return TalkingAgain((), 0)
    done, late = await asyncio.wait(tasks, timeout=within_s)
    for task in late:
        task.cancel()
    ends_s = [task.result() for task in done]
    silent = len(late) + sum(player.is_closed for player in players.everybody())
    return TalkingAgain(tuple(end_s - since_s for end_s in ends_s if end_s is not None), silent)


async def _talk(players: Players, player: Player) -> float | None:
    """Return when the player had something acknowledged, None if it hung up, or was closed for good, before."""
    while player.position is not None and not player.is_closed:
        text = players.new_text()
        # In a task of its own: who stops waiting for it must not stop it, or it would count as never answered.
        asking = players.spawn(player.say(text))
        await asyncio.wait([asking])
        if text in players.books.acked_s:
            return players.books.acked_s[text]
        await asyncio.sleep(TRY_EVERY_S)
    return None
