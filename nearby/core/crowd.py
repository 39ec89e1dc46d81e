"""The crowd map: how many established people a cell had in an hour, in classes, for operators.

Only whole hours that are over are shown, each by its busiest window, and a cell below ten people is not. A coarser
cell adds up the lower bounds of its shown res-7 cells and nothing else: whoever subtracts what is shown from
what is shown gets what is shown.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from nearby.core.cell import ladder_above
from nearby.core.ids import Cell
from nearby.core.rules import HOUR_MS

CLASSES = (10, 20, 50, 100)
"""Lower bounds: 10-19, 20-49, 50-99, 100 and more."""

RESOLUTIONS = (7, 6, 5)
"""What may be asked for, the finest first."""


@dataclass(frozen=True, slots=True)
class WindowCount:
    """Established people who had a res-7 cell in force in one window."""

    window_start_ms: int
    cell: Cell
    people: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """What an hour shows of a cell: ``at_least`` and ``at_most`` people; None is no upper bound."""

    hour_start_ms: int
    cell: Cell
    at_least: int
    at_most: int | None


def whole_hours(from_ms: int, to_ms: int, now_ms: int) -> tuple[int, int]:
    """Return the part of a span that is made of whole hours that are over; empty if there is none."""
    start_ms = -(-from_ms // HOUR_MS) * HOUR_MS
    return start_ms, max(start_ms, min(to_ms, now_ms) // HOUR_MS * HOUR_MS)


def crowds(counts: Iterable[WindowCount], resolution: int) -> list[Crowd]:
    """Return what is shown of some windows' counts, by hour and cell.

    Args:
        counts: Of whole hours.
        resolution: 7, 6 or 5.

    Raises:
        ValueError: If the resolution is another.
    """
    if resolution not in RESOLUTIONS:
        raise ValueError("the crowd map has the resolutions 7, 6 and 5")
    busiest: Counter[tuple[int, Cell]] = Counter()
    for count in counts:
        key = (count.window_start_ms // HOUR_MS * HOUR_MS, count.cell)
        busiest[key] = max(busiest[key], count.people)
    shown = {key: _lower_bound(people) for key, people in busiest.items() if people >= CLASSES[0]}
    if resolution == 7:
        return [Crowd(hour, cell, bound, _upper_bound(bound)) for (hour, cell), bound in sorted(shown.items())]
    sums: Counter[tuple[int, Cell]] = Counter()
    for (hour, cell), bound in shown.items():
        sums[hour, ladder_above(cell)[7 - resolution]] += bound
    return [Crowd(hour, cell, bound, None) for (hour, cell), bound in sorted(sums.items())]


def _lower_bound(people: int) -> int:
    return max(bound for bound in CLASSES if bound <= people)


def _upper_bound(bound: int) -> int | None:
    return dict(zip(CLASSES, [next_bound - 1 for next_bound in CLASSES[1:]], strict=False)).get(bound)
