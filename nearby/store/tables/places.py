"""Operators' areas, the cells of the map, the check-in log, and the states of catchments."""

import sqlalchemy as sa

from nearby.store.columns import Outline, check, column, flag, in_space, ms, number, opaque, text, to
from nearby.store.tables.base import metadata

areas = sa.Table(
    "areas",
    metadata,
    opaque("area", primary_key=True),
    text("kind"),
    text("name"),
    column("outline", Outline),
    ms("created_ms"),
    check("kind", "kind IN ('quiet', 'venue')"),
    check("name", "length(name) BETWEEN 1 AND 64"),
    in_space("areas_outline_idx", "outline"),
)

area_cells = sa.Table(
    "area_cells",
    metadata,
    opaque("area", to("areas.area"), primary_key=True),
    number("cell", pk=True),
    check("cell", "((cell >> 52) & 15) = 9"),
    sqlite_with_rowid=False,
)

cells = sa.Table(
    "cells",
    metadata,
    number("cell", pk=True),
    number("res6"),
    number("res5"),
    column("outline", Outline),
    check("ladder", "((cell >> 52) & 15) = 7 AND ((res6 >> 52) & 15) = 6 AND ((res5 >> 52) & 15) = 5"),
    in_space("cells_outline_idx", "outline"),
)

checkins = sa.Table(
    "checkins",
    metadata,
    number("window_start_ms", pk=True),
    column("cell", sa.BigInteger, to("cells.cell", None), primary_key=True),
    column("person_hash", sa.LargeBinary, primary_key=True),
    flag("is_established"),
    check("person_hash", "length(person_hash) = 16"),
    sqlite_with_rowid=False,
)

catchments = sa.Table(
    "catchments",
    metadata,
    number("cell", pk=True),
    flag("is_open"),
    column("run", sa.Integer),
    column("counted", sa.Double),
    check("cell", "((cell >> 52) & 15) BETWEEN 5 AND 9"),
    check("run", "run >= 0"),
)
