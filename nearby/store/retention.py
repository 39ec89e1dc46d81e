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
        where: In the database, the hub's memory, a shared hub's server or a log.
        what: The table, the record's class, what a kind of key begins with, or the log's name.
        kept: How long, for people to read.
        is_over: Given now and the rules, which rows are past it.
    """

    where: Literal["table", "hub", "key", "log"]
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
    Line(
        "hub",
        "Networks",
        "addresses cut to /24 or /56: as long as a connection, or one hour and up to a window; ids of people who "
        "reported or appealed: one hour and up to a window",
    ),
    Line("key", "p:", "a person as Person, Presence, Attached, LostSeat and Lifted above: 25 h after the last write"),
    Line("key", "r:", "a room and its seats: as Room and Seat above; 1 h after its people's last check-in"),
    Line("key", "e:", "a room's events: 500, or 10 min"),
    Line("key", "s:", "a room's last 50 messages: as long as the room; 1 h after its people's last check-in"),
    Line("key", "i:", "what was said by which id: 2 min"),
    Line("key", "o:", "what a gateway is to be told, texts too: until it heard it, 10 min at most"),
    Line("key", "mm:", "whom of a room somebody muted: as long as the room"),
    Line("key", "mg:", "whom of a room somebody greeted: as long as the room"),
    Line("key", "h:", "rooms of a catchment that have a seat, without people: 25 h"),
    Line("key", "ka:", "whom somebody is kept apart from: until withdrawn, or 62 days after they were last here"),
    Line("key", "ko:", "who is kept apart from somebody: as ka:"),
    Line("key", "dt:", "whom somebody never hears: until withdrawn, or 62 days after they were last here"),
    Line("key", "dh:", "by whom somebody is never heard: as dt:"),
    Line("key", "ll:", "who wants to be listed: as long as they want it, or 62 days after they were last here"),
    Line("key", "la:", "where somebody could be listed: until presence ends"),
    Line("key", "ln:", "who could be listed in an area: until presence ends"),
    Line("key", "lf#", "who is listed in an area in a window: three windows"),
    Line("key", "lg#", "who is not any more: three windows"),
    Line("key", "lk#", "who looked at a nearby list in a window: three windows"),
    Line("key", "cv#", "the cells an established person had in force in a window: three windows"),
    Line("key", "cf#", "counts by cell of a window that is over, no people: three windows"),
    Line("key", "cp", "people by cell, no ids"),
    Line("key", "cs", "people by cell in this window, no ids"),
    Line("key", "v:", "who named a venue: three windows"),
    Line("key", "g:", "who shook together: 70 s at most"),
    Line("key", "go:", "which shake somebody waits for: 70 s at most"),
    Line("key", "gn:", "the newest shake of an area, no people: 70 s at most"),
    Line("key", "gz", "all shakes by when they end, no people: 1 h"),
    Line("key", "xs:", "keyed hashes of texts and their rooms: one hour and a window"),
    Line("key", "xr:", "keyed hashes of texts that are refused: 1 day"),
    Line("key", "tr:", "how many digits an unverified person's last texts outside rooms had: 1 h"),
    Line("key", "ns:", "times of a client network, or of who reported or appealed: one hour and a window"),
    Line("key", "no:", "open connections of a client network: as long as one is open, 25 h at most"),
    Line("key", "at:", "which slice has somebody, of those that share out the map, no cell: 25 h"),
    Line("key", "pg:", "who is connected to a gateway: as long as they are, 1 h after it was last heard of"),
    Line("key", "ng:", "client networks connected to a gateway: as pg:"),
    Line("key", "gl:", "that a gateway may have connections, no people: 1 h after it was last heard of"),
    Line("key", "gw", "all gateways, no people: 1 h after one was last heard of"),
    Line("key", "t", "when to look at whom or at which room: until it was looked at"),
    Line("key", "mv", "who must have another seat: until the next sweep"),
    Line("key", "ho", "who asked for a seat while placement is stopped: until it goes on"),
    Line("key", "lg", "who no longer waits for that: until the next sweep"),
    Line("key", "n", "numbers of people, rooms and seats, no ids"),
    Line("key", "w", "the number of the window"),
    Line("key", "c", "which cells are open, no people"),
    Line("key", "stop", "what is stopped, no people"),
    Line("key", "run", "which run of a server has the state, no people"),
    Line("key", "nt:", "which gateways have not seen to an announcement, no people: 1 min"),
    Line("key", "fg:", "what all gateways did in ten seconds, counts alone: 62 min"),
    Line("key", "mark:", "that something was done once for all gateways, no people"),
    Line("log", "standard error", "the operator's choice; holds no position, name, text or token"),
)
"""The whole table. Positions are in no line: they are kept for 0 s."""


def purgeable() -> list[tuple[str, Where]]:
    """Return the tables that something is deleted from by age, those that refer to others first."""
    return [(line.what, line.is_over) for line in RETENTION if line.where == "table" and line.is_over is not None]
