"""The tables, for both databases. PostgreSQL's are made by ``schema.sql``, and a test holds the two against each other.

SQLite's are made from here: geometry is WKB, ids are checked by ``GLOB`` where PostgreSQL has domains, and
nothing is partitioned. What tables, columns and indexes are for is said in ``schema.sql`` and not repeated.

A column that names a person is made by ``owner`` or ``subject``: that says whether the row is in the person's
export, and its foreign key says what becomes of the row when they are erased.
"""

import sqlalchemy as sa

from nearby.store.columns import (
    NAMES,
    Identifier,
    Json,
    Outline,
    check,
    column,
    flag,
    in_space,
    index,
    ms,
    number,
    opaque,
    owner,
    subject,
    text,
    to,
)

SCHEMA_VERSION = 3
"""Of ``schema.sql`` and of what stands here: the number of the last migration."""

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

markers = sa.Table("markers", metadata, text("name", primary_key=True), number("value"))

people = sa.Table(
    "people",
    metadata,
    column("person", Identifier("person_id"), primary_key=True, info={NAMES: "owner"}),
    flag("is_guest"),
    ms("created_ms"),
    column("seen_day", sa.Integer),
    column("active_days", sa.Integer),
    text("name", null=True),
    text("lang", null=True),
    column("tags", Json, null=True),
    flag("is_listed"),
    text("verified_name", null=True),
    text("verified_skeleton", null=True, unique=True),
    check("times", "created_ms >= 0 AND seen_day >= 0 AND active_days >= 1"),
    check("name", "length(name) BETWEEN 1 AND 64"),
    check("skeleton", "(verified_name IS NULL) = (verified_skeleton IS NULL)"),
    check("guest", "NOT is_guest OR verified_name IS NULL"),
    index("people_guests_idle_idx", "seen_day", where="is_guest"),
)

relations = sa.Table(
    "relations",
    metadata,
    owner("owner", primary_key=True),
    text("kind", primary_key=True),
    subject("subject", primary_key=True),
    opaque("handle", unique=True),
    ms("created_ms"),
    check("kind", "kind IN ('known', 'follow', 'mute', 'block')"),
    check("two", "owner <> subject"),
    index("relations_subject_idx", "subject", "kind"),
)

shadows = sa.Table(
    "shadows",
    metadata,
    opaque("handle", primary_key=True),
    column("shadow", sa.LargeBinary),
    text("kind"),
    owner("owner", null=True),
    ms("until_ms"),
    check("kind", "kind IN ('block', 'ban', 'suspension')"),
    check("owner", "kind <> 'block' OR owner IS NOT NULL"),
    check("shadow", "length(shadow) = 32"),
    index("shadows_shadow_idx", "shadow"),
    index("shadows_owner_idx", "owner"),
    index("shadows_until_ms_idx", "until_ms"),
)

areas = sa.Table(
    "areas",
    metadata,
    opaque("area", primary_key=True),
    text("kind"),
    text("name"),
    column("outline", Outline),
    ms("created_ms"),
    check("kind", "kind IN ('quiet', 'venue')"),
    check("name", "length(name) BETWEEN 1 AND 64"),
    in_space("areas_outline_idx", "outline"),
)

area_cells = sa.Table(
    "area_cells",
    metadata,
    opaque("area", to("areas.area"), primary_key=True),
    number("cell", pk=True),
    check("cell", "((cell >> 52) & 15) = 9"),
    sqlite_with_rowid=False,
)

cells = sa.Table(
    "cells",
    metadata,
    number("cell", pk=True),
    number("res6"),
    number("res5"),
    column("outline", Outline),
    check("ladder", "((cell >> 52) & 15) = 7 AND ((res6 >> 52) & 15) = 6 AND ((res5 >> 52) & 15) = 5"),
    in_space("cells_outline_idx", "outline"),
)

checkins = sa.Table(
    "checkins",
    metadata,
    number("window_start_ms", pk=True),
    column("cell", sa.BigInteger, to("cells.cell", None), primary_key=True),
    column("person_hash", sa.LargeBinary, primary_key=True),
    flag("is_established"),
    check("person_hash", "length(person_hash) = 16"),
    sqlite_with_rowid=False,
)

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

catchments = sa.Table(
    "catchments",
    metadata,
    number("cell", pk=True),
    flag("is_open"),
    column("run", sa.Integer),
    column("counted", sa.Double),
    check("cell", "((cell >> 52) & 15) BETWEEN 5 AND 9"),
    check("run", "run >= 0"),
)

audit = sa.Table(
    "audit",
    metadata,
    opaque("entry", primary_key=True),
    ms("at_ms"),
    owner("operator", gone="SET NULL"),
    text("action"),
    subject("target", gone="SET NULL"),
    text("detail", null=True),
    index("audit_at_ms_idx", "at_ms"),
    index("audit_operator_idx", "operator"),
    index("audit_target_idx", "target"),
)

bans = sa.Table(
    "bans",
    metadata,
    opaque("ban", primary_key=True),
    subject("person"),
    text("kind"),
    ms("since_ms"),
    ms("until_ms", null=True),
    check("kind", "kind IN ('ban', 'suspension')"),
    check("until", "until_ms > since_ms AND (kind = 'ban' OR until_ms IS NOT NULL)"),
    index("bans_person_idx", "person"),
    index("bans_until_ms_idx", "until_ms"),
)

reports = sa.Table(
    "reports",
    metadata,
    opaque("report", primary_key=True),
    owner("reporter", gone="SET NULL"),
    subject("reported"),
    opaque("room", null=True),
    text("reason"),
    text("text", null=True),
    ms("at_ms"),
    flag("does_count"),
    text("status"),
    ms("reviewed_ms", null=True),
    subject("reviewer", gone="SET NULL"),
    check("two", "reporter <> reported"),
    check("status", "status IN ('open', 'accepted', 'rejected')"),
    check("reviewed", "(status = 'open') = (reviewed_ms IS NULL)"),
    index("reports_reporter_idx", "reporter", "at_ms"),
    index("reports_reported_idx", "reported", "at_ms"),
    index("reports_reviewer_idx", "reviewer"),
    index("reports_at_ms_idx", "at_ms"),
)

report_messages = sa.Table(
    "report_messages",
    metadata,
    opaque("report", to("reports.report"), primary_key=True),
    column("position", sa.Integer, primary_key=True),
    text("speaker"),
    text("text"),
    ms("at_ms"),
    check("position", "position BETWEEN 1 AND 20"),
    check("speaker", "speaker IN ('reporter', 'reported', 'other')"),
)

bottles = sa.Table(
    "bottles",
    metadata,
    opaque("bottle", primary_key=True),
    owner("author"),
    text("text"),
    number("origin"),
    ms("thrown_ms"),
    text("state"),
    number("fence"),
    subject("catcher", gone="SET NULL"),
    ms("lease_until_ms", null=True),
    ms("sunk_ms", null=True),
    check("origin", "((origin >> 52) & 15) = 4"),
    check("state", "state IN ('afloat', 'leased', 'frozen', 'threaded', 'sunk')"),
    check("lease", "(state = 'leased') = (lease_until_ms IS NOT NULL)"),
    check("catcher", "catcher IS NULL OR (state = 'leased' AND catcher <> author)"),
    check("sunk", "(state = 'sunk') = (sunk_ms IS NOT NULL)"),
    index("bottles_state_idx", "state", "thrown_ms"),
    index("bottles_lease_until_ms_idx", "lease_until_ms", where="state = 'leased'"),
    index("bottles_sunk_ms_idx", "sunk_ms", where="sunk_ms IS NOT NULL"),
    index("bottles_author_idx", "author"),
    index("bottles_catcher_idx", "catcher"),
)

catches = sa.Table(
    "catches",
    metadata,
    opaque("bottle", to("bottles.bottle"), primary_key=True),
    owner("catcher", primary_key=True),
    ms("at_ms"),
    flag("is_established"),
    flag("has_reported"),
    index("catches_catcher_idx", "catcher", "at_ms"),
)

threads = sa.Table(
    "threads",
    metadata,
    opaque("thread", primary_key=True),
    opaque("bottle", to("bottles.bottle", "SET NULL"), null=True, unique=True),
    owner("author", gone="SET NULL"),
    owner("catcher", gone="SET NULL"),
    ms("created_ms"),
    check("two", "author <> catcher"),
    index("threads_author_idx", "author"),
    index("threads_catcher_idx", "catcher"),
)

thread_messages = sa.Table(
    "thread_messages",
    metadata,
    opaque("thread", to("threads.thread"), primary_key=True),
    number("seq", pk=True),
    owner("author"),
    text("text"),
    ms("at_ms"),
    index("thread_messages_author_idx", "author"),
)


def _check_ids_in_sqlite() -> None:
    """Give every id column the check that PostgreSQL's domains carry."""
    for table in metadata.tables.values():
        for each in table.columns:
            if isinstance(each.type, Identifier):
                sql = f"length({each.name}) BETWEEN 1 AND 64 AND {each.name} NOT GLOB '*[^A-Za-z0-9_-]*'"
                table.append_constraint(sa.CheckConstraint(sql, name=f"{each.name}_id").ddl_if(dialect="sqlite"))


_check_ids_in_sqlite()
