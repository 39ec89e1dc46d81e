"""Two-person threads on SQL."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.bottle import Bottle, BottleId, ThreadId
from nearby.core.ids import Cell, PersonId
from nearby.core.limits import rolling
from nearby.core.rules import Rules
from nearby.errors import ErrorCode, Refused
from nearby.store.bottles import Thread, ThreadLine
from nearby.store.sql.bottle_rows import gone_if_refused
from nearby.store.sql.conflicts import about_me, is_in_conflict, shadows_owned
from nearby.store.sql.rights import shadow_of
from nearby.store.tables import bottles, thread_messages, threads

MOST_THREADS = 200
MOST_LINES = 200
ANSWER_SEQ = 2
"""A thread's first line is the bottle's text, its second the answer."""


class SqlThreads:
    """See ``nearby.store.bottles.Threads``. Arguments as for ``SqlBottles``."""

    def __init__(self, reading: Any, writing: Any, secret: bytes) -> None:
        self._reading = reading
        self._writing = writing
        self._secret = secret

    async def of(self, person: PersonId, now_ms: int) -> Sequence[Thread]:
        """See ``Threads.of``."""
        async with self._reading() as connection:
            blocked = await shadows_owned(connection, person, now_ms)
            found = await connection.execute(_MINE, about_me(person, now_ms, self._secret))
            rows = [row for row in found if not blocked or shadow_of(row.other, self._secret) not in blocked]
        return [_seen(row) for row in rows[:MOST_THREADS]]

    async def lines(self, person: PersonId, thread: ThreadId, after: int, now_ms: int) -> Sequence[ThreadLine]:
        """See ``Threads.lines``."""
        async with self._reading() as connection:
            await self._check(connection, person, thread, now_ms)
            query = (
                sa.select(thread_messages)
                .where(thread_messages.c.thread == thread, thread_messages.c.seq > after)
                .order_by(thread_messages.c.seq)
                .limit(MOST_LINES)
            )
            found = await connection.execute(query)
            return [ThreadLine(row.seq, row.author == person, row.text, row.at_ms) for row in found]

    async def write(self, person: PersonId, thread: ThreadId, text: str, now_ms: int, rules: Rules) -> ThreadLine:
        """See ``Threads.write``."""
        with gone_if_refused():
            async with self._writing() as connection:
                # Held, so that two lines at once take turns.
                lock = sa.select(threads.c.thread).where(threads.c.thread == thread).with_for_update(key_share=True)
                await connection.execute(lock)
                await self._check(connection, person, thread, now_ms)
                await _check_rate(connection, person, thread, now_ms, rules)
                last = sa.select(sa.func.max(thread_messages.c.seq)).where(thread_messages.c.thread == thread)
                seq = int(await connection.scalar(last) or 0) + 1
                await _add(connection, thread, seq, person, text, now_ms)
        return ThreadLine(seq, True, text, now_ms)

    async def _check(self, connection: AsyncConnection, person: PersonId, thread: ThreadId, now_ms: int) -> None:
        """Refuse with ``gone`` what is no open thread of the person."""
        asked = {**about_me(person, now_ms, self._secret), "thread": thread}
        other = await connection.scalar(_ONE, asked)
        if other is None or shadow_of(other, self._secret) in await shadows_owned(connection, person, now_ms):
            raise Refused(ErrorCode.GONE)


def _open() -> sa.CompoundSelect[Any]:
    """Return the query of my threads whose other side is there and in no conflict with me, all or one of them."""
    sides = []
    for me, other in ((threads.c.author, threads.c.catcher), (threads.c.catcher, threads.c.author)):
        sides.append(
            sa.select(
                threads.c.thread,
                threads.c.bottle,
                threads.c.created_ms,
                other.label("other"),
                bottles.c.origin,
                sa.literal(me is threads.c.author).label("is_thrower"),
            )
            .join(bottles, bottles.c.bottle == threads.c.bottle)
            .where(me == sa.bindparam("me"), other.is_not(None), ~is_in_conflict(other))
        )
    return sa.union_all(*sides)


_OPEN = _open().subquery()
_MINE = sa.select(_OPEN).order_by(_OPEN.c.created_ms.desc(), _OPEN.c.thread)
_ONE = sa.select(_OPEN.c.other).where(_OPEN.c.thread == sa.bindparam("thread"))


def _seen(row: sa.Row[Any]) -> Thread:
    return Thread(ThreadId(row.thread), BottleId(row.bottle), Cell(row.origin), row.created_ms, bool(row.is_thrower))


async def begin(
    connection: AsyncConnection, bottle: Bottle, thread: ThreadId, catcher: PersonId, text: str, now_ms: int
) -> Thread:
    """Make the thread of a bottle that was answered just now."""
    await connection.execute(
        threads.insert().values(
            thread=thread, bottle=bottle.id, author=bottle.author, catcher=catcher, created_ms=now_ms
        )
    )
    await _add(connection, thread, 1, bottle.author, bottle.text, bottle.thrown_ms)
    await _add(connection, thread, ANSWER_SEQ, catcher, text, now_ms)
    return Thread(thread, bottle.id, bottle.origin, now_ms, is_thrower=False)


async def answered_before(connection: AsyncConnection, bottle: Bottle, catcher: PersonId, text: str) -> Thread:
    """Return the thread of a bottle that this person answered with this text.

    Raises:
        Refused: ``gone``: it was somebody else, or another text.
    """
    query = (
        sa.select(threads.c.thread, threads.c.created_ms)
        .join(thread_messages, thread_messages.c.thread == threads.c.thread)
        .where(
            threads.c.bottle == bottle.id,
            threads.c.catcher == catcher,
            thread_messages.c.seq == ANSWER_SEQ,
            thread_messages.c.text == text,
        )
    )
    row = (await connection.execute(query)).first()
    if row is None:
        raise Refused(ErrorCode.GONE)
    return Thread(ThreadId(row.thread), bottle.id, bottle.origin, row.created_ms, is_thrower=False)


async def _add(
    connection: AsyncConnection, thread: ThreadId, seq: int, author: PersonId, text: str, at_ms: int
) -> None:
    row = {"thread": thread, "seq": seq, "author": author, "text": text, "at_ms": at_ms}
    await connection.execute(thread_messages.insert().values(row))


async def _check_rate(
    connection: AsyncConnection, person: PersonId, thread: ThreadId, now_ms: int, rules: Rules
) -> None:
    most = rules.lines_per_minute
    if not most:
        return
    # By seq, for that is what the key orders by; beyond twice as many lines none is of this minute.
    newest = (
        sa.select(thread_messages.c.author, thread_messages.c.at_ms)
        .where(thread_messages.c.thread == thread)
        .order_by(thread_messages.c.seq.desc())
        .limit(2 * most)
    )
    rows = await connection.execute(newest)
    mine = tuple(at_ms for author, at_ms in rows if author == person and at_ms > now_ms - rules.minute_ms)[:most]
    _, wait_ms = rolling(mine[::-1], now_ms, limit=most, span_ms=rules.minute_ms)
    if wait_ms:
        raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="lines")
