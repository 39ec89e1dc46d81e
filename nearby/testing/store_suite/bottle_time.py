"""What time does to bottles: by the rules, in SQL, and in what is counted."""

from collections import Counter
from dataclasses import astuple
from random import Random

import pytest
from sqlalchemy import text

from nearby.core import bottle as rule
from nearby.core.bottle import Bottle, BottleId, State
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import DAY_MS
from nearby.store.base import Store
from nearby.store.bottles import BottleCounts
from nearby.store.retention import BOTTLE_MS
from nearby.store.sql.engine import make_engines
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.bottles import catch, caught, counts, throw
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import ANA, NOW_MS, RULES, seen
from nearby.testing.store_suite.journal import commit
from nearby.testing.store_suite.retention import RES4


class BottleTimeSuite(SuiteBase):
    """More tests of ``Store.bottles``, and of what ``Store.purge`` does to them."""

    async def test_a_bottle_sinks_after_its_life(self, store: Store, database: Database) -> None:
        """Without a purge, which only writes when it was; seven days later it goes."""
        await throw(store)
        sinks_ms = NOW_MS + RULES.bottle_life_ms
        assert await counts(store, sinks_ms - 1) == BottleCounts(1, 1, 0, 0, 0, 0)
        assert await counts(store, sinks_ms) == BottleCounts(1, 0, 0, 0, 0, 1)
        assert await catch(store, at_ms=sinks_ms) is None
        await store.purge(sinks_ms + DAY_MS, RULES)
        assert [row["sunk_ms"] for row in await database.rows("bottles")] == [sinks_ms]
        await store.purge(sinks_ms + BOTTLE_MS - 1, RULES)
        assert len(await database.rows("bottles")) == 1
        await store.purge(sinks_ms + BOTTLE_MS, RULES)
        assert not await database.rows("bottles")

    @pytest.mark.parametrize("by_release", [True, False])
    async def test_a_bottle_sinks_when_the_fifth_established_person_gives_it_back(
        self, store: Store, database: Database, by_release: bool
    ) -> None:
        """Unestablished ones do not count."""
        await throw(store)
        now_ms = NOW_MS
        for number in range(8):
            lease = await caught(store, f"p{number}", at_ms=now_ms, established=number > 2)
            if by_release:
                await store.bottles.release(PersonId(f"p{number}"), lease.bottle, number + 1, now_ms, RULES)
            else:
                assert (await counts(store, now_ms)).leased == 1
                now_ms += RULES.lease_ms
        assert await counts(store, now_ms) == BottleCounts(1, 0, 0, 0, 0, 1)
        assert await catch(store, "zoe", at_ms=now_ms) is None
        await store.purge(now_ms + DAY_MS, RULES)
        assert [row["sunk_ms"] for row in await database.rows("bottles")] == [now_ms]

    async def test_what_time_does_is_the_same_in_sql_and_by_the_rules(self, store: Store, database: Database) -> None:
        """Counted and written down, for bottles in every state around every edge."""
        random, life_ms, given = Random(3), RULES.bottle_life_ms, list[Bottle]()
        await commit(store, seen(ANA), *(seen(PersonId(f"p{number}")) for number in range(6)))
        for number in range(300):
            state = random.choice(list(State))
            leased, established = state is State.LEASED, random.choice((0, 4, 5, 6))
            given.append(
                Bottle(
                    id=BottleId(f"b{number}"),
                    author=ANA,
                    text="x",
                    origin=Cell(RES4),
                    thrown_ms=NOW_MS - random.choice((0, life_ms - 1, life_ms, life_ms + 1, life_ms + 700_000)),
                    state=state,
                    fence=6,
                    catcher=random.choice((PersonId("p5"), None)) if leased else None,
                    lease_until_ms=NOW_MS + random.choice((-1, 0, 1)) if leased else None,
                    sunk_ms=NOW_MS - 5 if state is State.SUNK else None,
                    # An afloat one that came back from its fifth has sunk by then.
                    established_catches=established if leased else 4,
                )
            )
        names = (
            "bottle",
            "author",
            "text",
            "origin",
            "thrown_ms",
            "state",
            "fence",
            "catcher",
            "lease_until_ms",
            "sunk_ms",
        )
        rows = [dict(zip(names, astuple(bottle)[: len(names)], strict=True)) for bottle in given]
        await database.insert("bottles", *({**row, "state": row["state"].value} for row in rows))
        await database.insert(
            "catches",
            *(
                {"bottle": one.id, "catcher": f"p{n}", "at_ms": 1, "is_established": True, "has_reported": False}
                for one in given
                for n in range(one.established_catches)
            ),
        )
        settled = [rule.settled(bottle, NOW_MS, RULES) for bottle in given]
        by_state = Counter(bottle.state for bottle in settled)
        expected = BottleCounts(len(given), *(by_state[state] for state in State))
        assert await counts(store) == expected
        await store.purge(NOW_MS, RULES)
        written = {row["bottle"]: row for row in await database.rows("bottles")}
        for bottle in settled:
            row = written[bottle.id]
            now = (row["state"], row["catcher"], row["lease_until_ms"], row["sunk_ms"])
            assert now == (bottle.state.value, bottle.catcher, bottle.lease_until_ms, bottle.sunk_ms), bottle
        assert await counts(store) == expected

    async def test_the_sum_shows_a_bottle_that_is_in_two_places_or_in_none(
        self, store: Store, database: Database
    ) -> None:
        """Each number is counted by itself: a row that no rule knows would be missed in the sum."""
        await throw(store)
        engines = await make_engines(database.url)
        async with engines.writer.begin() as connection:
            if engines.is_sqlite:
                await connection.execute(text("PRAGMA ignore_check_constraints = ON"))
            else:
                await connection.execute(text("ALTER TABLE bottles DROP CONSTRAINT bottles_lease_check"))
            await connection.execute(text("UPDATE bottles SET state = 'leased'"))
        found = await store.bottles.counts(NOW_MS, RULES)
        assert (found.thrown, found.afloat + found.leased + found.frozen + found.threaded + found.sunk) == (1, 0)
        async with engines.writer.begin() as connection:
            await connection.execute(text("DELETE FROM bottles"))
            if not engines.is_sqlite:
                again = "ADD CONSTRAINT bottles_lease_check CHECK ((state = 'leased') = (lease_until_ms IS NOT NULL))"
                await connection.execute(text(f"ALTER TABLE bottles {again}"))
        await engines.dispose()
