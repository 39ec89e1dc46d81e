"""Who called, what people are to each other, and what stays in force against the erased."""

import sqlalchemy as sa

from nearby.store.columns import NAMES, Identifier, Json, check, column, flag, index, ms, opaque, owner, subject, text
from nearby.store.tables.base import metadata

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
    text("verdict", null=True),
    check("times", "created_ms >= 0 AND seen_day >= 0 AND active_days >= 1"),
    check("name", "length(name) BETWEEN 1 AND 64"),
    check("skeleton", "(verified_name IS NULL) = (verified_skeleton IS NULL)"),
    check("verdict", "verdict IN ('verified', 'revoked')"),
    check("guest", "NOT is_guest OR verified_name IS NULL"),
    index("people_guests_idle_idx", "seen_day", where="is_guest"),
    index("people_listed_idx", "person", where="is_listed"),
    index("people_verdict_idx", "person", where="verdict IS NOT NULL"),
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

conflicts = sa.Table(
    "conflicts",
    metadata,
    owner("author", primary_key=True),
    subject("other", primary_key=True),
    text("because", primary_key=True),
    flag("is_mutual"),
    ms("since_ms"),
    check("because", "because IN ('block', 'report')"),
    check("two", "author <> other"),
    index("conflicts_other_idx", "other"),
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
