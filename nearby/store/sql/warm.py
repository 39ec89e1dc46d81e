"""Taking over the live state that survived."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import sqlalchemy as sa
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.changes import CatchmentRow, LogRow, MarkRow, PresenceRow, RecentRow, RoomRow, SeatRow
from nearby.core.ids import PersonId, RoomId
from nearby.core.kept import Kept, KeptConflict, KeptRoom
from nearby.core.rules import Rules
from nearby.store.tables import (
    catchments,
    conflicts,
    markers,
    marks,
    people,
    presence,
    recents,
    refused_texts,
    relations,
    room_log,
    rooms,
    seats,
)

Row = TypeVar("Row")

# Word for word as its index has it.
_LISTED = sa.select(people.c.person).where(sa.text("people.is_listed"))


async def open_new_epochs(connection: AsyncConnection) -> None:
    """Let every room go on in a new epoch, above the last seq of its log. Commit before anybody reads it."""
    await keep_positions(connection)
    await connection.execute(rooms.update().values(epoch=rooms.c.epoch + 1))


async def keep_positions(connection: AsyncConnection, ending: sa.ColumnElement[bool] | None = None) -> None:
    """Take over into ``rooms`` how far logs got, so that events may go: of rooms with an ``ending`` one, or of all."""
    last = sa.select(sa.func.max(room_log.c.seq)).where(room_log.c.room == rooms.c.room).scalar_subquery()
    update = rooms.update().where(last > rooms.c.seq).values(seq=last)
    if ending is not None:
        update = update.where(rooms.c.room.in_(sa.select(room_log.c.room).where(ending)))
    await connection.execute(update)


async def read_kept(connection: AsyncConnection, now_ms: int, rules: Rules) -> Kept:
    """Return the live state; see ``Store.take_over``."""
    # Of a room that was merged away repeats are asked for as long as of any other, and it counts as ended at once.
    ended_ms = now_ms - rules.room_linger_ms - rules.repeat_ms
    is_open = sa.or_(rooms.c.empty_since_ms.is_(None), rooms.c.empty_since_ms > ended_ms)
    kept_rooms = [_row(RoomRow, row) for row in await connection.execute(sa.select(rooms).where(is_open))]
    open_seats = await _by_room(connection, seats, seats.c.ended_ms.is_(None))
    log = await _by_room(connection, room_log, room_log.c.room.in_(sa.select(rooms.c.room).where(is_open)))
    authors = {
        member: PersonId(person)
        for member, person in await connection.execute(sa.select(seats.c.member, seats.c.person))
    }
    states = await connection.execute(sa.select(catchments))
    return replace(
        await read_standing(connection, now_ms),
        presences=[_row(PresenceRow, row) for row in await connection.execute(sa.select(presence))],
        recents=[_recent(row) for row in await connection.execute(sa.select(recents))],
        rooms=[
            _room(room, [_row(SeatRow, row) for row in open_seats[room.room]], log[room.room], authors, now_ms, rules)
            for room in kept_rooms
        ],
        window=await connection.scalar(sa.select(markers.c.value).where(markers.c.name == "window")),
        catchments=[CatchmentRow._make(row) for row in states],
        marks=[MarkRow._make(row) for row in await connection.execute(sa.select(marks))],
    )


async def read_standing(connection: AsyncConnection, now_ms: int) -> Kept:
    """Return what is in force whoever runs; see ``Store.standing``."""
    muted = sa.select(relations.c.owner, relations.c.subject).where(relations.c.kind == "mute")
    return Kept(
        presences=(),
        recents=(),
        rooms=(),
        window=None,
        catchments=(),
        refused_texts=await _refused_texts(connection, now_ms),
        conflicts=await _conflicts(connection),
        listed=frozenset(await connection.scalars(_LISTED)),
        mutes=[(PersonId(owner), PersonId(subject)) for owner, subject in await connection.execute(muted)],
    )


async def _conflicts(connection: AsyncConnection) -> list[KeptConflict]:
    """Return who never meets whom, one of each author and other."""
    rows = sa.select(conflicts.c.author, conflicts.c.other, conflicts.c.is_mutual).order_by(conflicts.c.since_ms)
    found: dict[tuple[str, str], bool] = {}
    for author, other, is_mutual in await connection.execute(rows):
        found[author, other] = found.get((author, other), False) or is_mutual
    return [KeptConflict(PersonId(author), PersonId(other), is_mutual) for (author, other), is_mutual in found.items()]


async def _refused_texts(connection: AsyncConnection, now_ms: int) -> list[tuple[bytes, int]]:
    found = sa.select(refused_texts).where(refused_texts.c.until_ms > now_ms)
    return [(bytes(text_hash), until_ms) for text_hash, until_ms in await connection.execute(found)]


async def _by_room(
    connection: AsyncConnection, table: sa.Table, which: sa.ColumnElement[bool]
) -> defaultdict[RoomId, list[tuple[object, ...]]]:
    found: defaultdict[RoomId, list[tuple[object, ...]]] = defaultdict(list)
    order = table.c.seq if table is room_log else table.c.joined_seq
    for row in await connection.execute(sa.select(table).where(which).order_by(order)):
        found[row.room].append(tuple(row))
    return found


def _room(
    room: RoomRow,
    open_seats: Sequence[SeatRow],
    rows: Iterable[tuple[object, ...]],
    authors: dict[str, PersonId],
    now_ms: int,
    rules: Rules,
) -> KeptRoom:
    events = [_row(LogRow, row) for row in rows]
    all_said = [event for event in events if event.kind == "said"]
    shown, repeatable_ms = all_said[-rules.snapshot_messages :], now_ms - rules.repeat_ms
    # In a lively room more was said of late than a log holds, and each may be sent again by its id.
    said = [event for event in all_said[: -len(shown)] if event.at_ms > repeatable_ms] + shown
    log: list[LogRow] = []
    for event in reversed(events):
        is_next = event.seq == (log[-1].seq - 1 if log else room.seq)
        if not is_next or event.at_ms <= now_ms - rules.log_ms or len(log) >= rules.log_events:
            break
        log.append(event)
    members = {event.member for event in (*log, *said)}
    return KeptRoom(
        room=room,
        seats=tuple(open_seats),
        log=tuple(reversed(log)),
        said=tuple(said),
        authors={member: authors[member] for member in members if member in authors},
    )


def _row(kind: Callable[..., Row], row: Iterable[object]) -> Row:
    """Return a row as it was recorded."""
    return kind(*row)


def _recent(row: sa.Row[tuple[object, ...]]) -> RecentRow:
    found = _row(RecentRow, row)
    return structs.replace(
        found, joins_ms=tuple(found.joins_ms), cells_ms=tuple(found.cells_ms), reached_ms=tuple(found.reached_ms)
    )
