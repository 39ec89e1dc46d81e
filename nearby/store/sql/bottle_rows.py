"""A bottle between its row and its rules."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.bottle import Bottle, BottleId, State
from nearby.core.ids import Cell, PersonId
from nearby.errors import ErrorCode, Refused
from nearby.store.sql.engine import RowRefused
from nearby.store.tables import bottles, catches, people


def established_catches() -> sa.ColumnElement[int]:
    """Return how many established people caught a bottle."""
    query = sa.select(sa.func.count()).select_from(catches)
    return (
        query.where(catches.c.bottle == bottles.c.bottle, catches.c.is_established).correlate(bottles).scalar_subquery()
    )


_ONE = sa.select(bottles).where(bottles.c.bottle == sa.bindparam("id"))
_LOCKED = _ONE.with_for_update(of=bottles)
_UNLESS_LOCKED = _ONE.with_for_update(of=bottles, skip_locked=True)
_AUTHOR = sa.select(bottles.c.author).where(bottles.c.bottle == sa.bindparam("id")).scalar_subquery()
_HOLD_AUTHOR = sa.select(people.c.person).where(people.c.person == _AUTHOR).with_for_update(read=True, key_share=True)
_HELD = sa.select(sa.func.count()).where(catches.c.bottle == sa.bindparam("id"), catches.c.is_established)


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
    await connection.execute(_HOLD_AUTHOR, {"id": bottle})
    return await read_bottle(connection, bottle)


async def read_bottle(connection: AsyncConnection, bottle: BottleId, *, skip_locked: bool = False) -> Bottle | None:
    """Return a bottle as it is written, locked. None: there is none, or with ``skip_locked`` somebody has it in hand.

    Its ``established_catches`` are only told while it is leased: nothing looks at them otherwise.
    """
    query = _UNLESS_LOCKED if skip_locked else _LOCKED
    row = (await connection.execute(query, {"id": bottle})).first()
    if row is None:
        return None
    # Apart, and after the lock: what was read before it may be out of date. Only a bottle that comes back needs it.
    held = await connection.scalar(_HELD, {"id": bottle}) if row.state == State.LEASED.value else 0
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
        established_catches=int(held or 0),
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
