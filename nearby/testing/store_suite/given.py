"""What the tests of the suite take as given: a time, places, people, rooms."""

from zlib import crc32

from nearby.core.cell import ladder_of
from nearby.core.changes import LogRow, PersonSeen, PresenceRow, RecentRow, RoomRow, SeatRow
from nearby.core.ids import Cell, MemberId, PersonId, RoomId
from nearby.core.rules import Rules

RULES = Rules()
WINDOW = 2_833_333
NOW_MS = WINDOW * RULES.window_ms
"""The first millisecond of a window in November 2023."""

TODAY = NOW_MS // 86_400_000
HERE = ladder_of(52.52, 13.40)
BESIDE = ladder_of(52.50, 13.38)
ANA, BEN, EVE = PersonId("ana"), PersonId("ben"), PersonId("eve")
ROOM = RoomId("room-1")


def seen(person: PersonId, *, day: int = TODAY, is_guest: bool = False) -> PersonSeen:
    """Return that somebody called, for the first time if nobody knew them."""
    return PersonSeen(person, is_guest, created_ms=NOW_MS, seen_day=day)


def present(person: PersonId, cell: Cell = HERE.res7, *, window: int = WINDOW) -> PresenceRow:
    """Return that somebody is in a cell."""
    return PresenceRow(person, cell, window, None, 0, True)


def room(room_id: RoomId = ROOM, *, seq: int = 0, epoch: int = 1, empty_since_ms: int | None = None) -> RoomRow:
    """Return a room."""
    return RoomRow(room_id, HERE.res7, NOW_MS, 8, epoch, seq, empty_since_ms)


def seat(person: PersonId, room_id: RoomId = ROOM, *, ended_ms: int | None = None, joined_seq: int = 1) -> SeatRow:
    """Return somebody's seat; their member there is told by both."""
    return SeatRow(
        member_of(person, room_id), room_id, person, "Calm Otter", True, False, joined_seq, "new", None, None, ended_ms
    )


def member_of(person: PersonId, room_id: RoomId = ROOM) -> MemberId:
    """Return the member somebody is in a room."""
    return MemberId(f"m{crc32(f'{person} {room_id}'.encode()):08x}")


def joined(person: PersonId, seq: int, room_id: RoomId = ROOM, *, at_ms: int = NOW_MS) -> LogRow:
    """Return the event of somebody's coming."""
    return LogRow(room_id, seq, 1, at_ms, "joined", member_of(person, room_id), "Calm Otter", False)


def said(person: PersonId, seq: int, text: str = "hello", room_id: RoomId = ROOM, *, at_ms: int = NOW_MS) -> LogRow:
    """Return the event of somebody's saying something."""
    return LogRow(room_id, seq, 1, at_ms, "said", member_of(person, room_id), text=text, message_id=f'"{seq}"')


def recent(person: PersonId, *, until_ms: int = NOW_MS + 1) -> RecentRow:
    """Return what binds somebody."""
    return RecentRow(person, 7, 8, (NOW_MS - 5, NOW_MS), {RoomId("room-9"): NOW_MS + 9}, ROOM, NOW_MS, True, until_ms)
