"""A thousand catchers in a process that is killed in the middle: at most one lease, and every bottle somewhere."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

import pytest

from nearby.core.bottle import BottleId
from nearby.core.ids import Cell
from nearby.core.rules import Rules
from nearby.errors import StoreDown
from nearby.store.base import Store
from nearby.store.bottles import BottleCounts, Drifter, Lease
from nearby.store.sql import init_store
from nearby.testing.store_suite import Database
from nearby.testing.store_suite.bottles import drifter
from nearby.testing.store_suite.given import NOW_MS
from nearby.testing.store_suite.retention import RES4

CHILD = Path(__file__).parent / "catching_child.py"
ROOT = CHILD.parent.parent.parent
RULES, FREE = Rules(), Rules().unlimited()
BOTTLES, CATCHERS = 100, 1_000
TURNS = {"sqlite": ((1, 20), (1, 220), (1, 60)), "postgresql": ((2, 20), (1, 220), (2, 60))}
"""How many processes catch side by side, and how much each tells before it is killed: among first catches, and once
bottles come back. An SQLite file has one server, and a second one would only wait for it."""


def catching(url: str, name: str, now_ms: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(CHILD), url, name, str(now_ms)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def told_until_killed(url: str, names: list[str], now_ms: int, lines: int) -> Iterator[tuple[str, str, int]]:
    """Let processes catch side by side, kill one after the other while they do, and yield all they told."""
    with ExitStack() as stack:
        children = [stack.enter_context(catching(url, name, now_ms)) for name in names]
        for child in children:
            assert child.stdout is not None
            told = [child.stdout.readline() for _ in range(lines)]
            child.kill()
            told.extend(child.stdout)
            assert child.wait() == -signal.SIGKILL
            for line in told:
                if line.endswith("\n"):
                    what, bottle, fence = line.split()
                    yield what, bottle, int(fence)


async def counted(store: Store, now_ms: int) -> BottleCounts:
    counts = await store.bottles.counts(now_ms, RULES)
    assert counts.thrown == counts.afloat + counts.leased + counts.frozen + counts.threaded + counts.sunk == BOTTLES
    return counts


async def check_rows(database: Database, answered: set[str]) -> None:
    """Every lease left one catch, every answer one thread of two messages, and nothing is there by halves."""
    rows = {row["bottle"]: row for row in await database.rows("bottles")}
    assert len(rows) == BOTTLES
    catches = await database.rows("catches")
    per_bottle = Counter(row["bottle"] for row in catches)
    assert all(per_bottle[bottle] == row["fence"] for bottle, row in rows.items())
    had = {(row["bottle"], row["catcher"]) for row in catches}
    assert all((row["bottle"], row["catcher"]) in had for row in rows.values() if row["state"] == "leased")
    threaded = {bottle for bottle, row in rows.items() if row["state"] == "threaded"}
    assert threaded >= answered
    threads = {row["thread"]: row["bottle"] for row in await database.rows("threads")}
    assert sorted(threads.values()) == sorted(threaded)
    assert Counter(row["thread"] for row in await database.rows("thread_messages")) == dict.fromkeys(threads, 2)


@pytest.mark.timeout(240)
async def test_a_thousand_catchers_and_a_kill_leave_one_lease_at_most_and_every_bottle(empty_url: str) -> None:
    await init_store(empty_url)
    database, answered, all_again = Database(empty_url), set[str](), 0
    kind = empty_url.partition(":")[0]
    async with database.open() as store:
        for number in range(BOTTLES):
            bottle = BottleId(f"b{number}")
            await store.bottles.throw(drifter(f"author{number}"), bottle, "hello", Cell(RES4), NOW_MS, FREE)
    for turn, (processes, lines) in enumerate(TURNS[kind]):
        now_ms = NOW_MS + turn * RULES.lease_ms
        names = [f"process-{number}-{turn}" for number in range(processes)]
        told = [*told_until_killed(empty_url, names, now_ms, lines)]
        leases = Counter((bottle, fence) for what, bottle, fence in told if what == "caught")
        given_back = {(bottle, fence) for what, bottle, fence in told if what == "releasing"}
        assert set(leases.values()) == {1}
        # Within a turn no lease ends by time: whoever caught a bottle after somebody did so after they gave it back.
        again = [(bottle, fence - 1) for bottle, fence in leases if (bottle, fence - 1) in leases]
        assert set(again) <= given_back
        all_again += len(again)
        answered |= {bottle for what, bottle, _ in told if what == "answered"}
        await check_rows(database, answered)
        async with database.open() as store:
            during, after = await counted(store, now_ms), await counted(store, now_ms + RULES.lease_ms)
        assert after.leased == 0
        assert after.afloat == during.afloat + during.leased
        print(f"turn {turn}: {len(leases)} leases told, {len(again)} of a bottle given back; {during}")
    assert all_again


@pytest.mark.timeout(240)
async def test_a_thousand_who_catch_at_once_get_each_bottle_once(empty_url: str) -> None:
    await init_store(empty_url)

    async def caught(store: Store, person: Drifter) -> Lease | None:
        while True:
            try:
                return await store.bottles.catch(person, NOW_MS, FREE)
            except StoreDown:
                continue

    async with Database(empty_url).open() as store:
        for number in range(BOTTLES):
            bottle = BottleId(f"b{number}")
            await store.bottles.throw(drifter(f"author{number}"), bottle, "hello", Cell(RES4), NOW_MS, FREE)
        began_s = perf_counter()
        leases = await asyncio.gather(*(caught(store, drifter(f"p{number}")) for number in range(CATCHERS)))
        took_s = perf_counter() - began_s
        got = Counter(lease.bottle for lease in leases if lease is not None)
        assert len(got) == BOTTLES
        assert set(got.values()) == {1}
        assert (await counted(store, NOW_MS)).leased == BOTTLES
        print(f"{CATCHERS} catchers of {BOTTLES} bottles: each once, in {took_s:.1f} s")


async def test_a_lease_without_its_catch_is_noticed(sqlite_url: str) -> None:
    await init_store(sqlite_url)
    database = Database(sqlite_url)
    async with database.open() as store:
        for number in range(BOTTLES):
            bottle = BottleId(f"b{number}")
            await store.bottles.throw(drifter("author"), bottle, "hello", Cell(RES4), NOW_MS, FREE)
        await check_rows(database, set())
        with pytest.raises(AssertionError):
            await check_rows(database, {"b0"})
        lease = await store.bottles.catch(drifter("ben"), NOW_MS, FREE)
        assert lease is not None
        await check_rows(database, set())
        await store.erase(drifter("ben").person, NOW_MS)
    with pytest.raises(AssertionError):
        await check_rows(database, set())
