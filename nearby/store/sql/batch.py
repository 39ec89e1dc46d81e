"""What one group commit writes: many changes folded to the rows they end in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from nearby.core.changes import (
    CatchmentRow,
    Change,
    LogRow,
    MarkEnded,
    MarkRow,
    PersonSeen,
    PresenceEnded,
    PresenceRow,
    RecentEnded,
    RecentRow,
    RoomRow,
    SeatRow,
    TextRefused,
    WindowEnded,
)
from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.store.sql.statements import Mark, StatesCleared, Step

WINDOW_MARK = "window"


@dataclass(slots=True)
class Batch:
    """Changes since the last commit. A row that was written twice is held once; None is a row that is gone.

    Size: one entry for everybody, every room and every seat that changed, and one for every event.
    """

    people: dict[PersonId, PersonSeen] = field(default_factory=dict)
    rooms: dict[RoomId, RoomRow] = field(default_factory=dict)
    seats: dict[MemberId, SeatRow] = field(default_factory=dict)
    log: list[LogRow] = field(default_factory=list)
    presence: dict[PersonId, PresenceRow | None] = field(default_factory=dict)
    recents: dict[PersonId, RecentRow | None] = field(default_factory=dict)
    marks: dict[MarkEnded, MarkRow | None] = field(default_factory=dict)
    texts: dict[bytes, TextRefused] = field(default_factory=dict)
    window: WindowEnded | None = None

    def __len__(self) -> int:
        """Return how many rows there are to write."""
        rows = len(self.people) + len(self.rooms) + len(self.seats) + len(self.log) + len(self.texts)
        return rows + len(self.presence) + len(self.recents) + len(self.marks) + (self.window is not None)

    def add(self, change: Change) -> None:
        """Fold one more change in."""
        _FOLD[type(change)](self, change)

    def absorb(self, newer: "Batch") -> None:
        """Fold in all that happened after."""
        self.people.update(newer.people)
        self.rooms.update(newer.rooms)
        self.seats.update(newer.seats)
        self.log += newer.log
        self.presence.update(newer.presence)
        self.recents.update(newer.recents)
        self.marks.update(newer.marks)
        self.texts.update(newer.texts)
        self.window = newer.window or self.window

    def steps(self) -> list[Step]:
        """Return what is to be written, in an order that keys and the one-seat rule accept."""
        return [(kind, rows) for kind, rows in self._steps() if rows]

    def _steps(self) -> Iterator[Step]:
        yield PersonSeen, list(self.people.values())
        yield RoomRow, list(self.rooms.values())
        # Whoever changed rooms gives up the old seat before taking the new one.
        seats = sorted(self.seats.values(), key=lambda seat: seat.ended_ms is None)
        yield SeatRow, seats
        yield LogRow, self.log
        yield PresenceRow, [row for row in self.presence.values() if row is not None]
        yield RecentRow, [_as_stored(row) for row in self.recents.values() if row is not None]
        yield TextRefused, list(self.texts.values())
        yield PresenceEnded, [PresenceEnded(person) for person, row in self.presence.items() if row is None]
        yield RecentEnded, [RecentEnded(person) for person, row in self.recents.items() if row is None]
        yield MarkRow, [row for row in self.marks.values() if row is not None]
        yield MarkEnded, [ended for ended, row in self.marks.items() if row is None]
        if self.window is not None:
            yield StatesCleared, [StatesCleared()]
            yield CatchmentRow, self.window.states
            yield Mark, [Mark(WINDOW_MARK, self.window.window)]


def _as_stored(row: RecentRow) -> RecentRow:
    """Return a row with JSON in place of what is not one value."""
    return replace(
        row,
        joins_ms=_json(row.joins_ms) if row.joins_ms else "[]",
        shunned=_json(row.shunned) if row.shunned else "{}",
        cells_ms=_json(row.cells_ms) if row.cells_ms else "[]",
        reached_ms=_json(row.reached_ms) if row.reached_ms else "[]",
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _person_seen(batch: Batch, change: PersonSeen) -> None:
    batch.people[change.person] = change


def _room(batch: Batch, change: RoomRow) -> None:
    batch.rooms[change.room] = change


def _seat(batch: Batch, change: SeatRow) -> None:
    batch.seats[change.member] = change


def _event(batch: Batch, change: LogRow) -> None:
    batch.log.append(change)


def _presence(batch: Batch, change: PresenceRow) -> None:
    batch.presence[change.person] = change


def _presence_ended(batch: Batch, change: PresenceEnded) -> None:
    batch.presence[change.person] = None


def _recent(batch: Batch, change: RecentRow) -> None:
    batch.recents[change.person] = change


def _recent_ended(batch: Batch, change: RecentEnded) -> None:
    batch.recents[change.person] = None


def _mark(batch: Batch, change: MarkRow) -> None:
    batch.marks[MarkEnded(change.owner, change.member, change.kind)] = change


def _mark_ended(batch: Batch, change: MarkEnded) -> None:
    batch.marks[change] = None


def _text_refused(batch: Batch, change: TextRefused) -> None:
    batch.texts[change.text_hash] = change


def _window_ended(batch: Batch, change: WindowEnded) -> None:
    batch.window = change


_FOLD: dict[type, Callable[[Batch, Any], None]] = {
    PersonSeen: _person_seen,
    RoomRow: _room,
    SeatRow: _seat,
    LogRow: _event,
    PresenceRow: _presence,
    PresenceEnded: _presence_ended,
    RecentRow: _recent,
    RecentEnded: _recent_ended,
    MarkRow: _mark,
    MarkEnded: _mark_ended,
    TextRefused: _text_refused,
    WindowEnded: _window_ended,
}
"""A look-up by type: a ``match`` over the classes costs a row twice as much."""
