"""What operators' calls carry: more of ``nearby.core.wire``, over HTTP alone."""

from msgspec import Struct


class Geometry(Struct, kw_only=True, frozen=True):
    """A GeoJSON MultiPolygon: longitude before latitude, as RFC 7946 has it."""

    type: str
    coordinates: list[list[list[tuple[float, float]]]]


class CrowdProperties(Struct, kw_only=True, frozen=True):
    """A cell in an hour that began at ``hour_start_ms``; ``at_most`` is null where there is no upper bound."""

    cell: str
    resolution: int
    hour_start_ms: int
    at_least: int
    at_most: int | None


class CrowdFeature(Struct, kw_only=True, frozen=True):
    """A cell of the crowd map, as a GeoJSON feature."""

    type: str
    geometry: Geometry
    properties: CrowdProperties


class CrowdAnswer(Struct, kw_only=True, frozen=True):
    """The crowd map as a GeoJSON FeatureCollection: of the whole hours from ``from_ms`` up to ``to_ms``."""

    type: str
    from_ms: int
    to_ms: int
    features: list[CrowdFeature]
