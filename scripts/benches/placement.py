"""How memory and decisions grow with the people present in one process.

People come within a window and check in again in the two that follow, so that every catchment has opened; then
they take seats, and check in once more while the first events leave the logs. That is what memory is told of. Then
many leave, so that nearly every room has a seat to offer, and while placing is timed as many come as leave. Each size
runs in a process of its own, ``python -m scripts.benches.placement PEOPLE seated|present``, so that memory is its own.

A *decision* is to look which rooms of the catchment have a seat and may be offered (``Hub.offer``) and to choose one
(``decide``). The check-in before it and what the phones hear after it are not in it. *Placing* is all that a server
does for one wish: the decision, taking the seat, the snapshot, and the events as they are handed to the listener.

Others on a machine make the same work take up to five times as long, and no clock leaves that out. So a fixed piece of
work is timed before and after each tick, and what counts are the ticks in which it took about as long as it ever did.
"""

import gc
import json
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from nearby.core.cell import Ladder
from nearby.core.rules import Rules
from nearby.server.app import GC_AFTER
from nearby.sim.child import bare_environment
from scripts.benches.live import START_MS, Crowded, Placing, ladders, memory_bytes, pace_us
from scripts.benches.servers import BenchFailed

OPENING_WINDOWS = 3
"""So long a catchment is asked for before it opens."""

WINDOWS = OPENING_WINDOWS + 2
AWAY = 4
"""One in so many people is away while placing is timed."""

PLACINGS = 50_000
SWEEPS_A_WINDOW = 3_000
"""One every 200 ms, as a server does."""

TICK_MS = 200
PLACINGS_A_TICK = 200
"""A thousand a second: as many as a million people make who stay for a quarter of an hour."""

SIZES = (10_000, 100_000, 1_000_000)
DISTURBED = 1.3
"""A tick counts if the fixed work took at most so many times its least,"""

LEAST_SHARE = 0.05
"""or is one of so large a share of ticks, those nearest to it."""

MAX_DECISION_US = 20.0
MAX_P99_US = 100.0
MAX_GROWTH = 1.5
MAX_BYTES_PRESENT = 700.0
MAX_BYTES_SEATED = 10 * 2**30 / 10_000_000
"""Ten million people in 10 GiB."""

LARGE = 100_000
"""From so many people on it is told: of few, what a process needs anyway is a large part of each one's share."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one size came to; times are µs of CPU, None where nobody takes a seat."""

    people: int
    bytes_a_person: float
    rooms: int
    open_cells: int
    decision_us: float | None = None
    decision_p99_us: float | None = None
    placing_us: float | None = None
    undisturbed: float | None = None
    """The share of ticks that count."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What the placings of a tick took, and how long the fixed work did before or after, whichever was longer."""

    pace_us: float
    placed: Sequence[Placing]


def measure(people: int, *, is_seated: bool, placings: int = PLACINGS) -> Figures:
    """Return the figures of so many people, each with a connection and a seat if ``is_seated``, else with neither."""
    rules, random = Rules(), Random(people)
    crowded, places = Crowded(rules), list(ladders(people, random))
    gc.collect()
    before, now_ms = memory_bytes(), START_MS
    for window in range(WINDOWS):
        for number, ladder in enumerate(places):
            if not number % max(1, people // SWEEPS_A_WINDOW):
                crowded.sweep(now_ms)
            now_ms = START_MS + window * rules.window_ms + number * rules.window_ms * 9 // 10 // people
            if is_seated and window == OPENING_WINDOWS:
                crowded.connect(number, now_ms)
            why = crowded.check_in(number, ladder, now_ms)
            if why is not None:
                crowded.place(number, why, now_ms)
    live = crowded.state.statistics()
    grown, rooms, cells = memory_bytes() - before, sum(live.rooms_by_size.values()), live.open_catchments[7]
    if not is_seated:
        return Figures(people, grown / people, rooms, cells)
    ticks = _churn(crowded, places, random, now_ms, placings)
    quiet = undisturbed(ticks)
    placed = [one for tick in quiet for one in tick.placed]
    decisions = sorted(one.decision_us for one in placed)
    return Figures(
        people,
        grown / people,
        rooms,
        cells,
        decision_us=sum(decisions) / len(decisions),
        decision_p99_us=decisions[len(decisions) * 99 // 100],
        placing_us=sum(one.all_us for one in placed) / len(placed),
        undisturbed=len(quiet) / len(ticks),
    )


def undisturbed(ticks: Sequence[Tick]) -> Sequence[Tick]:
    """Return the ticks that count."""
    quietest = sorted(ticks, key=lambda tick: tick.pace_us)
    at_most_us = DISTURBED * quietest[0].pace_us
    count = sum(tick.pace_us <= at_most_us for tick in ticks)
    return quietest[: max(count, 1, int(LEAST_SHARE * len(ticks)))]


def _churn(crowded: Crowded, places: Sequence[Ladder], random: Random, now_ms: int, placings: int) -> list[Tick]:
    """Let many leave, then as many come as leave, and return what each placing took."""
    here = random.sample(range(len(places)), len(places))
    away = deque(here.pop() for _ in range(len(here) // AWAY))
    for count, number in enumerate(away):
        crowded.leave(number, now_ms)
        if not count % PLACINGS_A_TICK:
            now_ms += TICK_MS
            crowded.sweep(now_ms)
    ticks: list[Tick] = []
    for _ in range(placings // PLACINGS_A_TICK):
        # As on a server: who came since the last tick waits for this one.
        coming = [away.popleft() for _ in range(min(PLACINGS_A_TICK, len(away)))]
        wishes = [(number, crowded.check_in(number, places[number], now_ms)) for number in coming]
        for _ in range(len(coming)):
            place = random.randrange(len(here))
            here[place], here[-1] = here[-1], here[place]
            away.append(here.pop())
            crowded.leave(away[-1], now_ms)
        here += coming
        now_ms += TICK_MS
        crowded.sweep(now_ms)
        before_us = pace_us()
        made = [crowded.place(number, why, now_ms) for number, why in wishes if why is not None]
        ticks.append(Tick(max(before_us, pace_us()), [one for one in made if one is not None]))
    return ticks


@dataclass(frozen=True, slots=True)
class Growth:
    """The figures of all sizes, with a seat and without."""

    seated: Sequence[Figures]
    present: Sequence[Figures]

    @property
    def missed(self) -> list[str]:
        """Return what was promised and not kept, a sentence each."""
        found = []
        smallest = self.seated[0].decision_us or 0.0
        for one in self.seated:
            decision_us, p99_us = one.decision_us or 0.0, one.decision_p99_us or 0.0
            if decision_us > MAX_DECISION_US or p99_us > MAX_P99_US:
                found.append(f"{one.people:,} people: a decision takes {decision_us:.1f} µs, p99 {p99_us:.1f} µs")
            if decision_us > MAX_GROWTH * smallest:
                found.append(
                    f"{one.people:,} people: a decision takes {decision_us / smallest:.2f} times the smallest's"
                )
            if one.people >= LARGE and one.bytes_a_person > MAX_BYTES_SEATED:
                found.append(f"{one.people:,} people: {one.bytes_a_person:,.0f} bytes each with a seat")
        found += [
            f"{one.people:,} people: {one.bytes_a_person:,.0f} bytes each"
            for one in self.present
            if one.bytes_a_person > MAX_BYTES_PRESENT
        ]
        return found

    def show(self, console: Console) -> None:
        """Print a table and a verdict."""
        heads = (
            "people",
            "bytes present",
            "bytes seated",
            "decision µs",
            "p99 µs",
            "placing µs",
            "quiet ticks",
            "rooms",
            "open cells",
        )
        table = Table(*heads, title="One process, no sockets; times are CPU")
        for seated, present in zip(self.seated, self.present, strict=True):
            times = (seated.decision_us or 0.0, seated.decision_p99_us or 0.0, seated.placing_us or 0.0)
            sizes = (present.bytes_a_person, seated.bytes_a_person)
            cells = [f"{seated.people:,}", *(f"{one:,.0f}" for one in sizes), *(f"{one:.1f}" for one in times)]
            table.add_row(*cells, f"{seated.undisturbed or 0.0:.0%}", f"{seated.rooms:,}", f"{seated.open_cells:,}")
        console.print(table)
        console.print(
            f"targets: a decision at most {MAX_DECISION_US:g} µs, p99 {MAX_P99_US:g} µs, {MAX_GROWTH:g} times the "
            f"smallest's; {MAX_BYTES_PRESENT:g} bytes a person present, {MAX_BYTES_SEATED:,.0f} with a seat "
            f"from {LARGE:,} people on"
        )
        for sentence in self.missed or ["met"]:
            console.print(sentence if sentence == "met" else f"missed: {sentence}")

    def save(self, path: Path) -> None:
        """Write everything to a file as JSON."""
        found = {"seated": list(map(asdict, self.seated)), "present": list(map(asdict, self.present))}
        path.write_text(json.dumps(found | {"missed": self.missed}, indent=2) + "\n")


def grow(sizes: Sequence[int], advance: Callable[[], None]) -> Growth:
    """Measure each size in a process of its own; ``advance`` is called after each of two a size.

    Raises:
        BenchFailed: A process did not end well.
    """
    found: dict[str, list[Figures]] = {"seated": [], "present": []}
    for people in sizes:
        for kind, figures in found.items():
            command = [sys.executable, "-P", "-m", __name__, str(people), kind]
            child = subprocess.run(command, env=bare_environment(), capture_output=True, check=False)
            if child.returncode:
                raise BenchFailed(f"{people:,} people: {child.stderr.decode(errors='replace')[-500:]}")
            figures.append(Figures(**json.loads(child.stdout)))
            advance()
    return Growth(**found)


def main() -> None:
    """Measure one size and print the figures as JSON."""
    gc.set_threshold(GC_AFTER)
    gc.freeze()
    print(json.dumps(asdict(measure(int(sys.argv[1]), is_seated=sys.argv[2] == "seated"))))


if __name__ == "__main__":
    main()
