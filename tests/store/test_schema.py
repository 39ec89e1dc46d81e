from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint, Index, UniqueConstraint, inspect, text

from nearby.store.columns import NAMES, Identifier
from nearby.store.sql.engine import make_engines
from nearby.store.tables import metadata
from tests.store.catalogue import Catalogue, declared, read_catalogue

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
async def reflected(migrated_postgres_url: str) -> Catalogue:
    """Return the catalogue that ``schema.sql`` makes."""
    engines = await make_engines(migrated_postgres_url)
    try:
        return await read_catalogue(engines.reader)
    finally:
        await engines.dispose()


def from_tables(dialect_types: dict[str, str]) -> Catalogue:
    """Return the catalogue that ``tables.py`` declares, in PostgreSQL's words."""
    return {
        table.name: {
            "columns": {
                column.name: (
                    column.type.domain
                    if isinstance(column.type, Identifier)
                    else dialect_types[type(column.type).__name__],
                    column.nullable,
                )
                for column in table.columns
            },
            "primary key": [column.name for column in table.primary_key.columns],
            "foreign keys": sorted(
                (str(key.name), list(key.column_keys), key.elements[0].column.table.name, key.ondelete)
                for key in table.foreign_key_constraints
            ),
            "unique": sorted(
                (str(one.name), [column.name for column in one.columns])
                for one in table.constraints
                if isinstance(one, UniqueConstraint)
            ),
            "checks": sorted(
                str(one.name)
                for one in table.constraints
                if isinstance(one, CheckConstraint) and not str(one.name).endswith("_id_check")
            ),
            "indexes": sorted(
                (
                    str(index.name),
                    [column.name for column in index.columns],
                    bool(index.unique),
                    _condition(index),
                )
                for index in table.indexes
            ),
        }
        for table in metadata.tables.values()
    }


def _condition(index: Index) -> str:
    where = index.dialect_options["postgresql"]["where"]
    return "" if where is None else str(where).replace(" ", "")


TYPES = {
    "BigInteger": "bigint",
    "Integer": "integer",
    "Boolean": "boolean",
    "Double": "double precision",
    "Text": "text",
    "LargeBinary": "bytea",
    "JSON": "jsonb",
    "Outline": "geometry(multipolygon,4326)",
}


async def test_the_schema_and_the_tables_say_the_same(reflected: Catalogue) -> None:
    declared_here = from_tables(TYPES)
    assert reflected.keys() == declared_here.keys()
    for table, what in declared_here.items():
        assert reflected[table] == what, table


async def test_the_comparison_notices_a_column_an_index_and_a_check(altered_postgres_url: str) -> None:
    engines = await make_engines(altered_postgres_url)
    async with engines.writer.begin() as connection:
        await connection.execute(text("ALTER TABLE people ALTER COLUMN lang SET NOT NULL"))
        await connection.execute(text("DROP INDEX rooms_empty_since_ms_idx"))
        await connection.execute(text("ALTER TABLE seats DROP CONSTRAINT seats_person_fkey"))
        await connection.execute(text("ALTER TABLE room_log DROP CONSTRAINT room_log_text_check"))
    changed = await read_catalogue(engines.reader)
    await engines.dispose()
    expected = from_tables(TYPES)
    assert {table for table in expected if changed[table] != expected[table]} == {
        "people",
        "rooms",
        "seats",
        "room_log",
    }


async def test_comments_mark_every_column_that_names_a_person(migrated_postgres_url: str) -> None:
    engines = await make_engines(migrated_postgres_url)
    async with engines.reader.connect() as connection:
        marks = await connection.run_sync(
            lambda sync: {
                table: {
                    column["name"]: (column["comment"] or "").split(";")[0]
                    for column in inspect(sync).get_columns(table)
                    if (column["comment"] or "").startswith(("owner;", "subject;"))
                }
                for table in metadata.tables
            }
        )
    await engines.dispose()
    assert marks == declared(metadata)


def test_a_column_names_a_person_exactly_if_it_is_marked_and_refers_to_people() -> None:
    for table in metadata.tables.values():
        for column in table.columns:
            names_person = isinstance(column.type, Identifier) and column.type.domain == "person_id"
            assert names_person == (NAMES in column.info), column
            if names_person and table.name != "people":
                (key,) = column.foreign_keys
                assert (str(key.column), key.ondelete in ("CASCADE", "SET NULL")) == ("people.person", True), column


def test_every_index_that_is_no_key_says_which_query_needs_it() -> None:
    sql = (ROOT / "schema.sql").read_text()
    for table in metadata.tables.values():
        for index in table.indexes:
            assert f"COMMENT ON INDEX {index.name} IS '" in sql, index.name


def test_every_foreign_key_to_people_has_an_index_so_that_erasing_reads_no_whole_table() -> None:
    for table in metadata.tables.values():
        first = {next(iter(index.columns)).name for index in table.indexes if index.name != "seats_one_each_idx"}
        first.add(next(iter(table.primary_key.columns)).name)
        for column in table.columns:
            assert NAMES not in column.info or column.name in first, column
