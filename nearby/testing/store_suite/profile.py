"""Accounts and profiles."""

import asyncio

from nearby.store.base import Account, Store
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import ANA, BEN, NOW_MS, TODAY, present, seen
from nearby.testing.store_suite.journal import commit

DAY_MS = 86_400_000


class ProfileSuite(SuiteBase):
    """Tests of ``Store.account`` and ``Store.change_profile``."""

    async def test_nobody_has_no_account(self, store: Store) -> None:
        """And asking makes none."""
        assert await store.account(ANA) is None
        assert await store.account(ANA) is None

    async def test_a_change_makes_an_account_and_says_what_it_holds(self, store: Store, database: Database) -> None:
        """Of somebody who never checked in; it is there for another process too."""
        made = await store.change_profile(ANA, {"name": "Ana", "tags": ("tea", "go")}, NOW_MS, is_guest=True)
        assert made == Account(ANA, True, NOW_MS, 1, "Ana", None, ("tea", "go"), False)
        async with database.open() as other:
            assert await other.account(ANA) == made

    async def test_what_a_change_does_not_name_stays(self, store: Store) -> None:
        """And what it clears is gone."""
        await store.change_profile(ANA, {"name": "Ana", "lang": "de", "tags": ("go",)}, NOW_MS, is_guest=False)
        await store.change_profile(ANA, {"is_listed": True, "tags": ()}, NOW_MS, is_guest=False)
        assert await store.account(ANA) == Account(ANA, False, NOW_MS, 1, "Ana", "de", (), True)
        await store.change_profile(ANA, {"name": None, "lang": None, "is_listed": False}, NOW_MS, is_guest=False)
        assert await store.account(ANA) == Account(ANA, False, NOW_MS, 1, None, None, (), False)

    async def test_an_account_that_was_seen_before_or_is_seen_later_is_the_same(self, store: Store) -> None:
        """Calls make it as changes do; who was made as a guest stays one, and a profile outlives a check-in."""
        await commit(store, seen(ANA, is_guest=True))
        await store.change_profile(ANA, {"name": "Ana"}, NOW_MS + 5, is_guest=False)
        await store.change_profile(BEN, {"name": "Ben"}, NOW_MS + 5, is_guest=True)
        await commit(store, seen(ANA), seen(BEN), present(BEN))
        assert await store.account(ANA) == Account(ANA, True, NOW_MS, 1, "Ana", None, (), False)
        assert await store.account(BEN) == Account(BEN, True, NOW_MS + 5, 1, "Ben", None, (), False)

    async def test_a_change_counts_as_a_call_of_its_day(self, store: Store, database: Database) -> None:
        """Once a day, and days do not go back."""
        for days in (0, 0, 2, 1):
            account = await store.change_profile(ANA, {"lang": "en"}, NOW_MS + days * DAY_MS, is_guest=False)
        assert (account.active_days, account.created_ms) == (2, NOW_MS)
        assert [row["seen_day"] for row in await database.rows("people")] == [TODAY + 2]

    async def test_an_empty_change_makes_the_account_alone(self, store: Store) -> None:
        """With nothing said of oneself."""
        made = await store.change_profile(ANA, {}, NOW_MS, is_guest=False)
        assert made == Account(ANA, False, NOW_MS, 1, None, None, (), False)

    async def test_changes_at_the_same_time_all_count(self, store: Store) -> None:
        """None of them writes back what it read."""
        await asyncio.gather(
            store.change_profile(ANA, {"name": "Ana"}, NOW_MS, is_guest=False),
            store.change_profile(ANA, {"lang": "de"}, NOW_MS, is_guest=False),
            store.change_profile(ANA, {"tags": ("go",)}, NOW_MS, is_guest=False),
            store.change_profile(ANA, {"is_listed": True}, NOW_MS, is_guest=False),
        )
        assert await store.account(ANA) == Account(ANA, False, NOW_MS, 1, "Ana", "de", ("go",), True)

    async def test_names_and_tags_come_back_as_they_were(self, store: Store) -> None:
        """In every script, and with what a careless statement would read as its own."""
        for name in ("李小龍", "محمد", "👩‍👩‍👧", "'; DROP TABLE people; --", "%s", ":name", "ß" * 64):
            account = await store.change_profile(ANA, {"name": name, "tags": (name[:32],)}, NOW_MS, is_guest=False)
            assert (account.name, account.tags) == (name, (name[:32],))

    async def test_somebody_erased_may_begin_anew(self, store: Store) -> None:
        """With nothing of before."""
        await store.change_profile(ANA, {"name": "Ana", "is_listed": True}, NOW_MS, is_guest=True)
        assert await store.erase(ANA, NOW_MS)
        assert await store.account(ANA) is None
        begun = await store.change_profile(ANA, {"lang": "de"}, NOW_MS + DAY_MS, is_guest=False)
        assert begun == Account(ANA, False, NOW_MS + DAY_MS, 1, None, "de", (), False)
