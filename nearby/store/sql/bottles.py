"""Drift bottles on SQL. Each call is one transaction; what a bottle becomes, ``nearby.core.bottle`` says."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core import bottle as rule
from nearby.core.bottle import SAMPLE, BottleId, Drifting, State, ThreadId
from nearby.core.changes import PersonSeen
from nearby.core.ids import Cell, PersonId
from nearby.core.limits import rolling
from nearby.core.rules import DAY_MS, Rules
from nearby.errors import ErrorCode, Refused
from nearby.store.bottles import BottleCounts, Drifter, Lease, Thread
from nearby.store.sql import bottle_counts, threads
from nearby.store.sql.bottle_rows import established_catches, gone_if_refused, hold, keep, read_bottle
from nearby.store.sql.conflicts import about_me, are_in_conflict, is_in_conflict, shadows_owned
from nearby.store.sql.rights import shadow_of
from nearby.store.sql.statements import write
from nearby.store.tables import bottles, catches, people, reports

Transaction = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


def _sample_query() -> sa.CompoundSelect[Any]:
    """Return the query of bottles that may reach me, with what ``SqlBottles`` gives it as parameters."""
    thrown_ms, is_afloat = bottles.c.thrown_ms, bottles.c.state == State.AFLOAT.value
    oldest_ms: sa.BindParameter[int] = sa.bindparam("oldest_ms")
    start_ms: sa.BindParameter[int] = sa.bindparam("start_ms")
    came_back = sa.and_(
        bottles.c.state == State.LEASED.value,
        bottles.c.lease_until_ms <= sa.bindparam("at_ms"),
        thrown_ms >= oldest_ms,
        established_catches() < sa.bindparam("catches"),
    )
    may = (
        bottles.c.author != sa.bindparam("me"),
        bottles.c.author.not_in(sa.bindparam("avoid", expanding=True)),
        ~sa.exists().where(catches.c.bottle == bottles.c.bottle, catches.c.catcher == sa.bindparam("me")),
        ~is_in_conflict(bottles.c.author),
        ~_is_author_in_doubt(),
    )
    parts = (
        sa.select(*_DRIFTING).where(is_afloat, thrown_ms >= start_ms, *may).order_by(thrown_ms),
        sa.select(*_DRIFTING).where(is_afloat, thrown_ms.between(oldest_ms, start_ms - 1), *may).order_by(thrown_ms),
        sa.select(*_DRIFTING).where(came_back, *may).order_by(bottles.c.lease_until_ms),
    )
    return sa.union_all(*(sa.select(part.limit(SAMPLE).subquery()) for part in parts))


def _is_author_in_doubt() -> sa.ColumnElement[bool]:
    """Return whether a bottle's author was reported: see ``Bottles.catch``."""
    counting = (reports.c.reported == bottles.c.author, reports.c.does_count, reports.c.status != "rejected")
    lately = sa.exists().where(*counting, reports.c.at_ms > bottles.c.thrown_ms - sa.bindparam("doubt_ms"))
    by = sa.select(sa.func.count(reports.c.reporter.distinct())).where(
        *counting, reports.c.at_ms > bottles.c.thrown_ms - sa.bindparam("doubt_repeated_ms")
    )
    return sa.or_(lately, by.scalar_subquery() > 1)


_DRIFTING = (bottles.c.bottle, bottles.c.author, bottles.c.fence)
_SAMPLE = _sample_query()
_HOLD_PERSON = sa.select(people.c.person).where(people.c.person == sa.bindparam("me")).with_for_update(key_share=True)


class SqlBottles:
    """See ``nearby.store.bottles.Bottles``.

    Args:
        reading: Begins a transaction that only reads.
        writing: Begins one that writes; on SQLite it takes the lock at once.
        secret: Keys the hashes of erased people.
        random: Says which bottle is caught.
    """

    def __init__(self, reading: Transaction, writing: Transaction, secret: bytes, random: Random) -> None:
        self._reading = reading
        self._writing = writing
        self._secret = secret
        self._random = random

    async def throw(
        self, author: Drifter, bottle: BottleId, text: str, origin: Cell, now_ms: int, rules: Rules
    ) -> None:
        """See ``Bottles.throw``."""
        most = rules.bottles_per_day_verified if author.is_verified else rules.bottles_per_day
        async with self._writing() as connection:
            await meet(connection, author, now_ms)
            mine = sa.select(bottles.c.thrown_ms).where(bottles.c.author == author.person)
            await check_limit(connection, mine, bottles.c.thrown_ms, now_ms, most, rules.day_ms, "bottles")
            await connection.execute(
                bottles.insert().values(
                    bottle=bottle,
                    author=author.person,
                    text=text,
                    origin=origin,
                    thrown_ms=now_ms,
                    state=State.AFLOAT.value,
                    fence=0,
                )
            )

    async def catch(self, catcher: Drifter, now_ms: int, rules: Rules) -> Lease | None:
        """See ``Bottles.catch``."""
        most = rules.catches_per_day if catcher.is_established else rules.catches_per_day_unestablished
        person = catcher.person
        async with self._writing() as connection:
            await meet(connection, catcher, now_ms)
            mine = sa.select(catches.c.at_ms).where(catches.c.catcher == person)
            await check_limit(connection, mine, catches.c.at_ms, now_ms, most, rules.day_ms, "catches")
            blocked, avoid = await shadows_owned(connection, person, now_ms), set[PersonId]()
            while True:
                sample = await self._sample(connection, person, now_ms, rules, avoid)
                shadowed = {one.author for one in sample if blocked and shadow_of(one.author, self._secret) in blocked}
                for one in rule.in_order((one for one in sample if one.author not in shadowed), self._random.random):
                    if lease := await _lease(connection, one.bottle, catcher, now_ms, rules):
                        return lease
                if not shadowed:
                    return None
                avoid |= shadowed

    async def reply(
        self, catcher: PersonId, bottle: BottleId, fence: int, text: str, thread: ThreadId, now_ms: int
    ) -> Thread:
        """See ``Bottles.reply``."""
        with gone_if_refused():
            async with self._writing() as connection:
                found = await hold(connection, bottle)
                if found is not None and found.state is State.THREADED:
                    return await threads.answered_before(connection, found, catcher, text)
                if found is None or not found.is_held(catcher, fence, now_ms):
                    raise Refused(ErrorCode.GONE)
                # A block since the catch ends the lease in all but name.
                if await are_in_conflict(connection, catcher, found.author, now_ms, self._secret):
                    raise Refused(ErrorCode.GONE)
                await keep(connection, rule.answered(found))
                return await threads.begin(connection, found, thread, catcher, text, now_ms)

    async def release(self, catcher: PersonId, bottle: BottleId, fence: int, now_ms: int, rules: Rules) -> None:
        """See ``Bottles.release``."""
        with gone_if_refused():
            async with self._writing() as connection:
                found = await hold(connection, bottle)
                if found is None or not found.is_held(catcher, fence, now_ms):
                    raise Refused(ErrorCode.GONE)
                await keep(connection, rule.released(found, now_ms, rules))

    async def counts(self, now_ms: int, rules: Rules) -> BottleCounts:
        """See ``Bottles.counts``."""
        async with self._reading() as connection:
            return await bottle_counts.read_counts(connection, now_ms, rules)

    async def _sample(
        self, connection: AsyncConnection, catcher: PersonId, now_ms: int, rules: Rules, avoid: Collection[PersonId]
    ) -> Sequence[Drifting]:
        """Return bottles that may reach the catcher: thrown from a random moment on, and those whose lease ended."""
        oldest_ms = now_ms - rules.bottle_life_ms + 1
        asked = {
            **about_me(catcher, now_ms, self._secret),
            "oldest_ms": oldest_ms,
            "start_ms": oldest_ms + self._random.randrange(rules.bottle_life_ms),
            "catches": rules.bottle_catches,
            "doubt_ms": rules.doubt_ms,
            "doubt_repeated_ms": rules.doubt_repeated_ms,
            "avoid": list(avoid),
        }
        found = [Drifting(*row) for row in await connection.execute(_SAMPLE, asked)]
        # Those whose lease ended come last and must not always lose their place to the others.
        return found if len(found) <= SAMPLE else self._random.sample(found, SAMPLE)


async def _lease(
    connection: AsyncConnection, bottle: BottleId, catcher: Drifter, now_ms: int, rules: Rules
) -> Lease | None:
    """Return the lease of one bottle, or None if somebody else was faster."""
    found = await read_bottle(connection, bottle, skip_locked=True)
    if found is None:
        return None
    found = rule.settled(found, now_ms, rules)
    if found.state is not State.AFLOAT:
        return None
    held = rule.caught(found, catcher.person, now_ms, rules, is_established=catcher.is_established)
    await connection.execute(
        catches.insert().values(
            bottle=bottle,
            catcher=catcher.person,
            at_ms=now_ms,
            is_established=catcher.is_established,
            has_reported=False,
        )
    )
    await keep(connection, held)
    assert held.lease_until_ms is not None
    return Lease(bottle, held.text, held.fence, held.lease_until_ms)


async def meet(connection: AsyncConnection, drifter: Drifter, now_ms: int) -> None:
    """Make sure that there is an account, and let calls of one person take turns."""
    await write(connection, PersonSeen, [PersonSeen(drifter.person, drifter.is_guest, now_ms, now_ms // DAY_MS)])
    await connection.execute(_HOLD_PERSON, {"me": drifter.person})


async def check_limit(
    connection: AsyncConnection,
    times: sa.Select[Any],
    column: sa.ColumnElement[Any],
    now_ms: int,
    most: int,
    span_ms: int,
    limit: str,
) -> None:
    """Refuse one more event if ``most`` of ``times`` are in the span; 0 means no limit.

    Raises:
        Refused: ``rate_limited``, with the time until the oldest of them is out of it.
    """
    if most:
        latest = times.where(column > now_ms - span_ms).order_by(column.desc()).limit(most)
        found = tuple(reversed((await connection.scalars(latest)).all()))
        _, wait_ms = rolling(found, now_ms, limit=most, span_ms=span_ms)
        if wait_ms:
            raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit=limit)
