"""Whether somebody can have come from one cell to another in so little time.

It knows cells of resolution 7 and nothing else. The way is what it takes at least: from the nearest point of one cell
to the nearest of the other, each cell taken as the circle around it. Faster than an express train somebody's new cell
comes into force a window later than it would; faster than an airliner the check-in has no effect. Neither shows.
"""

from enum import Enum

from nearby.core.cell import metres_between
from nearby.core.ids import Cell
from nearby.core.rules import SECOND_MS, Rules


class Pace(Enum):
    """What the speed of a check-in comes to."""

    POSSIBLE = "possible"
    FAST = "fast"
    """The old cell stays in force for a window more."""
    IMPOSSIBLE = "impossible"
    """The check-in has no effect."""


def pace_between(cell: Cell, other: Cell, elapsed_ms: int, rules: Rules) -> Pace:
    """Return what it comes to that somebody who was in ``cell`` is in ``other`` after ``elapsed_ms``.

    A time shorter than ``rules.least_elapsed_ms``, or one that went back, counts as that. Costs 30 µs for two cells
    that were not asked about lately, nothing for one and the same.
    """
    if cell == other or not rules.impossible_m_per_s:
        return Pace.POSSIBLE
    elapsed_s = max(elapsed_ms, rules.least_elapsed_ms) / SECOND_MS
    speed_m_per_s = metres_between(cell, other) / elapsed_s
    if speed_m_per_s > rules.impossible_m_per_s:
        return Pace.IMPOSSIBLE
    return Pace.FAST if speed_m_per_s > rules.fast_m_per_s else Pace.POSSIBLE
