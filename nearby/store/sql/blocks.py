"""Blocks: whom somebody wants to meet no more, and the same rows for nobody."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.ids import PersonId
from nearby.errors import ErrorCode, Refused
from nearby.store.bottles import Drifter
from nearby.store.relations import Block, Withdrawn
from nearby.store.retention import SHADOW_MS
from nearby.store.sql.rights import NOBODY, shadow_of
from nearby.store.tables import conflicts, relations, shadows


def shadow_of_nobody(author: PersonId, named: str, secret: bytes) -> bytes:
    """Return the shadow of whom an author named when they named nobody. With its space it is no person's."""
    return shadow_of(PersonId(f"{author} {named}"), secret)


async def put(
    connection: AsyncConnection,
    author: Drifter,
    other: PersonId | None,
    shadow: bytes,
    block: str,
    now_ms: int,
    *,
    most: int,
) -> Block:
    """See ``Relations.block``; ``shadow`` stands for nobody."""
    before = await find(connection, author.person, other, shadow)
    if before is None and await _count(connection, author.person) >= most:
        raise Refused(
            ErrorCode.RATE_LIMITED, "Withdraw a block first: you have as many as can be kept.", limit="blocks"
        )
    if before is None and other is None:
        until_ms = now_ms + SHADOW_MS
        row = {"handle": block, "shadow": shadow, "kind": "block", "owner": author.person, "until_ms": until_ms}
        await connection.execute(shadows.insert().values(row))
    elif before is None:
        row = {"owner": author.person, "kind": "block", "subject": other, "handle": block, "created_ms": now_ms}
        await connection.execute(relations.insert().values(row))
    # Of nobody too, where there is nothing to find or to change: else the answer would come sooner.
    await _conflict(connection, author, other, now_ms)
    is_mutual = await reasons(connection, author.person, other or NOBODY)
    return Block(before or block, other, bool(is_mutual))


async def find(connection: AsyncConnection, author: PersonId, other: PersonId | None, shadow: bytes) -> str | None:
    """Return the id of an author's block of somebody, or of nobody by a shadow, or None."""
    of_nobody = sa.select(shadows.c.handle).where(
        shadows.c.owner == author, shadows.c.kind == "block", shadows.c.shadow == shadow
    )
    of_other = sa.select(relations.c.handle).where(
        relations.c.owner == author, relations.c.kind == "block", relations.c.subject == (other or NOBODY)
    )
    found = [await connection.scalar(query) for query in (of_other, of_nobody)]
    return next((handle for handle in found if handle is not None), None)


async def read(connection: AsyncConnection, person: PersonId, now_ms: int) -> Sequence[str]:
    """See ``Relations.blocks``."""
    mine = sa.select(relations.c.handle).where(relations.c.owner == person, relations.c.kind == "block")
    of_nobody = sa.select(shadows.c.handle).where(
        shadows.c.owner == person, shadows.c.kind == "block", shadows.c.until_ms > now_ms
    )
    return sorted(await connection.scalars(mine.union_all(of_nobody)))


async def withdraw(connection: AsyncConnection, author: PersonId, block: str) -> Withdrawn:
    """See ``Relations.unblock``."""
    mine = sa.and_(relations.c.owner == author, relations.c.kind == "block", relations.c.handle == block)
    other = await connection.scalar(sa.select(relations.c.subject).where(mine))
    await connection.execute(relations.delete().where(mine))
    await connection.execute(
        shadows.delete().where(shadows.c.owner == author, shadows.c.kind == "block", shadows.c.handle == block)
    )
    between = sa.and_(conflicts.c.author == author, conflicts.c.other == (other or NOBODY))
    await connection.execute(conflicts.delete().where(between, conflicts.c.because == "block"))
    left = await reasons(connection, author, PersonId(other or NOBODY))
    return Withdrawn(None) if other is None else Withdrawn(PersonId(other), left)


async def reasons(connection: AsyncConnection, author: PersonId, other: PersonId) -> bool | None:
    """Return whether one of the author's reasons to be apart from the other binds both, None if there is none."""
    query = sa.select(conflicts.c.is_mutual).where(conflicts.c.author == author, conflicts.c.other == other)
    found = (await connection.scalars(query)).all()
    return any(found) if found else None


async def _conflict(connection: AsyncConnection, author: Drifter, other: PersonId | None, now_ms: int) -> None:
    """Let the two never meet: for both if the author is established, or was at an earlier block."""
    named = other or NOBODY
    this = sa.and_(conflicts.c.author == author.person, conflicts.c.other == named, conflicts.c.because == "block")
    before = await connection.scalar(sa.select(conflicts.c.is_mutual).where(this))
    is_mutual = author.is_established or bool(before)
    if before is None and other is not None:
        row = {"author": author.person, "other": other, "because": "block", "is_mutual": is_mutual, "since_ms": now_ms}
        await connection.execute(conflicts.insert().values(row))
    else:
        await connection.execute(conflicts.update().where(this).values(is_mutual=is_mutual))


async def _count(connection: AsyncConnection, author: PersonId) -> int:
    of_people = sa.select(sa.func.count()).where(relations.c.owner == author, relations.c.kind == "block")
    of_nobody = sa.select(sa.func.count()).where(shadows.c.owner == author)
    return sum([int(await connection.scalar(query) or 0) for query in (of_people, of_nobody)])
