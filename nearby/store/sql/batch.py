"""What one group commit writes: many changes folded to the rows they end in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import delete as delete_from
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.changes import (
    CatchmentRow,
    Change,
    LogRow,
    PersonSeen,
    PresenceEnded,
    PresenceRow,
    RecentEnded,
    RecentRow,
    RoomRow,
    SeatRow,
    WindowEnded,
)
from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.store.sql.engine import RowRefused, translated
from nearby.store.sql.statements import delete, write
from nearby.store.tables import catchments, markers, presence, recents

Piece = tuple[type, Sequence[tuple[Any, ...]]]


@dataclass(slots=True)
class Batch:
    """Changes since the last commit. A row that was written twice is held once; None is a row that is gone.

    Size: one entry for everybody, every room and every seat that changed, and one for every event.
    """

    people: dict[PersonId, PersonSeen] = field(default_factory=dict)
    rooms: dict[RoomId, RoomRow] = field(default_factory=dict)
    seats: dict[MemberId, SeatRow] = field(default_factory=dict)
    log: dict[tuple[RoomId, int], LogRow] = field(default_factory=dict)
    presence: dict[PersonId, PresenceRow | None] = field(default_factory=dict)
    recents: dict[PersonId, RecentRow | None] = field(default_factory=dict)
    window: WindowEnded | None = None

    def __len__(self) -> int:
        """Return how many rows there are to write."""
        rows = len(self.people) + len(self.rooms) + len(self.seats) + len(self.log)
        return rows + len(self.presence) + len(self.recents) + (self.window is not None)

    def add(self, change: Change) -> None:
        """Fold one more change in."""
        match change:
            case LogRow():
                self.log[change.room, change.seq] = change
            case SeatRow():
                self.seats[change.member] = change
            case RoomRow():
                self.rooms[change.room] = change
            case PresenceRow():
                self.presence[change.person] = change
            case RecentRow():
                self.recents[change.person] = change
            case PersonSeen():
                self.people[change.person] = change
            case PresenceEnded():
                self.presence[change.person] = None
            case RecentEnded():
                self.recents[change.person] = None
            case WindowEnded():
                self.window = change

    def absorb(self, newer: "Batch") -> None:
        """Fold in all that happened after."""
        self.people.update(newer.people)
        self.rooms.update(newer.rooms)
        self.seats.update(newer.seats)
        self.log.update(newer.log)
        self.presence.update(newer.presence)
        self.recents.update(newer.recents)
        self.window = newer.window or self.window

    async def write(self, connection: AsyncConnection) -> None:
        """Write everything in the connection's transaction."""
        for kind, rows in self._pieces():
            await write(connection, kind, rows)
        await delete(connection, presence, [person for person, row in self.presence.items() if row is None])
        await delete(connection, recents, [person for person, row in self.recents.items() if row is None])
        if self.window is not None:
            await _replace_catchments(connection, self.window)

    async def write_what_is_accepted(self, connection: AsyncConnection) -> int:
        """Write row by row and return how many were refused; for a batch of which ``write`` refused something."""
        refused = 0
        for kind, rows in self._pieces():
            for row in rows:
                try:
                    with translated():
                        async with connection.begin_nested():
                            await write(connection, kind, [row])
                except RowRefused:
                    refused += 1
        rest = Batch(
            presence={person: None for person, row in self.presence.items() if row is None},
            recents={person: None for person, row in self.recents.items() if row is None},
            window=self.window,
        )
        await rest.write(connection)
        return refused

    def _pieces(self) -> Iterator[Piece]:
        """Yield the rows by kind, in an order that keys and the one-seat rule accept."""
        yield PersonSeen, list(self.people.values())
        yield RoomRow, list(self.rooms.values())
        # Whoever changed rooms gives up the old seat before taking the new one.
        seats = sorted(self.seats.values(), key=lambda seat: seat.ended_ms is None)
        yield SeatRow, seats
        yield LogRow, list(self.log.values())
        yield PresenceRow, [row for row in self.presence.values() if row is not None]
        yield RecentRow, [_as_stored(row) for row in self.recents.values() if row is not None]


def _as_stored(row: RecentRow) -> tuple[Any, ...]:
    fields = {name: msgspec.json.encode(getattr(row, name)).decode() for name in ("joins_ms", "shunned", "cells_ms")}
    return tuple(row._replace(**fields))  # type: ignore[arg-type]


async def _replace_catchments(connection: AsyncConnection, ended: WindowEnded) -> None:
    await connection.execute(delete_from(catchments))
    await write(connection, CatchmentRow, ended.states)
    moved = await connection.execute(update(markers).where(markers.c.name == "window").values(value=ended.window))
    if not moved.rowcount:
        await connection.execute(markers.insert().values(name="window", value=ended.window))
