"""A person's rights over what is kept of them: a copy of what they did, and an end to it."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.ids import PersonId
from nearby.store.base import Shadow
from nearby.store.columns import NAMES
from nearby.store.retention import SHADOW_MS
from nearby.store.tables import bans, metadata, people, relations, room_log, seats, shadows


def shadow_of(person: PersonId, secret: bytes) -> bytes:
    """Return the 32 bytes under which a ban or block stays in force against somebody erased."""
    return hmac.digest(secret, person.encode(), hashlib.sha256)


async def export(connection: AsyncConnection, person: PersonId) -> dict[str, list[Mapping[str, Any]]]:
    """See ``Store.export``."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for table in metadata.sorted_tables:
        owners = [column for column in table.columns if column.info.get(NAMES) == "owner"]
        if owners:
            shown = [column for column in table.columns if NAMES not in column.info and _is_plain(column)]
            query = sa.select(*shown).where(sa.or_(*(column == person for column in owners)))
            found[table.name] = await _rows(connection, query)
    # What was said in rooms names its author by a member, and by the seat only as long as that is kept.
    said = (
        sa.select(room_log.c.room, room_log.c.seq, room_log.c.at_ms, room_log.c.text)
        .join(seats, sa.and_(seats.c.room == room_log.c.room, seats.c.member == room_log.c.member))
        .where(seats.c.person == person, room_log.c.kind == "said")
    )
    found["room_log"] = await _rows(connection, said)
    return {name: rows for name, rows in found.items() if rows}


def _is_plain(column: sa.Column[Any]) -> bool:
    return not isinstance(column.type, sa.LargeBinary)


async def _rows(connection: AsyncConnection, query: sa.Select[Any]) -> list[Mapping[str, Any]]:
    return [dict(row) for row in (await connection.execute(query)).mappings()]


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
    mine = sa.select(seats.c.member).where(seats.c.person == person)
    await connection.execute(
        room_log.update().where(room_log.c.kind == "said", room_log.c.member.in_(mine)).values(text=None)
    )
    await connection.execute(
        room_log.update().where(room_log.c.member.in_(mine), room_log.c.name.is_not(None)).values(name="")
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
