"""Where the attacks take place: regions of the globe as flat ground, their cells, and points in them.

A region is one cell of resolution 5 on a plane that touches the globe at its centre, in metres; over 30 km the plane
and the globe part by centimetres. Everybody knows the cells: nothing here is secret.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import asin, atan2, cos, degrees, hypot, radians, sin, sqrt
from random import Random
from typing import NamedTuple

import h3.api.basic_int as h3  # type: ignore[import-untyped]

from nearby.core.cell import LOOKUP_RESOLUTION, ladder_of

EARTH_RADIUS_M = 6_371_007.2
"""Of the sphere that H3 uses."""

LatLon = tuple[float, float]
"""A position in degrees."""


class Point(NamedTuple):
    """A point of a region's plane, in metres east and north of its centre."""

    x_m: float
    y_m: float


def _pentagon() -> LatLon:
    """Return the centre of the pentagon of resolution 5 whose latitude is nearest to Europe's."""
    centres: list[LatLon] = [h3.cell_to_latlng(cell) for cell in h3.get_pentagons(5)]
    return min(centres, key=lambda at: abs(at[0] - 50))


PLACES: dict[str, LatLon] = {
    "latitude 0": (0.0, 37.0),
    "latitude 45": (45.0, 7.6),
    "latitude 70": (70.0, 25.0),
    "pentagon": _pentagon(),
    "antimeridian": (-16.8, 180.0),
}


class Region:
    """One cell of resolution 5.

    Args:
        cell: The cell.
    """

    def __init__(self, cell: int) -> None:
        self.cell = cell
        self.res7: tuple[int, ...] = tuple(sorted(h3.cell_to_children(cell, 7)))
        lat_deg, lon_deg = h3.cell_to_latlng(cell)
        lat, lon = radians(lat_deg), radians(lon_deg)
        self._up = (cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat))
        self._east = (-sin(lon), cos(lon), 0.0)
        self._north = (-sin(lat) * cos(lon), -sin(lat) * sin(lon), cos(lat))

    def flat(self, at: LatLon) -> Point:
        """Return a position as a point of the plane."""
        lat, lon = radians(at[0]), radians(at[1])
        unit = (cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat))
        return Point(EARTH_RADIUS_M * _dot(unit, self._east), EARTH_RADIUS_M * _dot(unit, self._north))

    def position(self, point: Point) -> LatLon:
        """Return a point of the plane, at most 1,000 km from the centre, as a position."""
        x, y = point.x_m / EARTH_RADIUS_M, point.y_m / EARTH_RADIUS_M
        up = sqrt(max(0.0, 1 - x * x - y * y))
        unit = [up * self._up[i] + x * self._east[i] + y * self._north[i] for i in range(3)]
        return degrees(asin(max(-1.0, min(1.0, unit[2])))), degrees(atan2(unit[1], unit[0]))

    def centre(self, cell: int) -> Point:
        """Return the centre of a cell: the best guess of whoever knows the cell and nothing else."""
        return self.flat(h3.cell_to_latlng(cell))

    def somewhere(self, random: Random, cell: int | None = None) -> Point:
        """Return a point drawn evenly over a cell of resolution 7, or over the region."""
        return self.within(random, random.choice(fine_cells(random.choice(self.res7) if cell is None else cell)))

    def within(self, random: Random, fine: int) -> Point:
        """Return a point drawn evenly over a cell of look-ups."""
        corners, centre = self._outline(fine), self.centre(fine)
        while True:
            one = random.randrange(len(corners))
            first, second = corners[one], corners[one - 1]
            u, v = random.random(), random.random()
            if u + v > 1:
                u, v = 1 - u, 1 - v
            point = Point(*(c + u * (a - c) + v * (b - c) for c, a, b in zip(centre, first, second, strict=True)))
            # An edge of H3 is no straight line of the plane: millimetres may lie beyond it.
            if fine_cell_at(self.position(point)) == fine:
                return point

    def near_a_border(self, random: Random, outline_of: int, *, within_m: float = 1.0) -> Point:
        """Return a point within ``within_m`` of an edge of a cell of any resolution, on either side of it."""
        corners = self._outline(outline_of)
        one = random.randrange(len(corners))
        (x, y), (to_x, to_y) = corners[one - 1], corners[one]
        along, off_m = random.random(), random.uniform(-within_m, within_m)
        length_m = hypot(to_x - x, to_y - y)
        return Point(
            x + along * (to_x - x) - off_m * (to_y - y) / length_m,
            y + along * (to_y - y) + off_m * (to_x - x) / length_m,
        )

    @lru_cache(maxsize=1 << 14)  # noqa: B019  # Regions are few and live as long as an attack.
    def _outline(self, cell: int) -> tuple[Point, ...]:
        return tuple(self.flat(at) for at in h3.cell_to_boundary(cell))


@lru_cache(maxsize=1 << 10)
def fine_cells(cell: int) -> tuple[int, ...]:
    """Return the cells of look-ups that a cell is made of."""
    return tuple(sorted(h3.cell_to_children(cell, LOOKUP_RESOLUTION)))


def fine_cell_at(at: LatLon) -> int:
    """Return the cell that a position is looked up in."""
    return int(h3.latlng_to_cell(*at, LOOKUP_RESOLUTION))


def res7_at(at: LatLon) -> int:
    """Return the res-7 cell of a position, as everybody can compute it."""
    return ladder_of(*at).res7


def direct_cell_at(at: LatLon, resolution: int) -> int:
    """Return the cell whose outline a position is in, whatever cells it is made of."""
    return int(h3.latlng_to_cell(*at, resolution))


def above(cell: int, resolution: int) -> int:
    """Return the cell's parent of a resolution, or the cell itself."""
    return int(h3.cell_to_parent(cell, resolution))


def resolution_of_name(name: str) -> int:
    """Return the resolution of a cell as the wire names it."""
    return int(h3.get_resolution(int(name, 16)))


def neighbours(cell: int) -> tuple[int, ...]:
    """Return the cells around a cell."""
    return tuple(sorted(set(h3.grid_disk(cell, 1)) - {cell}))


def regions_at(place: str, count: int) -> Sequence[Region]:
    """Return that many regions around a place, the one it lies in first."""
    middle = h3.latlng_to_cell(*PLACES[place], 5)
    rings = 1
    while len(h3.grid_disk(middle, rings)) < count:
        rings += 1
    rest = sorted(set(h3.grid_disk(middle, rings)) - {middle})
    return [Region(cell) for cell in (middle, *rest[: count - 1])]


def regions(count: int) -> Iterator[Region]:
    """Yield that many regions, as many around each place."""
    per_place = [regions_at(place, -(-count // len(PLACES))) for place in PLACES]
    for number in range(count):
        yield per_place[number % len(PLACES)][number // len(PLACES)]


def distance_m(one: LatLon, other: LatLon) -> float:
    """Return the distance of two positions on the globe, in metres."""
    lat, other_lat = radians(one[0]), radians(other[0])
    half_lat, half_lon = (other_lat - lat) / 2, radians(other[1] - one[1]) / 2
    chord = sin(half_lat) ** 2 + cos(lat) * cos(other_lat) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


def _dot(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
