"""Several real servers share a hub and a database: a phone may land on any of them, and one may die without a word."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from nearby.sim.child import Child, bare_environment, serving
from nearby.testing.ports import free_port
from nearby.testing.raw_phone import RawPhone
from nearby.testing.redis import RedisServer
from nearby.testing.serving import KEY
from nearby.testing.waiting import eventually
from tests.server.test_restart import PEOPLE, ZURICH, Talker

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def gateways(
    database_url: str,
    hub: RedisServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> AsyncIterator[list[Child]]:
    """Yield two, whose hub is in as many slices as the test asks for, or in one."""
    monkeypatch.setenv("NEARBY_HUB_SLICES", str(getattr(request, "param", 1)))
    monkeypatch.setenv("NEARBY_DATABASE_URL", database_url)
    monkeypatch.setenv("NEARBY_STORE_SECRET", KEY)
    await hub.flush()
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(gateway(hub, tmp_path / name)) for name in ("one", "other")]


@contextlib.asynccontextmanager
async def gateway(hub: RedisServer, data_dir: Path, *more: str) -> AsyncIterator[Child]:
    flags = ("--port", "0", "--metrics-port", "0", "--data-dir", str(data_dir), "--hub-url", hub.url, "--drain-s", "0")
    async with serving([*flags, "--log-level", "error", "--limits", "off", *more], key=KEY) as child:
        yield child


async def seated(gateways: list[Child]) -> list[tuple[Talker, RawPhone]]:
    """Return people in one room, on the gateways in turn."""
    found = []
    for number, person in enumerate(PEOPLE):
        talker = Talker(person)
        found.append((talker, await talker.sit_down(gateways[number % len(gateways)].url)))
    rooms = {talker.room["id"] for talker, _ in found if talker.room is not None}
    assert len(rooms) == 1
    return found


async def test_people_of_two_gateways_sit_and_talk_in_one_room(gateways: list[Child]) -> None:
    (ana, first), (_, second), *_ = await seated(gateways)
    assert ana.room is not None
    ack = await first.ask({"type": "say", "id": 1, "room": ana.room["id"], "text": "hello over there"})
    said = await second.until("said")
    assert (said["text"], said["seq"]) == ("hello over there", ack["seq"])


async def test_the_newest_connection_wins_on_whichever_gateway(gateways: list[Child]) -> None:
    (ana, first), *_ = await seated(gateways)
    newer = await ana.connect(gateways[1].url)
    assert (await newer.ask({"type": "say", "id": 2, "text": "from here now"}))["type"] == "ack"
    assert await first.close_code() == 3504


@pytest.mark.parametrize("gateways", [1, 5], indirect=True, ids=["one slice", "five slices"])
async def test_when_a_gateway_dies_its_people_resume_on_another_and_nobody_else_notices(gateways: list[Child]) -> None:
    people = await seated(gateways)
    talking = [asyncio.create_task(talker.talk(phone)) for talker, phone in people]
    while sum(len(talker.acked) for talker, _ in people) < 40:
        await asyncio.sleep(0)
    os.kill(gateways[0].process.pid, 9)
    await asyncio.gather(talking[0], talking[2])
    stayed = [people[1][0], people[3][0]]
    enough = sum(len(talker.acked) for talker in stayed) + 20
    while sum(len(talker.acked) for talker in stayed) < enough:
        await asyncio.sleep(0)
    for task in (talking[1], talking[3]):
        # They say nothing more: who is away for more than 200 events gets a snapshot in place of them.
        assert not task.done()
        task.cancel()
    for talker, _ in (people[0], people[2]):
        before = dict(talker.acked)
        phone = await talker.connect(gateways[1].url)
        welcome = next(message for message in phone.received if message["type"] == "welcome")
        assert welcome["resumed"] is True
        for text, seq in before.items():
            again = await phone.ask({"type": "say", "id": text, "text": text})
            assert (again["type"], again.get("seq")) == ("ack", seq)
    for talker in stayed:
        events = [message["type"] for message in people[PEOPLE.index(talker.person)][1].received]
        assert events.count("placed") == 1
        assert "left" not in events


@pytest.mark.parametrize("gateways", [1, 5], indirect=True, ids=["one slice", "five slices"])
async def test_a_hub_that_comes_back_empty_has_every_phone_come_back_and_none_stay_away(
    gateways: list[Child], hub: RedisServer
) -> None:
    people = await seated(gateways)
    await hub.kill()
    await hub.start()
    for _, phone in people:
        assert await phone.close_code() == 3001
        assert "bye" in [message["type"] for message in phone.received]

    async def is_back() -> bool:
        """Do as ``bye`` and ``hub_down`` say, each of which may be heard again: slices are found to be lost in turn."""
        with contextlib.suppress(ConnectionClosed):
            phone = await Talker(PEOPLE[0]).connect(gateways[1].url)
            if (await phone.ask({"type": "checkin", "id": 1, **ZURICH}))["type"] == "ack":
                say = {"type": "say", "id": 2, "text": "anybody here"}
                await eventually(lambda: phone.ask(say), lambda answer: answer["type"] == "ack", what="the answer")
                return True
        return False

    await eventually(is_back, bool, what="whether somebody who came back talks")


async def workers(hub: RedisServer, database_url: str, directory: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Return the parent of two workers, and their address, once they take phones."""
    await hub.flush()
    ports = ("--port", str(free_port()), "--metrics-port", str(free_port()), "--drain-s", "0")
    shared = {"DATABASE_URL": database_url, "STORE_SECRET": KEY, "KEY": KEY, "HUB_URL": hub.url, "LIMITS": "off"}
    said = directory / "said"
    # Its output is a file: the workers have it too, and whoever waits for the end of a pipe would wait for them.
    with said.open("w") as output:
        parent = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-P", "-m", "nearby.cli", "serve", "--workers", "2", "--data-dir", str(directory), *ports],
            env=bare_environment() | {f"NEARBY_{name}": value for name, value in shared.items()},
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
    await eventually(lambda: asyncio.to_thread(said.read_text), bool, what="what the server says")
    return parent, f"http://127.0.0.1:{ports[1]}"


async def test_workers_end_with_the_process_that_started_them(
    database_url: str, hub: RedisServer, tmp_path: Path
) -> None:
    parent, url = await workers(hub, database_url, tmp_path)
    phone = await Talker("ana").connect(url)
    parent.kill()
    await asyncio.to_thread(parent.wait)
    assert await phone.close_code() == 3001


async def test_workers_share_a_port_and_drain_together(database_url: str, hub: RedisServer, tmp_path: Path) -> None:
    parent, url = await workers(hub, database_url, tmp_path)
    talkers = [Talker(person) for person in PEOPLE]
    phones = [await talker.sit_down(url) for talker in talkers]
    assert len({talker.room["id"] for talker in talkers if talker.room is not None}) == 1
    parent.terminate()
    for phone in phones:
        assert await phone.close_code() == 3001
    assert await asyncio.to_thread(parent.wait) == 0
