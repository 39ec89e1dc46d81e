"""Reports of bottles and threads: the row, its extract, and what it does to the bottle, in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core import bottle as rule
from nearby.core.bottle import Bottle, BottleId, State
from nearby.core.ids import PersonId
from nearby.core.rules import DAY_MS, Rules
from nearby.store.bottles import Drifter
from nearby.store.sql.bottle_rows import hold, keep
from nearby.store.tables import catches, report_messages, reports, thread_messages, threads

EXTRACT = 20
REJECTED_FOR_MS = 30 * DAY_MS
REJECTED = 2
"""So many rejected reports within that time, and a reporter's do not count."""


async def write_report(
    connection: AsyncConnection, reporter: Drifter, bottle: BottleId, row: Mapping[str, Any], rules: Rules
) -> bool:
    """See ``Bottles.report``; ``row`` is the report's id, reason, text and time."""
    found = await hold(connection, bottle)
    if found is None:
        return False
    found = rule.settled(found, row["at_ms"], rules)
    reported, has_reported = await _other_side(connection, found, reporter.person)
    if reported is None or has_reported:
        return False
    counts = reporter.is_established and not await _is_often_wrong(connection, reporter.person, row["at_ms"])
    await connection.execute(
        reports.insert().values(**row, reporter=reporter.person, reported=reported, does_count=counts, status="open")
    )
    lines = await _extract(connection, found, reporter.person, reported)
    await connection.execute(
        report_messages.insert(),
        [
            {"report": row["report"], "position": position, "speaker": speaker, "text": text, "at_ms": at_ms}
            for position, (speaker, text, at_ms) in enumerate(lines, 1)
        ],
    )
    await connection.execute(
        catches.update()
        .where(catches.c.bottle == bottle, catches.c.catcher == reporter.person)
        .values(has_reported=True)
    )
    await keep(connection, _after(found, reporter.person, row["at_ms"], rules, counts=counts))
    return True


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


async def _is_often_wrong(connection: AsyncConnection, reporter: PersonId, now_ms: int) -> bool:
    rejected = (
        sa.select(sa.func.count())
        .select_from(reports)
        .where(
            reports.c.reporter == reporter,
            reports.c.status == "rejected",
            reports.c.reviewed_ms > now_ms - REJECTED_FOR_MS,
        )
    )
    return int(await connection.scalar(rejected) or 0) >= REJECTED


async def _extract(
    connection: AsyncConnection, found: Bottle, reporter: PersonId, reported: PersonId
) -> Sequence[tuple[str, str, int]]:
    """Return speaker, text and time of what a report holds, oldest first: of a thread only if the two share it."""
    newest = (
        sa.select(thread_messages.c.author, thread_messages.c.text, thread_messages.c.at_ms)
        .join(threads, threads.c.thread == thread_messages.c.thread)
        .where(threads.c.bottle == found.id, sa.or_(threads.c.author == reporter, threads.c.catcher == reporter))
        .order_by(thread_messages.c.seq.desc())
        .limit(EXTRACT)
    )
    lines = [
        ("reported" if author == reported else "reporter", text, at_ms)
        for author, text, at_ms in await connection.execute(newest)
    ]
    return lines[::-1] or [("reported", found.text, found.thrown_ms)]
