"""SQL made once from the tables, and run with rows as they are: half the cost of compiling with each batch."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import astuple
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core import changes
from nearby.core.ids import Cell
from nearby.store.columns import Identifier
from nearby.store.tables import (
    catchments,
    cells,
    checkins,
    markers,
    people,
    presence,
    recents,
    refused_texts,
    room_log,
    rooms,
    seats,
)


class StatesCleared(NamedTuple):
    """All states of catchments go: those of the window that ended follow."""


class Mark(NamedTuple):
    """A number of the database's own."""

    name: str
    value: int


class CellRow(NamedTuple):
    """A cell of resolution 7 with its parents and its outline as WKB, which never change."""

    cell: Cell
    res6: Cell
    res5: Cell
    outline: bytes


class CheckInRow(NamedTuple):
    """One row of the check-in log. Written twice, it is established if one of the two was."""

    window_start_ms: int
    cell: Cell
    person_hash: bytes
    is_established: bool


TABLE_OF: dict[type, sa.Table] = {
    changes.PersonSeen: people,
    changes.RoomRow: rooms,
    changes.SeatRow: seats,
    changes.LogRow: room_log,
    changes.PresenceRow: presence,
    changes.RecentRow: recents,
    changes.TextRefused: refused_texts,
    changes.CatchmentRow: catchments,
    Mark: markers,
    CellRow: cells,
    CheckInRow: checkins,
}
"""Which table a kind of row belongs to; the row's fields are columns of it, in their order."""

EMPTIED_BY: dict[type, sa.Table] = {
    changes.PresenceEnded: presence,
    changes.RecentEnded: recents,
    StatesCleared: catchments,
}
"""From which table a kind of change deletes: the row with its one field as key, or all rows if it has none."""

Step = tuple[type, Sequence[Any]]
"""A kind of the two above, and its rows. One that is there is overwritten; a cell or an event stays as it was."""

_SQLITE: Dialect = sqlite.dialect()
_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def values_of(kind: type, rows: Sequence[Any]) -> Iterable[tuple[Any, ...]]:
    """Return the fields of rows of one kind, in the order of their columns."""
    return map(astuple, rows) if issubclass(kind, Struct) else rows


def fields_of(kind: type) -> tuple[str, ...]:
    """Return the names of these fields."""
    return kind.__struct_fields__ if issubclass(kind, Struct) else kind._fields  # type: ignore[attr-defined]


async def write(connection: AsyncConnection, kind: type, rows: Sequence[Any]) -> None:
    """Write a few rows of one kind in a transaction that does more; for many there is a ``Writer``."""
    values = values_of(kind, rows)
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql(sqlite_sql(kind, len(rows)), tuple(chain.from_iterable(values)))
    else:
        await connection.exec_driver_sql(postgresql_sql(kind), tuple(map(list, zip(*values, strict=True))))


_MARKS = "INSERT INTO marks (owner, member, kind, at_ms) SELECT {columns} FROM {rows} WHERE {known} {once}"
_MARKS_ENDED = "DELETE FROM marks WHERE (owner, member, kind) IN ({rows})"
_KNOWN = (
    "EXISTS (SELECT 1 FROM seats WHERE seats.member = {member}) "
    "AND EXISTS (SELECT 1 FROM people WHERE people.person = {owner})"
)
_ONCE = "ON CONFLICT (owner, member, kind) DO NOTHING"


def _sqlite_marks(kind: type, count: int) -> str:
    if kind is changes.MarkEnded:
        return _MARKS_ENDED.format(rows=f"VALUES {', '.join(['(?, ?, ?)'] * count)}")
    rows = f"(VALUES {', '.join(['(?, ?, ?, ?)'] * count)})"
    known = _KNOWN.format(member="column2", owner="column1")
    return _MARKS.format(columns="column1, column2, column3, column4", rows=rows, known=known, once=_ONCE)


def _postgresql_marks(kind: type) -> str:
    if kind is changes.MarkEnded:
        return _MARKS_ENDED.format(rows="SELECT * FROM unnest($1::text[], $2::text[], $3::text[])")
    rows = "unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS mark (owner, member, kind, at_ms)"
    known = _KNOWN.format(member="mark.member", owner="mark.owner")
    return _MARKS.format(columns="owner, member, kind, at_ms", rows=rows, known=known, once=_ONCE)


_OF_MARKS = (changes.MarkRow, changes.MarkEnded)
"""Written unlike the others: a mark on a seat that is forgotten is no error, it is nothing."""


@cache
def sqlite_sql(kind: type, count: int) -> str:
    """Return the statement for ``count`` rows of one kind, their fields one after the other as parameters.

    One statement for many rows: at each call SQLite lets go of the interpreter's lock, and getting it back from
    a busy event loop takes longer than the row.
    """
    if kind in _OF_MARKS:
        return _sqlite_marks(kind, count)
    if kind in EMPTIED_BY:
        table = EMPTIED_BY[kind]
        return f"DELETE FROM {table.name}" + (f" WHERE {_key(table)} IN ({_places(count)})" if _has_key(kind) else "")
    sql = _write_sql(kind, _SQLITE)
    head, _, tail = sql.partition(" VALUES (")
    row, found, conflict = tail.partition(") ON CONFLICT ")
    return f"{head} VALUES {', '.join([f'({row})'] * count)}{found[1:]}{conflict}"


@cache
def postgresql_sql(kind: type) -> str:
    """Return the statement for any number of rows of one kind, an array a column as parameters.

    That is a fifth of the server's work of one statement a row.
    """
    if kind in _OF_MARKS:
        return _postgresql_marks(kind)
    if kind in EMPTIED_BY:
        table = EMPTIED_BY[kind]
        return f"DELETE FROM {table.name}" + (f" WHERE {_key(table)} = ANY ($1::text[])" if _has_key(kind) else "")
    table, fields = TABLE_OF[kind], fields_of(kind)
    types = [_ARRAY_TYPES[type(_plain(table.c[field].type))] for field in fields]
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(types, 1))
    taken = ", ".join(f"{field}::jsonb" if isinstance(table.c[field].type, sa.JSON) else field for field in fields)
    names = ", ".join(fields)
    _, found, conflict = _write_sql(kind, _POSTGRESQL).partition(" ON CONFLICT ")
    return f"INSERT INTO {table.name} ({names}) SELECT {taken} FROM unnest({arrays}) AS row ({names}){found}{conflict}"


def _write_sql(kind: type, dialect: Dialect) -> str:
    """Return the insert of one row, and what it does if there is one."""
    table, fields = TABLE_OF[kind], fields_of(kind)
    make = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    statement = make(table).values({field: sa.bindparam(field, type_=_plain(table.c[field].type)) for field in fields})
    key = [column.name for column in table.primary_key.columns]
    new = statement.excluded
    change: dict[str, Any] = {field: new[field] for field in fields if field not in key}
    if table in (room_log, cells):
        statement = statement.on_conflict_do_nothing(index_elements=key)
    elif table is checkins:
        rises = sa.and_(new.is_established, sa.not_(table.c.is_established))
        change = {"is_established": sa.true()}
        statement = statement.on_conflict_do_update(index_elements=key, set_=change, where=rises)
    elif table is people:
        is_new_day = new.seen_day > table.c.seen_day
        more = sa.case((is_new_day, sa.literal_column("1")), else_=sa.literal_column("0"))
        seen_day = sa.case((is_new_day, new.seen_day), else_=table.c.seen_day)
        change = {"active_days": table.c.active_days + more, "seen_day": seen_day}
        statement = statement.on_conflict_do_update(index_elements=key, set_=change)
    else:
        statement = statement.on_conflict_do_update(index_elements=key, set_=change)
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    order = getattr(compiled, "positiontup", None) or tuple(compiled.params)
    if list(order) != list(fields):
        raise AssertionError(f"{order} is not the order of the row's fields {fields}")
    return str(compiled)


_ARRAY_TYPES: dict[type, str] = {
    Identifier: "text",
    sa.Text: "text",
    sa.BigInteger: "bigint",
    sa.Integer: "integer",
    sa.Boolean: "boolean",
    sa.Double: "double precision",
    sa.LargeBinary: "bytea",
}


def _has_key(kind: type) -> bool:
    return bool(fields_of(kind))


def _key(table: sa.Table) -> str:
    (column,) = table.primary_key.columns
    return column.name


def _places(count: int) -> str:
    return ", ".join("?" * count)


def _plain(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """Return the type a value has when it goes to the driver as it is: JSON goes as text."""
    return sa.Text() if isinstance(kind, sa.JSON) else kind
