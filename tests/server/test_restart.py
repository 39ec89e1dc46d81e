"""The process dies without a word and comes back: everybody is where they were, and nothing acknowledged is missing."""

import asyncio
import contextlib
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from nearby.server.auth import mint_token
from nearby.sim.child import Child, serving
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import FAR_FUTURE_S, KEY
from tests.sizes import size

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""

PEOPLE = ("ana", "ben", "cyn", "dan")
ZURICH = {"lat": 47.37, "lon": 8.54}


class Talker:
    """A phone that says one thing after the other and writes down what was acknowledged and what it heard."""

    def __init__(self, person: str) -> None:
        self.person = person
        self.token = mint_token(KEY.encode(), person, expires_s=FAR_FUTURE_S)
        self.room: dict[str, Any] | None = None
        self.seq = 0
        self.acked: dict[str, int] = {}
        self.heard: dict[tuple[str, int, int], str] = {}
        self.count = 0

    async def connect(self, url: str) -> RawPhone:
        """Say hello, with where the log was left off, and return once it is known where the person sits."""
        phone = await RawPhone.connect(url, token=self.token)
        where = self.room and {"room": self.room["id"], "epoch": self.room["epoch"], "after": self.seq}
        await phone.send({"type": "hello"} | ({"resume": where} if where else {}))
        await phone.until("welcome")
        self.take(await phone.next())
        return phone

    async def sit_down(self, url: str) -> RawPhone:
        """Connect, check in and take a seat."""
        phone = await self.connect(url)
        await phone.send({"type": "checkin", **ZURICH})
        self.take(await phone.until("placed"))
        return phone

    async def talk(self, phone: RawPhone) -> None:
        """Say something again and again until the connection breaks."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.count += 1
                text = f"{self.person} {self.count}"
                await phone.send({"type": "say", "id": text, "text": text})
                while True:
                    message = await phone.next()
                    self.take(message)
                    if message["type"] == "ack" and message.get("id") == text:
                        self.acked[text] = message["seq"]
                        break

    def take(self, message: dict[str, Any]) -> None:
        """Write a message down."""
        match message["type"]:
            case "placed":
                self.room, self.seq = message["room"], message["seq"]
                for said in message["messages"]:
                    self.note(said)
            case "said" | "joined" | "left" | "changed":
                self.seq = message["seq"]
                if message["type"] == "said":
                    self.note(message)

    def note(self, said: dict[str, Any]) -> None:
        """Write down what stands at a place of the log; nothing else may ever stand there."""
        assert self.room is not None
        place = (said["room"], self.room["epoch"], said["seq"])
        assert self.heard.setdefault(place, said["text"]) == said["text"]


@contextlib.asynccontextmanager
async def server(data_dir: Path, *more: str) -> Any:
    flags = ("--port", "0", "--metrics-port", "0", "--data-dir", str(data_dir), "--drain-s", "0", *more)
    async with serving([*flags, "--log-level", "error", "--limits", "off"], key=KEY) as child:
        yield child


async def killed_while_they_talk(child: Child, talkers: list[Talker], phones: list[RawPhone], after: int) -> None:
    """Let everybody talk until ``after`` more messages were acknowledged, then kill the server."""
    enough = sum(len(talker.acked) for talker in talkers) + after
    talking = [asyncio.create_task(talker.talk(phone)) for talker, phone in zip(talkers, phones, strict=True)]
    while sum(len(talker.acked) for talker in talkers) < enough:
        await asyncio.sleep(0)
    child.process.kill()
    await asyncio.gather(*talking)
    await child.process.wait()


@pytest.mark.timeout(180)
async def test_killed_at_any_moment_nothing_acknowledged_is_missing_and_no_place_is_used_twice(tmp_path: Path) -> None:
    random, rounds = Random(7), size(3, 5)
    talkers = [Talker(person) for person in PEOPLE]
    async with server(tmp_path) as child:
        phones = [await talker.sit_down(child.url) for talker in talkers]
        await killed_while_they_talk(child, talkers, phones, random.randrange(5, 60))
    for _ in range(rounds):
        before = {talker.person: talker.room for talker in talkers}
        async with server(tmp_path) as child:
            phones = [await talker.connect(child.url) for talker in talkers]
            for talker, phone in zip(talkers, phones, strict=True):
                was, now = before[talker.person], talker.room
                assert was is not None
                assert now is not None
                assert now["id"] == was["id"]
                assert now["epoch"] > was["epoch"]
                placed = next(message for message in phone.received if message["type"] == "placed")
                assert placed["why"] == "resynced"
                await the_newest_acknowledged_are_known(talker, phone, placed)
            await killed_while_they_talk(child, talkers, phones, random.randrange(1, 60))
    places: dict[tuple[str, int, int], str] = {}
    for talker in talkers:
        for place, text in talker.heard.items():
            assert places.setdefault(place, text) == text


async def the_newest_acknowledged_are_known(talker: Talker, phone: RawPhone, placed: dict[str, Any]) -> None:
    """What was acknowledged last is in the snapshot at its place, and sent again it gets that place."""
    newest = list(talker.acked)[-3:]
    shown = {said["text"]: said["seq"] for said in placed["messages"]}
    for text in newest:
        assert shown.get(text, talker.acked[text]) == talker.acked[text]
        again = await phone.ask({"type": "say", "id": text, "text": text})
        assert (again["type"], again.get("seq")) == ("ack", talker.acked[text])
    if newest:
        assert newest[-1] in shown or len(placed["messages"]) == 50


async def test_a_presence_and_a_seat_outlive_a_restart_that_was_asked_for(tmp_path: Path) -> None:
    ana = Talker("ana")
    async with server(tmp_path) as child:
        await ana.sit_down(child.url)
    was = ana.room
    async with server(tmp_path) as child:
        await ana.connect(child.url)
    assert was is not None
    assert ana.room is not None
    assert ana.room["id"] == was["id"]
    assert ana.room["epoch"] > was["epoch"]


async def test_a_server_that_keeps_nothing_begins_empty(tmp_path: Path) -> None:
    ana = Talker("ana")
    async with server(tmp_path, "--keep", "off") as child:
        await ana.sit_down(child.url)
    async with server(tmp_path, "--keep", "off") as child:
        phone = await ana.connect(child.url)
        assert phone.received[-1] == {"type": "unplaced", "why": "none"}
