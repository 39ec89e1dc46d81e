"""What two servers on one hub and one database know of each other: erasures, verdicts, and what a lost hub forgot."""

import contextlib
import json
from collections.abc import AsyncIterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import asyncpg  # type: ignore[import-untyped]
import pytest
from websockets.exceptions import ConnectionClosed

from nearby.core.cell import ladder_of
from nearby.core.history import STEP_MS
from nearby.core.ids import ConnectionId, PersonId
from nearby.core.rules import DAY_MS
from nearby.errors import CloseCode
from nearby.hub.base import Caller
from nearby.server.clock import SteadyClock
from nearby.server.config import Settings
from nearby.server.sharing import open_shared
from nearby.store.sql import open_store
from nearby.store.tables import metadata
from nearby.testing.clock import ManualClock
from nearby.testing.faults import Faults
from nearby.testing.raw_phone import RawPhone
from nearby.testing.recorder import Recorder
from nearby.testing.redis import RedisServer
from nearby.testing.serving import KEY, START_MS, LiveServer, live_server
from nearby.testing.store_suite import Database
from nearby.testing.waiting import eventually


class Begin(Protocol):
    """Begins one more server."""

    def __call__(self, faults: Faults | None = None) -> contextlib.AbstractAsyncContextManager[LiveServer]: ...


@pytest.fixture
async def begin(database_url: str, hub: RedisServer, tmp_path: Path) -> Begin:
    """Return what begins one more server."""
    await hub.flush()
    shared: dict[str, Any] = {"hub_url": hub.url, "database_url": database_url, "store_secret": KEY, "limits": "off"}
    return lambda faults=None: live_server(tmp_path, faults=faults, **shared)


@pytest.fixture
async def servers(begin: Begin) -> AsyncIterator[tuple[LiveServer, LiveServer]]:
    async with begin() as one, begin() as other:
        yield one, other


async def erase(server: LiveServer, person: str) -> None:
    """Erase somebody; a server that was too slow to see to it has it asked for once more."""

    async def status() -> int:
        return (await server.call("DELETE", "/v1/me", token=server.token(person))).status

    await eventually(status, lambda found: found == 204, what="the answer to an erasure")


async def seated_after_loss(server: LiveServer, person: str, **claims: Any) -> RawPhone:
    """Seat somebody on a hub that lost everything: whoever comes before their server noticed may be sent back once."""
    while True:
        try:
            return await server.seated(person, **claims)
        except ConnectionClosed as closed:
            if closed.rcvd is None or closed.rcvd.code != CloseCode.SHUTTING_DOWN:
                raise


def room_of(phone: RawPhone) -> str:
    """Return the room a phone was placed in last."""
    placed = [message for message in phone.received if message["type"] == "placed"]
    room: str = placed[-1]["room"]["id"]
    return room


async def block(author: LiveServer, other: LiveServer, names: tuple[str, str]) -> None:
    """Let the first of two block the second, who sits in the same room by the other server."""
    blocking, blocked = await author.seated(names[0], established=True), await other.seated(names[1])
    assert room_of(blocking) == room_of(blocked)
    member = blocked.received[-1]["you"]
    ack = await blocking.ask({"type": "block", "id": 1, "room": room_of(blocked), "member": member})
    assert ack["type"] == "ack", ack


async def test_who_is_erased_through_one_server_is_sent_away_by_the_other_and_no_row_names_them(
    servers: tuple[LiveServer, LiveServer], database_url: str
) -> None:
    one, other = servers
    zoe = await other.seated("zoe")
    await zoe.ask({"type": "say", "id": 1, "text": "my last words"})
    await erase(one, "zoe")
    assert await zoe.close_code() == 3505
    database = Database(database_url)
    assert [table for table in metadata.tables if "'zoe'" in repr(await database.rows(table))] == []


@pytest.mark.parametrize("is_late", [False, True], ids=["a server that ran", "a server that begins later"])
async def test_a_block_of_somebody_erased_elsewhere_holds_when_they_come_back(
    servers: tuple[LiveServer, LiveServer], begin: Begin, hub: RedisServer, is_late: bool
) -> None:
    """On a hub that lost everything: all that is left of the block is its shadow in the database."""
    one, other = servers
    author, erased = f"ana-{is_late}", f"ben-{is_late}"
    await block(one, other, (author, erased))
    await erase(one, erased)
    await hub.flush()
    async with contextlib.AsyncExitStack() as stack:
        again = await stack.enter_async_context(begin()) if is_late else other
        ana = await seated_after_loss(one, author)
        ben = await seated_after_loss(again, erased)
        assert room_of(ben) != room_of(ana)
        # Whoever has no quarrel sits with one of the two.
        assert room_of(await seated_after_loss(again, "cyn")) in (room_of(ana), room_of(ben))


async def test_a_hub_that_lost_everything_is_told_again_who_never_meets_before_anybody_is_seated(
    servers: tuple[LiveServer, LiveServer], hub: RedisServer
) -> None:
    one, other = servers
    await block(one, other, ("eva", "fay"))
    await hub.flush()
    eva = await seated_after_loss(one, "eva", established=True)
    fay = await seated_after_loss(other, "fay")
    assert room_of(fay) != room_of(eva)
    assert room_of(await seated_after_loss(other, "gil")) in (room_of(eva), room_of(fay))


async def test_a_ban_through_one_server_is_in_force_on_the_other_when_it_is_answered(
    servers: tuple[LiveServer, LiveServer],
) -> None:
    one, other = servers
    eve = await other.seated("eve")
    operator = one.token("boss", scope="operator")
    # Whoever just came is somebody to the other server once theirs has written that.
    answer = await eventually(
        partial(one.call, "POST", "/v1/admin/people/eve/ban", body=b'{"reason":"spam"}', token=operator),
        lambda answer: answer.status != 404,
        what="the answer to a ban",
    )
    assert answer.status == 200
    refused = await other.call("POST", "/v1/checkins", body=b'{"lat":47.37,"lon":8.54}', token=other.token("eve"))
    assert (refused.status, json.loads(refused.body)["code"]) == (403, "banned")
    assert await eve.close_code() == 3501


async def test_a_server_that_drains_still_places_people_who_are_connected_elsewhere(begin: Begin) -> None:
    """Whichever server sweeps has to place whoever must have another seat; here the one that stays does not."""
    faults = Faults()
    async with begin() as draining, begin(faults) as staying:
        ivy, jon = await staying.seated("ivy", established=True), await staying.seated("jon")
        faults.down_for.add("sweep")
        await draining.running.keeper.drain(0)
        about = {"room": room_of(jon), "member": jon.received[-1]["you"]}
        # The new room may be told before the ack is.
        await ivy.send({"type": "block", "id": 1, **about})
        placed = await ivy.until("placed")
        assert (placed["why"], placed["room"]["id"] == about["room"]) == ("moved", False)


async def told(server: LiveServer) -> dict[str, Any]:
    """Return what an operator is told of now."""
    answer = await server.call("GET", "/v1/admin/now", token=server.token("boss", scope="operator"))
    now: dict[str, Any] = json.loads(answer.body)
    return now


async def test_operators_see_what_all_servers_did_whichever_they_ask(
    servers: tuple[LiveServer, LiveServer], begin: Begin
) -> None:
    one, other = servers
    phones = [await one.seated("kim"), await other.seated("lou"), await other.seated("max")]
    for number, phone in enumerate(phones):
        assert (await phone.ask({"type": "say", "id": number, "text": "hello"}))["type"] == "ack"
    for server in servers:
        server.time.pass_time(STEP_MS)
    for server in servers:
        # Each in a step of its own time: they may be a step apart at first.
        now = await eventually(partial(told, server), lambda now: now["servers"] == 2, what="what operators see")
        placed = {one["why"]: one["count"] for one in now["placements"]}
        assert (placed["new"], now["people"]) == (3, 3)
        assert any(now["history"]["says_per_s"])
    async with begin() as late:
        late.time.pass_time(STEP_MS)
        now = await eventually(partial(told, late), lambda now: bool(now["history"]["at_ms"]), what="the history")
        assert any(now["history"]["says_per_s"])


async def test_whoever_comes_back_is_in_the_database_though_the_server_they_came_to_first_died_before_it_wrote_that(
    servers: tuple[LiveServer, LiveServer], database_url: str
) -> None:
    one, other = servers
    database = Database(database_url)

    async def seats() -> list[str]:
        return [row["person"] for row in await database.rows("seats")]

    await one.seated("uma")
    await eventually(seats, lambda people: "uma" in people, what="who sits, in the database")
    connection = await asyncpg.connect(database_url)
    await connection.execute("DELETE FROM people WHERE person = 'uma'")
    await connection.close()
    phone = await other.seated("uma")
    assert (await phone.ask({"type": "say", "id": 1, "text": "I am known here"}))["type"] == "ack"
    await eventually(seats, lambda people: "uma" in people, what="who sits, in the database")


async def test_the_row_of_a_seat_that_is_held_for_days_stays(database_url: str, hub: RedisServer) -> None:
    """Each row of a seat ends in a day; whoever has the connection says in time that it goes on."""
    await hub.flush()
    time, recorder, ada = ManualClock(START_MS), Recorder(), Caller(PersonId("ada"))
    clock = SteadyClock(wall_ms=time.now_ms, monotonic_ms=time.now_ms)
    own: dict[str, Any] = {"hub_url": hub.url, "database_url": database_url, "key": KEY, "store_secret": KEY}
    settings = Settings(**own)
    rules, ids = settings.rules(), count()
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(database_url, secret=KEY.encode()))
        shared = await open_shared(
            settings, store, recorder, secret=KEY.encode(), clock=clock, draw_id=lambda: f"held-{next(ids)}"
        )
        stack.push_async_callback(shared.close)
        connection = ConnectionId("ada-1")
        recorder.open(connection)
        await shared.attach(ada, connection, None, time.now_ms())
        while time.now_ms() < START_MS + 2 * DAY_MS:
            await shared.sweep(time.now_ms())
            standing = await shared.check_in(ada, ladder_of(47.37, 8.54), time.now_ms())
            if standing.seat_wanted:
                assert time.now_ms() == START_MS
                await shared.open_room(ada.person, standing.area, "new", time.now_ms())
            time.advance(rules.window_ms)
        await store.journal.durable()
        await store.purge(time.now_ms(), rules)
        seats = await Database(database_url).rows("seats")
        assert [row["ended_ms"] > time.now_ms() for row in seats if row["person"] == "ada"] == [True]
