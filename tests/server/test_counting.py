"""The check-in log of two servers on one hub and a real PostgreSQL equals what a plain model computes."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import count
from random import Random
from typing import Any

import pytest

from nearby.core.crowd import crowds
from nearby.core.ids import Cell, PersonId
from nearby.errors import StoreDown
from nearby.hub.base import Caller
from nearby.server.clock import SteadyClock
from nearby.server.config import Settings
from nearby.server.counting import LATE_WINDOWS, Counting
from nearby.server.sharing import SharedHub, open_shared
from nearby.sim.in_force import Row, Whereabouts
from nearby.store.base import Store
from nearby.store.sql import init_store, open_store
from nearby.testing.clock import ManualClock
from nearby.testing.postgres import running_postgres
from nearby.testing.recorder import Recorder
from nearby.testing.redis import RedisServer
from nearby.testing.serving import KEY
from nearby.testing.store_suite import Database
from tests.server.test_checkin_log import (
    LADDER_OF,
    LADDERS,
    RULES,
    SECRET,
    START_MS,
    WIDTH_MS,
    WINDOWS,
    crowd,
    expected,
)

SWEPT_EVERY_MS = 45_000


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    with running_postgres() as url:
        asyncio.run(init_store(url))
        yield url


class Servers:
    """As much of two servers as counts people, on a clock by hand.

    Args:
        hubs: Their handles.
        stores: Of the same database.
        clock: The clock.
    """

    def __init__(self, hubs: list[SharedHub], stores: list[Store], clock: ManualClock) -> None:
        self.hubs = hubs
        self.clock = clock
        self.counting = [Counting(hub, store.checkins, WINDOWS) for hub, store in zip(hubs, stores, strict=True)]

    async def tick(self, at_ms: int) -> None:
        """Do what is due, on both at once."""
        self.clock.advance(at_ms - self.clock.now_ms())
        await asyncio.gather(*(hub.sweep(at_ms) for hub in self.hubs))
        await asyncio.gather(*(counting.look() for counting in self.counting))

    async def play(self, told: list[Whereabouts], *, until_ms: int) -> None:
        """Let people go to the servers in turn."""
        ticks = [*range(self.clock.now_ms() + SWEPT_EVERY_MS, until_ms, SWEPT_EVERY_MS), until_ms]
        for number, one in enumerate(
            sorted([*told, *ticks], key=lambda one: one if isinstance(one, int) else one.at_ms)
        ):
            if isinstance(one, int):
                await self.tick(one)
                continue
            now_ms, hub = self.clock.advance(one.at_ms - self.clock.now_ms()), self.hubs[number % 2]
            if one.cell is None:
                await hub.clear(one.person, None, now_ms)
            else:
                await hub.check_in(Caller(one.person, established=True), LADDER_OF[one.cell], now_ms)


@pytest.fixture(params=[1, 3], ids=["one slice", "three slices"])
async def servers(database_url: str, hub: RedisServer, request: pytest.FixtureRequest) -> AsyncIterator[Servers]:
    await hub.flush()
    clock, ids = ManualClock(START_MS), count()
    steady = SteadyClock(wall_ms=clock.now_ms, monotonic_ms=clock.now_ms)
    own: dict[str, Any] = {"hub_url": hub.url, "database_url": database_url, "key": KEY, "store_secret": KEY}
    settings = Settings(**(own | {"limits": "off", "hub_slices": request.param}))
    async with contextlib.AsyncExitStack() as stack:
        hubs, stores = list[SharedHub](), list[Store]()
        for _ in range(2):
            store = await stack.enter_async_context(open_store(database_url, secret=KEY.encode()))
            shared = await open_shared(
                settings, store, Recorder(), secret=SECRET, clock=steady, draw_id=lambda: f"id-{next(ids)}"
            )
            stack.push_async_callback(shared.close)
            hubs.append(shared)
            stores.append(store)
        servers = Servers(hubs, stores, clock)
        await servers.tick(START_MS)
        yield servers


async def found(database_url: str) -> Counter[Row]:
    """Return how many rows each window and cell has, and empty the log."""
    rows = await Database(database_url).rows("checkins")
    assert all(row["is_established"] for row in rows)
    async with open_store(database_url, secret=KEY.encode()) as store:
        await store.purge(START_MS + 10_000 * WIDTH_MS, RULES)
    return Counter((row["window_start_ms"], Cell(row["cell"])) for row in rows)


async def test_nobody_is_counted_twice_and_nobody_left_out(servers: Servers, database_url: str) -> None:
    told = crowd(Random(1), people=50, windows=5)
    await servers.play(told, until_ms=told[-1].at_ms + 4 * WIDTH_MS)
    # The window in which the hub began may have been counted in another way.
    model = Counter({row: people for row, people in expected(told).items() if row[0] > START_MS})
    assert await found(database_url) == model
    assert model.total() > 200


async def test_a_crowd_of_ten_on_two_servers_is_shown_and_one_of_nine_is_not(
    servers: Servers, database_url: str
) -> None:
    begins_ms = START_MS + WIDTH_MS
    told = [
        Whereabouts(PersonId(f"{ladder.res7}-{number}"), ladder.res7, begins_ms + turn * WIDTH_MS // 3 + number)
        for turn in range(3)
        for ladder, people in zip(LADDERS, (10, 9), strict=False)
        for number in range(people)
    ]
    await servers.play(sorted(told, key=lambda one: one.at_ms), until_ms=begins_ms + 3 * WIDTH_MS)
    async with open_store(database_url, secret=KEY.encode()) as store:
        shown = crowds(await store.window_counts(begins_ms, begins_ms + 2 * WIDTH_MS), 7)
    assert {crowd.cell: (crowd.at_least, crowd.at_most) for crowd in shown} == {LADDERS[0].res7: (10, 19)}
    assert await servers.counting[0].settled_ms() == begins_ms + 3 * WIDTH_MS
    await found(database_url)


async def test_a_window_of_which_one_server_could_not_write_is_written_by_another(
    servers: Servers, database_url: str
) -> None:
    """The map waits for it: an hour that was shown does not change."""
    told = [Whereabouts(PersonId("ana"), LADDERS[0].res7, START_MS + WIDTH_MS + 1)]
    await servers.play(told, until_ms=START_MS + 2 * WIDTH_MS - 1)
    counting, failing = servers.counting, Failing()
    servers.counting = []
    await servers.tick(START_MS + 2 * WIDTH_MS)
    with pytest.raises(StoreDown):
        await Counting(servers.hubs[0], failing, WINDOWS).look()  # type: ignore[arg-type]
    assert await counting[0].settled_ms() == START_MS + WIDTH_MS
    await counting[1].look()
    assert await counting[0].settled_ms() == START_MS + 2 * WIDTH_MS
    assert await found(database_url) == Counter({(START_MS + WIDTH_MS, LADDERS[0].res7): 1})
    assert LATE_WINDOWS < 3


class Failing:
    """A log whose database is away."""

    async def count(self, window_start_ms: int, counts: object) -> None:
        raise StoreDown
