"""SQL made once from the tables, and run with rows as they are: half the cost of compiling with each batch."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.store import changes
from nearby.store.tables import catchments, people, presence, recents, room_log, rooms, seats

TABLE_OF: dict[type, sa.Table] = {
    changes.PersonSeen: people,
    changes.RoomRow: rooms,
    changes.SeatRow: seats,
    changes.LogRow: room_log,
    changes.PresenceRow: presence,
    changes.RecentRow: recents,
    changes.CatchmentRow: catchments,
}
"""Which table a kind of row belongs to; the row's fields are columns of it, in their order."""


async def write(connection: AsyncConnection, kind: type, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows of one kind; one that is there is overwritten, an event of a log stays as it was."""
    if rows:
        await connection.exec_driver_sql(_write_sql(kind, connection.dialect), list(rows))


async def delete(connection: AsyncConnection, table: sa.Table, keys: Sequence[str]) -> None:
    """Delete rows by the table's one key column."""
    if keys:
        await connection.exec_driver_sql(_delete_sql(table, connection.dialect), [(key,) for key in keys])


@cache
def _write_sql(kind: type, dialect: Dialect) -> str:
    table, fields = TABLE_OF[kind], kind._fields  # type: ignore[attr-defined]
    values = {field: _value(table.c[field], dialect) for field in fields}
    make = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    statement = make(table).values(values)
    key = [column.name for column in table.primary_key.columns]
    if table is room_log:
        return _sql(statement.on_conflict_do_nothing(index_elements=key), fields, dialect)
    new = statement.excluded
    change: dict[str, Any] = {field: new[field] for field in fields if field not in key}
    if table is people:
        is_new_day = new.seen_day > table.c.seen_day
        change = {
            "active_days": table.c.active_days
            + sa.case((is_new_day, sa.literal_column("1")), else_=sa.literal_column("0")),
            "seen_day": sa.case((is_new_day, new.seen_day), else_=table.c.seen_day),
        }
    return _sql(statement.on_conflict_do_update(index_elements=key, set_=change), fields, dialect)


@cache
def _delete_sql(table: sa.Table, dialect: Dialect) -> str:
    (column,) = table.primary_key.columns
    return _sql(table.delete().where(column == sa.bindparam("key", type_=sa.Text())), ("key",), dialect)


def _value(column: sa.Column[Any], dialect: Dialect) -> sa.ColumnElement[Any]:
    """Return the place of a value that goes to the driver as it is: JSON goes as text."""
    if not isinstance(column.type, sa.JSON):
        return sa.bindparam(column.name, type_=column.type)
    text = sa.bindparam(column.name, type_=sa.Text())
    return text if dialect.name == "sqlite" else sa.cast(text, postgresql.JSONB)


def _sql(statement: sa.ClauseElement, fields: Sequence[str], dialect: Dialect) -> str:
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    order = getattr(compiled, "positiontup", None)
    if list(order or ()) != list(fields):
        raise AssertionError(f"{order} is not the order of the row's fields {fields}")
    return str(compiled)
