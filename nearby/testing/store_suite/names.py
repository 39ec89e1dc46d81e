"""Verified names: one of a kind, the first keeps it, free again when its owner is erased."""

import asyncio

from nearby.core.ids import PersonId
from nearby.core.likeness import likeness_of
from nearby.store.base import Store
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import ANA, BEN, NOW_MS, present, seen
from nearby.testing.store_suite.journal import commit


async def claim(store: Store, person: PersonId, name: str) -> bool:
    """Claim a name for somebody, as a server does."""
    return await store.claim_name(person, name, likeness_of(name), NOW_MS)


async def is_free(store: Store, person: PersonId, name: str) -> bool:
    """Return whether somebody may have a name."""
    return await store.is_name_free(person, likeness_of(name).looks)


class NamesSuite(SuiteBase):
    """Tests of ``Store.claim_name`` and ``Store.is_name_free``."""

    async def test_the_first_keeps_a_name_and_whoever_looks_like_it_gets_none(
        self, store: Store, database: Database
    ) -> None:
        """In the same spelling and in others, and nothing of the refused is kept."""
        assert await claim(store, ANA, "Anna Smith")
        for name in ("Anna Smith", "ANNA-SMITH", "Anna Śmith"):
            assert not await is_free(store, BEN, name)
            assert not await claim(store, BEN, name)
        names = {
            row["person"]: (row["verified_name"], row["verified_skeleton"]) for row in await database.rows("people")
        }
        assert names == {ANA: ("Anna Smith", likeness_of("Anna Smith").skeleton), BEN: (None, None)}
        assert await claim(store, BEN, "Hanna Smith")

    async def test_a_name_that_looks_so_in_another_script_is_taken_too(self, store: Store) -> None:
        """Though the skeletons of the two differ."""
        assert await claim(store, ANA, "Nina")
        assert not await claim(store, BEN, "\u039d\u0399\u039d\u0391")

    async def test_ones_own_name_is_free_for_oneself_and_may_change(self, store: Store) -> None:
        """The former one is free for others at once."""
        assert await claim(store, ANA, "Ana")
        assert await is_free(store, ANA, "ANA")
        assert await claim(store, ANA, "ANA")
        assert await claim(store, ANA, "Ana Lee")
        assert await claim(store, BEN, "Ana")
        assert not await claim(store, ANA, "Ana")

    async def test_of_many_who_claim_one_name_at_once_one_gets_it(self, store: Store, database: Database) -> None:
        """Whatever the database does at the same time."""
        people = [PersonId(f"p{number}") for number in range(12)]
        got = await asyncio.gather(*(claim(store, person, "Ana") for person in people))
        assert sum(got) == 1
        held = [row["person"] for row in await database.rows("people") if row["verified_name"]]
        assert held == [person for person, has in zip(people, got, strict=True) if has]

    async def test_a_guest_has_no_verified_name(self, store: Store) -> None:
        """And a claim for one changes nothing."""
        await commit(store, seen(ANA, is_guest=True))
        assert not await claim(store, ANA, "Ana")
        assert await claim(store, BEN, "Ana")

    async def test_a_name_stays_through_profiles_and_check_ins(self, store: Store, database: Database) -> None:
        """And a profile's name is no verified one."""
        assert await claim(store, ANA, "Ana")
        await store.change_profile(ANA, {"name": "Someone"}, NOW_MS, is_guest=False)
        await commit(store, seen(ANA), present(ANA))
        assert not await claim(store, BEN, "Ana")
        assert await claim(store, BEN, "Someone")
        assert await store.claim_name(ANA, "Ana", likeness_of("Ana"), NOW_MS)

    async def test_erasing_frees_the_name(self, store: Store) -> None:
        """For anybody."""
        assert await claim(store, ANA, "Ana")
        assert await store.erase(ANA, NOW_MS)
        assert await claim(store, BEN, "Ana")
        assert not await claim(store, ANA, "Ana")
