"""Outlines as PostGIS has them."""

from geoalchemy2 import Geometry, WKBElement

WGS84 = 4326


class _PlainGeometry(Geometry):
    """Geometry that comes back as WKB without the reference system: it is the same everywhere."""

    as_binary = "ST_AsBinary"
    cache_ok = True


OUTLINE = _PlainGeometry("MULTIPOLYGON", srid=WGS84, spatial_index=False)
"""The type of a multipolygon."""


def as_element(wkb: bytes) -> WKBElement:
    """Return WKB as the database takes it."""
    return WKBElement(wkb, srid=WGS84)


def as_wkb(found: WKBElement | bytes) -> bytes:
    """Return WKB of what the database gives."""
    return bytes(found.data) if isinstance(found, WKBElement) else found
