from dataclasses import replace

import h3.api.basic_int as h3  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.cell import ladder_of, metres_between
from nearby.core.ids import Cell
from nearby.core.movement import Pace, pace_between
from nearby.core.rules import Rules

RULES = Rules()
HOME = ladder_of(48.2082, 16.3738).res7
AWAY = ladder_of(48.3069, 14.2858).res7
"""155 km off."""

points = st.tuples(st.floats(-85, 85), st.floats(-180, 180))


def paces(metres: float, *elapsed_s: float) -> list[Pace]:
    """Return what becomes of somebody from home to away, as if that were so many metres."""
    per_s = metres_between(HOME, AWAY) / metres
    rules = replace(RULES, fast_m_per_s=100 * per_s, impossible_m_per_s=300 * per_s)
    return [pace_between(HOME, AWAY, round(seconds * 1_000), rules) for seconds in elapsed_s]


def test_speed_is_told_from_the_way_at_least() -> None:
    assert metres_between(HOME, AWAY) == pytest.approx(152_000, rel=0.02)
    assert paces(30_000, 99.9, 100, 100.1, 299, 300.1) == [
        *(Pace.IMPOSSIBLE, Pace.FAST, Pace.FAST, Pace.FAST, Pace.POSSIBLE),
    ]


def test_a_short_time_and_one_that_went_back_count_as_thirty_seconds() -> None:
    assert paces(2_999, 0, -1_000, 29, 30) == [Pace.POSSIBLE] * 4
    assert paces(3_001, 0, 30, 31) == [Pace.FAST, Pace.FAST, Pace.POSSIBLE]
    assert paces(9_001, 0, 30, 31) == [Pace.IMPOSSIBLE, Pace.IMPOSSIBLE, Pace.FAST]


@given(points)
def test_the_next_cells_are_no_way_off(point: tuple[float, float]) -> None:
    cell = ladder_of(*point).res7
    for other in h3.grid_disk(cell, 1):
        assert metres_between(cell, Cell(other)) < 500
        assert pace_between(cell, Cell(other), 0, RULES) is Pace.POSSIBLE


@given(points, points)
def test_the_way_is_never_longer_than_that_between_two_people_and_the_same_in_both_directions(
    point: tuple[float, float], other: tuple[float, float]
) -> None:
    cell, away = ladder_of(*point).res7, ladder_of(*other).res7
    assert 0 <= metres_between(cell, away) <= h3.great_circle_distance(point, other, unit="m") + 1
    assert metres_between(cell, away) == pytest.approx(metres_between(away, cell))


def test_without_a_limit_on_speed_everything_is_possible() -> None:
    assert pace_between(HOME, AWAY, 0, replace(RULES, impossible_m_per_s=0)) is Pace.POSSIBLE


def test_whoever_stays_is_not_asked() -> None:
    assert pace_between(HOME, HOME, 0, RULES) is Pace.POSSIBLE
