"""Operators' areas and the number that tells servers to read them again."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.area import Area, AreaId
from nearby.store.tables import area_cells, areas, markers


async def put_area(connection: AsyncConnection, area: Area, now_ms: int) -> None:
    """See ``Store.put_area``."""
    await connection.execute(delete(areas).where(areas.c.area == area.id))
    await connection.execute(
        areas.insert().values(area=area.id, kind=area.kind, name=area.name, outline=area.outline, created_ms=now_ms)
    )
    if area.cells:
        await _put_cells(connection, area)
    await _grow_revision(connection)


async def remove_area(connection: AsyncConnection, area: AreaId) -> bool:
    """See ``Store.remove_area``."""
    removed = await connection.execute(delete(areas).where(areas.c.area == area))
    if removed.rowcount:
        await _grow_revision(connection)
    return bool(removed.rowcount)


async def read_areas(connection: AsyncConnection) -> Sequence[Area]:
    """See ``Store.areas``."""
    cells: defaultdict[str, list[int]] = defaultdict(list)
    for area, cell in await connection.execute(select(area_cells.c.area, area_cells.c.cell)):
        cells[area].append(cell)
    rows = await connection.execute(
        select(areas.c.area, areas.c.kind, areas.c.name, areas.c.outline).order_by(areas.c.area)
    )
    return [Area(AreaId(area), kind, name, outline, frozenset(cells[area])) for area, kind, name, outline in rows]


async def areas_revision(connection: AsyncConnection) -> int:
    """See ``Store.areas_revision``."""
    return int(await connection.scalar(select(markers.c.value).where(markers.c.name == "areas")) or 0)


async def _put_cells(connection: AsyncConnection, area: Area) -> None:
    """Write the cells by the driver alone, a tenth of the time: on SQLite whatever is acknowledged waits meanwhile."""
    cells = sorted(area.cells)
    if connection.dialect.name == "sqlite":
        rows = [(area.id, cell) for cell in cells]
        await connection.exec_driver_sql("INSERT INTO area_cells (area, cell) VALUES (?, ?)", rows)
    else:
        sql = "INSERT INTO area_cells (area, cell) SELECT $1, cell FROM unnest($2::bigint[]) AS row (cell)"
        await connection.exec_driver_sql(sql, (area.id, cells))


async def _grow_revision(connection: AsyncConnection) -> None:
    await connection.execute(update(markers).where(markers.c.name == "areas").values(value=markers.c.value + 1))
