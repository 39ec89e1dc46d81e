"""Who owns the live state."""

import pytest

from nearby.errors import ConfigError
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import ANA, NOW_MS, RULES, room, said, seat, seen
from nearby.testing.store_suite.journal import commit

SOON_S = 0.1


class OwnerSuite(SuiteBase):
    """Tests of who may take over."""

    async def test_the_live_state_has_one_owner(self, database: Database) -> None:
        """A second one is told so in a sentence, changes nothing, and may take over when the first has closed."""
        async with database.open(patience_s=SOON_S) as second:
            async with database.open() as first:
                await commit(first, seen(ANA), room())
                await first.take_over(NOW_MS, RULES)
                with pytest.raises(ConfigError, match="another server owns this database"):
                    await second.take_over(NOW_MS, RULES)
                await commit(first, said(ANA, 1))
                assert [row["epoch"] for row in await database.rows("rooms")] == [2]
            kept = await second.take_over(NOW_MS, RULES)
            assert [(found.room.epoch, found.room.seq) for found in kept.rooms] == [(3, 1)]

    async def test_the_owner_may_take_over_again(self, database: Database) -> None:
        """Each time in new epochs."""
        async with database.open(patience_s=SOON_S) as store:
            await commit(store, seen(ANA), room())
            await store.take_over(NOW_MS, RULES)
            kept = await store.take_over(NOW_MS, RULES)
            assert [found.room.epoch for found in kept.rooms] == [3]

    async def test_whoever_owns_nothing_may_still_look_and_clean(self, database: Database) -> None:
        """As ``nearby db purge`` and ``nearby areas`` do beside a server, and the owner goes on."""
        async with database.open() as owner, database.open() as other:
            await owner.take_over(NOW_MS, RULES)
            await commit(owner, seen(ANA), room(), seat(ANA), said(ANA, 1))
            assert await other.areas() == []
            assert (await other.purge(NOW_MS + RULES.log_ms, RULES))["seats"] == 0
            await commit(owner, said(ANA, 2))
        assert [row["seq"] for row in await database.rows("room_log")] == [1, 2]
