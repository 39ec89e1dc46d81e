"""A bottle between its row and its rules."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.bottle import Bottle, BottleId, State
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.errors import ErrorCode, Refused
from nearby.store.sql.engine import RowRefused
from nearby.store.tables import bottles, catches, people

_ESTABLISHED_CATCHES = (
    sa.select(sa.func.count())
    .select_from(catches)
    .where(catches.c.bottle == bottles.c.bottle, catches.c.is_established)
    .correlate(bottles)
    .scalar_subquery()
)


def is_over(rules: Rules) -> sa.ColumnElement[bool]:
    """Return whether a bottle was caught by as many established people as it may be."""
    return rules.bottle_catches <= _ESTABLISHED_CATCHES


@contextmanager
def gone_if_refused() -> Iterator[None]:
    """Tell as gone what the database refuses: somebody a row names was erased in this very moment."""
    try:
        yield
    except RowRefused:
        raise Refused(ErrorCode.GONE) from None


async def hold(connection: AsyncConnection, bottle: BottleId) -> Bottle | None:
    """Return a bottle as it is written, None if there is none, and let nobody else change it in this transaction.

    Its author is held first, as an erasure takes them: rows about them can then be written without waiting in a circle.
    """
    author = sa.select(bottles.c.author).where(bottles.c.bottle == bottle).scalar_subquery()
    await connection.execute(
        sa.select(people.c.person).where(people.c.person == author).with_for_update(read=True, key_share=True)
    )
    return await read_bottle(connection, bottle, lock=True)


async def read_bottle(
    connection: AsyncConnection, bottle: BottleId, *, lock: bool, skip_locked: bool = False
) -> Bottle | None:
    """Return a bottle as it is written. None: there is none, or with ``skip_locked`` somebody has it in hand."""
    query = sa.select(bottles).where(bottles.c.bottle == bottle)
    if lock:
        query = query.with_for_update(of=bottles, skip_locked=skip_locked)
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    # Apart, and after the lock: what was read before it may be out of date.
    held = sa.select(sa.func.count()).where(catches.c.bottle == bottle, catches.c.is_established)
    return Bottle(
        id=bottle,
        author=PersonId(row.author),
        text=row.text,
        origin=Cell(row.origin),
        thrown_ms=row.thrown_ms,
        state=State(row.state),
        fence=row.fence,
        catcher=row.catcher,
        lease_until_ms=row.lease_until_ms,
        sunk_ms=row.sunk_ms,
        established_catches=int(await connection.scalar(held) or 0),
    )


async def keep(connection: AsyncConnection, bottle: Bottle) -> None:
    """Write down where a bottle is now."""
    await connection.execute(
        bottles.update()
        .where(bottles.c.bottle == bottle.id)
        .values(
            state=bottle.state.value,
            fence=bottle.fence,
            catcher=bottle.catcher,
            lease_until_ms=bottle.lease_until_ms,
            sunk_ms=bottle.sunk_ms,
        )
    )
