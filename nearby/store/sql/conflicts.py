"""Who never meets: as a condition on a row that names the other, and as an answer about two people."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.ids import PersonId
from nearby.store.sql.rights import shadow_of
from nearby.store.tables import conflicts, shadows

_ME: sa.BindParameter[str] = sa.bindparam("me")
_MY_SHADOW: sa.BindParameter[bytes] = sa.bindparam("my_shadow")
_AT_MS: sa.BindParameter[int] = sa.bindparam("at_ms")


def is_in_conflict(other: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Return whether ``other`` is in conflict with me, so far as SQL can tell: my own blocks of the erased it cannot.

    What it is executed with must hold ``about_me``. It is made once for each query: to make it costs more than to
    ask it.
    """
    by_me = sa.exists().where(conflicts.c.author == _ME, conflicts.c.other == other)
    by_them = sa.exists().where(conflicts.c.author == other, conflicts.c.other == _ME)
    # The other blocked me, who was erased since and came back.
    outlived = sa.exists().where(
        shadows.c.shadow == _MY_SHADOW, shadows.c.kind == "block", shadows.c.owner == other, shadows.c.until_ms > _AT_MS
    )
    return sa.or_(by_me, by_them, outlived)


def about_me(person: PersonId, now_ms: int, secret: bytes) -> Mapping[str, Any]:
    """Return what ``is_in_conflict`` asks for."""
    return {"me": person, "my_shadow": shadow_of(person, secret), "at_ms": now_ms}


_OTHER = sa.bindparam("other", type_=conflicts.c.other.type)
_ARE_IN_CONFLICT = sa.select(is_in_conflict(_OTHER))
_SHADOWS_OWNED = sa.select(shadows.c.shadow).where(
    shadows.c.owner == _ME, shadows.c.kind == "block", shadows.c.until_ms > _AT_MS
)


async def shadows_owned(connection: AsyncConnection, person: PersonId, now_ms: int) -> Collection[bytes]:
    """Return the hashes of people whom this person blocked and who were erased since; ``shadow_of`` makes them."""
    return frozenset(await connection.scalars(_SHADOWS_OWNED, {"me": person, "at_ms": now_ms}))


async def are_in_conflict(
    connection: AsyncConnection, person: PersonId, other: PersonId, now_ms: int, secret: bytes
) -> bool:
    """Return whether the two are in conflict."""
    if await connection.scalar(_ARE_IN_CONFLICT, {**about_me(person, now_ms, secret), "other": other}):
        return True
    return shadow_of(other, secret) in await shadows_owned(connection, person, now_ms)
