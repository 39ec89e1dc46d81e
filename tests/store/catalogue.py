"""A database's catalogue as plain values, read back from the database."""

import re
from typing import Any

from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.ext.asyncio import AsyncEngine

from nearby.store.columns import NAMES

Catalogue = dict[str, dict[str, Any]]


async def read_catalogue(engine: AsyncEngine) -> Catalogue:
    """Return columns, keys, checks and indexes by table."""
    async with engine.connect() as connection:
        return await connection.run_sync(_read)


def _read(connection: Connection) -> Catalogue:
    inspector = inspect(connection)
    return {
        table: {
            "columns": {
                column["name"]: (_kind(column["type"], connection), column["nullable"])
                for column in inspector.get_columns(table)
            },
            "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
            "foreign keys": sorted(
                (key["name"], key["constrained_columns"], key["referred_table"], key["options"].get("ondelete"))
                for key in inspector.get_foreign_keys(table)
            ),
            "unique": sorted((one["name"], one["column_names"]) for one in inspector.get_unique_constraints(table)),
            "checks": sorted(str(check["name"]) for check in inspector.get_check_constraints(table)),
            "indexes": sorted(
                (index["name"], index["column_names"], bool(index["unique"]), _where(index))
                for index in inspector.get_indexes(table)
                if "duplicates_constraint" not in index
            ),
        }
        for table in inspector.get_table_names()
        if table != "spatial_ref_sys" and not table.startswith("checkins_2")  # Partitions, by their day.
    }


def _kind(kind: Any, connection: Connection) -> str:
    domain = getattr(kind, "name", None)
    return str(domain) if domain in ("opaque_id", "person_id") else str(kind.compile(connection.dialect)).lower()


def _where(index: Any) -> str:
    options = index.get("dialect_options", {})
    found = [options[name] for name in ("postgresql_where", "sqlite_where") if options.get(name) is not None]
    where = str(found[0]) if found else ""
    return re.sub(r"::text|[()\s]", "", where)


def declared(metadata: MetaData, names: str = NAMES) -> dict[str, dict[str, str]]:
    """Return, by table, the columns that name a person and whether as owner or subject."""
    return {
        table.name: {column.name: column.info[names] for column in table.columns if names in column.info}
        for table in metadata.tables.values()
    }
