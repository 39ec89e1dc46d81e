"""That the server without sockets is the server with sockets."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from nearby.server.app import running
from nearby.server.auth import mint_token
from nearby.server.config import Settings
from nearby.testing.privacy.stage import (
    FAR_FUTURE_S,
    KEY,
    NO_PINGS,
    START_MS,
    Hand,
    counted_ids,
    on_stage,
    without_date,
)
from nearby.testing.privacy.wires import StagePhone
from nearby.testing.waiting import eventually

PEOPLE = [f"p{number}" for number in range(9)]
HERE = (45.0, 7.6)
T = TypeVar("T")

Settle = Callable[[list[StagePhone]], Awaitable[None]]
"""Waits until what was sent is answered."""


class SocketEnd:
    """A real socket in the place of a wire."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.received = bytearray()
        self._writer = writer
        self._reading = asyncio.create_task(self._read(reader))

    def feed(self, data: bytes) -> None:
        self._writer.write(data)

    def hang_up(self) -> None:
        self._writer.close()

    async def wait_closed(self) -> None:
        await self._reading

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(1 << 16):
            self.received += data


async def live(phones: list[StagePhone], settle: Settle) -> list[bytes]:
    """Do a little of everything, each step settled before the next; return what everybody got."""
    for phone in phones:
        phone.send({"type": "hello", "token": mint_token(KEY.encode(), phone.person, expires_s=FAR_FUTURE_S)})
        await settle(phones)
        phone.check_in(HERE, id=1)
        await settle(phones)
        phone.send({"type": "say", "text": "hello", "id": 2})
        await settle(phones)
    phones[0].send({"type": "next", "id": 3})
    await settle(phones)
    phones[1].send({"type": "leave", "id": 4})
    await settle(phones)
    phones[2].check_in((99.0, 0.0), id=5)
    await settle(phones)
    return [without_date(phone.wire.received) for phone in phones]


async def test_the_stage_and_a_server_on_real_sockets_write_the_same_bytes(tmp_path: Path) -> None:
    expected: list[list[int]] = []
    async with on_stage(limits="on") as stage:

        async def beat(phones: list[StagePhone]) -> None:
            await stage.tick()
            expected.append(lengths(phones))

        on_the_stage = await live(await stage.connections(PEOPLE), beat)
    given: dict[str, Any] = {"data_dir": tmp_path, "key": KEY, "keep": "off", "port": 0, "metrics_port": 0}
    clock = Hand(START_MS).clock
    async with running(Settings(**given), clock=clock, patience=NO_PINGS, draw_id=counted_ids()) as server:
        host, port = server.url.removeprefix("http://").split(":")
        ends = [SocketEnd(*await asyncio.open_connection(host, int(port))) for _ in PEOPLE]
        phones = []
        for person, end in zip(PEOPLE, ends, strict=True):
            phones.append(StagePhone(person, end))
            await until(lambda: phones[-1].is_upgraded, lambda is_upgraded: is_upgraded, "the handshake")
        steps = iter(expected)

        async def arrive(phones: list[StagePhone]) -> None:
            wanted = next(steps)
            await until(lambda: lengths(phones), lambda came: came == wanted, "what came, in bytes")

        over_sockets = await live(phones, arrive)
        for end in ends:
            end.hang_up()
            await end.wait_closed()
    assert over_sockets == on_the_stage


def lengths(phones: list[StagePhone]) -> list[int]:
    return [len(phone.wire.received) for phone in phones]


async def until(look: Callable[[], T], holds: Callable[[T], bool], what: str) -> None:
    async def seen() -> T:
        return look()

    await eventually(seen, holds, what=what)
