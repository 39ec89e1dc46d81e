"""What operators' calls carry: more of ``nearby.core.wire``, over HTTP alone."""

from typing import Literal

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


class RoomsOfSize(Struct, kw_only=True, frozen=True):
    """How many rooms have so many connected people."""

    size: int
    rooms: int


class CatchmentsAt(Struct, kw_only=True, frozen=True):
    """How many cells of a resolution are open."""

    resolution: int
    cells: int


class PlacementsFor(Struct, kw_only=True, frozen=True):
    """How many snapshots of rooms were told since the start, for this."""

    why: str
    count: int


class LimitHits(Struct, kw_only=True, frozen=True):
    """How often somebody was refused since the start because of this limit."""

    limit: str
    count: int


class Health(Struct, kw_only=True, frozen=True):
    """Whether the database and the live state can be reached, and whether new phones are taken."""

    store: Literal["up", "down"]
    hub: Literal["up", "down"]
    ready: bool


class HistoryAnswer(Struct, kw_only=True, frozen=True):
    """The last hour in steps, oldest first, as columns: each has a number for every end of a step in ``at_ms``.

    Null is what could not be seen, or where there was nothing to measure. ``placements`` has a column for each reason;
    they, ``merged``, ``moved`` and ``limits_hit`` are counts of the step. ``store_up`` and ``hub_up`` are 1 or 0.
    All are of all servers that share the hub, ``servers`` of them.
    """

    at_ms: list[int]
    people: list[int | None]
    connections: list[int | None]
    rooms: list[int | None]
    thin_share: list[float | None]
    checkins_per_s: list[float]
    says_per_s: list[float]
    deliveries_per_s: list[float]
    say_p99_ms: list[float | None]
    checkin_p99_ms: list[float | None]
    loop_lag_p99_ms: list[float | None]
    placements: dict[str, list[int]]
    merged: list[int]
    moved: list[int]
    limits_hit: list[int]
    store_up: list[int]
    hub_up: list[int]
    servers: list[int]


class NowAnswer(Struct, kw_only=True, frozen=True):
    """How the whole server is now. What is live is null or empty while the hub cannot be reached.

    ``thin_share`` is the share of seated people in rooms of one or two, null where nobody sits. ``servers`` is how many
    shared the hub in the last step; ``placements`` and ``limits_hit`` are of all of them.
    """

    at_ms: int
    started_ms: int
    version: str
    step_s: int
    people: int | None
    connections: int | None
    held_seats: int | None
    rooms_by_size: list[RoomsOfSize]
    open_catchments: list[CatchmentsAt]
    thin_share: float | None
    servers: int
    placements: list[PlacementsFor]
    limits_hit: list[LimitHits]
    health: Health
    history: HistoryAnswer


class SettingAnswer(Struct, kw_only=True, frozen=True):
    """A setting in force, as text; of a secret, only whether it is set. ``default`` is the value without anybody's."""

    name: str
    value: str
    default: str
    description: str
    is_secret: bool


class SettingsAnswer(Struct, kw_only=True, frozen=True):
    """All settings."""

    settings: list[SettingAnswer]
