"""Staying present without the app keeping the time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from nearby.client import Phone, PhoneSettings
from nearby.core import wire
from nearby.errors import ErrorCode, PhoneClosed, Refused
from nearby.testing.scripted_server import Script, Visit, placed, scripted_server

Message = dict[str, Any]
Ack = Callable[[Message], Message]


class Walk:
    """Where a phone is, each time it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self) -> tuple[float, float]:
        self.asked += 1
        return (float(self.asked), 0.0)


def ack(message: Message) -> Message:
    area = {"cell": "85283473fffffff", "resolution": 5}
    return {"type": "ack", "id": message["id"], "area": area, "window": {"start_ms": 0, "end_ms": 1}}


def error(message: Message, **fields: Any) -> Message:
    return {"type": "error", "id": message["id"], "detail": "", **fields}


@contextlib.asynccontextmanager
async def present(phone: Phone, walk: Walk) -> AsyncIterator[asyncio.Task[None]]:
    async with phone:
        keeping = asyncio.create_task(phone.keep_present(walk))
        yield keeping
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


def plays(done: asyncio.Event, script: Script) -> Script:
    async def play(visit: Visit) -> None:
        await script(visit)
        done.set()
        await visit.stay()

    return play


async def test_it_checks_in_again_and_again_with_the_position_of_that_moment(quick: PhoneSettings) -> None:
    done = asyncio.Event()

    async def counts(visit: Visit) -> None:
        await visit.welcome(placed(), window_s=0.02)
        for number in range(1, 5):
            position = await visit.next()
            assert position["lat"] == number
            await visit.send(ack(position))

    async with (
        scripted_server(plays(done, counts)) as server,
        present(Phone(server.url, "t", settings=quick), Walk()),
    ):
        await done.wait()


@pytest.mark.parametrize("why", ["expired", "none"])
async def test_a_lost_seat_is_asked_for_again_at_once(quick: PhoneSettings, why: str) -> None:
    done = asyncio.Event()

    async def loses(visit: Visit) -> None:
        await visit.welcome({"type": "unplaced", "why": "none"}, window_s=3_600)
        await visit.send(ack(await visit.next()), placed(), {"type": "unplaced", "why": why})
        await visit.send(ack(await visit.next()), placed(seq=9))

    walk = Walk()
    async with (
        scripted_server(plays(done, loses)) as server,
        present(Phone(server.url, "t", settings=quick), walk),
    ):
        await done.wait()
        assert walk.asked == 2


async def test_a_check_in_whose_seat_is_still_to_come_is_not_made_again(quick: PhoneSettings) -> None:
    async def takes_its_time(visit: Visit) -> None:
        await visit.welcome({"type": "unplaced", "why": "none"}, window_s=3_600)
        await visit.send(ack(await visit.next()), {"type": "bye", "reconnect_ms": 0})
        leave = await visit.next()
        assert leave["type"] == "leave"
        await visit.send({"type": "ack", "id": leave["id"]})
        await visit.stay()

    walk = Walk()
    async with scripted_server(takes_its_time) as server:
        phone = Phone(server.url, "t", settings=quick)
        async with present(phone, walk):
            async for event in phone:
                if isinstance(event, wire.Bye):
                    break
            for _ in range(5):
                await asyncio.sleep(0)
            await phone.leave()
            assert walk.asked == 1


async def test_a_limit_is_waited_out(quick: PhoneSettings) -> None:
    done = asyncio.Event()

    async def limits(visit: Visit) -> None:
        await visit.welcome(placed(), window_s=3_600)
        await visit.send(error(await visit.next(), code="rate_limited", retry_ms=10))
        await visit.send(ack(await visit.next()))

    async with (
        scripted_server(plays(done, limits)) as server,
        present(Phone(server.url, "t", settings=quick), Walk()),
    ):
        await done.wait()


async def test_a_refusal_that_no_waiting_helps_is_the_apps_to_hear(quick: PhoneSettings) -> None:
    async def refuses(visit: Visit) -> None:
        await visit.welcome(placed())
        await visit.send(error(await visit.next(), code="bad_position"))
        await visit.stay()

    async with (
        scripted_server(refuses) as server,
        present(Phone(server.url, "t", settings=quick), Walk()) as keeping,
    ):
        with pytest.raises(Refused) as refused:
            await keeping
        assert refused.value.code is ErrorCode.BAD_POSITION


async def test_without_a_position_it_asks_again_at_the_next_time(quick: PhoneSettings) -> None:
    done = asyncio.Event()
    known: list[tuple[float, float] | None] = [None, None, (5.0, 6.0)]

    async def no_fix_yet() -> tuple[float, float] | None:
        return known.pop(0) if len(known) > 1 else known[0]

    async def counts(visit: Visit) -> None:
        await visit.welcome(placed(), window_s=0.02)
        position = await visit.next()
        assert (position["lat"], position["lon"]) == (5.0, 6.0)
        await visit.send(ack(position))

    async with scripted_server(plays(done, counts)) as server, Phone(server.url, "t", settings=quick) as phone:
        keeping = asyncio.create_task(phone.keep_present(no_fix_yet))
        await done.wait()
        keeping.cancel()


async def test_it_ends_with_the_phone(quick: PhoneSettings) -> None:
    async def closes(visit: Visit) -> None:
        await visit.welcome(placed())
        await visit.send(ack(await visit.next()))
        await visit.socket.close(3504)

    async with (
        scripted_server(closes) as server,
        present(Phone(server.url, "t", settings=quick), Walk()) as keeping,
    ):
        with pytest.raises(PhoneClosed) as closed:
            await keeping
        assert closed.value.code == 3504
