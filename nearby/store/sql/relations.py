"""What people are to each other, on SQLite or PostgreSQL."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.changes import PersonSeen
from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.core.rules import DAY_MS
from nearby.store.bottles import Drifter
from nearby.store.relations import Acquaintance, Block, Handle, Introduction, Relation, Withdrawn
from nearby.store.retention import SEAT_MS
from nearby.store.sql import blocks
from nearby.store.sql.engine import RowRefused
from nearby.store.sql.rights import NOBODY, shadow_of
from nearby.store.sql.statements import write
from nearby.store.tables import people, relations, seats, shadows

Transaction = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
MOST_KNOWN = 1_000

_ME: sa.BindParameter[str] = sa.bindparam("me")
_HANDLE: sa.BindParameter[str] = sa.bindparam("handle")
_MINE = seats.alias("mine")
_ENDED_MS: sa.BindParameter[int] = sa.bindparam("ended_ms")
_MEMBER_OF = (
    sa.select(seats.c.person)
    .join(_MINE, _MINE.c.room == seats.c.room)
    .where(
        seats.c.member == sa.bindparam("member"),
        sa.or_(seats.c.ended_ms.is_(None), seats.c.ended_ms > _ENDED_MS),
        _MINE.c.person == _ME,
        sa.or_(_MINE.c.ended_ms.is_(None), _MINE.c.ended_ms > _ENDED_MS),
        seats.c.person != _ME,
    )
    .limit(1)
)
_MEMBER_OF_ROOM = _MEMBER_OF.where(seats.c.room == sa.bindparam("room"))
_WHO = sa.select(relations.c.subject).where(
    relations.c.owner == _ME, relations.c.kind == "known", relations.c.handle == _HANDLE
)


def _is(kind: str) -> sa.ColumnElement[bool]:
    other = relations.alias()
    return sa.exists().where(
        other.c.owner == relations.c.owner, other.c.kind == kind, other.c.subject == relations.c.subject
    )


_IS_VERIFIED = sa.and_(people.c.verified_name.is_not(None), people.c.verdict.is_distinct_from("revoked"))
_NAME = sa.func.coalesce(people.c.name, sa.case((_IS_VERIFIED, people.c.verified_name)))
_KNOWN = (
    sa.select(relations.c.handle, _NAME, _IS_VERIFIED, _is("follow"), _is("mute"), _is("block"))
    .join(people, people.c.person == relations.c.subject)
    .where(relations.c.owner == _ME, relations.c.kind == "known")
    .order_by(relations.c.created_ms.desc(), relations.c.handle)
    .limit(MOST_KNOWN)
)
_INTRODUCTION = (
    sa.select(relations.c.handle, _NAME)
    .join(people, people.c.person == relations.c.subject)
    .where(relations.c.owner == _ME, relations.c.kind == "known", relations.c.subject == sa.bindparam("other"))
)


class SqlRelations:
    """See ``nearby.store.relations.Relations``.

    Args:
        reading: Begins a transaction that only reads.
        writing: Begins one that writes.
        secret: Keys what stays in force against erased people.
    """

    def __init__(self, reading: Transaction, writing: Transaction, secret: bytes) -> None:
        self._reading = reading
        self._writing = writing
        self._secret = secret
        self._shadows: set[bytes] = set()

    async def note_shadows(self) -> None:
        """See ``Relations.note_shadows``."""
        async with self._reading() as connection:
            self._shadows.update(await connection.scalars(sa.select(shadows.c.shadow).distinct()))

    def note_erased(self, person: PersonId) -> None:
        """See ``Relations.note_erased``."""
        self._shadows.add(shadow_of(person, self._secret))

    def may_be_shadowed(self, person: PersonId) -> bool:
        """See ``Relations.may_be_shadowed``."""
        return bool(self._shadows) and shadow_of(person, self._secret) in self._shadows

    async def member_of(self, person: PersonId, room: RoomId | None, member: MemberId, now_ms: int) -> PersonId | None:
        """See ``Relations.member_of``."""
        asked = {"me": person, "member": member, "ended_ms": now_ms - SEAT_MS}
        query = _MEMBER_OF
        if room is not None:
            query, asked = _MEMBER_OF_ROOM, {**asked, "room": room}
        async with self._reading() as connection:
            found = await connection.scalar(query, asked)
        return None if found is None else PersonId(found)

    async def make_known(
        self, one: PersonId, other: PersonId, handles: tuple[Handle, Handle], now_ms: int
    ) -> tuple[Introduction, Introduction] | None:
        """See ``Relations.make_known``."""
        try:
            async with self._writing() as connection:
                # In one order, so that two who do this at once take turns.
                for owner, subject, handle in sorted(((one, other, handles[0]), (other, one, handles[1]))):
                    await _add(connection, owner, "known", subject, handle, now_ms)
                first = (await connection.execute(_INTRODUCTION, {"me": one, "other": other})).one()
                second = (await connection.execute(_INTRODUCTION, {"me": other, "other": one})).one()
        except RowRefused:
            return None
        return Introduction(*first), Introduction(*second)

    async def known(self, person: PersonId) -> Sequence[Acquaintance]:
        """See ``Relations.known``."""
        async with self._reading() as connection:
            rows = await connection.execute(_KNOWN, {"me": person})
            return [Acquaintance(row[0], row[1], *map(bool, row[2:])) for row in rows]

    async def resolve(self, person: PersonId, handles: Collection[Handle]) -> Mapping[Handle, PersonId]:
        """See ``Relations.resolve``."""
        query = sa.select(relations.c.handle, relations.c.subject).where(
            relations.c.owner == person, relations.c.kind == "known", relations.c.handle.in_(handles)
        )
        async with self._reading() as connection:
            return {handle: PersonId(subject) for handle, subject in await connection.execute(query)}

    async def withdraw(self, person: Drifter, handle: Handle, now_ms: int) -> PersonId | None:
        """See ``Relations.withdraw``."""
        async with self._writing() as connection:
            other = await self._who(connection, person, handle, now_ms)
            for owner, subject in ((person.person, other or NOBODY), (other or NOBODY, person.person)):
                await connection.execute(
                    relations.delete().where(
                        relations.c.owner == owner,
                        relations.c.kind.in_(("known", "follow", "mute")),
                        relations.c.subject == subject,
                    )
                )
        return other

    async def put(
        self, person: Drifter, relation: Relation, handle: Handle, new: Handle, now_ms: int
    ) -> PersonId | None:
        """See ``Relations.put``."""
        async with self._writing() as connection:
            other = await self._who(connection, person, handle, now_ms)
            if other is not None:
                await _add(connection, person.person, relation, other, new, now_ms)
        return other

    async def drop(self, person: Drifter, relation: Relation, handle: Handle, now_ms: int) -> PersonId | None:
        """See ``Relations.drop``."""
        async with self._writing() as connection:
            other = await self._who(connection, person, handle, now_ms)
            await connection.execute(
                relations.delete().where(
                    relations.c.owner == person.person,
                    relations.c.kind == relation,
                    relations.c.subject == (other or NOBODY),
                )
            )
        return other

    async def block(
        self, author: Drifter, other: PersonId | None, named: str, block: str, now_ms: int, *, most: int
    ) -> Block:
        """See ``Relations.block``."""
        shadow = blocks.shadow_of_nobody(author.person, named, self._secret)
        try:
            return await self._block(author, other, shadow, block, now_ms, most)
        except RowRefused:
            # Erased meanwhile: nobody by now.
            return await self._block(author, None, shadow, block, now_ms, most)

    async def _block(
        self, author: Drifter, other: PersonId | None, shadow: bytes, block: str, now_ms: int, most: int
    ) -> Block:
        async with self._writing() as connection:
            await _meet(connection, author, now_ms)
            return await blocks.put(connection, author, other, shadow, block, now_ms, most=most)

    async def apart(self, author: PersonId, other: PersonId) -> bool | None:
        """See ``Relations.apart``."""
        async with self._reading() as connection:
            return await blocks.reasons(connection, author, other)

    async def blocks(self, person: PersonId, now_ms: int) -> Sequence[str]:
        """See ``Relations.blocks``."""
        async with self._reading() as connection:
            return await blocks.read(connection, person, now_ms)

    async def unblock(self, author: Drifter, block: str, now_ms: int) -> Withdrawn:
        """See ``Relations.unblock``."""
        async with self._writing() as connection:
            await _meet(connection, author, now_ms)
            return await blocks.withdraw(connection, author.person, block)

    async def unblock_person(self, author: Drifter, handle: Handle, now_ms: int) -> Withdrawn:
        """See ``Relations.unblock_person``."""
        shadow = blocks.shadow_of_nobody(author.person, handle, self._secret)
        async with self._writing() as connection:
            other = await self._who(connection, author, handle, now_ms)
            block = await blocks.find(connection, author.person, other, shadow)
            return await blocks.withdraw(connection, author.person, block or "")

    async def _who(self, connection: AsyncConnection, person: Drifter, handle: Handle, now_ms: int) -> PersonId | None:
        """Return who is meant by a handle. Always writes a row: time does not tell whether it names somebody."""
        await _meet(connection, person, now_ms)
        found = await connection.scalar(_WHO, {"me": person.person, "handle": handle})
        return None if found is None else PersonId(found)


async def _meet(connection: AsyncConnection, person: Drifter, now_ms: int) -> None:
    """Make sure that there is an account."""
    await write(connection, PersonSeen, [PersonSeen(person.person, person.is_guest, now_ms, now_ms // DAY_MS)])


async def _add(
    connection: AsyncConnection, owner: PersonId, kind: str, subject: PersonId, handle: Handle, now_ms: int
) -> None:
    """Add a relation if there is none of the kind."""
    row = (sa.literal(owner), sa.literal(kind), sa.literal(subject), sa.literal(handle), sa.literal(now_ms))
    is_there = sa.exists().where(relations.c.owner == owner, relations.c.kind == kind, relations.c.subject == subject)
    names = ("owner", "kind", "subject", "handle", "created_ms")
    await connection.execute(relations.insert().from_select(names, sa.select(*row).where(~is_there)))
