"""Threads, and reports of bottles and threads."""
# ruff: noqa: D102  The name of a test is its sentence.

import asyncio

import pytest

from nearby.core.bottle import ThreadId
from nearby.core.rules import DAY_MS, HOUR_MS
from nearby.errors import ErrorCode, Refused
from nearby.store.base import Store
from nearby.store.bottles import BottleCounts, Thread, ThreadLine
from nearby.testing.store_suite.base import SuiteBase
from nearby.testing.store_suite.bottles import (
    FREE,
    LATER_MS,
    answer,
    catch,
    caught,
    counts,
    drifter,
    is_gone,
    report,
    throw,
)
from nearby.testing.store_suite.database import Database
from nearby.testing.store_suite.given import ANA, BEN, EVE, NOW_MS, RULES, seen
from nearby.testing.store_suite.journal import commit
from nearby.testing.store_suite.retention import RES4


async def threaded(store: Store, *, says: str = "hello", answers: str = "hi") -> Thread:
    """Return a thread between Ana, who threw, and Ben, who answered, as Ben sees it."""
    await throw(store, says=says)
    return await answer(store, await caught(store), says=answers, at_ms=NOW_MS + 1)


class ThreadsSuite(SuiteBase):
    """Tests of ``Store.threads``."""

    async def test_an_answer_begins_a_thread_that_both_see_and_nobody_else(self, store: Store) -> None:
        thread = await threaded(store)
        assert (thread.origin, thread.created_ms, thread.is_thrower) == (RES4, NOW_MS + 1, False)
        assert await store.threads.of(BEN, NOW_MS) == [thread]
        (of_ana,) = await store.threads.of(ANA, NOW_MS)
        assert (of_ana.thread, of_ana.bottle, of_ana.origin, of_ana.is_thrower) == (*_same(thread), True)
        assert await store.threads.of(EVE, NOW_MS) == []
        assert await is_gone(store.threads.lines(EVE, thread.thread, 0, NOW_MS))
        assert await is_gone(store.threads.write(EVE, thread.thread, "me too", NOW_MS, RULES))
        assert await is_gone(store.threads.lines(ANA, ThreadId("nothing"), 0, NOW_MS))

    async def test_what_both_write_is_numbered_in_one_order(self, store: Store) -> None:
        thread = (await threaded(store)).thread
        assert await store.threads.write(ANA, thread, "you!", NOW_MS + 2, RULES) == ThreadLine(
            3, True, "you!", NOW_MS + 2
        )
        assert await store.threads.lines(ANA, thread, 0, NOW_MS) == [
            ThreadLine(1, True, "hello", NOW_MS),
            ThreadLine(2, False, "hi", NOW_MS + 1),
            ThreadLine(3, True, "you!", NOW_MS + 2),
        ]
        assert [line.text for line in await store.threads.lines(BEN, thread, 2, NOW_MS)] == ["you!"]
        await asyncio.gather(*(store.threads.write(who, thread, "x", NOW_MS, FREE) for who in (ANA, BEN) * 8))
        assert [line.seq for line in await store.threads.lines(BEN, thread, 3, NOW_MS)] == list(range(4, 20))

    async def test_lines_and_threads_come_in_bounded_pieces(self, store: Store, database: Database) -> None:
        thread = (await threaded(store)).thread
        more = ({"thread": thread, "seq": seq, "author": ANA, "text": "x", "at_ms": 1} for seq in range(3, 300))
        await database.insert("thread_messages", *more)
        first = await store.threads.lines(BEN, thread, 0, NOW_MS)
        rest = await store.threads.lines(BEN, thread, first[-1].seq, NOW_MS)
        assert [line.seq for line in (*first, *rest)] == list(range(1, 300))
        bottle = {"author": EVE, "text": "x", "origin": RES4, "thrown_ms": 1, "state": "threaded", "fence": 1}
        await commit(store, seen(EVE))
        await database.insert("bottles", *({**bottle, "bottle": f"b{n}"} for n in range(201)))
        await database.insert(
            "threads",
            *(
                {"thread": f"t{n}", "bottle": f"b{n}", "author": EVE, "catcher": BEN, "created_ms": n}
                for n in range(201)
            ),
        )
        found = await store.threads.of(BEN, NOW_MS)
        assert [one.created_ms for one in found] == [NOW_MS + 1, *range(200, 1, -1)]

    async def test_a_persons_lines_in_a_thread_are_bounded_by_the_minute(self, store: Store) -> None:
        thread, most = (await threaded(store)).thread, RULES.lines_per_minute
        began_ms = NOW_MS + RULES.minute_ms
        for number in range(most):
            await store.threads.write(ANA, thread, "x", began_ms + number, RULES)
            await store.threads.write(BEN, thread, "x", began_ms + number, RULES)
        for person in (ANA, BEN):
            with pytest.raises(Refused) as refused:
                await store.threads.write(person, thread, "x", began_ms + most, RULES)
            assert (refused.value.code, refused.value.limit) == (ErrorCode.RATE_LIMITED, "lines")
            assert refused.value.retry_ms == RULES.minute_ms - most
        line = await store.threads.write(ANA, thread, "x", began_ms + RULES.minute_ms, RULES)
        assert line.seq == 2 * most + 3

    @pytest.mark.parametrize("how", ["erased", "blocks", "is blocked", "was blocked before an erasure", "reported"])
    async def test_a_thread_is_gone_for_both_alike_whatever_came_between_them(self, store: Store, how: str) -> None:
        thread = await threaded(store)
        if how == "erased":
            await store.erase(ANA, NOW_MS)
        elif how == "reported":
            assert await report(store, ANA, thread.bottle)
        elif how == "was blocked before an erasure":
            await store.relations.block(drifter(ANA), BEN, "m", "h", NOW_MS, most=1)
            await store.erase(BEN, NOW_MS)
            await commit(store, seen(BEN))
        else:
            author, other = (ANA, BEN) if how == "is blocked" else (BEN, ANA)
            await store.relations.block(drifter(author), other, "m", "h", NOW_MS, most=1)
        for person in (ANA, BEN):
            assert await store.threads.of(person, NOW_MS) == []
            assert await is_gone(store.threads.lines(person, thread.thread, 0, NOW_MS))
            assert await is_gone(store.threads.write(person, thread.thread, "x", NOW_MS, RULES))

    async def test_a_thread_whose_two_were_erased_goes_with_the_next_purge(
        self, store: Store, database: Database
    ) -> None:
        await threaded(store)
        await store.erase(ANA, NOW_MS)
        await store.purge(NOW_MS, RULES)
        assert [row["text"] for row in await database.rows("thread_messages")] == ["hi"]
        await store.erase(BEN, NOW_MS)
        await store.purge(NOW_MS, RULES)
        assert not await database.rows("threads")

    async def test_a_report_that_counts_freezes_and_a_second_one_sinks(self, store: Store, database: Database) -> None:
        bottle = await throw(store, says="buy now")
        lease = await caught(store)
        await store.bottles.release(BEN, bottle, lease.fence, NOW_MS, RULES)
        held = await caught(store, EVE)
        assert await report(store, BEN, bottle)
        assert await counts(store) == BottleCounts(1, 0, 0, 1, 0, 0)
        assert await is_gone(answer(store, held, EVE))
        assert await catch(store, "zoe") is None
        assert not await report(store, BEN, bottle)
        assert await counts(store) == BottleCounts(1, 0, 0, 1, 0, 0)
        assert await report(store, EVE, bottle, at_ms=NOW_MS + 1)
        assert await counts(store) == BottleCounts(1, 0, 0, 0, 0, 1)
        (row,) = await database.rows("bottles")
        assert row["sunk_ms"] == NOW_MS + 1
        found = await database.rows("reports")
        assert {(row["reporter"], row["reported"], row["does_count"], row["status"]) for row in found} == {
            (BEN, ANA, True, "open"),
            (EVE, ANA, True, "open"),
        }
        extracts = await database.rows("report_messages")
        assert [(row["position"], row["speaker"], row["text"], row["at_ms"]) for row in extracts] == [
            (1, "reported", "buy now", NOW_MS)
        ] * 2

    async def test_an_unestablished_report_is_written_and_gives_the_bottle_back(
        self, store: Store, database: Database
    ) -> None:
        bottle = await throw(store)
        await caught(store, established=False)
        assert await report(store, BEN, bottle, established=False)
        assert await counts(store) == BottleCounts(1, 1, 0, 0, 0, 0)
        assert [row["does_count"] for row in await database.rows("reports")] == [False]
        assert (await caught(store, EVE)).bottle == bottle

    async def test_whoever_never_held_a_bottle_reports_nothing(self, store: Store, database: Database) -> None:
        bottle = await throw(store)
        assert not await report(store, ANA, bottle)
        assert not await report(store, EVE, bottle)
        assert not await report(store, EVE, await throw(store, EVE))
        assert (await database.rows("reports"), (await counts(store)).afloat) == ([], 2)

    async def test_reports_of_who_was_wrong_twice_do_not_count_for_thirty_days(
        self, store: Store, database: Database
    ) -> None:
        await commit(store, seen(BEN), seen(EVE))
        wrong = {"reporter": BEN, "reported": EVE, "reason": "x", "at_ms": 1, "does_count": True, "status": "rejected"}
        for number in range(2):
            await database.insert("reports", {**wrong, "report": f"r{number}", "reviewed_ms": NOW_MS + number})
        for at_ms, does_freeze in ((NOW_MS + 30 * DAY_MS - 1, False), (NOW_MS + 30 * DAY_MS, True)):
            bottle = await throw(store, f"author{at_ms}", at_ms=at_ms)
            assert (await caught(store, at_ms=at_ms)).bottle == bottle
            assert await report(store, BEN, bottle, at_ms=at_ms)
            assert (await counts(store, at_ms)).frozen == does_freeze

    async def test_reports_are_bounded_by_the_hour(self, store: Store) -> None:
        for number in range(11):
            bottle = await throw(store, f"author{number}")
            assert (await caught(store)).bottle == bottle
            if number < 10:
                assert await report(store, BEN, bottle, at_ms=NOW_MS + number, rules=RULES)
        with pytest.raises(Refused) as refused:
            await report(store, BEN, bottle, at_ms=NOW_MS + 10, rules=RULES)
        assert (refused.value.limit, refused.value.retry_ms) == ("reports", HOUR_MS - 10)

    async def test_bottles_of_somebody_reported_are_passed_over(self, store: Store) -> None:
        """What was thrown within three days after one report too; within thirty after two different people's."""
        first = await throw(store)
        assert (await caught(store)).bottle == first
        await throw(store)
        assert await report(store, BEN, first)
        assert await catch(store, EVE) is None
        after_ms = NOW_MS + RULES.doubt_ms
        await throw(store, at_ms=after_ms - 1)
        assert await catch(store, EVE, at_ms=after_ms) is None
        fresh = await throw(store, at_ms=after_ms)
        assert (await caught(store, EVE, at_ms=after_ms)).bottle == fresh
        assert await report(store, EVE, fresh, at_ms=after_ms)
        month_ms = NOW_MS + RULES.doubt_repeated_ms
        await throw(store, at_ms=month_ms - 1)
        assert await catch(store, "zoe", at_ms=month_ms) is None
        late = await throw(store, at_ms=month_ms)
        assert (await caught(store, "zoe", at_ms=month_ms)).bottle == late

    async def test_a_report_that_was_rejected_or_never_counted_passes_nothing_over(
        self, store: Store, database: Database
    ) -> None:
        await commit(store, seen(ANA), seen(BEN))
        told = {"reporter": BEN, "reported": ANA, "reason": "x", "at_ms": NOW_MS}
        await database.insert(
            "reports",
            {**told, "report": "r1", "does_count": True, "status": "rejected", "reviewed_ms": NOW_MS},
            {**told, "report": "r2", "does_count": False, "status": "open"},
        )
        await throw(store)
        assert await catch(store, EVE) is not None

    async def test_a_thread_is_reported_by_either_side_with_its_last_lines(
        self, store: Store, database: Database
    ) -> None:
        thread = await threaded(store)
        for number in range(25):
            await store.threads.write(ANA if number % 2 else BEN, thread.thread, f"line {number}", NOW_MS + 2, FREE)
        assert await report(store, ANA, thread.bottle)
        assert not await report(store, ANA, thread.bottle)
        extract = await database.rows("report_messages")
        assert [row["position"] for row in extract] == list(range(1, 21))
        assert [(row["speaker"], row["text"]) for row in extract][-2:] == [
            ("reporter", "line 23"),
            ("reported", "line 24"),
        ]
        assert [(row["reporter"], row["reported"]) for row in await database.rows("reports")] == [(ANA, BEN)]
        assert await report(store, BEN, thread.bottle)
        assert (await counts(store)).threaded == 1

    async def test_who_held_a_bottle_before_it_was_answered_tells_nothing_of_the_thread(
        self, store: Store, database: Database
    ) -> None:
        await throw(store, says="the bottle")
        await caught(store, EVE)
        await answer(store, await caught(store, at_ms=LATER_MS), says="a secret", at_ms=LATER_MS)
        bottle = (await database.rows("bottles"))[0]["bottle"]
        assert await report(store, EVE, bottle, at_ms=LATER_MS)
        assert [row["text"] for row in await database.rows("report_messages")] == ["the bottle"]
        assert len(await store.threads.of(BEN, LATER_MS)) == 1


def _same(thread: Thread) -> tuple[object, ...]:
    return thread.thread, thread.bottle, thread.origin
