"""Drift bottles: one holder at a time, whoever asks; what time does to them; who never meets."""
# ruff: noqa: D102  The name of a test is its sentence.

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace
from itertools import count

import pytest

from nearby.core.bottle import SAMPLE, BottleId, ThreadId
from nearby.core.ids import Cell, PersonId
from nearby.core.reports import ReportId
from nearby.core.rules import DAY_MS, Rules
from nearby.errors import ErrorCode, Refused
from nearby.store.base import Store
from nearby.store.bottles import BottleCounts, Drifter, Lease, Thread
from nearby.store.moderation import NewReport, OverBottle
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import ANA, BEN, EVE, NOW_MS, RULES, seen
from nearby.testing.store_suite.journal import commit
from nearby.testing.store_suite.retention import RES4

FREE = RULES.unlimited()
LATER_MS = NOW_MS + RULES.lease_ms
"""When a lease of ``NOW_MS`` is over."""

_ids = count()


def drifter(person: str, *, established: bool = True, verified: bool = False) -> Drifter:
    """Return somebody who throws and catches."""
    return Drifter(PersonId(person), is_verified=verified, is_established=established)


async def throw(store: Store, author: str = ANA, *, at_ms: int = NOW_MS, says: str = "hello") -> BottleId:
    """Return a bottle of the author's that is afloat."""
    bottle = BottleId(f"bottle-{next(_ids)}")
    await store.bottles.throw(drifter(author), bottle, says, Cell(RES4), at_ms, FREE)
    return bottle


async def catch(store: Store, catcher: str = BEN, *, at_ms: int = NOW_MS, established: bool = True) -> Lease | None:
    """Return what somebody catches, without limits."""
    return await store.bottles.catch(drifter(catcher, established=established), at_ms, FREE)


async def caught(store: Store, catcher: str = BEN, *, at_ms: int = NOW_MS, established: bool = True) -> Lease:
    """Return what somebody catches, which must be something."""
    lease = await catch(store, catcher, at_ms=at_ms, established=established)
    assert lease is not None
    return lease


async def report(
    store: Store,
    reporter: str,
    bottle: BottleId,
    *,
    established: bool = True,
    at_ms: int = NOW_MS,
    rules: Rules = FREE,
) -> bool:
    """Report a bottle as spam; return whether that was written."""
    new = NewReport(ReportId(f"report-{next(_ids)}"), "spam")
    about = OverBottle(bottle)
    outcome = await store.moderation.report(drifter(reporter, established=established), about, new, at_ms, rules)
    return outcome.reported is not None


async def answer(store: Store, lease: Lease, catcher: str = BEN, *, says: str = "hi", at_ms: int = NOW_MS) -> Thread:
    """Return the thread that an answer begins."""
    thread = ThreadId(f"thread-{next(_ids)}")
    return await store.bottles.reply(PersonId(catcher), lease.bottle, lease.fence, says, thread, at_ms)


async def is_gone(call: Awaitable[object]) -> bool:
    """Return that a call is refused as gone."""
    with pytest.raises(Refused) as refused:
        await call
    return refused.value.code is ErrorCode.GONE


async def counts(store: Store, at_ms: int = NOW_MS) -> BottleCounts:
    """Return where bottles are; the sum must hold whenever anybody looks."""
    found = await store.bottles.counts(at_ms, RULES)
    assert found.thrown == found.afloat + found.leased + found.frozen + found.threaded + found.sunk
    return found


class BottlesSuite(SuiteBase):
    """Tests of ``Store.bottles``."""

    async def test_a_bottle_is_one_catchers_until_it_is_given_back(self, store: Store) -> None:
        bottle = await throw(store, says="is anybody there?")
        lease = await caught(store)
        assert (lease.bottle, lease.text, lease.fence, lease.until_ms) == (bottle, "is anybody there?", 1, LATER_MS)
        assert await catch(store, EVE) is None
        assert await counts(store) == BottleCounts(1, 0, 1, 0, 0, 0)
        await store.bottles.release(BEN, bottle, lease.fence, NOW_MS + 1, RULES)
        assert (await caught(store, EVE)).bottle == bottle

    async def test_nobody_catches_their_own_bottle_or_one_they_held(self, store: Store) -> None:
        lease = await caught(store) if await throw(store) else None
        assert lease is not None
        assert await catch(store, ANA) is None
        await store.bottles.release(BEN, lease.bottle, lease.fence, NOW_MS, RULES)
        assert await catch(store, BEN) is None
        assert await catch(store, ANA) is None
        assert await catch(store, EVE) is not None
        assert await catch(store, BEN, at_ms=LATER_MS) is None

    async def test_a_lease_that_is_over_is_afloat_again_though_nobody_did_anything(
        self, store: Store, database: Database
    ) -> None:
        bottle = await throw(store)
        await caught(store)
        before = await database.rows("bottles")
        assert await counts(store, LATER_MS - 1) == BottleCounts(1, 0, 1, 0, 0, 0)
        assert await catch(store, EVE, at_ms=LATER_MS - 1) is None
        assert await counts(store, LATER_MS) == BottleCounts(1, 1, 0, 0, 0, 0)
        assert await database.rows("bottles") == before
        lease = await caught(store, EVE, at_ms=LATER_MS)
        assert (lease.bottle, lease.fence) == (bottle, 2)

    async def test_an_older_catchers_answer_and_release_are_refused(self, store: Store, database: Database) -> None:
        await throw(store)
        old = await caught(store)
        assert await is_gone(store.bottles.release(BEN, old.bottle, old.fence, LATER_MS, RULES))
        assert await is_gone(answer(store, old, at_ms=LATER_MS))
        new = await caught(store, EVE, at_ms=LATER_MS)
        before = await database.rows("bottles")
        for fence in (old.fence, new.fence):
            mine = replace(old, fence=fence)
            assert await is_gone(store.bottles.release(BEN, mine.bottle, mine.fence, LATER_MS, RULES))
            assert await is_gone(answer(store, mine, at_ms=LATER_MS))
        assert await is_gone(answer(store, replace(new, fence=old.fence), EVE, at_ms=LATER_MS))
        assert await database.rows("bottles") == before
        assert (await answer(store, new, EVE, at_ms=LATER_MS)).bottle == new.bottle

    async def test_what_never_was_is_gone_too(self, store: Store) -> None:
        nothing = Lease(BottleId("nothing"), "", 1, LATER_MS)
        assert await is_gone(answer(store, nothing))
        assert await is_gone(store.bottles.release(BEN, nothing.bottle, 1, NOW_MS, RULES))

    async def test_an_answer_that_was_lost_may_be_given_again_and_no_other(self, store: Store) -> None:
        await throw(store)
        lease = await caught(store)
        thread = await answer(store, lease, says="hi")
        assert await answer(store, lease, says="hi", at_ms=LATER_MS) == thread
        assert await is_gone(answer(store, lease, says="hello"))
        assert await is_gone(answer(store, lease, EVE, says="hi"))
        assert await counts(store) == BottleCounts(1, 0, 0, 0, 1, 0)

    async def test_the_least_caught_bottle_comes_first_and_every_bottle_comes(self, store: Store) -> None:
        bottles = [await throw(store, f"author{number}", at_ms=NOW_MS + number) for number in range(12)]
        came = Counter[str]()
        for number in range(36):
            lease = await caught(store, f"p{number}", at_ms=NOW_MS + 100, established=False)
            await store.bottles.release(PersonId(f"p{number}"), lease.bottle, lease.fence, NOW_MS + 100, RULES)
            came[lease.bottle] += 1
            assert max(came.values()) - min(came[bottle] for bottle in bottles) <= 1
        assert set(came) == set(bottles)

    async def test_in_a_full_sea_a_catch_looks_at_some_and_reaches_all(self, store: Store, database: Database) -> None:
        """Whatever the time a bottle was thrown; of those whose lease is over too."""
        await commit(store, seen(ANA), seen(BEN))
        life_ms, many = RULES.bottle_life_ms, 3 * SAMPLE
        rows = [
            {"bottle": f"b{number}", "author": ANA, "text": "x", "origin": RES4, "thrown_ms": NOW_MS - offset_ms}
            for number in range(many)
            for offset_ms in [(number + 1) * (life_ms // (many + 2))]
        ]
        held = {"state": "leased", "fence": 1, "catcher": BEN, "lease_until_ms": NOW_MS}
        afloat = {"state": "afloat", "fence": 1}
        await database.insert("bottles", *({**row, **(held if n % 2 else afloat)} for n, row in enumerate(rows)))
        leases = [await catch(store, f"p{number}") for number in range(many)]
        assert {lease.bottle for lease in leases if lease} == {row["bottle"] for row in rows}
        assert await catch(store, "last") is None

    async def test_blocks_and_reports_either_way_keep_a_bottle_from_its_catcher(
        self, store: Store, database: Database
    ) -> None:
        names = ("blocks", "blocked", "reported", "reports", "follows")
        await commit(store, seen(ANA), *(seen(PersonId(name)) for name in names))
        await database.insert(
            "relations", {"owner": "follows", "kind": "mute", "subject": ANA, "handle": "h3", "created_ms": 1}
        )
        since = {"is_mutual": False, "since_ms": 1}
        await database.insert(
            "conflicts",
            {"author": "blocks", "other": ANA, "because": "block", **since},
            {"author": ANA, "other": "blocked", "because": "block", **since},
            {"author": ANA, "other": "reported", "because": "report", **since},
            {"author": "reports", "other": ANA, "because": "report", **since},
        )
        await throw(store)
        for name in names[:-1]:
            assert await catch(store, name) is None, name
        assert await catch(store, "follows") is not None

    async def test_a_block_that_outlived_an_erasure_keeps_bottles_apart_both_ways(self, store: Store) -> None:
        await commit(store, seen(ANA), seen(BEN))
        await store.relations.block(drifter(BEN), ANA, "m", "h", NOW_MS, most=1)
        await store.erase(ANA, NOW_MS)
        for _ in range(SAMPLE + 1):
            await throw(store, ANA)
        assert await catch(store, BEN) is None
        others = await throw(store, EVE)
        assert (await caught(store, BEN)).bottle == others
        mine = await throw(store, BEN)
        assert await catch(store, ANA, at_ms=NOW_MS + 1) is None
        assert (await caught(store, "zoe")).bottle is not None
        long_after_ms = NOW_MS + 91 * DAY_MS
        again = await throw(store, BEN, at_ms=long_after_ms)
        assert (await caught(store, ANA, at_ms=long_after_ms)).bottle == again != mine

    async def test_a_block_since_the_catch_refuses_the_answer(self, store: Store) -> None:
        await throw(store)
        lease = await caught(store)
        await store.relations.block(drifter(ANA), BEN, "m", "h", NOW_MS, most=1)
        assert await is_gone(answer(store, lease))
        await store.bottles.release(BEN, lease.bottle, lease.fence, NOW_MS, RULES)

    async def test_an_erased_authors_bottles_are_gone_and_an_erased_catchers_come_back(
        self, store: Store, database: Database
    ) -> None:
        mine, others = await throw(store, ANA), await throw(store, EVE)
        leases = {lease.bottle: lease for lease in (await caught(store), await caught(store))}
        assert set(leases) == {mine, others}
        await store.erase(ANA, NOW_MS)
        assert await counts(store) == BottleCounts(1, 0, 1, 0, 0, 0)
        assert await is_gone(answer(store, leases[mine]))
        await store.erase(BEN, NOW_MS)
        assert await counts(store) == BottleCounts(1, 0, 1, 0, 0, 0)
        assert await counts(store, LATER_MS) == BottleCounts(1, 1, 0, 0, 0, 0)
        assert (await caught(store, "zoe", at_ms=LATER_MS)).fence == 2
        assert BEN not in repr(await database.rows("catches"))

    async def test_a_days_throws_and_catches_are_bounded_by_what_a_token_says(self, store: Store) -> None:
        async def thrown(who: Drifter, at_ms: int) -> int:
            bottle = BottleId(f"mine-{next(_ids)}")
            try:
                await store.bottles.throw(who, bottle, "x", Cell(RES4), at_ms, RULES)
            except Refused as refused:
                return refused.retry_ms if refused.limit == "bottles" and refused.retry_ms else -1
            return 0

        for who, most in ((drifter("plain"), 3), (drifter("badge", verified=True), 10)):
            waits = [await thrown(who, NOW_MS + number) for number in range(most + 1)]
            assert waits == [0] * most + [DAY_MS - most]
            assert await thrown(who, NOW_MS + DAY_MS) == 0
            assert await thrown(who, NOW_MS + DAY_MS) == 1
        for who, most in ((drifter("guest", established=False), 3), (drifter("regular"), 10)):
            for number in range(most):
                assert await store.bottles.catch(who, NOW_MS + number, RULES)
            with pytest.raises(Refused) as refused:
                await store.bottles.catch(who, NOW_MS + most, RULES)
            assert (refused.value.limit, refused.value.retry_ms) == ("catches", DAY_MS - most)

    async def test_many_throws_of_one_person_at_once_are_bounded_too(self, store: Store) -> None:
        who = drifter(ANA)
        calls = [
            store.bottles.throw(who, BottleId(f"at-once-{number}"), "x", Cell(RES4), NOW_MS, RULES)
            for number in range(10)
        ]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(result) for result in results if result is not None] == [Refused] * 7
        assert (await counts(store)).thrown == 3

    async def test_many_who_catch_at_once_get_a_bottle_each_and_no_bottle_twice(self, store: Store) -> None:
        bottles = {await throw(store, f"author{number}") for number in range(8)}
        leases = await asyncio.gather(*(catch(store, f"p{number}") for number in range(40)))
        got = [lease.bottle for lease in leases if lease is not None]
        assert sorted(got) == sorted(bottles)
        assert await counts(store) == BottleCounts(8, 0, 8, 0, 0, 0)
