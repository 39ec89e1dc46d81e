"""Operators' areas."""

import json

import pytest

from nearby.core.area import Area, AreaId, read_areas
from nearby.store.base import Store
from nearby.store.sql.engine import RowRefused
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import NOW_MS


def square(area_id: str, size_deg: float = 0.01, kind: str = "quiet") -> Area:
    """Return a square area in the south-west corner of one degree."""
    ring = [[13.0, 52.0], [13.0 + size_deg, 52.0], [13.0 + size_deg, 52.0 + size_deg], [13.0, 52.0 + size_deg]]
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    properties = {"id": area_id, "name": area_id.title(), "kind": kind}
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    return read_areas(json.dumps(feature).encode())[0]


class AreasSuite(SuiteBase):
    """Tests of areas."""

    async def test_areas_come_back_as_they_were_put(self, database: Database) -> None:
        """Outline, cells and all, in another process, by id."""
        park, hall = square("park"), square("hall", 0.02, "venue")
        async with database.open() as store:
            await store.put_area(park, NOW_MS)
            await store.put_area(hall, NOW_MS)
        async with database.open() as store:
            assert await store.areas() == [hall, park]

    async def test_an_area_with_the_same_id_is_replaced_whole(self, store: Store) -> None:
        """No cell of the old one stays."""
        await store.put_area(square("park", 0.02), NOW_MS)
        await store.put_area(square("park", 0.01, "venue"), NOW_MS)
        assert await store.areas() == [square("park", 0.01, "venue")]

    async def test_the_revision_grows_with_every_change_and_no_other_time(self, store: Store) -> None:
        """So that a server reads the areas only when it must."""
        before = await store.areas_revision()
        assert not await store.remove_area(AreaId("park"))
        assert await store.areas_revision() == before
        await store.put_area(square("park"), NOW_MS)
        assert await store.areas_revision() == before + 1
        assert await store.remove_area(AreaId("park"))
        assert await store.areas_revision() == before + 2
        assert await store.areas() == []

    async def test_a_server_that_runs_learns_what_another_process_changed(self, database: Database) -> None:
        """As ``nearby areas import`` does."""
        async with database.open() as server:
            before = await server.areas_revision()
            async with database.open() as command:
                await command.put_area(square("park"), NOW_MS)
            assert await server.areas_revision() > before
            assert [area.id for area in await server.areas()] == ["park"]

    async def test_an_area_is_put_wholly_or_not_at_all(self, store: Store) -> None:
        """One that the database refuses leaves the old one and the revision."""
        await store.put_area(square("park"), NOW_MS)
        before = await store.areas_revision()
        good = square("park", 0.02)
        bad = Area(good.id, good.kind, good.name, good.outline, good.cells | {0})
        with pytest.raises(RowRefused):
            await store.put_area(bad, NOW_MS)
        assert (await store.areas(), await store.areas_revision()) == ([square("park")], before)
