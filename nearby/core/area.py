"""Operators' areas when they are imported: from polygons to whole res-9 cells. ``core.area_index`` is what asks them.

An area is every res-9 cell that touches its polygon. Looking up the cell of a position is then all that is ever
asked of it: no distance to an edge decides anything, and whoever probes finds edges of cells that are shown anyway.
"""

import json
from itertools import pairwise
from math import cos, radians
from typing import Any, cast
from unicodedata import category

import h3.api.basic_int as h3  # type: ignore[import-untyped]
import shapely  # type: ignore[import-untyped]
from shapely.geometry.base import BaseGeometry  # type: ignore[import-untyped]
from shapely.geometry.polygon import orient  # type: ignore[import-untyped]

from nearby.core.area_index import Area, AreaId, Kind
from nearby.core.cell import LOOKUP_RESOLUTION
from nearby.core.ids import Cell
from nearby.errors import BadArea

__all__ = ["Area", "AreaId", "Kind", "cells_touching", "geojson_of", "outline_of", "read_areas"]

MAX_VERTICES = 2_000
MAX_CELLS = 200_000
"""About 20,000 km²: a country's national parks, and 20 MB in every server."""

MIN_AREA_M2 = 100.0
"""Ten by ten metres: less is a slip of the hand, and its cells would cover a thousand times as much."""

MAX_LATITUDE_DEG = 85.0
"""Beyond, degrees of longitude are too short for planar geometry to mean anything."""

MARGIN_M = 1.0
"""Cells this close to the polygon touch it. H3's edges and the polygon's are not the same curves: they part by
under 2 cm over a res-9 cell up to ``MAX_LATITUDE_DEG``."""

_M_PER_DEG = 111_195.0
"""Of latitude, on the sphere H3 uses."""


def read_areas(geojson: bytes, *, kind: Kind | None = None, most_cells: int | None = None) -> list[Area]:
    """Return the areas of a GeoJSON file (RFC 7946): a feature collection, a feature, or a bare geometry.

    A feature's properties may hold ``id``, ``name`` and ``kind``; without an id the name makes one.

    Args:
        geojson: The file.
        kind: What every area is whose properties do not say.
        most_cells: How many cells all areas together may cover; None for any number.

    Raises:
        BadArea: Any of them cannot be used; the sentence says which and why.
    """
    try:
        document = json.loads(geojson)
    except (ValueError, RecursionError):
        raise BadArea("the file", "it is not JSON") from None
    areas: list[Area] = []
    cells = 0
    for number, feature in enumerate(_features(document), 1):
        areas.append(_read_feature(feature, number, kind))
        cells += len(areas[-1].cells)
        if most_cells is not None and cells > most_cells:
            raise BadArea("the file", f"its areas cover more than {most_cells} cells together; import it in parts")
    if len({area.id for area in areas}) < len(areas):
        raise BadArea("the file", "two areas have the same id; give each its own id or name")
    return areas


def cells_touching(outline: BaseGeometry) -> frozenset[int]:
    """Return the res-9 cells that touch a multipolygon in degrees, or come within ``MARGIN_M`` of it.

    One that touches the antimeridian has the cells on both sides of it.
    """
    cells: set[int] = set()
    for polygon in outline.geoms:
        _, south, _, north = polygon.bounds
        # On a plane whose x is shrunk as at the highest latitude; elsewhere the margin is only wider.
        stretch = cos(radians(max(abs(south), abs(north))))
        flat = shapely.Polygon([(lon * stretch, lat) for lon, lat in polygon.exterior.coords])
        grown = flat.buffer(MARGIN_M / _M_PER_DEG, join_style="mitre")
        ring = [(lat, lon / stretch) for lon, lat in grown.exterior.coords]
        cells.update(h3.h3shape_to_cells_experimental(h3.LatLngPoly(ring), LOOKUP_RESOLUTION, contain="overlap"))
    return frozenset(cells)


def outline_of(cell: Cell) -> bytes:
    """Return the outline of a cell as a WKB multipolygon, cut in two at the antimeridian."""
    ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(cell)]
    if max(lon for lon, _ in ring) - min(lon for lon, _ in ring) <= 180:
        return _to_wkb(shapely.MultiPolygon([shapely.Polygon(ring)]))
    east_of = shapely.Polygon([(lon + 360 if lon < 0 else lon, lat) for lon, lat in ring])
    here = east_of.intersection(shapely.box(0, -90, 180, 90))
    there = shapely.transform(east_of.intersection(shapely.box(180, -90, 360, 90)), lambda xy: xy - (360.0, 0.0))
    return _to_wkb(shapely.MultiPolygon([here, there]))


def geojson_of(outline: bytes) -> dict[str, Any]:
    """Return a WKB multipolygon as a GeoJSON geometry (RFC 7946): outer rings counterclockwise, 6 decimals (0.1 m)."""
    polygons = shapely.from_wkb(outline).geoms
    rings = [[(round(lon, 6), round(lat, 6)) for lon, lat in orient(one).exterior.coords] for one in polygons]
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


def _features(document: Any) -> list[Any]:
    """Return the document's features, whatever it is."""
    if not isinstance(document, dict):
        raise BadArea("the file", "it is not a GeoJSON object")
    match document.get("type"):
        case "FeatureCollection" if isinstance(document.get("features"), list):
            features: list[Any] = document["features"]
        case "Feature":
            features = [document]
        case "Polygon" | "MultiPolygon":
            features = [{"geometry": document}]
        case _:
            features = []
    if not features:
        raise BadArea("the file", "it holds no areas; give a FeatureCollection, a Feature or a Polygon")
    return features


def _read_feature(feature: Any, number: int, kind: Kind | None) -> Area:
    """Return one feature as an area."""
    which = f"area {number}"
    if not isinstance(feature, dict):
        raise BadArea(which, "it is not a GeoJSON feature")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise BadArea(which, "its properties are not an object")
    name = properties.get("name", f"area-{number}")
    if not (isinstance(name, str) and 1 <= len(name) <= 64 and not any(category(one) in _NO_TEXT for one in name)):
        raise BadArea(which, "its name needs 1 to 64 characters, none of them a control character")
    which = name
    made = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower())
    area_id = properties.get("id", made)
    if not (isinstance(area_id, str) and 1 <= len(area_id) <= 64 and set(area_id) <= _ID_LETTERS):
        raise BadArea(which, "its id needs 1 to 64 of A-Z a-z 0-9 _ -")
    kind = properties.get("kind", kind)
    if kind not in ("quiet", "venue"):
        raise BadArea(which, "its kind must be quiet or venue")
    outline = _read_outline(which, feature.get("geometry"))
    cells = cells_touching(outline)
    if len(cells) > MAX_CELLS:
        raise BadArea(which, f"it covers {len(cells)} cells; split it into areas of at most {MAX_CELLS}")
    return Area(AreaId(area_id), cast(Kind, kind), name, _to_wkb(outline), cells)


_NO_TEXT = frozenset({"Cc", "Cs"})
"""Controls, and halves of surrogate pairs: no database takes them all."""

_ID_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def _read_outline(which: str, geometry: Any) -> BaseGeometry:
    """Return a GeoJSON geometry as a valid multipolygon."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadArea(which, "its geometry must be a Polygon or a MultiPolygon")
    polygons = geometry.get("coordinates")
    rings_of = [polygons] if kind == "Polygon" else polygons
    if not isinstance(rings_of, list) or not rings_of:
        raise BadArea(which, "its geometry is empty")
    outline = shapely.MultiPolygon([_read_polygon(which, rings) for rings in rings_of])
    if shapely.get_num_coordinates(outline) > MAX_VERTICES:
        raise BadArea(which, f"it has more than {MAX_VERTICES} vertices; simplify it")
    if not outline.is_valid:
        raise BadArea(which, "two of its polygons overlap; join them into one")
    if sum(_area_m2(polygon) for polygon in outline.geoms) < MIN_AREA_M2:
        raise BadArea(which, f"it is smaller than {MIN_AREA_M2:.0f} square metres")
    return outline


def _read_polygon(which: str, rings: Any) -> BaseGeometry:
    """Return one polygon from its rings."""
    if not isinstance(rings, list) or not rings:
        raise BadArea(which, "its geometry is empty")
    if len(rings) > 1:
        raise BadArea(which, "it has a hole; an area is all that lies inside its outline, so leave the inner rings out")
    ring = [_read_point(which, point) for point in rings[0]] if isinstance(rings[0], list) else []
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise BadArea(which, "an outline needs at least three corners and must end where it began")
    if any(abs(one[0] - other[0]) > 180 for one, other in pairwise(ring)):
        raise BadArea(which, "it crosses the antimeridian; cut it there into two polygons, as RFC 7946 asks")
    polygon = shapely.Polygon(ring)
    if not polygon.is_valid:
        raise BadArea(which, "its outline crosses or touches itself; draw it without a crossing")
    return polygon


def _read_point(which: str, point: Any) -> tuple[float, float]:
    """Return one corner as longitude and latitude, GeoJSON's order."""
    is_pair = isinstance(point, list) and len(point) >= 2 and all(type(one) in (int, float) for one in point[:2])
    if not is_pair or not (-180 <= point[0] <= 180 and -MAX_LATITUDE_DEG <= point[1] <= MAX_LATITUDE_DEG):
        limits = f"longitude in [-180, 180], then latitude in [-{MAX_LATITUDE_DEG:.0f}, {MAX_LATITUDE_DEG:.0f}]"
        raise BadArea(which, f"a corner is {limits}, in degrees")
    return float(point[0]), float(point[1])


def _area_m2(polygon: BaseGeometry) -> float:
    """Return a polygon's size, good to some percent for small ones."""
    _, south, _, north = polygon.bounds
    shrunk = cos(radians((south + north) / 2))
    return float(polygon.area) * _M_PER_DEG**2 * shrunk


def _to_wkb(outline: BaseGeometry) -> bytes:
    return bytes(shapely.to_wkb(outline))
