"""What operators' calls about the service carry: brakes, areas and the audit, over HTTP alone."""

from typing import Annotated

from msgspec import Meta, Struct

from nearby.core.admin_wire import Geometry
from nearby.core.brakes import What


class BrakeRequest(Struct, kw_only=True, frozen=True):
    """What to stop or to let go, and why. Placement may be stopped in one cell; without ``area`` it is everywhere."""

    what: What
    reason: str
    area: Annotated[str, Meta(description="a cell of resolution 7, 6 or 5")] | None = None


class CloseRequest(Struct, kw_only=True, frozen=True):
    """Which room to close, and why."""

    room: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,64}$")]
    reason: str


class BrakeAnswer(Struct, kw_only=True, frozen=True):
    """One thing that is stopped; ``area`` is null if it is stopped everywhere."""

    what: What
    area: str | None
    since_ms: int
    reason: str


class BrakesAnswer(Struct, kw_only=True, frozen=True):
    """All that is stopped."""

    brakes: list[BrakeAnswer]


class AreaProperties(Struct, kw_only=True, frozen=True):
    """An area as it counts: by ``cells`` of resolution 9. ``around`` are the cells of resolution 7 they lie in."""

    id: str
    name: str
    kind: str
    cells: list[str]
    around: list[str]


class AreaFeature(Struct, kw_only=True, frozen=True):
    """An area as it was drawn, as a GeoJSON feature."""

    type: str
    geometry: Geometry
    properties: AreaProperties


class AreasAnswer(Struct, kw_only=True, frozen=True):
    """All areas as a GeoJSON FeatureCollection, by id."""

    type: str
    features: list[AreaFeature]


class ImportedArea(Struct, kw_only=True, frozen=True):
    """An area that is in force now, and how many cells of resolution 9 it counts by."""

    id: str
    kind: str
    cells: int


class ImportAnswer(Struct, kw_only=True, frozen=True):
    """The areas that were imported, in the order of the file."""

    areas: list[ImportedArea]


class AuditEntryAnswer(Struct, kw_only=True, frozen=True):
    """What somebody did. ``operator`` is null for the command line, either of the two for whoever was erased."""

    entry: str
    at_ms: int
    operator: str | None
    action: str
    target: str | None
    detail: str | None


class AuditAnswer(Struct, kw_only=True, frozen=True):
    """Entries, newest first. ``before`` asks for those that came before them; null if there are none."""

    entries: list[AuditEntryAnswer]
    before: str | None
