"""Reports of bottles and threads: the row, its extract, and what it does to the bottle, in one transaction."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core import bottle as rule
from nearby.core.bottle import Bottle, BottleId, State
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.store.bottles import Drifter
from nearby.store.moderation import NewReport, Outcome, ReportLine
from nearby.store.sql.bottle_rows import hold, keep
from nearby.store.sql.report_rows import act, does_count, write_report, written_about
from nearby.store.sql.rights import NOBODY
from nearby.store.sql.room_reports import thread_lines
from nearby.store.tables import catches, reports, threads


async def write_bottle_report(
    connection: AsyncConnection, reporter: Drifter, bottle: BottleId, new: NewReport, now_ms: int, rules: Rules
) -> Outcome:
    """Report the other side of a bottle; of nobody's nothing, after the same looks. See ``Moderation.report``."""
    found = await hold(connection, bottle) or _nobodys(bottle, now_ms)
    found = rule.settled(found, now_ms, rules)
    reported, has_reported = await _other_side(connection, found, reporter.person)
    kept = None if has_reported else reported
    counts = await does_count(connection, reporter, now_ms, rules, shares=True)
    lines = await _extract(connection, found, reporter.person, reported or NOBODY)
    async with written_about(connection, reporter.person, kept, now_ms) as who:
        await write_report(connection, reporter, who, new, lines, now_ms, room=None, bottle=bottle, counts=counts)
        await connection.execute(
            catches.update()
            .where(catches.c.bottle == bottle, catches.c.catcher == reporter.person)
            .values(has_reported=True)
        )
        await keep(connection, _after(found, reporter.person, now_ms, rules, counts=counts))
        outcome = await act(connection, who, None, now_ms, rules, counts=counts)
    return Outcome() if kept is None else outcome


async def settle_by_decision(
    connection: AsyncConnection, bottle: BottleId, now_ms: int, rules: Rules, *, is_accepted: bool
) -> None:
    """Sink a reported bottle, or let it drift on if no report that counts is left. One that was answered stays."""
    found = await hold(connection, bottle)
    if found is None:
        return
    found = rule.settled(found, now_ms, rules)
    if is_accepted and found.state in (State.AFLOAT, State.LEASED, State.FROZEN):
        await keep(connection, rule.condemned(found, now_ms))
    elif found.state is State.FROZEN and not await _standing(connection, found):
        await keep(connection, rule.thawed(found, now_ms, rules))


async def undo_decision(
    connection: AsyncConnection, bottle: BottleId, decided_ms: int, now_ms: int, rules: Rules, *, counts: bool
) -> None:
    """Let a bottle be as it was before a report on it was decided: frozen, if the report counts."""
    found = await hold(connection, bottle)
    if found is None:
        return
    if found.state is State.SUNK and found.sunk_ms == decided_ms:
        found = rule.raised(found)
        if not await _standing(connection, found):
            found = rule.thawed(found, now_ms, rules)
        await keep(connection, found)
    elif counts and found.state in (State.AFLOAT, State.LEASED):
        await keep(connection, rule.reported(found, now_ms))


async def _standing(connection: AsyncConnection, found: Bottle) -> bool:
    """Return whether a report of a bottle counts that was not rejected."""
    query = sa.select(reports.c.report).where(
        reports.c.reported == found.author,
        reports.c.bottle == found.id,
        reports.c.does_count,
        reports.c.status != "rejected",
    )
    return await connection.scalar(query.limit(1)) is not None


def _nobodys(bottle: BottleId, now_ms: int) -> Bottle:
    """Return a bottle to look at in place of one that is not there: somebody answered it."""
    return Bottle(id=bottle, author=NOBODY, text="", origin=Cell(0), thrown_ms=now_ms, state=State.THREADED)


def _after(found: Bottle, reporter: PersonId, now_ms: int, rules: Rules, *, counts: bool) -> Bottle:
    """Return the bottle after a report. One that was answered or sank drifts no more, and stays what it is."""
    if counts and found.state in (State.AFLOAT, State.LEASED, State.FROZEN):
        return rule.reported(found, now_ms)
    if found.state is State.LEASED and found.catcher == reporter:
        return rule.released(found, now_ms, rules)
    return found


async def _other_side(connection: AsyncConnection, found: Bottle, person: PersonId) -> tuple[PersonId | None, bool]:
    """Return whom this person may report over a bottle, None if nobody, and whether they did already."""
    if found.author != person:
        has_reported = await connection.scalar(
            sa.select(catches.c.has_reported).where(catches.c.bottle == found.id, catches.c.catcher == person)
        )
        return (None, False) if has_reported is None else (found.author, bool(has_reported))
    answerer = await connection.scalar(sa.select(threads.c.catcher).where(threads.c.bottle == found.id))
    if answerer is None:
        return None, False
    # What an author reported is marked nowhere: any report of the one by the other ends the thread.
    told = sa.select(reports.c.report).where(reports.c.reporter == person, reports.c.reported == answerer).limit(1)
    return answerer, await connection.scalar(told) is not None


async def _extract(
    connection: AsyncConnection, found: Bottle, reporter: PersonId, reported: PersonId
) -> Sequence[ReportLine]:
    """Return what a report holds, oldest first: of a thread only if the two share it."""
    shared = sa.select(threads.c.thread).where(
        threads.c.bottle == found.id, sa.or_(threads.c.author == reporter, threads.c.catcher == reporter)
    )
    thread = await connection.scalar(shared)
    lines = await thread_lines(connection, thread or NOBODY, reported)
    return lines or [ReportLine("reported", found.text, found.thrown_ms)]
