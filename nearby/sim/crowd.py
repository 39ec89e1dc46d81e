"""Generated crowds: people who arrive around busy spots, walk, stay a while and leave.

No real data: a newcomer's demo and load tests live off this. All chance comes from one ``Random``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import cos, radians
from random import Random

METRES_PER_DEGREE = 111_320.0
LOGNORMAL_SIGMA = 0.7
"""Spread of stays: a few leave at once, some stay for hours, as in logs of real venues."""


class Shape(StrEnum):
    """What a crowd does."""

    EVENING = "evening"
    STADIUM = "stadium"
    RECONNECT = "reconnect"


@dataclass(frozen=True, slots=True)
class Spot:
    """A busy place: people stand around it, normally distributed."""

    lat_deg: float
    lon_deg: float
    spread_m: float
    weight: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One person's stay, in seconds of the crowd's world from the start."""

    arrives_s: float
    stays_s: float
    lat_deg: float
    lon_deg: float


def spots_of(shape: Shape, random: Random, *, lat_deg: float, lon_deg: float) -> list[Spot]:
    """Return the busy places of a crowd around a centre.

    A stadium is one place; a city's evening has a dozen within a few kilometres, the first ones busiest.
    """
    if shape is Shape.STADIUM:
        return [Spot(lat_deg, lon_deg, 150.0, 1.0)]
    spots = [Spot(lat_deg, lon_deg, 400.0, 3.0)]
    for rank in range(2, 13):
        north_m, east_m = random.gauss(0, 3_000), random.gauss(0, 3_000)
        spots.append(Spot(*moved(lat_deg, lon_deg, north_m, east_m), 400.0, 3.0 / rank))
    return spots


def plan(spots: Sequence[Spot], random: Random, *, over_s: float, mean_stay_s: float) -> Plan:
    """Return the stay of one more person, who arrives at an even chance within ``over_s``."""
    spot = random.choices(spots, [spot.weight for spot in spots])[0]
    north_m, east_m = random.gauss(0, spot.spread_m), random.gauss(0, spot.spread_m)
    # The mean of a log-normal is exp(mu + sigma^2 / 2).
    stays_s = mean_stay_s * random.lognormvariate(-(LOGNORMAL_SIGMA**2) / 2, LOGNORMAL_SIGMA)
    return Plan(random.uniform(0, over_s), stays_s, *moved(spot.lat_deg, spot.lon_deg, north_m, east_m))


def moved(lat_deg: float, lon_deg: float, north_m: float, east_m: float) -> tuple[float, float]:
    """Return the position so many metres away; good for a few kilometres away from the poles."""
    lat_there_deg = lat_deg + north_m / METRES_PER_DEGREE
    return lat_there_deg, lon_deg + east_m / (METRES_PER_DEGREE * cos(radians(lat_deg)))
