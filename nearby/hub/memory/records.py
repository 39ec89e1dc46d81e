"""What changed, told as rows: enough for a warm start to go on from."""

from collections.abc import Callable

from nearby.core import wire
from nearby.core.changes import (
    CatchmentRow,
    Change,
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
from nearby.core.ids import MemberId, PersonId
from nearby.core.log import row_of
from nearby.core.room import Room, Seat
from nearby.core.rules import DAY_MS
from nearby.core.venue import Venue
from nearby.hub.base import Caller
from nearby.hub.memory.person import Person


class Records:
    """Makes rows of the live state, as it is at the call, and hands them on.

    Args:
        record: Takes a change at once; see ``nearby.store.base.Journal.record``.
    """

    def __init__(self, record: Callable[[Change], None]) -> None:
        self._record = record
        self._today = -1

    def seen(self, person: Person, caller: Caller, now_ms: int) -> None:
        """Somebody called: recorded once a day (UTC)."""
        day = now_ms // DAY_MS
        if person.seen_day != day:
            if self._today != day:
                self._today = day
            # One number for everybody, and not 32 bytes each.
            person.seen_day = self._today
            self._record(PersonSeen(person.id, caller.is_guest, now_ms, day))

    def presence(self, person: Person) -> None:
        """The person's presence changed or ended."""
        presence = person.presence
        if presence is None:
            self._record(PresenceEnded(person.id))
            return
        pending = presence.pending.res7 if presence.pending is not None else None
        cell, window = presence.ladder.res7, presence.last_window
        self._record(PresenceRow(person.id, cell, window, pending, presence.due_ms, person.is_counted))

    def recent(self, person: Person, until_ms: int) -> None:
        """What binds the person changed; nothing of it matters after ``until_ms``."""
        rare = person.rare
        lost, lifted, reach = rare.lost, rare.lifted, rare.reach
        person.has_recent_row = True
        self._record(
            RecentRow(
                person.id,
                checkin_tat_ms=person.checkin_tat_ms,
                say_tat_ms=person.tat_of_say_ms,
                joins_ms=person.joins_ms,
                shunned=dict(rare.shunned) if rare.shunned else {},
                lost_room=lost.room if lost is not None else None,
                lost_ms=lost.at_ms if lost is not None else None,
                has_lapsed=rare.has_lapsed,
                until_ms=until_ms,
                cells_ms=person.cells_ms,
                forced_ms=rare.forced_ms,
                lifted_resolution=lifted.resolution if lifted is not None else None,
                lifted_window=lifted.until_window if lifted is not None else None,
                reached_ms=reach.times_ms() if reach is not None else (),
            )
        )

    def text_refused(self, text_hash: bytes, until_ms: int) -> None:
        """A text is refused from now on."""
        self._record(TextRefused(text_hash, until_ms))

    def recent_ended(self, person: Person) -> None:
        """Nothing binds the person any more."""
        person.has_recent_row = False
        self._record(RecentEnded(person.id))

    def seat(self, person: Person) -> None:
        """The person's seat is new or changed; without a seat there is nothing to record."""
        if person.room is not None and person.seat is not None:
            self._record(_seat_row(person.room, person.seat, off_window=person.off_window))

    def seat_ended(self, room: Room, seat: Seat, now_ms: int) -> None:
        """A seat of the room ended."""
        self._record(_seat_row(room, seat, ended_ms=now_ms))

    def room(self, room: Room) -> None:
        """The room is new, or empty, or no longer empty, or was lifted."""
        self._record(room_row(room))

    def event(self, room: Room, event: wire.RoomEvent, now_ms: int, message_id: int | str | None) -> None:
        """The room's log grew."""
        self._record(row_of(event, room.epoch, now_ms, message_id))

    def mark(self, owner: PersonId, member: MemberId, kind: str, now_ms: int) -> None:
        """Somebody muted or greeted a member."""
        self._record(MarkRow(owner, member, kind, now_ms))

    def mark_ended(self, owner: PersonId, member: MemberId, kind: str) -> None:
        """Somebody took a mute back."""
        self._record(MarkEnded(owner, member, kind))

    def window(self, window: int, states: tuple[CatchmentRow, ...]) -> None:
        """A window ended with these states of catchments."""
        self._record(WindowEnded(window, states))


def room_row(room: Room) -> RoomRow:
    """Return a room as a row."""
    where = room.catchment
    cell, venue = (where.home, where.id) if isinstance(where, Venue) else (where, None)
    return RoomRow(room.id, cell, room.opened_ms, room.capacity, room.epoch, room.seq, room.empty_since_ms, venue)


def _seat_row(room: Room, seat: Seat, *, off_window: int | None = None, ended_ms: int | None = None) -> SeatRow:
    return SeatRow(
        seat.member,
        room.id,
        seat.person,
        seat.name,
        is_name_drawn=seat.is_name_drawn,
        is_verified=seat.verified,
        joined_seq=seat.joined_seq,
        why=seat.why,
        held_since_ms=seat.held_since_ms,
        off_window=off_window,
        ended_ms=ended_ms,
        came_from=seat.came_from,
        was=seat.was,
    )
