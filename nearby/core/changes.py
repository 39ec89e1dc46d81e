"""What the live state records for a warm start: rows as they are now, and rows that are gone.

Each has its fields in the order of its table's columns. None of them holds a position: the finest cell is of
resolution 7.

A crowd that moves makes those of ``Row`` by the ten thousand, which then wait for the disk. Making one costs about
0.2 µs, and the collector has nothing to look at: as named tuples they took up to seven times as long, and looking
through them held the loop for 100 ms.
"""

from typing import NamedTuple

from msgspec import Struct

from nearby.core.area_index import AreaId
from nearby.core.ids import Cell, MemberId, PersonId, RoomId


class Row(Struct, frozen=True, gc=False):
    """Values that refer to nothing that refers to them."""


class PersonSeen(Row, frozen=True, gc=False):
    """Somebody called. Record it before the first change that names them, and again on every new day (UTC).

    ``created_ms`` counts the first time only; ``active_days`` is 1 and counts days in the table.
    """

    person: PersonId
    is_guest: bool
    created_ms: int
    seen_day: int
    active_days: int = 1
    is_listed: bool = False


class RoomRow(Row, frozen=True, gc=False):
    """A room as it is. ``seq`` may lag behind: the log's last row counts if it is ahead.

    Of a venue's room ``catchment`` is the cell that the venue shows as its own.
    """

    room: RoomId
    catchment: Cell
    opened_ms: int
    capacity: int
    epoch: int
    seq: int
    empty_since_ms: int | None
    venue: AreaId | None = None


class SeatRow(Row, frozen=True, gc=False):
    """A seat as it is; with ``ended_ms`` it was one, and is kept for an hour so that a member can be named.

    ``held_since_ms`` is as of when something else changed: connections come and go without a row, since
    a warm start finds nobody connected and holds every seat.
    """

    member: MemberId
    room: RoomId
    person: PersonId
    name: str
    is_name_drawn: bool
    is_verified: bool
    joined_seq: int
    why: str
    held_since_ms: int | None
    off_window: int | None
    ended_ms: int | None
    came_from: RoomId | None = None
    was: MemberId | None = None


class LogRow(Row, frozen=True, gc=False):
    """One event of a room's log. ``kind`` is joined, left, changed or said.

    ``message_id`` is the id of the ``say`` as JSON, so that 1 and "1" stay two. When a message spoke is here
    only: the say limit and the last word of a seat are read off the log.
    """

    room: RoomId
    seq: int
    epoch: int
    at_ms: int
    kind: str
    member: MemberId
    name: str | None = None
    is_verified: bool | None = None
    text: str | None = None
    message_id: str | None = None


class PresenceRow(Row, frozen=True, gc=False):
    """Where a person counts: the res-7 cell in force, and one that comes into force at ``due_ms`` (else 0)."""

    person: PersonId
    cell: Cell
    last_window: int
    pending_cell: Cell | None
    due_ms: int
    is_counted: bool


class RecentRow(Row, frozen=True, gc=False):
    """What still binds a person: limits, rooms left by ``next`` (and until when), a seat they lost, a merge, a lift.

    ``reached_ms`` is when strangers heard an unverified person last, and not who. Nothing of it matters after
    ``until_ms``. The limits of ``say`` and of changes may be ahead by what the log
    tells, those of check-ins and of cells in force by one check-in; a seat lost and a lapse are out of date if there
    is a seat or a presence.
    """

    person: PersonId
    checkin_tat_ms: int
    say_tat_ms: int
    joins_ms: tuple[int, ...]
    shunned: dict[RoomId, int]
    lost_room: RoomId | None
    lost_ms: int | None
    has_lapsed: bool
    until_ms: int
    cells_ms: tuple[int, ...] = ()
    forced_ms: int = 0
    lifted_resolution: int | None = None
    lifted_window: int | None = None
    reached_ms: tuple[int, ...] = ()


class TextRefused(NamedTuple):
    """A text is refused until then; ``text_hash`` is keyed, and says nothing of it."""

    text_hash: bytes
    until_ms: int


class PresenceEnded(NamedTuple):
    """The person is nowhere now: cleared, or lapsed."""

    person: PersonId


class RecentEnded(NamedTuple):
    """Nothing binds the person any more."""

    person: PersonId


class CatchmentRow(NamedTuple):
    """The state of a cell and its noisy count when a window ended."""

    cell: Cell
    is_open: bool
    run: int
    counted: float


class MarkRow(NamedTuple):
    """Somebody muted or greeted a member: ``kind`` is mute or greet. Not written if the member's seat is forgotten."""

    owner: PersonId
    member: MemberId
    kind: str
    at_ms: int


class MarkEnded(NamedTuple):
    """A mute in a room was taken back."""

    owner: PersonId
    member: MemberId
    kind: str


class WindowEnded(NamedTuple):
    """All states of catchments after the end of ``window``; cells left out have none."""

    window: int
    states: tuple[CatchmentRow, ...]


Change = (
    PersonSeen
    | RoomRow
    | SeatRow
    | LogRow
    | PresenceRow
    | RecentRow
    | TextRefused
    | PresenceEnded
    | RecentEnded
    | MarkRow
    | MarkEnded
    | WindowEnded
)
