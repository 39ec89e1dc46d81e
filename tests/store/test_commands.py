import json
from collections.abc import AsyncIterator

import pytest

from nearby.core.rules import Rules
from nearby.errors import BadArea, ConfigError
from nearby.store.base import Store
from nearby.store.commands import import_areas, list_areas, purge, remove_area
from nearby.store.sql import init_store
from nearby.store.tables import SCHEMA_VERSION
from nearby.testing.store_suite import Database
from nearby.testing.store_suite.given import ANA, NOW_MS, present, seen
from nearby.testing.store_suite.journal import commit


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    async with Database(sqlite_url).open() as store:
        yield store


def collection(*sizes_deg: float) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"Park {number}"},
            "geometry": {"type": "Polygon", "coordinates": [[[13, 52], [13 + size, 52], [13, 52 + size], [13, 52]]]},
        }
        for number, size in enumerate(sizes_deg, 1)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


async def test_areas_are_imported_listed_and_removed(store: Store) -> None:
    imported = await import_areas(store, collection(0.01, 0.02), "a fair", NOW_MS, kind="quiet")
    assert [line.split(",")[0] for line in imported] == ["park-1: quiet", "park-2: quiet"]
    assert [line.rsplit(", ", 1)[1] for line in await list_areas(store)] == ["Park 1", "Park 2"]
    assert await remove_area(store, "park-1", "over", NOW_MS + 1) == ["park-1: removed"]
    assert len(await list_areas(store)) == 1
    with pytest.raises(BadArea, match="no such area"):
        await remove_area(store, "park-1", "over", NOW_MS + 1)
    audit = await store.operations.audit(limit=3)
    assert [(entry.action, entry.detail) for entry in audit] == [
        ("area_remove", "park-1: over"),
        ("areas_put", "park-1, park-2: a fair"),
    ]


async def test_areas_are_neither_imported_nor_removed_without_a_reason(store: Store) -> None:
    with pytest.raises(BadArea, match="areas: "):
        await import_areas(store, collection(0.01), "", NOW_MS, kind="quiet")
    await import_areas(store, collection(0.01), "a fair", NOW_MS, kind="quiet")
    with pytest.raises(BadArea, match="park-1: "):
        await remove_area(store, "park-1", "", NOW_MS)
    assert len(await list_areas(store)) == 1


async def test_a_file_with_one_bad_area_imports_none(store: Store) -> None:
    with pytest.raises(BadArea, match="Park 2: it is smaller"):
        await import_areas(store, collection(0.01, 0.00001), "a fair", NOW_MS, kind="quiet")
    assert await list_areas(store) == []


async def test_a_purge_says_how_much_it_deleted(store: Store) -> None:
    rules = Rules()
    await commit(store, seen(ANA), present(ANA))
    assert await purge(store, NOW_MS, rules) == ["nothing was past its time"]
    assert await purge(store, NOW_MS + 3 * rules.window_ms, rules) == ["presence: 1 rows"]


async def test_init_brings_either_database_up_to_date_and_may_be_repeated(empty_url: str) -> None:
    assert await init_store(empty_url) == (0, SCHEMA_VERSION)
    assert await init_store(empty_url) == (SCHEMA_VERSION, SCHEMA_VERSION)
    async with Database(empty_url).open() as store:
        await store.check()


async def test_init_says_in_one_sentence_that_nobody_answers() -> None:
    with pytest.raises(ConfigError, match="cannot be reached"):
        await init_store("postgresql://nobody@127.0.0.1:1/none")
