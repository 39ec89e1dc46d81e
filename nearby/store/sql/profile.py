"""Accounts: what somebody says of themselves, beside what is known of everybody who called."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.changes import PersonSeen
from nearby.core.ids import PersonId
from nearby.core.profile import ProfileChange
from nearby.core.rules import DAY_MS
from nearby.store.base import Account
from nearby.store.sql.statements import write
from nearby.store.tables import people


async def read_account(connection: AsyncConnection, person: PersonId) -> Account | None:
    """See ``Store.account``."""
    row = (await connection.execute(sa.select(people).where(people.c.person == person))).first()
    if row is None:
        return None
    return Account(
        person=person,
        is_guest=row.is_guest,
        created_ms=row.created_ms,
        active_days=row.active_days,
        name=row.name,
        lang=row.lang,
        tags=tuple(row.tags or ()),
        is_listed=row.is_listed,
    )


async def change_profile(
    connection: AsyncConnection, person: PersonId, change: ProfileChange, now_ms: int, *, is_guest: bool
) -> Account:
    """See ``Store.change_profile``."""
    # The row that the live state makes of anybody who calls: whichever of the two comes first, it is the same.
    await write(connection, PersonSeen, [PersonSeen(person, is_guest, now_ms, now_ms // DAY_MS)])
    values: dict[str, Any] = dict(change)
    if "tags" in values:
        values["tags"] = list(values["tags"]) or None
    if values:
        await connection.execute(people.update().where(people.c.person == person).values(values))
    account = await read_account(connection, person)
    assert account is not None
    return account
