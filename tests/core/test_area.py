import json
from itertools import pairwise
from typing import Any

import h3.api.basic_int as h3  # type: ignore[import-untyped]
import pytest
import shapely  # type: ignore[import-untyped]
from hypothesis import assume, given
from hypothesis import strategies as st

from nearby.core.area import MAX_VERTICES, Area, geojson_of, outline_of, read_areas
from nearby.core.area_index import AreaId, AreaIndex, Inside
from nearby.core.cell import ladder_of, place_of
from nearby.core.ids import Cell
from nearby.errors import BadArea

Ring = list[list[float]]
SQUARE: Ring = [[13.40, 52.50], [13.42, 52.50], [13.42, 52.52], [13.40, 52.52], [13.40, 52.50]]


def polygon(*rings: Ring) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def feature(geometry: Any = None, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry or polygon(SQUARE), "properties": properties}


def encode(document: Any) -> bytes:
    return json.dumps(document).encode()


def read_one(document: Any) -> Area:
    (area,) = read_areas(encode(document), kind="quiet")
    return area


def complaint(document: Any) -> str:
    with pytest.raises(BadArea) as bad:
        read_areas(encode(document), kind="quiet")
    return str(bad.value)


def moved(ring: Ring, by_lat_deg: float, by_lon_deg: float) -> Ring:
    return [[lon + by_lon_deg, lat + by_lat_deg] for lon, lat in ring]


def test_a_feature_says_what_it_is_by_its_properties() -> None:
    area = read_one(feature(id="park_1", name="City Park", kind="venue"))
    assert (area.id, area.kind, area.name) == ("park_1", "venue", "City Park")


def test_an_area_without_an_id_is_called_by_its_name_and_without_one_by_its_number() -> None:
    assert read_one(feature(name="Große Halle 2")).id == "gro-e-halle-2"
    assert read_one({**feature(), "properties": None}).id == "area-1"


def test_a_collection_a_feature_and_a_bare_polygon_are_read_alike() -> None:
    cells = {
        read_one(document).cells
        for document in (
            {"type": "FeatureCollection", "features": [feature()]},
            feature(),
            polygon(SQUARE),
            {"type": "MultiPolygon", "coordinates": [[SQUARE]]},
        )
    }
    assert len(cells) == 1


def test_the_outline_is_kept_as_it_was_drawn() -> None:
    outline = shapely.from_wkb(read_one(polygon(SQUARE)).outline)
    assert outline.equals(shapely.MultiPolygon([shapely.Polygon(SQUARE)]))


def test_the_smallest_area_is_still_every_cell_it_touches() -> None:
    corner = h3.cell_to_boundary(h3.latlng_to_cell(52.5, 13.4, 9))[0]
    lat_deg, lon_deg = corner
    ring = [[lon_deg + x, lat_deg + y] for x, y in ((-1e-4, -1e-4), (1e-4, -1e-4), (1e-4, 1e-4), (-1e-4, 1e-4))]
    assert len(read_one(polygon([*ring, ring[0]])).cells) == 3


def test_all_cells_of_an_area_are_close_to_it() -> None:
    area = read_one(polygon(SQUARE))
    drawn = shapely.Polygon(SQUARE)
    for cell in area.cells:
        outline = shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])
        assert drawn.distance(outline) < 2e-5


@given(
    st.floats(-84.5, 84.4),
    st.floats(-180, 179.9),
    st.lists(st.tuples(st.floats(0, 0.09), st.floats(0, 0.09)), min_size=3, max_size=6),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20),
)
def test_no_point_inside_an_area_is_in_a_cell_outside_it(
    south_deg: float, west_deg: float, corners: list[tuple[float, float]], points: list[tuple[float, float]]
) -> None:
    hull = shapely.MultiPoint([(west_deg + x, south_deg + y) for x, y in corners]).convex_hull
    assume(hull.geom_type == "Polygon" and hull.area > 1e-6)
    area = read_one(polygon([list(corner) for corner in hull.exterior.coords]))
    index = AreaIndex([area])
    west, south, east, north = hull.bounds
    inside = [(west + x * (east - west), south + y * (north - south)) for x, y in points]
    inside = [point for point in inside if hull.covers(shapely.Point(point))]
    for lon_deg, lat_deg in [*inside, *hull.exterior.coords]:
        assert place_of(lat_deg, lon_deg, index)[1] == Inside((area.id,), is_quiet=True)


@pytest.mark.parametrize("lon_deg", [179.99, -180.0], ids=["west of it", "east of it"])
def test_an_area_at_the_antimeridian_has_the_cells_that_lie_across_it(lon_deg: float) -> None:
    ring = [[lon_deg, 10.0], [lon_deg + 0.01, 10.0], [lon_deg + 0.01, 10.01], [lon_deg, 10.01], [lon_deg, 10.0]]
    cells = read_one(polygon(ring)).cells
    for step in range(101):
        assert h3.latlng_to_cell(10 + step / 10_000, 180.0, 9) in cells


def test_a_cell_may_belong_to_several_areas_and_is_quiet_if_one_of_them_is() -> None:
    quiet = Area(AreaId("a"), "quiet", "a", b"", frozenset({1, 2}))
    venue = Area(AreaId("b"), "venue", "b", b"", frozenset({2, 3}))
    index = AreaIndex([quiet, venue])
    assert [index.at(cell).areas for cell in (1, 2, 3, 4)] == [("a",), ("a", "b"), ("b",), ()]
    assert [index.at(cell).is_quiet for cell in (1, 2, 3, 4)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "not a GeoJSON object"),
        ({"type": "Point", "coordinates": [0, 0]}, "holds no areas"),
        ({"type": "FeatureCollection", "features": []}, "holds no areas"),
        ({"type": "FeatureCollection", "features": {}}, "holds no areas"),
        ({"type": "FeatureCollection", "features": [1]}, "area 1: it is not a GeoJSON feature"),
        ({"type": "FeatureCollection", "features": [feature(), feature(name="area-1")]}, "the same id"),
        ({**feature(), "properties": [1]}, "properties are not an object"),
        (feature(name=""), "1 to 64 characters"),
        (feature(name=7), "1 to 64 characters"),
        (feature(name="nul\0"), "control character"),
        (feature(name="half\ud800"), "control character"),
        (feature(id="a b"), "its id needs"),
        (feature(kind="loud"), "quiet or venue"),
        (feature({"type": "Point", "coordinates": [0, 0]}), "Polygon or a MultiPolygon"),
        ({"type": "Feature", "geometry": None}, "Polygon or a MultiPolygon"),
        (feature({"type": "Polygon", "coordinates": []}), "empty"),
        (feature({"type": "MultiPolygon", "coordinates": []}), "empty"),
        (feature({"type": "MultiPolygon", "coordinates": 3}), "empty"),
        (feature(polygon(SQUARE[:3])), "three corners"),
        (feature(polygon(SQUARE[:4])), "end where it began"),
        (feature({"type": "Polygon", "coordinates": [7]}), "three corners"),
        (feature({"type": "Polygon", "coordinates": [[[0, 0], [0, 1], "x", [0, 0]]]}), "a corner is"),
        (feature({"type": "Polygon", "coordinates": [[[True, 0], [0, 1], [1, 1], [True, 0]]]}), "a corner is"),
        (feature(polygon(moved(SQUARE, 40, 0))), "a corner is"),
        (feature(polygon(moved(SQUARE, 0, 170))), "a corner is"),
        (feature(polygon(SQUARE, [[13.405, 52.505], [13.41, 52.505], [13.41, 52.51], [13.405, 52.505]])), "a hole"),
        (feature(polygon([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]])), "crosses or touches itself"),
        (feature(polygon([[179, 0], [-179, 0], [-179, 1], [179, 1], [179, 0]])), "crosses the antimeridian"),
        (feature({"type": "MultiPolygon", "coordinates": [[SQUARE], [moved(SQUARE, 0.01, 0.01)]]}), "overlap"),
        (feature(polygon([[0, 0], [0, 5e-5], [5e-5, 5e-5], [5e-5, 0], [0, 0]])), "smaller than 100 square metres"),
        (feature(polygon([[0, 0], [0, 3], [3, 3], [3, 0], [0, 0]])), "cells; split it"),
    ],
)
def test_what_cannot_be_used_is_refused_with_one_sentence(document: Any, words: str) -> None:
    assert words in complaint(document)


def test_too_many_vertices_are_refused() -> None:
    drawn = shapely.Point(13.4, 52.5).buffer(0.01, quad_segs=MAX_VERTICES // 4 + 1)
    ring = [list(corner) for corner in drawn.exterior.coords]
    assert "vertices" in complaint(polygon(ring))


def test_what_is_not_json_is_refused_and_so_is_an_area_without_a_kind() -> None:
    with pytest.raises(BadArea, match="not JSON"):
        read_areas(b"{")
    with pytest.raises(BadArea, match="not JSON"):
        read_areas(b"[" * 100_000)
    with pytest.raises(BadArea, match="quiet or venue"):
        read_areas(encode(polygon(SQUARE)))


def test_areas_that_cover_too_much_together_are_refused() -> None:
    two = json.dumps(
        {"type": "FeatureCollection", "features": [feature(id="a", kind="quiet"), feature(id="b", kind="quiet")]}
    ).encode()
    cells = sum(len(area.cells) for area in read_areas(two))
    assert len(read_areas(two, most_cells=cells)) == 2
    with pytest.raises(BadArea, match="import it in parts"):
        read_areas(two, most_cells=cells - 1)


def test_a_complaint_names_the_area_and_no_coordinate() -> None:
    sentence = complaint(feature(polygon(moved(SQUARE, 40, 0)), name="City Park"))
    assert sentence.startswith("City Park: ")
    assert "13.4" not in sentence


@pytest.mark.parametrize(("lat_deg", "lon_deg"), [(52.5, 13.4), (0.0, 180.0), (-60.0, -179.999)])
def test_the_outline_of_a_cell_holds_its_centre_and_keeps_its_size(lat_deg: float, lon_deg: float) -> None:
    cell: Cell = ladder_of(lat_deg, lon_deg).res7
    outline = shapely.from_wkb(outline_of(cell))
    assert outline.is_valid
    lat_centre_deg, lon_centre_deg = h3.cell_to_latlng(cell)
    assert outline.covers(shapely.Point(lon_centre_deg, lat_centre_deg))
    west, _, east, _ = outline.bounds
    assert -180 <= west <= east <= 180
    assert sum(part.bounds[2] - part.bounds[0] for part in outline.geoms) < 0.2


@pytest.mark.parametrize("place", [(52.5, 13.4), (-70.0, 100.0), (0.0, 180.0), (16.5, -179.999)])
def test_a_cells_outline_as_geojson_is_the_same_outline_the_right_way_round(place: tuple[float, float]) -> None:
    cell = ladder_of(*place).res7
    geometry = geojson_of(outline_of(cell))
    assert geometry["type"] == "MultiPolygon"
    assert len(geometry["coordinates"]) == (2 if abs(place[1]) > 179 else 1)
    for (ring,) in geometry["coordinates"]:
        assert ring[0] == ring[-1]
        # Twice the area by the shoelace formula: above 0 is counterclockwise, as RFC 7946 asks.
        assert sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairwise(ring)) > 0
        assert all(abs(lon) <= 180 for lon, _ in ring)
    corners = {(round(lon, 6), round(lat, 6)) for lat, lon in h3.cell_to_boundary(cell)}
    assert corners <= {corner for (ring,) in geometry["coordinates"] for corner in ring}
