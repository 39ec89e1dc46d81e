"""A person's rights over what is kept of them: a copy of what they did, and an end to it."""

import hashlib
import hmac
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.cell import cell_name
from nearby.core.ids import PersonId
from nearby.store.base import ExportPiece, Shadow
from nearby.store.columns import NAMES
from nearby.store.retention import SHADOW_MS
from nearby.store.sql.markers import VERDICTS, grow
from nearby.store.tables import bans, metadata, people, relations, room_log, seats, shadows

EXPORT_ROWS = 200
"""Of one piece of an export: 2 to 3 ms of the loop's time, measured on a virtual machine with 2 shared cores."""

NOBODY = PersonId("")
"""No person's id: looked for in place of somebody who is nobody, so that it costs the same."""

_CELLS = frozenset({"cell", "pending_cell", "origin"})
"""Columns that hold a cell, in tables a person owns rows of."""


def shadow_of(person: PersonId, secret: bytes) -> bytes:
    """Return the 32 bytes under which a ban or block stays in force against somebody erased."""
    return hmac.digest(secret, person.encode(), hashlib.sha256)


async def export(connection: AsyncConnection, person: PersonId) -> AsyncGenerator[ExportPiece, None]:
    """See ``Store.export``."""
    for table in metadata.sorted_tables:
        owners = [column for column in table.columns if column.info.get(NAMES) == "owner"]
        if owners:
            shown = [column for column in table.columns if NAMES not in column.info and _is_plain(column)]
            query = sa.select(*shown).where(sa.or_(*(column == person for column in owners)))
            async for rows in _pieces(connection, query.order_by(*table.primary_key.columns)):
                yield str(table.name), rows
    # What was said in rooms names its author by a member, and by the seat only as long as that is kept.
    said = (
        sa.select(room_log.c.room, room_log.c.seq, room_log.c.at_ms, room_log.c.text)
        .join(seats, sa.and_(seats.c.room == room_log.c.room, seats.c.member == room_log.c.member))
        .where(seats.c.person == person, room_log.c.kind == "said")
        .order_by(room_log.c.room, room_log.c.seq)
    )
    async for rows in _pieces(connection, said):
        yield "room_log", rows


def _is_plain(column: sa.Column[Any]) -> bool:
    return not isinstance(column.type, sa.LargeBinary)


async def _pieces(connection: AsyncConnection, query: sa.Select[Any]) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Yield a query's rows a few at a time: the loop turns between two pieces, however many rows there are."""
    async with connection.stream(query) as result:
        # JSON's numbers end at 53 bits, so cells go by their name.
        cells = _CELLS.intersection(result.keys())
        async for found in result.mappings().partitions(EXPORT_ROWS):
            rows = [dict(row) for row in found]
            for row in rows if cells else ():
                row.update({name: cell_name(row[name]) for name in cells if row[name] is not None})
            yield rows


async def erase(connection: AsyncConnection, person: PersonId, now_ms: int, secret: bytes) -> bool:
    """See ``Store.erase``: keep what must stay in force, then let the foreign keys take the rest."""
    shadow, until_ms = shadow_of(person, secret), now_ms + SHADOW_MS
    blocks = sa.select(relations.c.handle, relations.c.owner).where(
        relations.c.subject == person, relations.c.kind == "block"
    )
    kept: list[dict[str, Any]] = [
        {"handle": handle, "shadow": shadow, "kind": "block", "owner": owner, "until_ms": until_ms}
        for handle, owner in await connection.execute(blocks)
    ]
    open_bans = sa.select(bans.c.ban, bans.c.kind, bans.c.until_ms).where(
        bans.c.person == person, sa.or_(bans.c.until_ms.is_(None), bans.c.until_ms > now_ms)
    )
    kept.extend(
        {"handle": ban, "shadow": shadow, "kind": kind, "owner": None, "until_ms": min(ends_ms or until_ms, until_ms)}
        for ban, kind, ends_ms in await connection.execute(open_bans)
    )
    if kept:
        await connection.execute(shadows.insert(), kept)
    verdict = await connection.scalar(sa.select(people.c.verdict).where(people.c.person == person))
    if verdict is not None or any(row["kind"] != "block" for row in kept):
        # Whoever is banned is banned under the hash from now on, and nobody is verified under the id.
        await grow(connection, VERDICTS)
    # By room too: a log is kept by its room, and an index by member would cost every message a page.
    mine = sa.select(seats.c.room, seats.c.member).where(seats.c.person == person)
    unnamed = sa.case((room_log.c.name.is_not(None), ""))
    await connection.execute(
        room_log.update().where(sa.tuple_(room_log.c.room, room_log.c.member).in_(mine)).values(text=None, name=unnamed)
    )
    erased = await connection.execute(people.delete().where(people.c.person == person))
    return bool(erased.rowcount)


async def in_force_against(
    connection: AsyncConnection, person: PersonId, now_ms: int, secret: bytes
) -> Sequence[Shadow]:
    """See ``Store.in_force_against``."""
    query = sa.select(shadows.c.handle, shadows.c.kind, shadows.c.owner, shadows.c.until_ms).where(
        shadows.c.shadow == shadow_of(person, secret), shadows.c.until_ms > now_ms
    )
    return [Shadow(*row) for row in await connection.execute(query.order_by(shadows.c.handle))]
