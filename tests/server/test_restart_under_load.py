"""Killed again and again while rooms talk at full speed: what was acknowledged is there, and nothing stands twice."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from nearby.server.auth import mint_token
from nearby.sim.child import Child, serving
from nearby.testing.postgres import OwnPostgres, postgres_with_schema
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import FAR_FUTURE_S, KEY
from nearby.testing.store_suite import Database
from tests.sizes import size

PEOPLE_PER_PLACE = 8
PLACES = ((47.37, 8.54), (52.52, 13.40), (-33.87, 151.21))
KILLS = {"sqlite": size(6, 20), "postgresql": size(3, 5)}
MOST_ACKS_BETWEEN = 150

Place = tuple[str, int, int]
"""A room, an epoch and a seq: where an event stands."""


class Book:
    """What all phones were told, in all the server's lives."""

    def __init__(self) -> None:
        self.events: dict[Place, str] = {}
        self.acked: dict[tuple[str, int], str] = {}
        """By room and seq, the text whose ack came: the promise."""
        self.acks = 0

    def heard(self, place: Place, event: str) -> None:
        """Write an event down; no other may stand in its place."""
        assert self.events.setdefault(place, event) == event

    def promised(self, room: str, seq: int, text: str) -> None:
        """Write an ack down."""
        assert self.acked.setdefault((room, seq), text) == text
        self.acks += 1


class Talker:
    """A phone that talks as fast as acks come."""

    def __init__(self, person: str, place: tuple[float, float], book: Book) -> None:
        self.person = person
        self._place = place
        self._book = book
        self._token = mint_token(KEY.encode(), person, expires_s=FAR_FUTURE_S)
        self._room: dict[str, Any] = {}
        self._count = 0

    @property
    def room(self) -> tuple[str, int]:
        """Return the id and the epoch of the room."""
        return self._room["id"], self._room["epoch"]

    async def connect(self, url: str) -> RawPhone:
        """Return a phone that sits in a room."""
        phone = await RawPhone.connect(url, token=self._token)
        await phone.send({"type": "hello"})
        await phone.until("welcome")
        told = await phone.next()
        if told["type"] == "unplaced":
            await phone.send({"type": "checkin", "lat": self._place[0], "lon": self._place[1]})
            told = await phone.until("placed")
        self._take(told)
        return phone

    async def talk(self, phone: RawPhone) -> None:
        """Talk until the connection breaks."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self._count += 1
                text = f"{self.person} {self._count}"
                await phone.send({"type": "say", "id": self._count, "text": text})
                while not self._take(message := await phone.next()):
                    pass
                assert message["type"] == "ack", message
                self._book.promised(self._room["id"], message["seq"], text)

    def _take(self, message: dict[str, Any]) -> bool:
        """Write a message down; return whether it is the answer."""
        match message["type"]:
            case "placed":
                self._room = message["room"]
            case "said":
                self._note(message, message["text"])
            case "joined":
                self._note(message, f"joined {message['member']['member']}")
            case "left":
                self._note(message, f"left {message['member']}")
        return message["type"] in ("ack", "error")

    def _note(self, message: dict[str, Any], event: str) -> None:
        self._book.heard((message["room"], self._room["epoch"], message["seq"]), event)


@contextlib.asynccontextmanager
async def server(data_dir: Path, *more: str) -> Any:
    places = ("--port", "0", "--metrics-port", "0", "--data-dir", str(data_dir))
    async with serving([*places, "--log-level", "error", "--limits", "off", *more], key=KEY) as child:
        yield child


async def one_life(child: Child, talkers: Sequence[Talker], book: Book, acks: int) -> None:
    """Let everybody come and talk until there were so many more acks, then kill the server in the middle of it."""
    phones = await asyncio.gather(*(talker.connect(child.url) for talker in talkers))
    enough = book.acks + acks
    talking = [asyncio.create_task(talker.talk(phone)) for talker, phone in zip(talkers, phones, strict=True)]
    while book.acks < enough:
        await asyncio.sleep(0)
    child.process.kill()
    await asyncio.gather(*talking)
    await child.process.wait()


async def check(database: Database, book: Book) -> None:
    """Everything acknowledged stands at its seq, and whatever stands where somebody heard something is that."""
    rows = {(row["room"], row["seq"]): row for row in await database.rows("room_log")}
    for place, text in book.acked.items():
        assert place in rows, f"{text} was acknowledged and is gone"
        assert rows[place]["text"] == text
    for (room, epoch, seq), event in book.events.items():
        row = rows.get((room, seq))
        if row is not None and row["epoch"] == epoch:
            assert event == (row["text"] if row["kind"] == "said" else f"{row['kind']} {row['member']}")
    for room in {room for room, _ in rows}:
        seqs = sorted(seq for other, seq in rows if other == room)
        assert seqs == list(range(1, len(seqs) + 1))


async def killed_again_and_again(database: Database, data_dir: Path, kills: int, *more: str) -> None:
    random, book = Random(11), Book()
    talkers = [
        Talker(f"p{number}-{person}", place, book)
        for number, place in enumerate(PLACES)
        for person in range(PEOPLE_PER_PLACE)
    ]
    rooms: dict[str, tuple[str, int]] = {}
    for _ in range(kills):
        async with server(data_dir, *more) as child:
            await one_life(child, talkers, book, random.randrange(1, MOST_ACKS_BETWEEN))
        await check(database, book)
        for talker in talkers:
            if talker.person in rooms:
                assert talker.room[0] == rooms[talker.person][0]
                assert talker.room[1] > rooms[talker.person][1]
            rooms[talker.person] = talker.room
    assert book.acks > kills
    assert len(Counter(room for room, _ in rooms.values())) >= len(PLACES)


@pytest.mark.timeout(180)
async def test_on_sqlite_killed_again_and_again_nothing_acknowledged_is_missing(tmp_path: Path) -> None:
    await killed_again_and_again(Database(f"sqlite:///{tmp_path}/nearby.db"), tmp_path, KILLS["sqlite"])


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    with postgres_with_schema() as server:
        yield server


@pytest.mark.timeout(180)
async def test_on_postgresql_too(postgres: OwnPostgres, tmp_path: Path) -> None:
    more = ("--database-url", postgres.url)
    await killed_again_and_again(Database(postgres.url), tmp_path, KILLS["postgresql"], *more)
