"""Generated crowds come from chance alone, and stand where and as long as they should."""

from math import hypot
from random import Random
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.sim.crowd import METRES_PER_DEGREE, Shape, moved, plan, spots_of

LAT_DEG, LON_DEG = 47.37, 8.54


def metres_from_centre(lat_deg: float, lon_deg: float) -> float:
    one_east_deg = moved(LAT_DEG, LON_DEG, 0, 1)[1] - LON_DEG
    return hypot((lat_deg - LAT_DEG) * METRES_PER_DEGREE, (lon_deg - LON_DEG) / one_east_deg)


@pytest.mark.parametrize("shape", Shape)
def test_the_same_seed_draws_the_same_crowd(shape: Shape) -> None:
    def drawn() -> list[object]:
        random = Random(7)
        spots = spots_of(shape, random, lat_deg=LAT_DEG, lon_deg=LON_DEG)
        return [*spots, *(plan(spots, random, over_s=60, mean_stay_s=2_700) for _ in range(20))]

    assert drawn() == drawn()


def test_a_stadium_is_one_place() -> None:
    random = Random(1)
    spots = spots_of(Shape.STADIUM, random, lat_deg=LAT_DEG, lon_deg=LON_DEG)
    people = [plan(spots, random, over_s=600, mean_stay_s=2_700) for _ in range(500)]
    assert max(metres_from_centre(person.lat_deg, person.lon_deg) for person in people) < 1_000


def test_an_evening_is_a_dozen_places_the_first_of_them_busiest() -> None:
    spots = spots_of(Shape.EVENING, Random(1), lat_deg=LAT_DEG, lon_deg=LON_DEG)
    weights = [spot.weight for spot in spots]
    assert len(spots) == 12
    assert weights == sorted(weights, reverse=True)
    assert max(metres_from_centre(spot.lat_deg, spot.lon_deg) for spot in spots) > 2_000


def test_people_arrive_within_the_time_and_stay_as_long_as_asked_on_average() -> None:
    random = Random(1)
    spots = spots_of(Shape.EVENING, random, lat_deg=LAT_DEG, lon_deg=LON_DEG)
    people = [plan(spots, random, over_s=600, mean_stay_s=2_700) for _ in range(5_000)]
    assert all(0 <= person.arrives_s <= 600 for person in people)
    assert all(person.stays_s > 0 for person in people)
    assert mean(person.stays_s for person in people) == pytest.approx(2_700, rel=0.05)


@given(st.floats(-5_000, 5_000), st.floats(-5_000, 5_000), st.floats(-70, 70))
def test_moving_there_and_back_ends_where_it_began(north_m: float, east_m: float, lat_deg: float) -> None:
    there = moved(lat_deg, LON_DEG, north_m, east_m)
    back = moved(*there, -north_m, -east_m)
    assert back == pytest.approx((lat_deg, LON_DEG), abs=2e-3)
