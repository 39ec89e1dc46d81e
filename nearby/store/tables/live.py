"""What a warm start begins from: presence, rooms, seats and logs."""

import sqlalchemy as sa

from nearby.store.columns import Json, check, column, flag, index, ms, number, opaque, owner, text, to
from nearby.store.tables.base import metadata

presence = sa.Table(
    "presence",
    metadata,
    owner("person", primary_key=True),
    number("cell"),
    number("last_window"),
    number("pending_cell", null=True),
    ms("due_ms"),
    flag("is_counted"),
    check("cell", "((cell >> 52) & 15) = 7"),
    check("pending", "((pending_cell >> 52) & 15) = 7"),
    check("due", "(pending_cell IS NULL) = (due_ms = 0)"),
)

recents = sa.Table(
    "recents",
    metadata,
    owner("person", primary_key=True),
    ms("checkin_tat_ms"),
    ms("say_tat_ms"),
    column("joins_ms", Json),
    column("shunned", Json),
    opaque("lost_room", null=True),
    ms("lost_ms", null=True),
    flag("has_lapsed"),
    ms("until_ms"),
    column("cells_ms", Json),
    ms("forced_ms"),
    column("lifted_resolution", sa.Integer, null=True),
    number("lifted_window", null=True),
    column("reached_ms", Json),
    check("lost", "(lost_room IS NULL) = (lost_ms IS NULL)"),
    check("lifted", "(lifted_resolution IS NULL) = (lifted_window IS NULL)"),
    index("recents_until_ms_idx", "until_ms"),
)

rooms = sa.Table(
    "rooms",
    metadata,
    opaque("room", primary_key=True),
    number("catchment"),
    ms("opened_ms"),
    column("capacity", sa.Integer),
    number("epoch"),
    number("seq"),
    ms("empty_since_ms", null=True),
    opaque("venue", null=True),
    check("catchment", "((catchment >> 52) & 15) BETWEEN 5 AND 9"),
    check("finest", "((catchment >> 52) & 15) <= 7 AND (venue IS NULL OR ((catchment >> 52) & 15) = 7)"),
    check("position", "epoch >= 1 AND seq >= 0 AND capacity BETWEEN 1 AND 64"),
    index("rooms_empty_since_ms_idx", "empty_since_ms", where="empty_since_ms IS NOT NULL"),
)

seats = sa.Table(
    "seats",
    metadata,
    opaque("member", primary_key=True),
    opaque("room", to("rooms.room")),
    owner("person"),
    text("name"),
    flag("is_name_drawn"),
    flag("is_verified"),
    number("joined_seq"),
    text("why"),
    ms("held_since_ms", null=True),
    number("off_window", null=True),
    ms("ended_ms", null=True),
    opaque("came_from", null=True),
    opaque("was", null=True),
    check("was", "(came_from IS NULL) = (was IS NULL)"),
    index("seats_one_each_idx", "person", where="ended_ms IS NULL", unique=True),
    index("seats_person_idx", "person"),
    index("seats_room_idx", "room"),
    index("seats_ended_ms_idx", "ended_ms", where="ended_ms IS NOT NULL"),
)

marks = sa.Table(
    "marks",
    metadata,
    owner("owner", primary_key=True),
    opaque("member", to("seats.member"), primary_key=True),
    text("kind", primary_key=True),
    ms("at_ms"),
    check("kind", "kind IN ('mute', 'greet')"),
    index("marks_member_idx", "member"),
)

room_log = sa.Table(
    "room_log",
    metadata,
    opaque("room", to("rooms.room"), primary_key=True),
    number("seq", pk=True),
    number("epoch"),
    ms("at_ms"),
    text("kind"),
    opaque("member"),
    text("name", null=True),
    flag("is_verified", null=True),
    text("text", null=True),
    text("message_id", null=True),
    check("kind", "kind IN ('joined', 'left', 'changed', 'said')"),
    check("text", "kind = 'said' OR (text IS NULL AND message_id IS NULL)"),
    check("name", "(kind IN ('joined', 'changed')) = (name IS NOT NULL)"),
    check("position", "seq >= 1 AND epoch >= 1"),
    index("room_log_at_ms_idx", "at_ms"),
    sqlite_with_rowid=False,
)
