"""The database goes away, is slow or breaks off while people talk: rooms go on, nothing acknowledged is lost."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from nearby.server.auth import mint_token
from nearby.sim.child import serving
from nearby.testing.postgres import OwnPostgres, Server, postgres_with_schema
from nearby.testing.proxy import Proxy, running_proxy
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import FAR_FUTURE_S, KEY, LiveServer, http_call, live_server
from nearby.testing.store_suite import Database
from nearby.testing.waiting import eventually

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""

PLACE = {"lat": 47.37, "lon": 8.54}
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    with postgres_with_schema() as server:
        yield server


@pytest.fixture
async def database(postgres: OwnPostgres) -> AsyncIterator[Database]:
    server = Server(postgres.url)
    url = await server.create(like=postgres.url)
    yield Database(url)
    await server.drop(url)


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[Proxy]:
    address = urlsplit(database.url)
    async with running_proxy(str(address.hostname), address.port or 5432) as proxy:
        yield proxy


@pytest.fixture
async def server(tmp_path: Path, database: Database, proxy: Proxy) -> AsyncIterator[LiveServer]:
    """Yield a server that reaches its database through the proxy."""
    address = urlsplit(database.url)
    url = urlunsplit(address._replace(netloc=f"{address.username}@127.0.0.1:{proxy.port}"))
    async with live_server(tmp_path, database_url=url, limits="off") as running:
        yield running


@dataclass
class Two:
    """Two people in one room: one says, the other hears."""

    ana: RawPhone
    ben: RawPhone
    room: str

    @classmethod
    async def seated(cls, server: LiveServer) -> "Two":
        """Seat them, and wait until that is on disk."""
        ana, ben = await server.seated("ana"), await server.seated("ben")
        two = cls(ana, ben, ana.received[-1]["room"]["id"])
        assert (await two.say("sat down"))["type"] == "ack"
        return two

    async def heard(self, text: str) -> int:
        """Send a message and return the seq at which the other heard it; its answer is still to come."""
        await self.ana.send({"type": "say", "id": text, "text": text})
        seq: int = (await self.ben.until("said", text=text))["seq"]
        return seq

    async def answer(self, text: str) -> dict[str, Any]:
        """Return the ack or error of a message that was sent."""
        while True:
            message = await self.ana.next()
            if message["type"] in ("ack", "error") and message.get("id") == text:
                return message

    async def say(self, text: str) -> dict[str, Any]:
        """Send a message and return its answer."""
        return await self.ana.ask({"type": "say", "id": text, "text": text})


async def ready(server: LiveServer) -> int:
    return (await server.call("GET", "/readyz")).status


async def until_ready(server: LiveServer, status: int) -> None:
    await eventually(lambda: ready(server), lambda found: found == status, what="readiness")


async def said_in(database: Database, room: str) -> dict[int, str]:
    """Return what stands in the database of a room's talk, by seq."""
    rows = await database.rows("room_log")
    return {row["seq"]: row["text"] for row in rows if row["room"] == room and row["kind"] == "said"}


async def is_acked(two: Two, text: str) -> dict[str, Any]:
    """Send a message until it is acknowledged, as a phone does, and return the ack."""
    return await eventually(lambda: two.say(text), lambda answer: answer["type"] == "ack", what=f"answer to {text}")


async def test_a_minute_without_the_database_is_heard_refused_held_and_made_up_for(
    server: LiveServer, proxy: Proxy, database: Database
) -> None:
    two = await Two.seated(server)
    proxy.cut()
    heard = {}
    for text in ("one", "two", "three"):
        heard[text] = await two.heard(text)
        answer = await two.answer(text)
        assert (answer["type"], answer["code"]) == ("error", "store_down")
        assert answer["retry_ms"] > 0
        server.time.pass_time(MINUTE_MS // 3)
    assert await ready(server) == 503
    assert json.loads((await server.call("GET", "/readyz")).body)["code"] == "store_down"
    assert await server.metric("nearby_store_up") == 0
    assert (await server.call("GET", "/healthz")).status == 200
    cyn = await server.seated("cyn")
    assert cyn.received[-1]["room"]["id"] == two.room

    proxy.heal()
    await until_ready(server, 200)
    for text, seq in heard.items():
        assert (await is_acked(two, text))["seq"] == seq
    written = await said_in(database, two.room)
    assert {seq: text for text, seq in heard.items()}.items() <= written.items()
    assert list(written) == sorted(set(written))
    assert [said["text"] for said in two.ben.received if said["type"] == "said"] == ["sat down", *heard]
    await the_check_in_log_is_written(server, database, people=3)
    for policy in ("drop_newest", "drop_membership_events", "refused"):
        assert await server.metric("nearby_store_dropped_total", policy=policy) == 0


async def the_check_in_log_is_written(server: LiveServer, database: Database, *, people: int) -> None:
    """Everybody's cell of this window was held and is there now."""

    async def count() -> int:
        return len({row["person_hash"] for row in await database.rows("checkins")})

    await eventually(count, lambda found: found >= people, what="people in the check-in log")


async def test_a_leave_and_a_clearing_wait_too_and_are_told_when_they_are_not_on_disk(
    server: LiveServer, proxy: Proxy, database: Database
) -> None:
    two = await Two.seated(server)
    proxy.cut()
    cleared = asyncio.create_task(server.call("DELETE", "/v1/presence", token=server.token("ben")))
    left = await two.ana.ask({"type": "leave", "id": 1})
    assert (left["type"], left["code"]) == ("error", "store_down")
    answer = await cleared
    assert (answer.status, json.loads(answer.body)["code"]) == (503, "store_down")
    assert int(answer.headers["Retry-After"]) >= 1
    proxy.heal()
    await until_ready(server, 200)

    async def present() -> int:
        return len(await database.rows("presence"))

    await eventually(present, lambda found: found == 0, what="presences")


async def test_a_database_that_takes_seconds_for_a_statement_delays_acks_and_nothing_else(
    server: LiveServer, proxy: Proxy, database: Database
) -> None:
    two = await Two.seated(server)
    proxy.delay(1.0)  # Each way: two seconds a statement.
    heard = {text: await two.heard(text) for text in ("slow 1", "slow 2")}
    for text, seq in heard.items():
        answer = await two.answer(text)
        assert answer.get("seq") == seq or answer["code"] == "store_down"
    assert (await server.call("GET", "/healthz")).status == 200
    assert (await server.seated("cyn")).received[-1]["room"]["id"] == two.room
    proxy.delay(0.0)
    for text, seq in heard.items():
        assert (await is_acked(two, text))["seq"] == seq
    await until_ready(server, 200)
    assert {seq: text for text, seq in heard.items()}.items() <= (await said_in(database, two.room)).items()


async def test_a_transaction_that_breaks_off_before_its_commit_left_nothing_and_is_made_again(
    server: LiveServer, proxy: Proxy, database: Database
) -> None:
    two = await Two.seated(server)
    # What was said goes alone, in one statement that is a transaction by itself.
    proxy.cut_before(b"half")
    seq = await two.heard("half")
    await eventually(lambda: cut(proxy), bool, what="the cut")
    assert "half" not in (await said_in(database, two.room)).values()
    proxy.heal()
    assert (await is_acked(two, "half"))["seq"] == seq
    assert (await said_in(database, two.room))[seq] == "half"


async def test_a_commit_whose_answer_was_lost_is_made_again_and_stands_once(
    server: LiveServer, proxy: Proxy, database: Database
) -> None:
    two = await Two.seated(server)
    proxy.cut_after(b"twice")
    seq = await two.heard("twice")
    await eventually(lambda: cut(proxy), bool, what="the cut")
    assert (await said_in(database, two.room))[seq] == "twice"
    proxy.heal()
    assert (await is_acked(two, "twice"))["seq"] == seq
    assert list((await said_in(database, two.room)).values()).count("twice") == 1


async def cut(proxy: Proxy) -> bool:
    return proxy.is_cut


async def test_postgresql_stops_and_starts_and_what_was_acknowledged_afterwards_survives_a_kill(
    postgres: OwnPostgres, database: Database, tmp_path: Path
) -> None:
    places = ("--port", "0", "--metrics-port", "0", "--data-dir", str(tmp_path), "--database-url", database.url)
    flags = (*places, "--log-level", "error", "--limits", "off", "--drain-s", "0")
    async with serving(flags, key=KEY) as child:
        two = await two_of(child.url)
        await asyncio.to_thread(postgres.stop)
        try:
            heard = {text: await two.heard(text) for text in ("one", "two", "three")}
            for text in heard:
                assert (await two.answer(text))["code"] == "store_down"
            assert (await http_call(f"{child.url}/readyz")).status == 503
        finally:
            await asyncio.to_thread(postgres.start)
        for text, seq in heard.items():
            assert (await is_acked(two, text))["seq"] == seq
        assert (await http_call(f"{child.url}/readyz")).status == 200
        child.process.kill()
        await child.process.wait()
    assert {seq: text for text, seq in heard.items()}.items() <= (await said_in(database, two.room)).items()

    async with serving(flags, key=KEY) as child:
        back = await hello(child.url, "ana")
        placed = await back.until("placed")
        assert (placed["room"]["id"], placed["room"]["epoch"], placed["why"]) == (two.room, 2, "resynced")
        shown = {said["text"]: said["seq"] for said in placed["messages"]}
        assert heard.items() <= shown.items()
        again = await back.ask({"type": "say", "id": "two", "text": "two"})
        assert (again["type"], again["seq"]) == ("ack", heard["two"])
        await back.cut()


async def two_of(url: str) -> Two:
    """Return two people in one room of a server in another process."""
    ana, ben = await hello(url, "ana"), await hello(url, "ben")
    for phone in (ana, ben):
        await phone.send({"type": "checkin", **PLACE})
        placed = await phone.until("placed")
    two = Two(ana, ben, placed["room"]["id"])
    assert (await two.say("sat down"))["type"] == "ack"
    return two


async def hello(url: str, person: str) -> RawPhone:
    phone = await RawPhone.connect(url, token=mint_token(KEY.encode(), person, expires_s=FAR_FUTURE_S))
    await phone.send({"type": "hello"})
    await phone.until("welcome")
    return phone


FLOOD = 100


async def test_a_full_journal_refuses_to_say_before_anybody_heard_and_drops_only_who_came_and_went(
    server: LiveServer, proxy: Proxy, database: Database
) -> None:
    two = await Two.seated(server)
    proxy.cut()
    refused: list[dict[str, Any]] = []
    said = 0
    while not refused:
        for number in range(said, said + FLOOD):
            await two.ana.send({"type": "say", "text": str(number)})
        said += FLOOD
        refused = [message for message in await two.ana.quiet() if message["type"] == "error"]
        two.ana.received.clear()
        await two.ben.quiet()
        if said % 20_000:
            two.ben.received.clear()
    assert {message["code"] for message in refused} == {"store_down"}
    assert (await two.say("too much"))["code"] == "store_down"
    assert "too much" not in {message.get("text") for message in await two.ben.quiet()}
    await server.seated("cyn")
    dropped = await server.metric("nearby_store_dropped_total", policy="drop_membership_events")
    assert dropped >= 1
    proxy.heal()
    await until_ready(server, 200)
    assert (await is_acked(two, "goes on"))["type"] == "ack"
    written = await said_in(database, two.room)
    spoken = [text for _, text in sorted(written.items()) if text.isdecimal()]
    assert spoken == [str(number) for number in range(said - len(refused))]
