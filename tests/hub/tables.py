"""A store as plain as can be: the last row of every key, and what a warm start reads off them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from msgspec import structs

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
from nearby.core.kept import Kept, KeptRoom
from nearby.core.rules import Rules


@dataclass
class Tables:
    people: dict[PersonId, PersonSeen] = field(default_factory=dict)
    presences: dict[PersonId, PresenceRow] = field(default_factory=dict)
    recents: dict[PersonId, RecentRow] = field(default_factory=dict)
    rooms: dict[RoomId, RoomRow] = field(default_factory=dict)
    seats: dict[MemberId, SeatRow] = field(default_factory=dict)
    log: dict[tuple[RoomId, int], LogRow] = field(default_factory=dict)
    marks: dict[MarkEnded, MarkRow] = field(default_factory=dict)
    window: int | None = None
    catchments: tuple[CatchmentRow, ...] = ()
    texts: dict[bytes, int] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def record(self, change: Change) -> None:
        self.changes.append(change)
        match change:
            case PersonSeen():
                self.people[change.person] = change
            case PresenceRow():
                assert change.person in self.people
                self.presences[change.person] = change
            case PresenceEnded():
                self.presences.pop(change.person, None)
            case RecentRow():
                assert change.person in self.people
                self.recents[change.person] = change
            case RecentEnded():
                self.recents.pop(change.person, None)
            case RoomRow():
                self.rooms[change.room] = change
            case SeatRow():
                assert change.person in self.people
                assert change.room in self.rooms
                self.seats[change.member] = change
            case LogRow():
                assert change.room in self.rooms
                assert (change.room, change.seq) not in self.log
                self.log[change.room, change.seq] = change
            case TextRefused():
                self.texts[change.text_hash] = change.until_ms
            case MarkRow():
                assert change.owner in self.people
                assert change.member in self.seats
                self.marks[MarkEnded(change.owner, change.member, change.kind)] = change
            case MarkEnded():
                self.marks.pop(change, None)
            case WindowEnded():
                self.window, self.catchments = change.window, change.states

    def copy(self) -> "Tables":
        """Return the same rows, apart from these from now on."""
        return Tables(
            dict(self.people),
            dict(self.presences),
            dict(self.recents),
            dict(self.rooms),
            dict(self.seats),
            dict(self.log),
            dict(self.marks),
            self.window,
            self.catchments,
            dict(self.texts),
        )

    def taken_over(self, now_ms: int, rules: Rules) -> Kept:
        """Open a new epoch in every room and return what survived."""
        for room in self.rooms.values():
            seq = max((seq for of, seq in self.log if of == room.room), default=0)
            self.rooms[room.room] = structs.replace(room, epoch=room.epoch + 1, seq=max(seq, room.seq))
        gone_ms = rules.room_linger_ms + rules.repeat_ms
        kept = [
            room
            for room in self.rooms.values()
            if room.empty_since_ms is None or room.empty_since_ms > now_ms - gone_ms
        ]
        return Kept(
            presences=list(self.presences.values()),
            recents=list(self.recents.values()),
            rooms=[self._kept_room(room, now_ms, rules) for room in kept],
            window=self.window,
            catchments=self.catchments,
            marks=list(self.marks.values()),
            refused_texts=list(self.texts.items()),
        )

    def _kept_room(self, room: RoomRow, now_ms: int, rules: Rules) -> KeptRoom:
        events = sorted((row for row in self.log.values() if row.room == room.room), key=lambda row: row.seq)
        log = [row for row in events if row.at_ms > now_ms - rules.log_ms][-rules.log_events :]
        said = [row for row in events if row.kind == "said"][-rules.snapshot_messages :]
        members = {row.member for row in (*log, *said)}
        return KeptRoom(
            room=room,
            seats=tuple(sorted(self._open_seats(room.room), key=lambda seat: seat.joined_seq)),
            log=tuple(log),
            said=tuple(said),
            authors={member: self.seats[member].person for member in members},
        )

    def _open_seats(self, room: RoomId) -> Iterator[SeatRow]:
        return (seat for seat in self.seats.values() if seat.room == room and seat.ended_ms is None)
