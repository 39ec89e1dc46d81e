"""How memory and decisions grow with the people present in one process: ``python -m scripts.benches.placement N``.

People come within a window and check in again in the three that follow, so that catchments have opened, rooms are
merged and the first events have left the logs. Then some leave and come back while decisions are timed. A decision is
what a server does on its tick for somebody who waits: ask for an offer, decide, take the seat.
"""

import gc
import json
import sys
from array import array
from random import Random
from typing import Any

from nearby.core.rules import Rules
from nearby.server.app import GC_AFTER
from scripts.benches.live import START_MS, Crowded, ladders, memory_bytes

WINDOWS = 4
DECISIONS = 50_000
SWEEPS_A_WINDOW = 3_000
"""One every 200 ms, as a server does."""


def measure(people: int, *, is_seated: bool, decisions: int = DECISIONS) -> dict[str, Any]:
    """Return the figures for so many people, each with a connection and a seat or, if not ``is_seated``, with neither.

    Bytes are what the process grew by from before the first to after the last window; times are µs.
    """
    rules, random = Rules(), Random(people)
    crowded, before = Crowded(rules), memory_bytes()
    places = list(ladders(people, random))
    before += memory_bytes() - before  # The places are ours, not the live state's.
    now_ms = START_MS
    for window in range(WINDOWS):
        for number, ladder in enumerate(places):
            if not number % max(1, people // SWEEPS_A_WINDOW):
                crowded.sweep(now_ms)
            now_ms = START_MS + window * rules.window_ms + number * rules.window_ms * 9 // 10 // people
            if is_seated and window == 0:
                crowded.connect(number, now_ms)
            why = crowded.check_in(number, ladder, now_ms)
            if why is not None:
                crowded.place(number, why, now_ms)
    grown = memory_bytes() - before
    times_us = array("d")
    for _ in range(decisions if is_seated else 0):
        number = random.randrange(people)
        now_ms += 1
        crowded.leave(number, now_ms)
        why = crowded.check_in(number, places[number], now_ms)
        if why is not None:
            times_us.append(crowded.place(number, why, now_ms)[0] / 1_000)
    live, ordered = crowded.state.statistics(), sorted(times_us)
    return {
        "people": people,
        "bytes_a_person": grown / people,
        "rooms": sum(live.rooms_by_size.values()),
        "open_catchments": live.open_catchments,
        "decisions": len(ordered),
        "mean_us": sum(ordered) / len(ordered) if ordered else None,
        "p99_us": ordered[len(ordered) * 99 // 100] if ordered else None,
    }


def main() -> None:
    """Measure one size and print the figures as JSON."""
    gc.set_threshold(GC_AFTER)
    gc.freeze()
    print(json.dumps(measure(int(sys.argv[1]), is_seated=sys.argv[2] == "seated")))


if __name__ == "__main__":
    main()
