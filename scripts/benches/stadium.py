"""A stadium fills as a venue: tens of thousands check in within a minute of real time, through the hub.

Everybody names the venue from inside. Half the seconds nobody waits for anything; the figure that matters is the
longest time that one decision, or one sweep with its merges, holds up everybody else.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns

from rich.console import Console

from nearby.core.area_index import AreaId
from nearby.core.cell import ladder_of
from nearby.core.rules import Rules
from nearby.core.venue import Venue
from nearby.core.wishes import Wishes
from scripts.benches.live import START_MS, Crowded

TICK_S = 0.2
LIMIT_MS = 50.0


@dataclass(frozen=True, slots=True)
class Filling:
    """What came of it.

    ``longest_decision_ms`` is of a whole placing, as ``Placing.all_us``; ``longest_wall_ms`` is its wall time, in which
    others may have had the processor. ``late_s`` is how far behind its 200 ms tick it ever was.
    """

    people: int
    seconds: float
    largest_room: int
    rooms: int
    alone: int
    longest_decision_ms: float
    longest_wall_ms: float
    longest_sweep_ms: float
    late_s: float

    @property
    def is_met(self) -> bool:
        """Return whether no room held more than eight, and nothing took longer than 50 ms."""
        longest_ms = max(self.longest_decision_ms, self.longest_sweep_ms)
        return self.largest_room <= Rules().capacity and longest_ms <= LIMIT_MS

    def show(self, console: Console) -> None:
        """Print what came of it and a verdict."""
        console.print(
            f"{self.people:,} people checked in to one venue within {self.seconds:.0f} s: {self.rooms:,} rooms, the "
            f"largest of {self.largest_room}, {self.alone} people alone; the longest placing took "
            f"{self.longest_decision_ms:.1f} ms of work ({self.longest_wall_ms:.1f} ms by the clock), "
            f"the longest sweep {self.longest_sweep_ms:.1f} ms, and it was "
            f"{self.late_s:.2f} s late at most"
        )
        verdict = "met" if self.is_met else "missed"
        console.print(f"target: no room over {Rules().capacity}, nothing longer than {LIMIT_MS:g} ms: {verdict}")


async def fill(people: int, seconds: float, advance: Callable[[], None]) -> Filling:
    """Let people come at an even rate and return what came of it; ``advance`` is called on each tick."""
    crowded = Crowded(Rules())
    ladder = ladder_of(52.5147, 13.2395)
    wishes = Wishes(venue=Venue(AreaId("stadium"), ladder.res7))
    loop = asyncio.get_running_loop()
    began_s, came, decision_us, wall_us, sweep_ns, late_s = loop.time(), 0, 0.0, 0.0, 0, 0.0
    while came < people:
        passed_s = loop.time() - began_s
        due = min(people, int(people * passed_s / seconds))
        now_ms = START_MS + int(passed_s * 1_000)
        for number in range(came, due):
            crowded.connect(number, now_ms)
            why = crowded.check_in(number, ladder, now_ms, wishes)
            placing = crowded.place(number, why, now_ms) if why is not None else None
            if placing is not None:
                decision_us, wall_us = max(decision_us, placing.all_us), max(wall_us, placing.wall_us)
        came = due
        swept_ns = perf_counter_ns()
        crowded.sweep(now_ms)
        sweep_ns = max(sweep_ns, perf_counter_ns() - swept_ns)
        advance()
        wait_s = began_s + passed_s + TICK_S - loop.time()
        late_s = max(late_s, -wait_s)
        await asyncio.sleep(max(0.0, wait_s))
    sizes = crowded.state.statistics().rooms_by_size
    return Filling(
        people=people,
        seconds=loop.time() - began_s,
        largest_room=crowded.ear.largest,
        rooms=sum(sizes.values()),
        alone=sizes.get(1, 0),
        longest_decision_ms=decision_us / 1e3,
        longest_wall_ms=wall_us / 1e3,
        longest_sweep_ms=sweep_ns / 1e6,
        late_s=late_s,
    )
