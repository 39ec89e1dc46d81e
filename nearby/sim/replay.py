"""Plays visits against a server at their times, with one real socket a person."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from time import monotonic

from nearby.sim.folding import Visit
from nearby.sim.players import Players
from nearby.sim.talk import keep_talking


async def play(
    visits: Sequence[Visit],
    players: Players,
    *,
    speed: float,
    says_per_s: float,
    progress: Callable[[float], None],
) -> None:
    """Check every phone in where and when ``visits`` say, and let those in company talk.

    Args:
        visits: In order of time.
        players: Who plays them.
        speed: Seconds of the visits' world that pass in one of ours.
        says_per_s: Sayings a second of our time, over all phones.
        progress: Is told the share that was played.
    """
    left = Counter(visit.phone for visit in visits)
    talk = players.start(keep_talking(players, says_per_s))
    started_s = monotonic()
    try:
        for number, visit in enumerate(visits, start=1):
            late_s = monotonic() - started_s - visit.after_s / speed
            if late_s < 0:
                await asyncio.sleep(-late_s)
            left[visit.phone] -= 1
            is_last = not left[visit.phone]
            players.spawn(players.check_in(visit.phone, visit.lat_deg, visit.lon_deg, is_last=is_last))
            progress(number / len(visits))
    finally:
        talk.cancel()
