"""The store by itself, on SQLite and on PostgreSQL with ``fsync`` on: what one more acked message costs.

Absolute figures, for the table in docs/decisions/0026: there is nothing beside which a store could be measured.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median, quantiles

import uvloop

from nearby.core.ids import PersonId
from nearby.store.sql import SqlStore, open_store
from nearby.testing.store_suite.given import ANA, HERE, NOW_MS, RULES, present, room, said, seen
from nearby.testing.store_suite.journal import commit
from scripts.benches.databases import new_databases

SECRET = b"the secret of a bench's shadows, long"
RUN_S = 4.0
CALLERS = (1, 100, 1_000)
ROWS = 200_000
PEOPLE = 100_000


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[SqlStore]:
    """Yield a new store at ``url``."""
    async with open_store(url, secret=SECRET) as store:
        await commit(store, seen(ANA), room())
        yield store


async def acked(store: SqlStore, callers: int, first_seq: int) -> tuple[int, str]:
    """Let callers say one thing after the other, each waiting for its ack; return how many and a line on it."""
    waits_s: list[float] = []
    seq = first_seq
    ends_s = time.perf_counter() + RUN_S
    cpu_s = time.process_time()

    async def talk() -> None:
        nonlocal seq
        while (began_s := time.perf_counter()) < ends_s:
            seq += 1
            store.journal.record(said(ANA, seq, "a message of an ordinary length, as people write them"))
            await store.journal.durable()
            waits_s.append(time.perf_counter() - began_s)

    await asyncio.gather(*(talk() for _ in range(callers)))
    cpu_us = (time.process_time() - cpu_s) * 1e6 / len(waits_s)
    p99_ms = quantiles(waits_s, n=100)[98] * 1e3
    line = (
        f"{callers:5} callers: {len(waits_s) / RUN_S:9,.0f} acked/s, wait p50 {median(waits_s) * 1e3:5.1f} ms, "
        f"p99 {p99_ms:5.1f} ms, {cpu_us:6.1f} µs of our CPU each"
    )
    return seq, line


async def measure(name: str, url: str) -> None:
    """Print a database's numbers."""
    async with opened(url) as store:
        seq = 0
        for callers in CALLERS:
            seq, line = await acked(store, callers, seq)
            print(f"{name:11}{line}")
        began_s = time.perf_counter()
        for number in range(ROWS):
            store.checkins.note(PersonId(f"person-{number}"), HERE.res7, NOW_MS, is_established=True)
        noted_s, cpu_s = time.perf_counter() - began_s, time.process_time()
        await store.checkins.flush()
        took_s = time.perf_counter() - began_s - noted_s
        cpu_us = (time.process_time() - cpu_s) * 1e6 / ROWS
        print(
            f"{name:11}check-in log: note {noted_s * 1e6 / ROWS:.1f} µs, {ROWS / took_s:,.0f} rows/s, "
            f"{cpu_us:.1f} µs of our CPU a row"
        )
        people = [PersonId(f"person-{number}") for number in range(PEOPLE)]
        began_s = time.perf_counter()
        for person in people:
            store.journal.record(seen(person))
            store.journal.record(present(person))
        recorded_s = time.perf_counter() - began_s
        while store.journal.statistics().waiting:
            await asyncio.sleep(0.01)
        took_s = time.perf_counter() - began_s
        print(f"{name:11}record {recorded_s * 1e6 / PEOPLE / 2:.1f} µs; people with presence: {PEOPLE / took_s:,.0f}/s")
        began_s = time.perf_counter()
        kept = await store.take_over(NOW_MS, RULES)
        print(f"{name:11}take over {len(kept.presences):,} people: {time.perf_counter() - began_s:.2f} s")


def main() -> None:
    """Measure both."""
    for name in ("SQLite", "PostgreSQL"):
        uvloop.run(_measure_new(name))


async def _measure_new(name: str) -> None:
    async with new_databases(1, is_sqlite=name == "SQLite") as (url,):
        await measure(name, url)
