"""What a report is made of: its row, its extract, the conflict it leaves, and what it does by the rules."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.changes import PersonSeen
from nearby.core.ids import PersonId, RoomId
from nearby.core.reports import Told, counts, removes, suspends
from nearby.core.rules import DAY_MS, Rules
from nearby.store.bottles import Drifter
from nearby.store.moderation import BY_REPORTS, NewReport, Outcome, ReportLine
from nearby.store.sql.audit import audit_row
from nearby.store.sql.drawn import new_id
from nearby.store.sql.markers import VERDICTS, grow
from nearby.store.sql.rights import NOBODY
from nearby.store.sql.statements import write
from nearby.store.tables import audit, bans, conflicts, people, relations, report_messages, reports

EXTRACT = 20
SUSPENDED = "suspend_by_reports"
"""What the audit calls a suspension that nobody decided."""


async def does_count(
    connection: AsyncConnection, reporter: Drifter, now_ms: int, rules: Rules, *, shares: bool
) -> bool:
    """Return whether a report counts; see ``nearby.core.reports.counts``."""
    rejected = sa.select(reports.c.reviewed_ms).where(
        reports.c.reporter == reporter.person,
        reports.c.status == "rejected",
        reports.c.reviewed_ms > now_ms - rules.rejected_ms,
    )
    rejected_ms = (await connection.scalars(rejected)).all()
    return counts(
        is_established=reporter.is_established, shares=shares, rejected_ms=rejected_ms, now_ms=now_ms, rules=rules
    )


async def write_report(
    connection: AsyncConnection,
    reporter: Drifter,
    reported: PersonId,
    new: NewReport,
    lines: Sequence[ReportLine],
    now_ms: int,
    *,
    room: str | None,
    bottle: str | None,
    counts: bool,
) -> None:
    """Write a report with its extract, oldest message first, and let the two never meet again."""
    await connection.execute(
        reports.insert().values(
            report=new.report,
            reporter=reporter.person,
            reported=reported,
            room=room,
            bottle=bottle,
            reason=new.reason,
            text=new.text,
            at_ms=now_ms,
            does_count=counts,
            status="open",
        )
    )
    rows = [
        {"report": new.report, "position": at, "speaker": line.speaker, "text": line.text, "at_ms": line.at_ms}
        for at, line in enumerate(lines, 1)
    ]
    if rows:
        await connection.execute(report_messages.insert(), rows)
    else:
        # As much work, whether the two heard anything together or not.
        await connection.execute(report_messages.delete().where(report_messages.c.report == new.report))
    of_the_two = {"author": reporter.person, "other": reported, "because": "report"}
    # The newest says whether it binds both: who reported before may be established by now.
    await connection.execute(
        conflicts.delete().where(*(conflicts.c[column] == value for column, value in of_the_two.items()))
    )
    await connection.execute(
        conflicts.insert().values(**of_the_two, is_mutual=reporter.is_established, since_ms=now_ms)
    )


@asynccontextmanager
async def written_about(
    connection: AsyncConnection, reporter: PersonId, reported: PersonId | None, now_ms: int
) -> AsyncIterator[PersonId]:
    """Yield whom to write about: the reported, or for nobody a stand-in, about whom all is taken back again.

    What is asked of nobody, or for the second time, would be answered sooner otherwise.
    """
    stand_in = PersonId(new_id())
    writes = await connection.begin_nested()
    if reported is None:
        await write(connection, PersonSeen, [PersonSeen(stand_in, True, now_ms, now_ms // DAY_MS)])
    else:
        # Not the reported: of two who report each other over a bottle each would wait for the other.
        await connection.execute(_touch(reporter))
    yield stand_in if reported is None else reported
    await (writes.rollback() if reported is None else writes.commit())
    # Else there would be nothing to wait for until it is on disk.
    await connection.execute(_touch(reporter))


def _touch(person: PersonId) -> sa.Update:
    return people.update().where(people.c.person == person).values(seen_day=people.c.seen_day)


async def is_told_already(
    connection: AsyncConnection, reporter: PersonId, reported: PersonId, room: str | None, bottle: str | None
) -> bool:
    """Return whether the reporter told of somebody before, over the same place, and no operator has looked yet."""
    query = sa.select(reports.c.report).where(
        reports.c.reporter == reporter,
        reports.c.reported == reported,
        reports.c.room.is_not_distinct_from(room),
        reports.c.bottle.is_not_distinct_from(bottle),
        reports.c.status == "open",
    )
    return await connection.scalar(query.limit(1)) is not None


async def act(
    connection: AsyncConnection, reported: PersonId, room: str | None, now_ms: int, rules: Rules, *, counts: bool
) -> Outcome:
    """Do what the reports about somebody do by themselves, now that there is one more, if it counts."""
    # Looked at in any case: else the answer would tell whether the reporter heard them.
    are_removers = await _are_removers(connection, reported, room)
    is_suspended = suspends(await told_of(connection, reported), await suspended_ms(connection, reported), rules)
    if not counts:
        return Outcome(reported)
    if is_suspended:
        await connection.execute(
            bans.insert().values(
                ban=new_id(),
                person=reported,
                kind="suspension",
                since_ms=now_ms,
                until_ms=now_ms + rules.suspended_ms,
                reason=BY_REPORTS,
            )
        )
        await audit_row(connection, operator=None, action=SUSPENDED, target=reported, detail=None, now_ms=now_ms)
        await grow(connection, VERDICTS)
    return Outcome(reported, RoomId(room) if are_removers and room is not None else None, is_suspended)


async def told_of(connection: AsyncConnection, reported: PersonId) -> list[Told]:
    """Return the reports about somebody that count and that no operator has looked at."""
    place = sa.func.coalesce(reports.c.room, reports.c.bottle)
    query = sa.select(reports.c.reporter, place, reports.c.at_ms).where(
        reports.c.reported == reported,
        reports.c.status == "open",
        reports.c.does_count,
        reports.c.reporter.is_not(None),
        place.is_not(None),
    )
    return [Told(*row) for row in await connection.execute(query)]


async def suspended_ms(connection: AsyncConnection, reported: PersonId) -> int | None:
    """Return when reports last suspended somebody."""
    last = sa.select(sa.func.max(audit.c.at_ms)).where(audit.c.target == reported, audit.c.action == SUSPENDED)
    found: int | None = await connection.scalar(last)
    return found


async def _are_removers(connection: AsyncConnection, reported: PersonId, room: str | None) -> bool:
    query = sa.select(reports.c.reporter).where(
        reports.c.reported == reported,
        reports.c.room == (room or NOBODY),
        reports.c.does_count,
        reports.c.status != "rejected",
        reports.c.reporter.is_not(None),
    )
    reporters = (await connection.scalars(query)).all()
    friends = sa.select(relations.c.owner, relations.c.subject).where(
        relations.c.kind == "known", relations.c.owner.in_(reporters), relations.c.subject.in_(reporters)
    )
    return removes(reporters, [(row.owner, row.subject) for row in await connection.execute(friends)])
