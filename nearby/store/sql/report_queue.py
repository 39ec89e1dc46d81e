"""What operators read of reports, and what they decide."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.bottle import BottleId
from nearby.core.ids import PersonId
from nearby.core.reports import ReportId, Then, stays_suspended
from nearby.core.rules import Rules
from nearby.errors import ErrorCode, Refused
from nearby.store.moderation import BY_REPORTS, Ban, By, Queue, Report, ReportLine
from nearby.store.sql import verdicts
from nearby.store.sql.bottle_reports import settle_by_decision, undo_decision
from nearby.store.sql.markers import VERDICTS, grow
from nearby.store.sql.report_rows import suspended_ms, told_of
from nearby.store.tables import bans, people, report_messages, reports

_OTHERS = reports.alias("others")
_COUNTED = (
    sa.select(sa.func.count(_OTHERS.c.reporter.distinct()))
    .where(_OTHERS.c.reported == reports.c.reported, _OTHERS.c.status == "open", _OTHERS.c.does_count)
    .scalar_subquery()
)
_SHOWN = sa.select(reports, _COUNTED.label("counted"))
_ID: sa.BindParameter[str] = sa.bindparam("id")
_HOLD_REPORTED = (
    sa.select(people.c.person)
    .where(people.c.person == sa.select(reports.c.reported).where(reports.c.report == _ID).scalar_subquery())
    .with_for_update(read=True, key_share=True)
)
_HOLD = sa.select(reports).where(reports.c.report == _ID).with_for_update()


async def read_queue(connection: AsyncConnection) -> Queue:
    """See ``Moderation.queue``."""
    # Word for word as its index has it.
    query = sa.select(sa.func.count(), sa.func.min(reports.c.at_ms)).where(sa.text("reports.status = 'open'"))
    return Queue(*(await connection.execute(query)).one())


async def read_reports(
    connection: AsyncConnection, *, is_open: bool, after: ReportId | None, limit: int
) -> Sequence[Report]:
    """See ``Moderation.reports``."""
    key = sa.tuple_(reports.c.at_ms if is_open else reports.c.reviewed_ms, reports.c.report)
    query = _SHOWN.where(sa.text("reports.status = 'open'" if is_open else "reports.status <> 'open'"))
    if after is not None:
        columns = (reports.c.at_ms if is_open else reports.c.reviewed_ms, reports.c.report)
        last = (await connection.execute(sa.select(*columns).where(reports.c.report == after))).first()
        if last is None or last[0] is None:
            return []
        query = query.where(key > sa.tuple_(*last) if is_open else key < sa.tuple_(*last))
    order = (reports.c.at_ms, reports.c.report) if is_open else (reports.c.reviewed_ms.desc(), reports.c.report.desc())
    rows = (await connection.execute(query.order_by(*order).limit(limit))).all()
    lines = await _lines(connection, [row.report for row in rows])
    return [_report(row, lines) for row in rows]


async def read_report(connection: AsyncConnection, report: ReportId) -> Report | None:
    """See ``Moderation.one``."""
    row = (await connection.execute(_SHOWN.where(reports.c.report == report))).first()
    return None if row is None else _report(row, await _lines(connection, [report]))


async def decide(
    connection: AsyncConnection,
    report: ReportId,
    then: Then | None,
    until_ms: int | None,
    by: By,
    now_ms: int,
    rules: Rules,
) -> None:
    """See ``Moderation.decide``."""
    decision = "reject" if then is None else then
    row = await _hold(connection, report, by, f"report_{decision}", now_ms)
    if row.status != "open":
        raise Refused(ErrorCode.ALREADY_DECIDED)
    status = "rejected" if then is None else "accepted"
    await _mark(connection, report, status=status, decision=decision, reviewed_ms=now_ms, reviewer=by.operator)
    if then in ("ban", "suspend"):
        given = Ban("ban" if then == "ban" else "suspension", until_ms)
        await verdicts.ban(connection, row.reported, given, by, now_ms, id=report)
    await _end_suspension(connection, row.reported, rules)
    if row.bottle is not None:
        bottle = BottleId(row.bottle)
        await settle_by_decision(connection, bottle, now_ms, rules, is_accepted=then is not None)


async def undo(connection: AsyncConnection, report: ReportId, by: By, now_ms: int, rules: Rules) -> None:
    """See ``Moderation.undo``."""
    row = await _hold(connection, report, by, "report_undo", now_ms)
    if row.status == "open":
        raise Refused(ErrorCode.ALREADY_DECIDED)
    await _mark(connection, report, status="open", decision=None, reviewed_ms=None, reviewer=None)
    if (await connection.execute(bans.delete().where(bans.c.ban == report))).rowcount:
        await grow(connection, VERDICTS)
    if row.bottle is not None:
        await undo_decision(connection, BottleId(row.bottle), row.reviewed_ms, now_ms, rules, counts=row.does_count)


async def _hold(connection: AsyncConnection, report: ReportId, by: By, action: str, now_ms: int) -> sa.Row[Any]:
    """Return a report, locked, once the audit says what is done to it.

    People first, as an erasure takes them: nothing waits in a circle then.
    """
    reported = await connection.scalar(sa.select(reports.c.reported).where(reports.c.report == report))
    if reported is None:
        raise Refused(ErrorCode.NOT_FOUND)
    await verdicts.audit(connection, by, action, PersonId(reported), now_ms)
    await connection.execute(_HOLD_REPORTED, {"id": report})
    row = (await connection.execute(_HOLD, {"id": report})).first()
    if row is None:
        raise Refused(ErrorCode.NOT_FOUND)
    return row


async def _mark(connection: AsyncConnection, report: ReportId, **values: Any) -> None:
    await connection.execute(reports.update().where(reports.c.report == report).values(values))


async def _end_suspension(connection: AsyncConnection, reported: PersonId, rules: Rules) -> None:
    """End a suspension by the rules if the reports that nobody has looked at would not have sufficed for it."""
    since_ms = await suspended_ms(connection, reported)
    if since_ms is None or stays_suspended(await told_of(connection, reported), since_ms, rules):
        return
    by_rules = (bans.c.person == reported, bans.c.kind == "suspension", bans.c.reason == BY_REPORTS)
    if (await connection.execute(bans.delete().where(*by_rules))).rowcount:
        await grow(connection, VERDICTS)


async def _lines(connection: AsyncConnection, of: Sequence[str]) -> Mapping[str, list[ReportLine]]:
    found: dict[str, list[ReportLine]] = {report: [] for report in of}
    query = sa.select(report_messages).where(report_messages.c.report.in_(of))
    for row in await connection.execute(query.order_by(report_messages.c.report, report_messages.c.position)):
        found[row.report].append(ReportLine(row.speaker, row.text, row.at_ms))
    return found


def _report(row: sa.Row[Any], lines: Mapping[str, Sequence[ReportLine]]) -> Report:
    return Report(
        report=row.report,
        reporter=row.reporter,
        reported=row.reported,
        is_over_bottle=row.bottle is not None,
        reason=row.reason,
        text=row.text,
        at_ms=row.at_ms,
        does_count=row.does_count,
        counted=row.counted,
        status=row.status,
        decision=row.decision,
        reviewed_ms=row.reviewed_ms,
        lines=lines[row.report],
    )
