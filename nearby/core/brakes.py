"""Brakes: what an operator has stopped for now.

Placement is stopped everywhere, or in areas that are cells of a rung: whoever has one of them on their ladder takes no
new seat. An outline would not do, for the server would have to keep on which side of it somebody stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from nearby.core.cell import Ladder, cell_named
from nearby.core.ids import Cell
from nearby.errors import ErrorCode, Refused

What = Literal["placement", "guests", "shake", "bottle"]

MAX_BRAKES = 1_000
"""Pulled at a time: more areas than that are better stopped everywhere."""

EVERYWHERE = ""
"""The area of a brake that holds in all of them."""


@dataclass(frozen=True, slots=True)
class Brake:
    """One thing that is stopped. ``area`` is the name of a cell of resolution 7, 6 or 5, or ``EVERYWHERE``."""

    what: What
    area: str
    since_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """All that is stopped, as it is asked for."""

    placement: bool = False
    areas: frozenset[Cell] = frozenset()
    guests: bool = False
    shake: bool = False
    bottle: bool = False

    def stops(self, ladder: Ladder) -> bool:
        """Return whether somebody with this ladder in force takes no new seat."""
        return self.placement or (bool(self.areas) and not self.areas.isdisjoint(ladder))


NOTHING_STOPPED = Stopped()


def stopped_by(brakes: Iterable[Brake]) -> Stopped:
    """Return what some brakes stop together. A cell that is none stops nothing."""
    stopped: set[str] = set()
    areas: set[Cell] = set()
    for brake in brakes:
        if brake.area == EVERYWHERE:
            stopped.add(brake.what)
        elif (cell := cell_named(brake.area)) is not None:
            areas.add(cell)
    return Stopped(
        placement="placement" in stopped,
        areas=frozenset(areas),
        guests="guests" in stopped,
        shake="shake" in stopped,
        bottle="bottle" in stopped,
    )


def check_area(what: What, area: str) -> None:
    """Return if there can be a brake on ``what`` in ``area``.

    Raises:
        Refused: ``bad_area``.
    """
    if area == EVERYWHERE:
        return
    if what != "placement":
        raise Refused(ErrorCode.BAD_AREA, f"{what} is switched off everywhere or nowhere; leave area out")
    if cell_named(area) is None:
        raise Refused(
            ErrorCode.BAD_AREA, "area must be a cell of resolution 7, 6 or 5, as an area on the wire names it"
        )
