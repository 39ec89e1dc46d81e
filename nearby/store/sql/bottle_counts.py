"""What time makes of bottles, said in SQL: counted where they are now, and written down."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.bottle import State
from nearby.core.rules import Rules
from nearby.store.bottles import BottleCounts
from nearby.store.sql.bottle_rows import established_catches
from nearby.store.tables import bottles, threads

_STATE, _THROWN_MS, _LEASE_MS = bottles.c.state, bottles.c.thrown_ms, bottles.c.lease_until_ms


async def read_counts(connection: AsyncConnection, now_ms: int, rules: Rules) -> BottleCounts:
    """See ``Bottles.counts``. Each number is a look of its own at one state of the database, none a rest of others."""
    is_young = now_ms - rules.bottle_life_ms < _THROWN_MS
    is_old = now_ms - rules.bottle_life_ms >= _THROWN_MS
    is_over = rules.bottle_catches <= established_catches()
    lease_ended = sa.and_(_in(State.LEASED), now_ms >= _LEASE_MS)
    query = sa.select(
        _count(_in(*State)),
        _count(_in(State.AFLOAT), is_young) + _count(lease_ended, is_young, ~is_over),
        _count(_in(State.LEASED), now_ms < _LEASE_MS),
        _count(_in(State.FROZEN), is_young),
        _count(_in(State.THREADED)),
        _count(_in(State.SUNK))
        + _count(_in(State.AFLOAT, State.FROZEN), is_old)
        + _count(lease_ended, sa.or_(is_old, is_over)),
    )
    return BottleCounts(*(await connection.execute(query)).one())


async def settle(connection: AsyncConnection, now_ms: int, rules: Rules) -> None:
    """Write down what time has made of every bottle, as ``nearby.core.bottle.settled``; threads of nobody go.

    No call needs it: it makes rows small in number where the next catch looks, and sets off the time until they go.
    """
    sinks_ms = _THROWN_MS + rules.bottle_life_ms
    is_old = now_ms - rules.bottle_life_ms >= _THROWN_MS
    is_over = rules.bottle_catches <= established_catches()
    came_back = (_in(State.LEASED), now_ms >= _LEASE_MS)
    later_ms = sa.case((sinks_ms > _LEASE_MS, sinks_ms), else_=_LEASE_MS)
    nobodys = {"catcher": None, "lease_until_ms": None}
    sunk = {"state": State.SUNK.value, **nobodys}
    for which, values in (
        (sa.and_(*came_back, is_over), {**sunk, "sunk_ms": _LEASE_MS}),
        (sa.and_(*came_back, is_old), {**sunk, "sunk_ms": later_ms}),
        (sa.and_(*came_back), {"state": State.AFLOAT.value, **nobodys}),
        (sa.and_(_in(State.AFLOAT, State.FROZEN), is_old), {**sunk, "sunk_ms": sinks_ms}),
    ):
        await connection.execute(bottles.update().where(which).values(values))
    await connection.execute(threads.delete().where(threads.c.author.is_(None), threads.c.catcher.is_(None)))


def _in(*states: State) -> sa.ColumnElement[bool]:
    return _STATE.in_([state.value for state in states])


def _count(*which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.select(sa.func.count()).select_from(bottles).where(*which).scalar_subquery()
