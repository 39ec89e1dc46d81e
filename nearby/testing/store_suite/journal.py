"""The group commit."""

import asyncio

import pytest
from msgspec import structs

from nearby.core.changes import (
    CatchmentRow,
    Change,
    PersonSeen,
    PresenceEnded,
    PresenceRow,
    RecentEnded,
    WindowEnded,
)
from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.errors import StoreDown
from nearby.store.base import Store
from nearby.testing.store_suite.base import Heard, SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import (
    ANA,
    BEN,
    BESIDE,
    EVE,
    HERE,
    NOW_MS,
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


async def commit(store: Store, *changes: Change) -> None:
    """Record changes and wait until they are on disk."""
    for change in changes:
        store.journal.record(change)
    await store.journal.durable()


class JournalSuite(SuiteBase):
    """Tests of ``Store.journal``."""

    async def test_what_was_recorded_is_there_once_durable_returns(self, store: Store, database: Database) -> None:
        """Another connection sees it."""
        await commit(store, seen(ANA), present(ANA), room(), seat(ANA), joined(ANA, 1), said(ANA, 2, "hi"))
        assert [row["person"] for row in await database.rows("presence")] == [ANA]
        assert [(row["seq"], row["kind"], row["text"]) for row in await database.rows("room_log")] == [
            (1, "joined", None),
            (2, "said", "hi"),
        ]

    async def test_durable_returns_at_once_if_nothing_waits(self, store: Store, heard: Heard) -> None:
        """And commits nothing."""
        await store.journal.durable()
        await commit(store, seen(ANA))
        await store.journal.durable()
        assert heard.commits == [("journal", 1)]

    async def test_many_callers_share_one_commit(self, database: Database, heard: Heard) -> None:
        """Each waits for its own change and all are written at once."""
        async with database.open(events=heard, gather_s=0.01) as store:
            await commit(store, seen(ANA), room())
            commits = len(heard.commits)
            await asyncio.gather(*(commit(store, said(ANA, seq)) for seq in range(1, 101)))
            assert heard.commits[commits:] == [("journal", 100)]

    async def test_a_row_that_changes_often_is_written_once(self, store: Store, database: Database) -> None:
        """The last state counts."""
        changes = [present(ANA, window=WINDOW + step) for step in range(10)]
        await commit(store, seen(ANA), *changes)
        assert [row["last_window"] for row in await database.rows("presence")] == [WINDOW + 9]
        assert store.journal.statistics().committed == 2

    async def test_changes_of_later_commits_overwrite_those_of_earlier_ones(
        self, store: Store, database: Database
    ) -> None:
        """Rows are overwritten in place."""
        await commit(store, seen(ANA), present(ANA, HERE.res7))
        await commit(store, PresenceRow(ANA, HERE.res7, WINDOW, BESIDE.res7, NOW_MS + 1, False))
        (row,) = await database.rows("presence")
        assert (row["pending_cell"], row["due_ms"], row["is_counted"]) == (BESIDE.res7, NOW_MS + 1, False)

    async def test_a_row_that_ended_is_gone_and_may_come_back(self, store: Store, database: Database) -> None:
        """Whether it ends in the same commit or in a later one."""
        await commit(
            store, seen(ANA), seen(BEN), seen(EVE), present(ANA), recent(ANA), present(BEN), PresenceEnded(BEN)
        )
        await commit(store, PresenceEnded(ANA), RecentEnded(ANA), present(ANA), PresenceEnded(EVE), present(EVE))
        assert [row["person"] for row in await database.rows("presence")] == [ANA, EVE]
        assert not await database.rows("recents")

    async def test_somebody_changes_rooms_within_one_commit(self, store: Store, database: Database) -> None:
        """The new seat is recorded before the old one's end, and still nobody has two."""
        other = room(RoomId("room-2"))
        await commit(store, seen(ANA), room(), seat(ANA))
        await commit(store, other, seat(ANA, other.room), seat(ANA, ended_ms=NOW_MS))
        open_seats = [row["room"] for row in await database.rows("seats") if row["ended_ms"] is None]
        assert open_seats == [other.room]

    async def test_active_days_are_counted_once_each(self, store: Store) -> None:
        """However often and in whatever order somebody is seen."""
        for day in (TODAY, TODAY, TODAY + 1, TODAY, TODAY + 3):
            await commit(store, seen(ANA, day=day))
        account = await store.account(ANA)
        assert account is not None
        assert (account.active_days, account.created_ms, account.is_guest) == (3, NOW_MS, False)
        assert await store.account(BEN) is None

    async def test_the_first_sight_of_somebody_is_kept(self, store: Store) -> None:
        """A later one changes the days only."""
        await commit(store, seen(ANA, is_guest=True))
        await commit(store, PersonSeen(ANA, True, created_ms=NOW_MS + 99, seen_day=TODAY + 1))
        account = await store.account(ANA)
        assert account is not None
        assert (account.created_ms, account.is_guest) == (NOW_MS, True)

    async def test_the_end_of_a_window_replaces_all_states(self, store: Store, database: Database) -> None:
        """A cell that is left out has none any more."""
        await commit(
            store, WindowEnded(WINDOW, (CatchmentRow(HERE.res7, False, 2, 11.5), CatchmentRow(HERE.res6, True, 0, 9)))
        )
        await commit(store, WindowEnded(WINDOW + 1, (CatchmentRow(HERE.res7, True, 0, 12.25),)))
        assert await database.rows("catchments") == [{"cell": HERE.res7, "is_open": True, "run": 0, "counted": 12.25}]

    async def test_an_event_is_written_once_though_it_is_recorded_again(self, store: Store, database: Database) -> None:
        """As after an answer that was lost; what stands in a log is never overwritten."""
        await commit(store, seen(ANA), room(), said(ANA, 1, "first"))
        await commit(store, said(ANA, 1, "second"))
        assert [row["text"] for row in await database.rows("room_log")] == ["first"]

    async def test_what_the_database_refuses_takes_nothing_else_with_it(
        self, store: Store, database: Database, heard: Heard
    ) -> None:
        """Of a group with a row about nobody, all other rows are kept; its waiters are told."""
        with pytest.raises(StoreDown, match="refused"):
            await commit(store, seen(ANA), present(ANA), present(BEN), room(), said(ANA, 1))
        assert [row["person"] for row in await database.rows("presence")] == [ANA]
        assert len(await database.rows("room_log")) == 1
        assert heard.drops == [("refused", 1)]
        await commit(store, said(ANA, 2))
        assert len(await database.rows("room_log")) == 2

    async def test_a_group_of_many_rows_is_there_to_the_last_one(self, store: Store, database: Database) -> None:
        """In more rows than one statement takes."""
        people = [PersonId(f"person-{number}") for number in range(700)]
        await commit(store, room(), *map(seen, people), *map(present, people), *(said(ANA, n) for n in range(1, 700)))
        assert {row["person"] for row in await database.rows("presence")} == set(people)
        assert [row["seq"] for row in await database.rows("room_log")] == list(range(1, 700))
        await commit(store, *map(PresenceEnded, people[1:]), said(ANA, 700))
        assert [row["person"] for row in await database.rows("presence")] == people[:1]

    async def test_what_is_refused_is_left_out_of_a_group_of_many_rows(
        self, store: Store, database: Database, heard: Heard
    ) -> None:
        """Of a window's end too, and of what no database takes as a text."""
        states = (CatchmentRow(HERE.res7, True, -1, 0.0), CatchmentRow(HERE.res6, True, 0, 0.0))
        events = [said(ANA, n, "\ud800" if n == 200 else "hello") for n in range(1, 400)]
        with pytest.raises(StoreDown, match="refused"):
            await commit(store, room(), *events, WindowEnded(WINDOW, states))
        assert [row["seq"] for row in await database.rows("room_log")] == [n for n in range(1, 400) if n != 200]
        assert [row["cell"] for row in await database.rows("catchments")] == [HERE.res6]
        assert heard.drops == [("refused", 2)]

    @pytest.mark.parametrize(
        "change",
        [
            present(ANA, HERE.res6),
            structs.replace(present(ANA), due_ms=5),
            structs.replace(room(), capacity=0),
            structs.replace(seen(ANA), person=PersonId("not an id")),
            structs.replace(joined(ANA, 1), text="said while joining"),
            structs.replace(joined(ANA, 1), name=None),
            said(ANA, 0),
            said(ANA, 2, room_id=RoomId("nowhere")),
            structs.replace(seat(ANA, ended_ms=None), member=MemberId("another")),
        ],
        ids=lambda change: type(change).__name__,
    )
    async def test_the_constraints_hold(self, store: Store, change: Change) -> None:
        """Rows that must not exist are refused by the database itself."""
        await commit(store, seen(ANA), room(), seat(ANA))
        with pytest.raises(StoreDown, match="refused"):
            await commit(store, change)

    async def test_closing_writes_what_was_recorded(self, database: Database) -> None:
        """Though nobody waited for it."""
        async with database.open(gather_s=5.0) as store:
            store.journal.record(seen(ANA))
        assert len(await database.rows("people")) == 1
