"""What operators and reports do: reports, bans, brakes, refused texts, and the audit."""

import sqlalchemy as sa

from nearby.store.columns import check, column, flag, index, ms, opaque, owner, subject, text, to
from nearby.store.tables.base import metadata

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
    text("reason", null=True),
    text("appeal", null=True),
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
    opaque("bottle", null=True),
    text("reason"),
    text("text", null=True),
    ms("at_ms"),
    flag("does_count"),
    text("status"),
    ms("reviewed_ms", null=True),
    text("decision", null=True),
    subject("reviewer", gone="SET NULL"),
    check("two", "reporter <> reported"),
    check("status", "status IN ('open', 'accepted', 'rejected')"),
    check("reviewed", "(status = 'open') = (reviewed_ms IS NULL)"),
    index("reports_reporter_idx", "reporter", "at_ms"),
    index("reports_reported_idx", "reported", "at_ms"),
    index("reports_reviewer_idx", "reviewer"),
    index("reports_at_ms_idx", "at_ms"),
    index("reports_open_idx", "at_ms", "report", where="status = 'open'"),
    index("reports_decided_idx", "reviewed_ms", "report", where="status <> 'open'"),
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

brakes = sa.Table(
    "brakes",
    metadata,
    text("what", primary_key=True),
    text("area", primary_key=True),
    ms("since_ms"),
    text("reason"),
    check("what", "what IN ('placement', 'guests', 'shake', 'bottle')"),
    check("area", "area = '' OR what = 'placement'"),
)

refused_texts = sa.Table(
    "refused_texts",
    metadata,
    column("text_hash", sa.LargeBinary, primary_key=True),
    ms("until_ms"),
    check("text_hash", "length(text_hash) = 16"),
    index("refused_texts_until_ms_idx", "until_ms"),
)
