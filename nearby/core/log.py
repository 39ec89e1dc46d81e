"""An event of a room's log as a row, and back."""

import msgspec

from nearby.core import wire
from nearby.core.changes import LogRow
from nearby.core.ids import MemberId, RoomId

_decode_id = msgspec.json.Decoder(int | str).decode


def row_of(event: wire.RoomEvent, epoch: int, at_ms: int, message_id: int | str | None = None) -> LogRow:
    """Return the row of an event; ``message_id`` is the id of the ``say`` that it came of."""
    room = RoomId(event.room)
    if type(event) is wire.Said:
        json = None if message_id is None else msgspec.json.encode(message_id).decode()
        return LogRow(room, event.seq, epoch, at_ms, "said", MemberId(event.from_), None, None, event.text, json)
    if type(event) is wire.Left:
        return LogRow(room, event.seq, epoch, at_ms, "left", MemberId(event.member))
    assert isinstance(event, wire.Joined | wire.Changed)
    kind, member = ("joined" if type(event) is wire.Joined else "changed"), event.member
    return LogRow(room, event.seq, epoch, at_ms, kind, MemberId(member.member), member.name, member.verified)


def event_of(row: LogRow) -> wire.RoomEvent | None:
    """Return the event of a row, or None for what somebody said who was erased since."""
    if row.kind == "said":
        if row.text is None:
            return None
        return wire.Said(room=row.room, seq=row.seq, from_=row.member, text=row.text, at_ms=row.at_ms)
    if row.kind == "left":
        return wire.Left(room=row.room, seq=row.seq, member=row.member)
    member = wire.Member(member=row.member, name=row.name or "", verified=bool(row.is_verified))
    make = wire.Joined if row.kind == "joined" else wire.Changed
    return make(room=row.room, seq=row.seq, member=member)


def message_id_of(row: LogRow) -> int | str | None:
    """Return the id of the ``say`` that a row came of, or None."""
    return None if row.message_id is None else _decode_id(row.message_id)
