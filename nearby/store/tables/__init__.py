"""The tables, for both databases. PostgreSQL's are made by ``schema.sql``, and a test holds the two against each other.

SQLite's are made from here: geometry is WKB, ids are checked by ``GLOB`` where PostgreSQL has domains, and
nothing is partitioned. What tables, columns and indexes are for is said in ``schema.sql`` and not repeated.

A column that names a person is made by ``owner`` or ``subject``: that says whether the row is in the person's
export, and its foreign key says what becomes of the row when they are erased.
"""

import sqlalchemy as sa

from nearby.store.columns import Identifier
from nearby.store.tables.base import SCHEMA_VERSION, markers, metadata
from nearby.store.tables.bottles import bottles, catches, thread_messages, threads
from nearby.store.tables.live import marks, presence, recents, room_log, rooms, seats
from nearby.store.tables.people import conflicts, people, relations, shadows
from nearby.store.tables.places import area_cells, areas, catchments, cells, checkins
from nearby.store.tables.trust import audit, bans, brakes, refused_texts, report_messages, reports

__all__ = [
    "SCHEMA_VERSION",
    "area_cells",
    "areas",
    "audit",
    "bans",
    "bottles",
    "brakes",
    "catches",
    "catchments",
    "cells",
    "checkins",
    "conflicts",
    "markers",
    "marks",
    "metadata",
    "people",
    "presence",
    "recents",
    "refused_texts",
    "relations",
    "report_messages",
    "reports",
    "room_log",
    "rooms",
    "seats",
    "shadows",
    "thread_messages",
    "threads",
]


def _check_ids_in_sqlite() -> None:
    """Give every id column the check that PostgreSQL's domains carry."""
    for table in metadata.tables.values():
        for each in table.columns:
            if isinstance(each.type, Identifier):
                sql = f"length({each.name}) BETWEEN 1 AND 64 AND {each.name} NOT GLOB '*[^A-Za-z0-9_-]*'"
                table.append_constraint(sa.CheckConstraint(sql, name=f"{each.name}_id").ddl_if(dialect="sqlite"))


_check_ids_in_sqlite()
