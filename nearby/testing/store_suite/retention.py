"""What is deleted, and when."""

from collections.abc import Mapping
from typing import Any

import pytest

from nearby.core.ids import RoomId
from nearby.core.rules import HOUR_MS, MINUTE_MS
from nearby.store.base import Store
from nearby.store.retention import AUDIT_MS, BOTTLE_MS, CHECKINS_MS, GUEST_DAYS, REPORT_MS
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import (
    ANA,
    BEN,
    BESIDE,
    EVE,
    HERE,
    NOW_MS,
    ROOM,
    RULES,
    TODAY,
    WINDOW,
    joined,
    present,
    recent,
    room,
    said,
    seat,
    seen,
)
from nearby.testing.store_suite.journal import commit

RES4 = 0x841F1D5FFFFFFFF

TO_PURGE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "audit",
        {"entry": "old", "at_ms": NOW_MS - AUDIT_MS, "action": "pause"},
        {"entry": "new", "at_ms": NOW_MS - AUDIT_MS + 1, "action": "pause"},
    ),
    (
        "reports",
        {
            "report": "old",
            "at_ms": NOW_MS - REPORT_MS,
            "reported": BEN,
            "reason": "x",
            "does_count": True,
            "status": "open",
        },
        {
            "report": "new",
            "at_ms": NOW_MS - REPORT_MS + 1,
            "reported": BEN,
            "reason": "x",
            "does_count": True,
            "status": "open",
        },
    ),
    (
        "bans",
        {"ban": "old", "person": BEN, "kind": "suspension", "since_ms": 1, "until_ms": NOW_MS},
        {"ban": "new", "person": BEN, "kind": "suspension", "since_ms": 1, "until_ms": NOW_MS + 1},
    ),
    (
        "bottles",
        {
            "bottle": "old",
            "author": BEN,
            "text": "x",
            "origin": RES4,
            "thrown_ms": 1,
            "state": "sunk",
            "fence": 0,
            "sunk_ms": NOW_MS - BOTTLE_MS,
        },
        {
            "bottle": "new",
            "author": BEN,
            "text": "x",
            "origin": RES4,
            "thrown_ms": NOW_MS - BOTTLE_MS - RULES.bottle_life_ms + 1,
            "state": "afloat",
            "fence": 0,
        },
    ),
    (
        "shadows",
        {"handle": "old", "shadow": bytes(32), "kind": "ban", "until_ms": NOW_MS},
        {"handle": "new", "shadow": bytes(32), "kind": "ban", "until_ms": NOW_MS + 1},
    ),
]
"""Of each table, a row that is past its time by nothing, and one that is not by a millisecond."""


class RetentionSuite(SuiteBase):
    """Tests of ``Store.purge``."""

    async def test_the_check_in_log_goes_after_a_day(self, store: Store, database: Database) -> None:
        """To the window."""
        for window in range(5):
            start_ms = NOW_MS + window * RULES.window_ms
            store.checkins.note(ANA, HERE.res7, start_ms, is_established=True)
        await store.checkins.flush()
        counts = await store.purge(NOW_MS + CHECKINS_MS + 2 * RULES.window_ms, RULES)
        assert counts["checkins"] == 2
        left = [row["window_start_ms"] for row in await database.rows("checkins")]
        assert left == [NOW_MS + window * RULES.window_ms for window in (2, 3, 4)]
        await store.purge(NOW_MS + 3 * CHECKINS_MS, RULES)
        assert not await database.rows("checkins")
        store.checkins.note(ANA, HERE.res7, NOW_MS + 6 * RULES.window_ms, is_established=True)
        await store.checkins.flush()
        assert len(await database.rows("checkins")) == 1

    async def test_presence_goes_once_it_lapsed_for_sure(self, store: Store, database: Database) -> None:
        """Never before the person's moment, wherever in the window it is."""
        await commit(store, seen(ANA), seen(BEN), present(ANA, window=WINDOW), present(BEN, window=WINDOW + 1))
        await store.purge(NOW_MS + 3 * RULES.window_ms - 1, RULES)
        assert len(await database.rows("presence")) == 2
        await store.purge(NOW_MS + 3 * RULES.window_ms, RULES)
        assert [row["person"] for row in await database.rows("presence")] == [BEN]

    async def test_what_binds_nobody_goes(self, store: Store, database: Database) -> None:
        """At its own time."""
        await commit(store, seen(ANA), seen(BEN), recent(ANA, until_ms=NOW_MS), recent(BEN, until_ms=NOW_MS + 1))
        await store.purge(NOW_MS, RULES)
        assert [row["person"] for row in await database.rows("recents")] == [BEN]

    async def test_a_seat_that_ended_is_named_for_an_hour(self, store: Store, database: Database) -> None:
        """And one that did not is not purged."""
        await commit(store, seen(ANA), seen(BEN), seen(EVE), room(), seat(ANA))
        await commit(store, seat(BEN, ended_ms=NOW_MS - HOUR_MS), seat(EVE, ended_ms=NOW_MS - HOUR_MS + 1))
        await store.purge(NOW_MS, RULES)
        assert {row["person"] for row in await database.rows("seats")} == {ANA, EVE}

    async def test_a_room_goes_an_hour_after_it_ended_with_all_that_was_said(
        self, store: Store, database: Database
    ) -> None:
        """It ends when it was empty for the time it lingers."""
        gone, kept = RoomId("gone"), RoomId("kept")
        empty_ms = NOW_MS - HOUR_MS - RULES.room_linger_ms
        await commit(store, seen(ANA), room(gone, empty_since_ms=empty_ms), said(ANA, 1, room_id=gone))
        await commit(store, room(kept, empty_since_ms=empty_ms + 1), said(ANA, 1, room_id=kept), room())
        await store.purge(NOW_MS, RULES)
        assert {row["room"] for row in await database.rows("rooms")} == {kept, ROOM}
        assert {row["room"] for row in await database.rows("room_log")} == {kept}

    async def test_of_a_log_the_last_fifty_messages_stay(self, store: Store, database: Database) -> None:
        """Of older events, nothing else; of younger ones, everything."""
        old_ms = NOW_MS - RULES.log_ms
        events = [said(ANA, seq, at_ms=old_ms) for seq in range(1, 101)]
        others = [joined(ANA, seq, at_ms=old_ms) for seq in range(101, 111)]
        young = [joined(ANA, 111, at_ms=old_ms + 1), said(ANA, 112, at_ms=old_ms + 1)]
        await commit(store, seen(ANA), room(), seat(ANA), *events, *others, *young)
        await store.purge(NOW_MS, RULES)
        assert [row["seq"] for row in await database.rows("room_log")] == [*range(52, 101), 111, 112]

    async def test_what_somebody_said_goes_no_later_than_the_row_that_knows_who_it_was(
        self, store: Store, database: Database
    ) -> None:
        """However long the room goes on: at no time is there a text that an erasure would miss."""
        long_ago_ms = NOW_MS - 2 * HOUR_MS
        texts = [said(person, seq, f"of {person}", at_ms=long_ago_ms) for seq, person in enumerate((ANA, BEN, EVE), 1)]
        await commit(store, seen(ANA), seen(BEN), seen(EVE), room(), seat(ANA), *texts)
        await commit(store, seat(BEN, ended_ms=NOW_MS - HOUR_MS), seat(EVE, ended_ms=NOW_MS - HOUR_MS + 1))
        await store.purge(NOW_MS, RULES)
        assert [row["text"] for row in await database.rows("room_log")] == ["of ana", "of eve"]
        await store.erase(EVE, NOW_MS)
        await store.erase(BEN, NOW_MS)
        assert [row["text"] for row in await database.rows("room_log")] == ["of ana", None]

    async def test_guests_who_cannot_renew_any_more_go_and_accounts_stay(
        self, store: Store, database: Database
    ) -> None:
        """By the day they were last seen."""
        long_ago = TODAY - GUEST_DAYS
        await commit(store, seen(ANA, day=1), seen(BEN, day=long_ago, is_guest=True))
        await commit(store, seen(EVE, day=long_ago - 1, is_guest=True))
        await store.purge(NOW_MS, RULES)
        assert [row["person"] for row in await database.rows("people")] == [ANA, BEN]

    @pytest.mark.parametrize(("table", "old", "new"), TO_PURGE, ids=[table for table, _, _ in TO_PURGE])
    async def test_a_row_goes_at_its_time_and_not_a_millisecond_before(
        self, store: Store, database: Database, table: str, old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> None:
        """By its own column."""
        await commit(store, seen(BEN))
        await database.insert(table, old, new)
        assert (await store.purge(NOW_MS, RULES))[table] == 1
        (left,) = await database.rows(table)
        assert "new" in left.values()
        assert (await store.purge(NOW_MS, RULES))[table] == 0

    async def test_the_crowd_of_each_window_is_counted_by_established_people(self, store: Store) -> None:
        """By window and res-7 cell; the end of the span is left out."""
        for window in range(3):
            start_ms = NOW_MS + window * RULES.window_ms
            store.checkins.note(ANA, HERE.res7, start_ms, is_established=True)
            store.checkins.note(BEN, HERE.res7, start_ms, is_established=True)
            store.checkins.note(EVE, HERE.res7, start_ms, is_established=False)
            store.checkins.note(EVE, BESIDE.res7, start_ms, is_established=False)
        await store.checkins.flush()
        counts = await store.window_counts(NOW_MS + MINUTE_MS, NOW_MS + 2 * RULES.window_ms)
        assert [(one.window_start_ms, one.cell, one.people) for one in counts] == [
            (NOW_MS + RULES.window_ms, HERE.res7, 2)
        ]
