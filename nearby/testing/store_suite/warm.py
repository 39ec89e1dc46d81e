"""Taking over what survived."""

from dataclasses import fields

from msgspec import structs

from nearby.core.changes import CatchmentRow, TextRefused, WindowEnded
from nearby.core.ids import MemberId, RoomId
from nearby.core.kept import Kept
from nearby.core.room import Repeat, Room, Seat
from nearby.core.rules import MINUTE_MS, Rules
from nearby.store.base import Store
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import (
    ANA,
    BEN,
    HERE,
    NOW_MS,
    ROOM,
    RULES,
    WINDOW,
    joined,
    member_of,
    present,
    recent,
    room,
    said,
    seat,
    seen,
)
from nearby.testing.store_suite.journal import commit


async def reopen(database: Database, now_ms: int = NOW_MS, rules: Rules = RULES) -> Kept:
    """Return what a new process finds."""
    async with database.open() as store:
        return await store.take_over(now_ms, rules)


class WarmSuite(SuiteBase):
    """Tests of ``Store.take_over``."""

    async def test_an_empty_database_has_nothing_to_take_over(self, store: Store) -> None:
        """And no window that ended."""
        kept = await store.take_over(NOW_MS, RULES)
        assert [one.name for one in fields(Kept) if getattr(kept, one.name)] == []
        assert kept.window is None

    async def test_everything_that_was_recorded_comes_back_as_it_was(self, database: Database) -> None:
        """Value by value, in another process's store."""
        states = (CatchmentRow(HERE.res7, True, 2, 10.75), CatchmentRow(HERE.res6, False, 1, -0.5))
        changes = (present(ANA), recent(ANA), seat(ANA), joined(ANA, 1), said(ANA, 2))
        async with database.open() as store:
            await commit(store, seen(ANA), room(), *changes, WindowEnded(WINDOW - 1, states))
        kept = await reopen(database)
        assert (kept.presences, kept.recents, kept.window) == ([present(ANA)], [recent(ANA)], WINDOW - 1)
        assert sorted(kept.catchments) == sorted(states)
        (found,) = kept.rooms
        assert (found.seats, found.log, found.said) == ((seat(ANA),), (joined(ANA, 1), said(ANA, 2)), (said(ANA, 2),))
        assert found.authors == {member_of(ANA): ANA}

    async def test_texts_and_times_of_strangers_come_back_while_they_still_count(self, database: Database) -> None:
        """A text that is refused again is refused until the later time."""
        reached = structs.replace(recent(ANA), reached_ms=(NOW_MS - 2, NOW_MS - 1))
        texts = (TextRefused(b"a" * 16, NOW_MS), TextRefused(b"b" * 16, NOW_MS + 1), TextRefused(b"c" * 16, NOW_MS))
        async with database.open() as store:
            await commit(store, seen(ANA), reached, *texts)
            await commit(store, TextRefused(b"c" * 16, NOW_MS + 2))
        kept = await reopen(database)
        assert kept.recents == [reached]
        assert sorted(kept.refused_texts) == [(b"b" * 16, NOW_MS + 1), (b"c" * 16, NOW_MS + 2)]

    async def test_every_restart_opens_a_new_epoch_above_the_last_seq_that_survived(self, database: Database) -> None:
        """The room's own row may lag behind its log."""
        async with database.open() as store:
            await commit(store, seen(ANA), room(seq=1), joined(ANA, 1), said(ANA, 2), said(ANA, 3))
        assert [(found.room.epoch, found.room.seq) for found in (await reopen(database)).rooms] == [(2, 3)]
        assert [(found.room.epoch, found.room.seq) for found in (await reopen(database)).rooms] == [(3, 3)]

    async def test_a_rooms_seq_does_not_go_back_when_its_log_was_purged(self, database: Database) -> None:
        """Nor does it lag once the events are gone that were ahead of it."""
        async with database.open() as store:
            await commit(store, seen(ANA), room(), *(joined(ANA, seq) for seq in range(1, 8)))
            await store.purge(NOW_MS + RULES.log_ms, RULES)
            assert not await database.rows("room_log")
        assert [found.room.seq for found in (await reopen(database)).rooms] == [7]

    async def test_a_rooms_seq_does_not_go_back_when_the_last_word_was_of_somebody_unknown(
        self, database: Database
    ) -> None:
        """Nobody could erase that text any more, so it goes though nothing was said after it."""
        async with database.open() as store:
            await commit(store, seen(ANA), room(), *(said(ANA, seq) for seq in range(1, 8)))
            await store.purge(NOW_MS + RULES.log_ms, RULES)
            assert not await database.rows("room_log")
        assert [found.room.seq for found in (await reopen(database)).rooms] == [7]

    async def test_a_purge_leaves_rooms_alone_whose_last_event_stays(self, database: Database) -> None:
        """Of a million rooms it writes those that need it."""
        quiet, lively, old_ms = RoomId("quiet"), RoomId("lively"), NOW_MS - RULES.log_ms
        async with database.open() as store:
            await commit(store, seen(ANA), room(quiet), joined(ANA, 1, quiet, at_ms=old_ms))
            await commit(store, room(lively), seat(ANA, lively), said(ANA, 1, room_id=lively, at_ms=old_ms))
            await store.purge(NOW_MS, RULES)
            assert {row["room"]: row["seq"] for row in await database.rows("rooms")} == {quiet: 1, lively: 0}
        assert {found.room.room: found.room.seq for found in (await reopen(database)).rooms} == {quiet: 1, lively: 1}

    async def test_a_log_with_a_hole_is_kept_from_behind_the_hole_on(self, database: Database) -> None:
        """As after membership events were dropped: what is handed over has no gap."""
        async with database.open() as store:
            await commit(store, seen(ANA), room(), said(ANA, 1), said(ANA, 3), said(ANA, 4))
        (found,) = (await reopen(database)).rooms
        assert [event.seq for event in found.log] == [3, 4]
        assert [event.seq for event in found.said] == [1, 3, 4]

    async def test_a_log_that_ends_before_its_room_is_not_handed_over(self, database: Database) -> None:
        """It would not continue."""
        async with database.open() as store:
            await commit(store, seen(ANA), room(seq=5), said(ANA, 4))
        (found,) = (await reopen(database)).rooms
        assert (found.room.seq, found.log) == (5, ())

    async def test_the_log_is_as_long_as_the_rules_say(self, database: Database) -> None:
        """In events, in time, and in messages for a snapshot."""
        rules = Rules(log_events=20, snapshot_messages=5, repeat_ms=0)
        async with database.open() as store:
            old = [said(ANA, seq, at_ms=NOW_MS - rules.log_ms) for seq in range(1, 11)]
            await commit(store, seen(ANA), room(), *old, *(said(ANA, seq) for seq in range(11, 41)))
        (found,) = (await reopen(database, rules=rules)).rooms
        assert [event.seq for event in found.log] == list(range(21, 41))
        assert [event.seq for event in found.said] == list(range(36, 41))
        (found,) = (await reopen(database)).rooms
        assert [event.seq for event in found.log] == list(range(11, 41))

    async def test_what_may_be_sent_again_comes_back_however_much_was_said_since(self, database: Database) -> None:
        """In a room that says more in two minutes than a log holds; newcomers see the last messages all the same."""
        repeatable_ms = NOW_MS - RULES.repeat_ms
        count = RULES.log_events + 20
        async with database.open() as store:
            old = [said(ANA, seq, at_ms=repeatable_ms) for seq in range(1, 11)]
            young = [said(ANA, seq, at_ms=repeatable_ms + 1) for seq in range(11, count + 1)]
            await commit(store, seen(ANA), room(), structs.replace(seat(ANA), joined_seq=0), *old, *young)
        (kept,) = (await reopen(database)).rooms
        assert [event.seq for event in kept.said] == list(range(11, count + 1))
        found = Room(id=ROOM, catchment=HERE.res7, opened_ms=NOW_MS, capacity=8, epoch=2, seq=kept.room.seq)
        found.restore(kept, RULES)
        assert found.repeat_of(ANA, "11", "hello", NOW_MS, RULES) == Repeat(11, repeatable_ms + 1)
        newcomer = MemberId("newcomer")
        found.seats[newcomer] = Seat(newcomer, BEN, "Calm Otter", verified=False, joined_seq=0, why="new")
        shown = [message.seq for message in found.snapshot(newcomer, "new", RULES).messages]
        assert shown == list(range(count - RULES.snapshot_messages + 1, count + 1))

    async def test_seats_that_ended_and_rooms_that_ended_are_left_out(self, database: Database) -> None:
        """A room that is empty for less than three minutes may still be asked for repeats."""
        over, fresh = RoomId("over"), RoomId("fresh")
        async with database.open() as store:
            await commit(store, seen(ANA), seen(BEN), room(), seat(ANA), seat(BEN, ended_ms=NOW_MS))
            await commit(
                store, room(over, empty_since_ms=NOW_MS - 3 * MINUTE_MS), room(fresh, empty_since_ms=NOW_MS - 1)
            )
        kept = await reopen(database)
        assert {found.room.room: len(found.seats) for found in kept.rooms} == {ROOM: 1, fresh: 0}
