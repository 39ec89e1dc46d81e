"""Who never meets: as conditions on a row's author, and as an answer about two people."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.ids import PersonId
from nearby.store.sql.rights import shadow_of
from nearby.store.tables import relations, reports, shadows

Other = sa.ColumnElement[str]
"""A column that holds the other's id."""


def is_in_conflict(person: PersonId, other: Other, now_ms: int, secret: bytes) -> sa.ColumnElement[bool]:
    """Return whether the two are in conflict, so far as SQL can tell: all but a person's own blocks of the erased."""
    by_me = sa.exists().where(relations.c.owner == person, relations.c.kind == "block", relations.c.subject == other)
    by_them = sa.exists().where(relations.c.owner == other, relations.c.kind == "block", relations.c.subject == person)
    i_told = sa.exists().where(reports.c.reporter == person, reports.c.reported == other)
    they_told = sa.exists().where(reports.c.reporter == other, reports.c.reported == person)
    # The other blocked this person, who was erased since and came back.
    outlived = sa.exists().where(
        shadows.c.shadow == shadow_of(person, secret),
        shadows.c.kind == "block",
        shadows.c.owner == other,
        shadows.c.until_ms > now_ms,
    )
    return sa.or_(by_me, by_them, i_told, they_told, outlived)


async def shadows_owned(connection: AsyncConnection, person: PersonId, now_ms: int) -> Collection[bytes]:
    """Return the hashes of people whom this person blocked and who were erased since; ``shadow_of`` makes them."""
    query = sa.select(shadows.c.shadow).where(
        shadows.c.owner == person, shadows.c.kind == "block", shadows.c.until_ms > now_ms
    )
    return frozenset(await connection.scalars(query))


async def are_in_conflict(
    connection: AsyncConnection, person: PersonId, other: PersonId, now_ms: int, secret: bytes
) -> bool:
    """Return whether the two are in conflict."""
    if await connection.scalar(sa.select(is_in_conflict(person, sa.literal(other), now_ms, secret))):
        return True
    return shadow_of(other, secret) in await shadows_owned(connection, person, now_ms)
