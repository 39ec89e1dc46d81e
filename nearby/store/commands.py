"""What ``nearby areas``, ``nearby brakes`` and ``nearby db`` do, as functions that return the lines to print."""

from collections.abc import Sequence
from datetime import UTC, datetime

from nearby.core.area import AreaId, Kind, read_areas
from nearby.core.brakes import EVERYWHERE, Brake, What, check_area
from nearby.core.rules import SECOND_MS, Rules
from nearby.core.text import clean_text
from nearby.errors import BadArea, Refused
from nearby.store.base import Store
from nearby.store.moderation import By


async def import_areas(
    store: Store, geojson: bytes, reason: str, now_ms: int, *, kind: Kind | None = None
) -> Sequence[str]:
    """Put every area of a GeoJSON file; one that has an id already is replaced. Every server knows within 5 s.

    Raises:
        BadArea: One of them cannot be used, or no reason was given. None was imported.
        StoreDown: The database went away; all of them are in, or none.
    """
    areas = read_areas(geojson, kind=kind)
    await store.operations.put_areas(areas, _by("areas", reason), now_ms)
    return [f"{area.id}: {area.kind}, {len(area.cells)} cells" for area in areas]


async def list_areas(store: Store) -> Sequence[str]:
    """Return one line an area, by id."""
    return [f"{area.id}: {area.kind}, {len(area.cells)} cells, {area.name}" for area in await store.areas()]


async def remove_area(store: Store, area: str, reason: str, now_ms: int) -> Sequence[str]:
    """Remove one area.

    Raises:
        BadArea: There is none of that id, or no reason was given.
    """
    if not await store.operations.remove_area(AreaId(area), _by(area, reason), now_ms):
        raise BadArea(area, "there is no such area; see nearby areas list")
    return [f"{area}: removed"]


async def list_brakes(store: Store) -> Sequence[str]:
    """Return one line a brake, by what it stops and where."""
    return [_brake(brake) for brake in await store.operations.brakes()]


async def pull_brake(store: Store, what: What, area: str, reason: str, now_ms: int) -> Sequence[str]:
    """Stop something. Every server knows within 5 s.

    Raises:
        BadArea: There is no such brake, or no reason was given.
    """
    try:
        check_area(what, area)
        await store.operations.pull(what, area, By(None, clean_text(reason)), now_ms)
    except Refused as refused:
        raise BadArea(what, refused.detail) from None
    return [f"{_named(what, area)}: stopped"]


async def release_brake(store: Store, what: What, area: str, reason: str, now_ms: int) -> Sequence[str]:
    """Let something go on. Every server knows within 5 s.

    Raises:
        BadArea: It is not stopped, or no reason was given.
    """
    try:
        is_gone = await store.operations.release(what, area, By(None, clean_text(reason)), now_ms)
    except Refused as refused:
        raise BadArea(what, refused.detail) from None
    if not is_gone:
        raise BadArea(_named(what, area), "it is not stopped; see nearby brakes list")
    return [f"{_named(what, area)}: goes on"]


def _by(about: str, reason: str) -> By:
    try:
        return By(None, clean_text(reason))
    except Refused as refused:
        raise BadArea(about, refused.detail) from None


def _brake(brake: Brake) -> str:
    since = datetime.fromtimestamp(brake.since_ms / SECOND_MS, UTC).isoformat(timespec="seconds")
    return f"{_named(brake.what, brake.area)}: since {since}, {brake.reason}"


def _named(what: What, area: str) -> str:
    return what if area == EVERYWHERE else f"{what} in {area}"


async def purge(store: Store, now_ms: int, rules: Rules) -> Sequence[str]:
    """Delete what is past its time and say how much of what."""
    counts = await store.purge(now_ms, rules)
    return [f"{table}: {rows} rows" for table, rows in counts.items() if rows] or ["nothing was past its time"]
