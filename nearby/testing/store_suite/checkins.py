"""The check-in log."""

import pytest

from nearby.core.cell import ladder_of
from nearby.core.ids import PersonId
from nearby.store.base import Store
from nearby.testing.store_suite.base import Heard, SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import ANA, BEN, BESIDE, HERE, NOW_MS, RULES

NEXT_MS = NOW_MS + RULES.window_ms


class CheckInsSuite(SuiteBase):
    """Tests of ``Store.checkins``."""

    async def test_there_is_one_row_per_person_window_and_cell(self, store: Store, database: Database) -> None:
        """However often it is noted, before and after it is written."""
        for _ in range(2):
            store.checkins.note(ANA, HERE.res7, NOW_MS, is_established=True)
            store.checkins.note(ANA, HERE.res7, NOW_MS, is_established=True)
            store.checkins.note(ANA, BESIDE.res7, NOW_MS, is_established=True)
            store.checkins.note(BEN, HERE.res7, NOW_MS, is_established=False)
            await store.checkins.flush()
        rows = await database.rows("checkins")
        assert sorted((row["cell"], row["is_established"]) for row in rows) == sorted(
            [(HERE.res7, True), (HERE.res7, False), (BESIDE.res7, True)]
        )
        assert len({row["person_hash"] for row in rows}) == 2

    @pytest.mark.parametrize("claims", [(False, True), (True, False), (False, True, False)])
    @pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "in several"])
    async def test_who_was_established_at_any_moment_of_a_window_counts(
        self, store: Store, database: Database, claims: tuple[bool, ...], at_once: bool
    ) -> None:
        """As in the count of catchments: a claim that rose counts, and one that fell had counted."""
        for is_established in claims:
            store.checkins.note(ANA, HERE.res7, NOW_MS, is_established=is_established)
            store.checkins.note(BEN, HERE.res7, NOW_MS, is_established=False)
            if not at_once:
                await store.checkins.flush()
        await store.checkins.flush()
        rows = await database.rows("checkins")
        assert sorted(row["is_established"] for row in rows) == [False, True]
        assert [one.people for one in await store.window_counts(NOW_MS, NOW_MS + 1)] == [1]

    async def test_rows_of_two_windows_do_not_join(self, store: Store, database: Database) -> None:
        """The same person in the same cell has another hash in every window."""
        for window_start_ms in (NOW_MS, NEXT_MS):
            store.checkins.note(ANA, HERE.res7, window_start_ms, is_established=True)
        await store.checkins.flush()
        first, second = await database.rows("checkins")
        assert first["person_hash"] != second["person_hash"]

    async def test_nothing_is_noted_for_a_window_that_is_over(self, store: Store, heard: Heard) -> None:
        """Its key is gone: the row could not be told from another's."""
        store.checkins.note(ANA, HERE.res7, NEXT_MS, is_established=True)
        store.checkins.note(ANA, HERE.res7, NOW_MS, is_established=True)
        store.checkins.end_window(NEXT_MS)
        store.checkins.note(ANA, HERE.res7, NEXT_MS, is_established=True)
        assert heard.drops == [("drop_newest", 1)] * 2

    async def test_another_process_hashes_by_another_key(self, database: Database) -> None:
        """No disk has the key: after a crash somebody may count twice in one window, and can be joined in none."""
        for _ in range(2):
            async with database.open() as store:
                store.checkins.note(ANA, HERE.res7, NOW_MS, is_established=True)
        assert len(await database.rows("checkins")) == 2

    async def test_people_who_were_counted_elsewhere_are_so_many_rows_however_often_they_are_written(
        self, store: Store, database: Database
    ) -> None:
        """By whichever process, in cells that are new and in several transactions; nobody's hash is among them."""
        counts = {HERE.res7: 2_500, BESIDE.res7: 3}
        await store.checkins.count(NOW_MS, counts)
        async with database.open() as other:
            await other.checkins.count(NOW_MS, counts)
        await store.checkins.count(NEXT_MS, {HERE.res7: 1})
        found = {(one.window_start_ms, one.cell): one.people for one in await store.window_counts(NOW_MS, NEXT_MS + 1)}
        assert found == {(NOW_MS, HERE.res7): 2_500, (NOW_MS, BESIDE.res7): 3, (NEXT_MS, HERE.res7): 1}
        assert len({row["person_hash"] for row in await database.rows("checkins")}) == 2_504

    async def test_closing_writes_what_was_noted(self, database: Database) -> None:
        """Though nobody waited for it, over several transactions and days."""
        async with database.open() as store:
            for number in range(1_200):
                day_ms = 86_400_000 * (number // 600)
                store.checkins.note(PersonId(f"p{number}"), HERE.res7, NOW_MS + day_ms, is_established=True)
        assert len(await database.rows("checkins")) == 1_200

    async def test_each_cell_is_described_once(self, store: Store, database: Database) -> None:
        """By its parents and its outline, also across the antimeridian."""
        across = ladder_of(0.0, 180.0)
        for ladder in (HERE, across, HERE):
            store.checkins.note(ANA, ladder.res7, NOW_MS, is_established=True)
            await store.checkins.flush()
        rows = {row["cell"]: row for row in await database.rows("cells")}
        assert {cell: (row["res6"], row["res5"]) for cell, row in rows.items()} == {
            ladder.res7: (ladder.res6, ladder.res5) for ladder in (HERE, across)
        }
        assert all(isinstance(row["outline"], bytes) for row in rows.values())

    async def test_what_waits_and_what_was_written_is_told(self, store: Store, heard: Heard) -> None:
        """By ``statistics`` and to the metric."""
        store.checkins.note(ANA, HERE.res7, NOW_MS, is_established=True)
        assert store.checkins.statistics().waiting == 1
        await store.checkins.flush()
        found = store.checkins.statistics()
        assert (found.waiting, found.written, found.dropped) == (0, 1, 0)
        assert heard.commits == [("checkins", 1)]
