"""What ``nearby areas`` and ``nearby db`` do, as functions that return the lines to print."""

from collections.abc import Sequence

from nearby.core.area import AreaId, Kind, read_areas
from nearby.core.rules import Rules
from nearby.errors import BadArea
from nearby.store.base import Store


async def import_areas(store: Store, geojson: bytes, now_ms: int, *, kind: Kind | None = None) -> Sequence[str]:
    """Put every area of a GeoJSON file; one that has an id already is replaced. Every server knows within 5 s.

    Raises:
        BadArea: One of them cannot be used. None was imported.
        StoreDown: The database went away; areas whose line was not returned may or may not be in.
    """
    areas = read_areas(geojson, kind=kind)
    for area in areas:
        await store.put_area(area, now_ms)
    return [f"{area.id}: {area.kind}, {len(area.cells)} cells" for area in areas]


async def list_areas(store: Store) -> Sequence[str]:
    """Return one line an area, by id."""
    return [f"{area.id}: {area.kind}, {len(area.cells)} cells, {area.name}" for area in await store.areas()]


async def remove_area(store: Store, area: str) -> Sequence[str]:
    """Remove one area.

    Raises:
        BadArea: There is none of that id.
    """
    if not await store.remove_area(AreaId(area)):
        raise BadArea(area, "there is no such area; see nearby areas list")
    return [f"{area}: removed"]


async def purge(store: Store, now_ms: int, rules: Rules) -> Sequence[str]:
    """Delete what is past its time and say how much of what."""
    counts = await store.purge(now_ms, rules)
    return [f"{table}: {rows} rows" for table, rows in counts.items() if rows] or ["nothing was past its time"]
