"""Reports of somebody one met in a room, or knows: what the reporter heard there, and the row."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.store.bottles import Drifter
from nearby.store.moderation import InRoom, Known, NewReport, Outcome, ReportLine, Speaker
from nearby.store.retention import SEAT_MS
from nearby.store.sql.report_rows import EXTRACT, act, does_count, is_told_already, write_report, written_about
from nearby.store.sql.rights import NOBODY
from nearby.store.tables import people, relations, room_log, seats, thread_messages, threads

_MINE, _THEIRS = seats.alias("mine"), seats.alias("theirs")
_ME: sa.BindParameter[str] = sa.bindparam("me")
_REPORTED: sa.BindParameter[str] = sa.bindparam("reported")
_SINCE_MS: sa.BindParameter[int] = sa.bindparam("since_ms")


def _i_heard() -> sa.ColumnElement[bool]:
    """Return whether a message fell while I had a seat in its room, one I have now or had within the last hour."""
    return sa.exists().where(
        _MINE.c.room == room_log.c.room,
        _MINE.c.person == _ME,
        _MINE.c.joined_seq < room_log.c.seq,
        sa.or_(
            _MINE.c.ended_ms.is_(None),
            sa.and_(_MINE.c.ended_ms > _SINCE_MS, room_log.c.at_ms <= _MINE.c.ended_ms),
        ),
    )


def _they_said() -> sa.ColumnElement[bool]:
    return sa.and_(_THEIRS.c.room == room_log.c.room, _THEIRS.c.member == room_log.c.member)


_HEARD = (
    sa.select(room_log.c.room)
    .join(_THEIRS, _they_said())
    .where(room_log.c.kind == "said", _THEIRS.c.person == _REPORTED, _i_heard())
    .order_by(room_log.c.at_ms.desc())
    .limit(1)
)
_HEARD_IN = _HEARD.where(_THEIRS.c.room == sa.bindparam("room"))
_LINES = (
    sa.select(_THEIRS.c.person, room_log.c.text, room_log.c.at_ms)
    .select_from(room_log.outerjoin(_THEIRS, _they_said()))
    .where(room_log.c.room == sa.bindparam("room"), room_log.c.text.is_not(None), _i_heard())
    .order_by(room_log.c.seq.desc())
    .limit(EXTRACT)
)
_SHARED_THREAD = sa.select(threads.c.thread, threads.c.bottle).where(
    sa.or_(
        sa.and_(threads.c.author == _ME, threads.c.catcher == _REPORTED),
        sa.and_(threads.c.author == _REPORTED, threads.c.catcher == _ME),
    )
)
_NEWEST_THREAD = _SHARED_THREAD.order_by(threads.c.created_ms.desc()).limit(1)
_KNOWN = sa.select(relations.c.subject).where(
    relations.c.owner == _ME, relations.c.kind == "known", relations.c.handle == sa.bindparam("handle")
)
_HOLD = (
    sa.select(people.c.person)
    .where(people.c.person.in_(sa.bindparam("people", expanding=True)))
    .order_by(people.c.person)
    .with_for_update(key_share=True)
)


async def reported_by(connection: AsyncConnection, reporter: PersonId, about: InRoom | Known) -> PersonId | None:
    """Return whom a report is about, None if nobody, and let reports about them take turns from here on."""
    if isinstance(about, InRoom):
        found: str | None = about.reported
    else:
        found = await connection.scalar(_KNOWN, {"me": reporter, "handle": about.handle})
    # Both at once and in order: two who report each other must not wait in a circle.
    held = (await connection.scalars(_HOLD, {"people": sorted({reporter, found or NOBODY})})).all()
    return None if found is None or found not in held or found == reporter else PersonId(found)


async def write_room_report(
    connection: AsyncConnection,
    reporter: Drifter,
    reported: PersonId | None,
    about: InRoom | Known,
    new: NewReport,
    now_ms: int,
    rules: Rules,
) -> Outcome:
    """Write a report about somebody ``reported_by`` returned; nothing of nobody, after the same looks."""
    asked = {"me": reporter.person, "reported": reported or NOBODY, "since_ms": now_ms - SEAT_MS}
    named = about.room if isinstance(about, InRoom) else None
    query, more = (_HEARD, {}) if named is None else (_HEARD_IN, {"room": named})
    room: str | None = await connection.scalar(query, {**asked, **more})
    shares = room is not None
    room = room or named
    shared = (await connection.execute(_NEWEST_THREAD, asked)).first()
    thread, bottle = (shared.thread, shared.bottle) if room is None and shared is not None else (None, None)
    counts = await does_count(connection, reporter, now_ms, rules, shares=shares or bottle is not None)
    lines = await _lines(connection, room, thread, asked)
    is_told = await is_told_already(connection, reporter.person, reported or NOBODY, room, bottle)
    kept = None if is_told else reported
    async with written_about(connection, reporter.person, kept, now_ms) as who:
        await write_report(connection, reporter, who, new, lines, now_ms, room=room, bottle=bottle, counts=counts)
        outcome = await act(connection, who, room, now_ms, rules, counts=counts)
    return Outcome() if kept is None else outcome


async def _lines(
    connection: AsyncConnection, room: str | None, thread: str | None, asked: dict[str, Any]
) -> Sequence[ReportLine]:
    """Return the extract, oldest message first: the last of the room that the reporter heard, or of the thread."""
    if thread is not None:
        return await thread_lines(connection, thread, asked["reported"])
    speakers: dict[str, Speaker] = {asked["me"]: "reporter", asked["reported"]: "reported"}
    found = await connection.execute(_LINES, {**asked, "room": room or NOBODY})
    lines = [ReportLine(speakers.get(row.person, "other"), row.text, row.at_ms) for row in found]
    return lines[::-1]


async def thread_lines(connection: AsyncConnection, thread: str, reported: PersonId) -> list[ReportLine]:
    """Return the last lines of a thread, oldest first."""
    newest = (
        sa.select(thread_messages.c.author, thread_messages.c.text, thread_messages.c.at_ms)
        .where(thread_messages.c.thread == thread)
        .order_by(thread_messages.c.seq.desc())
        .limit(EXTRACT)
    )
    lines = [
        ReportLine("reported" if row.author == reported else "reporter", row.text, row.at_ms)
        for row in await connection.execute(newest)
    ]
    return lines[::-1]
