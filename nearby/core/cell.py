"""Where a position ends: the only place in the system that sees a coordinate.

In go latitude and longitude, out come the *ladder*, which is the res-7 cell of the position and its
res-6 and res-5 parents, and the operators' areas it stands in. The point and the finer cell it is looked
up with do not leave ``place_of``. Why resolution 7 and why by parents: docs/privacy.md.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import h3.api.basic_int as h3  # type: ignore[import-untyped]

from nearby.core.area_index import NO_AREAS, AreaIndex, Inside
from nearby.core.ids import Cell

LOOKUP_RESOLUTION = 9
"""The one resolution a position is looked up at. A direct look-up per rung would differ from the
parent chain in slivers along the borders (7 % of points a rung), and a sliver locates a person to 260 m."""

FINEST_RESOLUTION = 7
"""The first rung: about 5 km², more than any law calls a precise location."""

COARSEST_RESOLUTION = 5
"""The last rung, always open; whoever is alone there has nobody near."""


ORIGIN_RESOLUTION = 4
"""Where a bottle came from is told this coarsely: a mean of 1,770 km², a region of several towns."""


CELL_NAME_CHARACTERS = 15
_HEX_DIGITS = frozenset("0123456789abcdef")


class Ladder(NamedTuple):
    """A res-7 cell and its parents, finest first."""

    res7: Cell
    res6: Cell
    res5: Cell


def place_of(lat_deg: float, lon_deg: float, areas: AreaIndex) -> tuple[Ladder, Inside]:
    """Return the ladder of a WGS 84 position and the areas it stands in, in about 1 µs.

    Args:
        lat_deg: Latitude in [-90, 90].
        lon_deg: Longitude in [-180, 180].
        areas: The areas in force.

    Raises:
        ValueError: If either is out of range or not finite. The message names no coordinate.
    """
    if not (-90 <= lat_deg <= 90 and -180 <= lon_deg <= 180):
        raise ValueError("a position is latitude in [-90, 90] and longitude in [-180, 180], both finite")
    fine: int = h3.latlng_to_cell(lat_deg, lon_deg, LOOKUP_RESOLUTION)
    return ladder_above(h3.cell_to_parent(fine, FINEST_RESOLUTION)), areas.at(fine)


def ladder_of(lat_deg: float, lon_deg: float) -> Ladder:
    """Return the ladder of a position where no areas are in force; else as ``place_of``."""
    return place_of(lat_deg, lon_deg, NO_AREAS)[0]


@lru_cache(maxsize=1 << 16)
def ladder_above(res7: Cell) -> Ladder:
    """Return the ladder that starts at ``res7``.

    Cached so that everybody of a cell shares one tuple: 172 bytes a person less.
    """
    return Ladder(res7, Cell(h3.cell_to_parent(res7, 6)), Cell(h3.cell_to_parent(res7, 5)))


@lru_cache(maxsize=1 << 14)
def rungs_above(cell: Cell) -> tuple[Cell, ...]:
    """Return the coarser rungs of the ladders that ``cell`` is on, finest first; none above the last."""
    coarser = range(resolution_of(cell) - 1, COARSEST_RESOLUTION - 1, -1)
    return tuple(Cell(h3.cell_to_parent(cell, resolution)) for resolution in coarser)


def home_of(fine_cells: Iterable[int]) -> Cell:
    """Return the res-7 cell of the smallest of an area's finer cells, at least one: the same whoever asks."""
    return Cell(h3.cell_to_parent(min(fine_cells), FINEST_RESOLUTION))


def res7_cells_of(fine_cells: Iterable[int]) -> list[Cell]:
    """Return the res-7 cells that an area's finer cells lie in, sorted."""
    return sorted({Cell(h3.cell_to_parent(cell, FINEST_RESOLUTION)) for cell in fine_cells})


@lru_cache(maxsize=1 << 14)
def origin_of(cell: Cell) -> Cell:
    """Return the cell of ``ORIGIN_RESOLUTION`` that a res-7 cell is in: all that is ever told of a bottle's origin."""
    return Cell(h3.cell_to_parent(cell, ORIGIN_RESOLUTION))


@lru_cache(maxsize=1 << 14)
def metres_between(cell: Cell, other: Cell) -> float:
    """Return how far two cells are from each other at least: between the circles around them, 0 where these meet."""
    centre_m = h3.great_circle_distance(h3.cell_to_latlng(cell), h3.cell_to_latlng(other), unit="m")
    return max(0.0, float(centre_m) - _radius_m(cell) - _radius_m(other))


@lru_cache(maxsize=1 << 14)
def _radius_m(cell: Cell) -> float:
    centre = h3.cell_to_latlng(cell)
    return max(float(h3.great_circle_distance(centre, corner, unit="m")) for corner in h3.cell_to_boundary(cell))


def resolution_of(cell: Cell) -> int:
    """Return the H3 resolution of ``cell``: read from bits 52-55 of the index (H3 index layout)."""
    return (cell >> 52) & 0xF


def cell_named(name: str) -> Cell | None:
    """Return the cell of a rung, resolution 7, 6 or 5, that ``cell_name`` calls so, or None."""
    is_hex = len(name) == CELL_NAME_CHARACTERS and set(name) <= _HEX_DIGITS
    cell = int(name, 16) if is_hex else 0
    if not h3.is_valid_cell(cell) or not COARSEST_RESOLUTION <= h3.get_resolution(cell) <= FINEST_RESOLUTION:
        return None
    return Cell(cell)


def cell_name(cell: Cell) -> str:
    """Return the canonical lower-case hexadecimal form of ``cell``, as shown on the wire."""
    return format(cell, "x")
