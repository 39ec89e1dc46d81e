"""What people are to each other, on SQLite or PostgreSQL."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.store.retention import SEAT_MS
from nearby.store.tables import seats

Connect = Callable[[], AbstractAsyncContextManager[AsyncConnection]]

_MINE = seats.alias("mine")
_MEMBER_OF = (
    sa.select(seats.c.person)
    .join(_MINE, _MINE.c.room == seats.c.room)
    .where(
        seats.c.member == sa.bindparam("member"),
        sa.or_(seats.c.ended_ms.is_(None), seats.c.ended_ms > sa.bindparam("ended_ms")),
        _MINE.c.person == sa.bindparam("me"),
        sa.or_(_MINE.c.ended_ms.is_(None), _MINE.c.ended_ms > sa.bindparam("ended_ms")),
        seats.c.person != sa.bindparam("me"),
    )
    .limit(1)
)
_MEMBER_OF_ROOM = _MEMBER_OF.where(seats.c.room == sa.bindparam("room"))


class SqlRelations:
    """See ``nearby.store.relations.Relations``.

    Args:
        reading: Opens a connection that reads.
        writing: Opens a transaction.
        secret: Keys what stays in force against erased people.
    """

    def __init__(self, reading: Connect, writing: Connect, secret: bytes) -> None:
        self._reading = reading
        self._writing = writing
        self._secret = secret

    async def member_of(self, person: PersonId, room: RoomId | None, member: MemberId, now_ms: int) -> PersonId | None:
        """See ``Relations.member_of``."""
        asked = {"me": person, "member": member, "ended_ms": now_ms - SEAT_MS}
        query = _MEMBER_OF
        if room is not None:
            query, asked = _MEMBER_OF_ROOM, {**asked, "room": room}
        async with self._reading() as connection:
            found = await connection.scalar(query, asked)
        return None if found is None else PersonId(found)
