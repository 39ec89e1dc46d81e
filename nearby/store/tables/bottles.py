"""Drift bottles and the threads they start."""

import sqlalchemy as sa

from nearby.store.columns import check, flag, index, ms, number, opaque, owner, subject, text, to
from nearby.store.tables.base import metadata

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
