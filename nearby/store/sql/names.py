"""Verified names: whose each is, and whether another can be taken for it."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.changes import PersonSeen
from nearby.core.ids import PersonId
from nearby.core.likeness import Likeness
from nearby.core.rules import DAY_MS
from nearby.store.sql.statements import write
from nearby.store.tables import people


async def is_name_free(connection: AsyncConnection, person: PersonId, looks: Collection[str]) -> bool:
    """See ``Store.is_name_free``."""
    held = people.c.verified_skeleton.in_(sorted(looks))
    query = sa.select(people.c.person).where(held, people.c.person != person).limit(1)
    return (await connection.execute(query)).first() is None


async def claim_name(connection: AsyncConnection, person: PersonId, name: str, likeness: Likeness, now_ms: int) -> bool:
    """See ``Store.claim_name``."""
    # The row that the live state makes of anybody who calls: whichever of the two comes first, it is the same.
    await write(connection, PersonSeen, [PersonSeen(person, False, now_ms, now_ms // DAY_MS)])
    if not await is_name_free(connection, person, likeness.looks):
        return False
    change = people.update().where(people.c.person == person, sa.not_(people.c.is_guest))
    claimed = await connection.execute(change.values(verified_name=name, verified_skeleton=likeness.skeleton))
    return bool(claimed.rowcount)
