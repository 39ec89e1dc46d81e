"""How long everything is kept: one line for each table, each kind of record of the hub, and each log file.

A test fails on a table, a record or a log file without a line. ``Line.is_over`` is what ``purge`` deletes by;
None means that nothing is deleted by age, and ``kept`` says what ends it instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from nearby.core.presence import SECOND_WINDOW_AFTER
from nearby.core.rules import HOUR_MS, Rules
from nearby.store.tables import (
    audit,
    bans,
    bottles,
    checkins,
    people,
    recents,
    refused_texts,
    reports,
    room_log,
    rooms,
    seats,
    shadows,
)
from nearby.store.tables import presence as presences

DAY_MS = 24 * HOUR_MS
DAY_S = 86_400

CHECKINS_MS = DAY_MS
SEAT_MS = HOUR_MS
ROOM_MS = HOUR_MS
REPORT_MS = 90 * DAY_MS
SHADOW_MS = 90 * DAY_MS
BOTTLE_MS = 7 * DAY_MS
AUDIT_MS = 365 * DAY_MS
GUEST_DAYS = 61
"""A guest's token lives at most 30 days and can be renewed for 30 more; a day for the time zones."""

SAID_KEPT = 50

Where = Callable[[int, Rules], sa.ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table.

    Args:
        where: In the database, the hub's memory or a log.
        what: The table, the record's class, or the log's name.
        kept: How long, for people to read.
        is_over: Given now and the rules, which rows are past it.
    """

    where: Literal["table", "hub", "log"]
    what: str
    kept: str
    is_over: Where | None = None


def _said_and_not_of_the_last() -> sa.ColumnElement[bool]:
    """Return whether a message is beyond the last 50 of its room: the 50th from the end is later than it."""
    other = room_log.alias()
    nth = (
        sa.select(other.c.seq)
        .where(other.c.room == room_log.c.room, other.c.kind == "said")
        .order_by(other.c.seq.desc())
        .limit(1)
        .offset(SAID_KEPT - 1)
        .scalar_subquery()
    )
    return room_log.c.seq < nth


def _old_events(now_ms: int, rules: Rules) -> sa.ColumnElement[bool]:
    is_over = sa.or_(_goes_though_it_is_the_last(now_ms), _said_and_not_of_the_last())
    return sa.and_(_is_old_event(now_ms, rules), is_over)


def old_events_that_may_end_a_log(now_ms: int, rules: Rules) -> sa.ColumnElement[bool]:
    """Return which events go, though nothing later may be left to say how far their room's log got."""
    return sa.and_(_is_old_event(now_ms, rules), _goes_though_it_is_the_last(now_ms))


def _is_old_event(now_ms: int, rules: Rules) -> sa.ColumnElement[bool]:
    return room_log.c.at_ms <= now_ms - rules.log_ms


def _goes_though_it_is_the_last(now_ms: int) -> sa.ColumnElement[bool]:
    return sa.or_(room_log.c.kind != "said", ~_has_an_author(now_ms))


def _has_an_author(now_ms: int) -> sa.ColumnElement[bool]:
    """Return whether it is known who said it: a text that nobody could erase or copy any more must not stay."""
    is_kept = sa.or_(seats.c.ended_ms.is_(None), seats.c.ended_ms > now_ms - SEAT_MS)
    return sa.exists().where(seats.c.member == room_log.c.member, is_kept)


def _idle_guests(now_ms: int, rules: Rules) -> sa.ColumnElement[bool]:
    # Word for word as its index has it: of the column SQLAlchemy makes "is_guest = 1", which SQLite cannot match.
    return sa.and_(sa.text("people.is_guest"), people.c.seen_day < now_ms // DAY_MS - GUEST_DAYS)


def _lapsed(now_ms: int, rules: Rules) -> sa.ColumnElement[bool]:
    # The moment of the second window after is in the past for everybody once that window is.
    return presences.c.last_window < now_ms // rules.window_ms - SECOND_WINDOW_AFTER


def _ended_rooms(now_ms: int, rules: Rules) -> sa.ColumnElement[bool]:
    return rooms.c.empty_since_ms <= now_ms - rules.room_linger_ms - ROOM_MS


RETENTION: tuple[Line, ...] = (
    Line("table", "markers", "for good: four numbers"),
    Line("table", "people", "accounts until they are erased; guests 61 days after they were last seen", _idle_guests),
    Line("table", "relations", "until withdrawn, or one of the two is erased"),
    Line("table", "conflicts", "a block's until withdrawn, a report's for good; or until one of the two is erased"),
    Line("table", "shadows", "90 days after the erasure", lambda now_ms, _: shadows.c.until_ms <= now_ms),
    Line("table", "areas", "until an operator removes them"),
    Line("table", "area_cells", "as long as their area"),
    Line("table", "cells", "for good: geography, no people"),
    Line("table", "checkins", "24 h", lambda now_ms, _: checkins.c.window_start_ms < now_ms - CHECKINS_MS),
    Line("table", "presence", "until it lapses; one row per person, overwritten", _lapsed),
    Line("table", "recents", "until nothing in it binds", lambda now_ms, _: recents.c.until_ms <= now_ms),
    Line("table", "rooms", "1 h after they ended", _ended_rooms),
    Line(
        "table",
        "room_log",
        "500 events or 10 min; the last 50 messages as long as their room and their author's seat",
        _old_events,
    ),
    Line("table", "seats", "1 h after they ended", lambda now_ms, _: seats.c.ended_ms <= now_ms - SEAT_MS),
    Line("table", "marks", "as long as the seat they are on, or until their owner is erased"),
    Line("table", "catchments", "one window; all rows are replaced at its end"),
    Line("table", "audit", "1 year", lambda now_ms, _: audit.c.at_ms <= now_ms - AUDIT_MS),
    Line(
        "table",
        "bans",
        "until they end, or 90 days after the person was erased",
        lambda now_ms, _: bans.c.until_ms <= now_ms,
    ),
    Line("table", "reports", "90 days", lambda now_ms, _: reports.c.at_ms <= now_ms - REPORT_MS),
    Line("table", "report_messages", "as long as their report"),
    Line("table", "brakes", "until an operator lets them go"),
    Line("table", "refused_texts", "1 day", lambda now_ms, _: refused_texts.c.until_ms <= now_ms),
    Line("table", "bottles", "7 days after they sank", lambda now_ms, _: bottles.c.sunk_ms <= now_ms - BOTTLE_MS),
    Line("table", "catches", "as long as their bottle"),
    Line("table", "threads", "until both have gone"),
    Line("table", "thread_messages", "as long as their thread, or until their author is erased"),
    Line(
        "hub",
        "Person",
        "until presence, limits, shunned rooms and a lost seat no longer matter: an hour; a day after being removed",
    ),
    Line("hub", "Presence", "until it lapses or is cleared; the cell in force, never a position"),
    Line("hub", "Attached", "as long as the connection"),
    Line("hub", "LostSeat", "10 min"),
    Line("hub", "Lifted", "three windows"),
    Line("hub", "Room", "2 min after its last member left"),
    Line("hub", "Seat", "until it is given up; 60 s without a connection"),
    Line("hub", "Rosters", "who is listed: as long as they want it; who could be seen where: a window"),
    Line("hub", "Lists", "who looked at a nearby list: until the end of the next window"),
    Line("hub", "Stops", "who asked for a seat while placement is stopped: until it goes on"),
    Line("hub", "Sittings", "who sat where when the window began, of rooms that changed since: until its end"),
    Line(
        "hub",
        "Networks",
        "addresses cut to /24 or /56: as long as a connection, or one hour and up to a window; ids of people who "
        "reported or appealed: one hour and up to a window",
    ),
    Line("log", "standard error", "the operator's choice; holds no position, name, text or token"),
)
"""The whole table. Positions are in no line: they are kept for 0 s."""


def purgeable() -> list[tuple[str, Where]]:
    """Return the tables that something is deleted from by age, those that refer to others first."""
    return [(line.what, line.is_over) for line in RETENTION if line.where == "table" and line.is_over is not None]
