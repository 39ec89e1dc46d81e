import math

import h3.api.basic_int as h3  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core.area_index import NO_AREAS, NOWHERE, Area, AreaId, AreaIndex, Inside
from nearby.core.cell import (
    cell_name,
    home_of,
    ladder_above,
    ladder_of,
    origin_of,
    place_of,
    res7_cells_of,
    resolution_of,
    rungs_above,
)

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)
PENTAGONS = [h3.cell_to_latlng(cell) for cell in sorted(h3.get_pentagons(9))]


def chain(lat_deg: float, lon_deg: float) -> tuple[int, ...]:
    fine = h3.latlng_to_cell(lat_deg, lon_deg, 9)
    return tuple(h3.cell_to_parent(fine, resolution) for resolution in (7, 6, 5))


@given(latitudes, longitudes)
def test_a_ladder_is_the_chain_of_parents_of_one_fine_cell(lat_deg: float, lon_deg: float) -> None:
    assert ladder_of(lat_deg, lon_deg) == chain(lat_deg, lon_deg)


@given(latitudes, longitudes)
def test_a_bottles_origin_is_the_parent_of_resolution_four(lat_deg: float, lon_deg: float) -> None:
    ladder = ladder_of(lat_deg, lon_deg)
    assert origin_of(ladder.res7) == h3.cell_to_parent(ladder.res5, 4)
    assert resolution_of(origin_of(ladder.res7)) == 4


def test_the_chain_differs_from_looking_each_rung_up_so_the_rule_matters() -> None:
    # A sliver at a cell's border, where the parent of the res-9 cell is not the res-7 cell of the point.
    points = [(47.0 + step / 10_000, 8.0) for step in range(20_000)]
    differing = [point for point in points if ladder_of(*point).res7 != h3.latlng_to_cell(*point, 7)]
    assert differing
    fine = h3.latlng_to_cell(*differing[0], 9)
    assert ladder_of(*differing[0]).res7 == h3.cell_to_parent(fine, 7)


@pytest.mark.parametrize("position", [(90, 0), (-90, 0), (0, 180), (0, -180), (64.7, 10.5), (-90.0, 180.0)])
def test_poles_the_antimeridian_and_a_pentagon_have_a_ladder(position: tuple[float, float]) -> None:
    assert ladder_of(*position) == chain(*position)
    assert [resolution_of(cell) for cell in ladder_of(*position)] == [7, 6, 5]


def test_both_sides_of_the_antimeridian_are_one_place() -> None:
    assert ladder_of(10, 180) == ladder_of(10, -180)


@pytest.mark.parametrize("lat_deg", [90.001, -91, math.nan, math.inf, -math.inf])
def test_a_latitude_that_does_not_exist_is_refused_without_repeating_it(lat_deg: float) -> None:
    with pytest.raises(ValueError, match="a position is") as refused:
        ladder_of(lat_deg, 12.34)
    assert str(lat_deg) not in str(refused.value)
    assert "12.34" not in str(refused.value)


@pytest.mark.parametrize("lon_deg", [180.001, -181, math.nan, math.inf])
def test_a_longitude_that_does_not_exist_is_refused(lon_deg: float) -> None:
    with pytest.raises(ValueError, match="a position is"):
        ladder_of(0, lon_deg)


@given(latitudes, longitudes)
def test_names_and_resolutions_are_those_of_h3(lat_deg: float, lon_deg: float) -> None:
    for cell in ladder_of(lat_deg, lon_deg):
        assert cell_name(cell) == h3.int_to_str(cell)
        assert resolution_of(cell) == h3.get_resolution(cell)


@pytest.mark.parametrize("position", PENTAGONS)
def test_the_ladder_of_a_pentagon_is_made_of_pentagons(position: tuple[float, float]) -> None:
    assert ladder_of(*position) == chain(*position)
    assert all(h3.is_pentagon(cell) for cell in ladder_of(*position))


@given(latitudes | st.just(91.0), st.floats(allow_nan=True).filter(lambda lon_deg: not -180 <= lon_deg <= 180))
def test_a_refusal_says_the_same_whatever_the_position(lat_deg: float, lon_deg: float) -> None:
    with pytest.raises(ValueError, match="finite") as refused:
        ladder_of(lat_deg, lon_deg)
    with pytest.raises(ValueError, match="finite") as elsewhere:
        ladder_of(-1234.5, 0)
    assert str(refused.value) == str(elsewhere.value)
    assert refused.value.__context__ is None


@given(latitudes, longitudes)
def test_everybody_of_a_cell_shares_one_ladder(lat_deg: float, lon_deg: float) -> None:
    ladder = ladder_of(lat_deg, lon_deg)
    centre = h3.cell_to_latlng(h3.cell_to_center_child(ladder.res7, 9))
    assert ladder_of(*centre) is ladder
    assert ladder_above(ladder.res7) is ladder


@given(latitudes, longitudes)
def test_where_no_areas_are_in_force_a_place_is_its_ladder(lat_deg: float, lon_deg: float) -> None:
    assert place_of(lat_deg, lon_deg, NO_AREAS) == (ladder_of(lat_deg, lon_deg), NOWHERE)


@given(latitudes, longitudes, st.integers(0, 3))
def test_a_place_is_in_the_areas_that_hold_its_fine_cell(lat_deg: float, lon_deg: float, rings: int) -> None:
    fine = h3.latlng_to_cell(lat_deg, lon_deg, 9)
    around = frozenset(h3.grid_disk(fine, rings))
    park = Area(AreaId("park"), "quiet", "Park", b"", around)
    ring = Area(AreaId("ring"), "venue", "Ring", b"", around - {fine})
    index = AreaIndex([ring, park])
    for cell in h3.grid_disk(fine, rings + 1):
        areas = tuple(area.id for area in (ring, park) if cell in area.cells)
        lat_deg, lon_deg = h3.cell_to_latlng(cell)
        ladder, inside = place_of(lat_deg, lon_deg, index)
        assert ladder == chain(lat_deg, lon_deg)
        assert inside == Inside(areas, is_quiet=cell in around)


@given(latitudes, longitudes)
def test_no_fine_cell_leaves_the_look_up(lat_deg: float, lon_deg: float) -> None:
    fine = h3.latlng_to_cell(lat_deg, lon_deg, 9)
    index = AreaIndex([Area(AreaId("park"), "quiet", "Park", b"", frozenset({fine}))])
    ladder, inside = place_of(lat_deg, lon_deg, index)
    assert [resolution_of(cell) for cell in ladder] == [7, 6, 5]
    assert all(isinstance(area, str) for area in inside.areas)


@given(latitudes, longitudes)
def test_above_each_rung_of_a_ladder_are_its_coarser_ones(lat_deg: float, lon_deg: float) -> None:
    res7, res6, res5 = ladder_of(lat_deg, lon_deg)
    assert (rungs_above(res7), rungs_above(res6), rungs_above(res5)) == ((res6, res5), (res5,), ())


@pytest.mark.parametrize("position", PENTAGONS)
def test_the_cells_an_area_lies_in_are_those_above_its_finer_ones(position: tuple[float, float]) -> None:
    around = h3.grid_disk(h3.latlng_to_cell(*position, 9), 12)
    assert res7_cells_of(around) == sorted({h3.cell_to_parent(cell, 7) for cell in around})
    assert res7_cells_of([]) == []


@pytest.mark.parametrize("position", PENTAGONS)
def test_above_a_pentagon_are_pentagons(position: tuple[float, float]) -> None:
    ladder = ladder_of(*position)
    assert rungs_above(ladder.res7) == ladder[1:]
    assert all(map(h3.is_pentagon, rungs_above(ladder.res7)))


@pytest.mark.parametrize("centre", [(47.37, 8.54), (0, 180), (70, -180), *PENTAGONS[:3]])
@pytest.mark.parametrize("rings", [0, 1, 9])
def test_the_home_of_cells_is_that_of_the_smallest_in_whatever_order_they_come(
    centre: tuple[float, float], rings: int
) -> None:
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(*centre, 9), rings))
    home = home_of(cells)
    assert home == h3.cell_to_parent(cells[0], 7)
    assert home == home_of(reversed(cells)) == home_of(frozenset(cells))
    assert home in {h3.cell_to_parent(cell, 7) for cell in cells}
