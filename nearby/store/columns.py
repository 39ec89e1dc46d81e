"""The kinds of columns: what identifies, what names a person, what is a time, a number or an outline."""

from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import DOMAIN, JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

NAMES = "names"
"""Key in a column's ``info``: "owner" or "subject", for a column that names a person."""


class Outline(sa.types.TypeDecorator[bytes]):
    """A multipolygon: WKB in Python and SQLite, geometry in PostGIS."""

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that the database has for it."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(_postgis().OUTLINE)
        return dialect.type_descriptor(sa.LargeBinary())

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> Any:
        """Return WKB as the database's type takes it."""
        if value is None or dialect.name != "postgresql":
            return value
        return _postgis().as_element(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        """Return WKB from what the database's type gives."""
        if value is None or dialect.name != "postgresql":
            return value  # type: ignore[no-any-return]
        return _postgis().as_wkb(value)  # type: ignore[no-any-return]


def _postgis() -> ModuleType:
    """Return what knows PostGIS, taken only where the database is PostgreSQL: it is an eighth of a server's start."""
    from nearby.store import postgis

    return postgis


class Identifier(sa.types.TypeDecorator[str]):
    """A text of 1 to 64 of ``A-Z a-z 0-9 _ -``; PostgreSQL has a domain for it.

    Args:
        domain: ``opaque_id``, or ``person_id`` for what names a person.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, domain: str = "opaque_id") -> None:
        self.domain = domain
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that the database has for it."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DOMAIN(self.domain, sa.Text(), create_type=False))
        return dialect.type_descriptor(sa.Text())


Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def column(name: str, kind: Any, *more: Any, null: bool = False, **options: Any) -> sa.Column[Any]:
    """Return a column that is NOT NULL unless ``null``."""
    return sa.Column(name, kind, *more, nullable=null, autoincrement=False, **options)


def opaque(name: str, *more: Any, null: bool = False, **options: Any) -> sa.Column[Any]:
    """Return a column for an id that names nobody."""
    return column(name, Identifier(), *more, null=null, **options)


def owner(name: str, *, gone: str = "CASCADE", null: bool = False, **options: Any) -> sa.Column[Any]:
    """Return a column whose person made the row; ``gone`` is what their erasure does to it."""
    return _person(name, "owner", gone, null, options)


def subject(name: str, *, gone: str = "CASCADE", null: bool = False, **options: Any) -> sa.Column[Any]:
    """Return a column whose person the row is about; ``gone`` is what their erasure does to it."""
    return _person(name, "subject", gone, null, options)


def _person(name: str, names: str, gone: str, null: bool, options: dict[str, Any]) -> sa.Column[Any]:
    key = sa.ForeignKey("people.person", ondelete=gone)
    return column(name, Identifier("person_id"), key, null=null or gone == "SET NULL", info={NAMES: names}, **options)


def ms(name: str, *, null: bool = False) -> sa.Column[Any]:
    """Return a column for a time in milliseconds."""
    return column(name, sa.BigInteger, null=null)


def number(name: str, *, null: bool = False, pk: bool = False) -> sa.Column[Any]:
    """Return a column for a 64-bit integer."""
    return column(name, sa.BigInteger, null=null, primary_key=pk)


def text(name: str, *, null: bool = False, **options: Any) -> sa.Column[Any]:
    """Return a column for text."""
    return column(name, sa.Text, null=null, **options)


def flag(name: str, *, null: bool = False) -> sa.Column[Any]:
    """Return a column for yes or no."""
    return column(name, sa.Boolean, null=null)


def check(name: str, sql: str) -> sa.CheckConstraint:
    """Return a check, named after its table and ``name``."""
    return sa.CheckConstraint(sql, name=name)


def index(name: str, *columns: str, where: str | None = None, unique: bool = False) -> sa.Index:
    """Return an index, of the rows ``where`` holds."""
    condition = sa.text(where) if where else None
    return sa.Index(name, *columns, unique=unique, postgresql_where=condition, sqlite_where=condition)


def in_space(name: str, column: str) -> sa.Index:
    """Return an index on an outline, which only PostGIS has."""
    return sa.Index(name, column, postgresql_using="gist").ddl_if(dialect="postgresql")


def to(column: str, gone: str | None = "CASCADE") -> sa.ForeignKey:
    """Return a foreign key; ``gone`` is what happens to the row when the other goes."""
    return sa.ForeignKey(column, ondelete=gone)
