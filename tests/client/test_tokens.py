"""When an app's token function is asked, and what becomes of its failures."""

import asyncio
from pathlib import Path
from typing import TypeVar

import pytest

from nearby.client import Connected, Disconnected, Phone, PhoneEvent, PhoneSettings
from nearby.core import wire
from nearby.core.session import Patience
from nearby.errors import PhoneClosed
from nearby.testing.scripted_server import Visit, scripted_server
from nearby.testing.serving import START_MS, LiveServer, live_server
from nearby.testing.waiting import eventually

E = TypeVar("E", bound=PhoneEvent)

ZURICH = (47.37, 8.54)


async def now(value: int) -> int:
    return value


async def until(phone: Phone, kind: type[E]) -> E:
    async for event in phone:
        if isinstance(event, kind):
            return event
    raise AssertionError("the phone was closed")


class Issuer:
    """An app's way to its tokens: gives one after the other, the last for ever; an exception is raised."""

    def __init__(self, *gives: str | Exception) -> None:
        self._gives = gives
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        given = self._gives[min(self.asked, len(self._gives)) - 1]
        if isinstance(given, Exception):
            raise given
        return given


async def test_a_token_function_is_asked_once_however_often_the_network_drops(
    server: LiveServer, quick: PhoneSettings
) -> None:
    issuer = Issuer(server.token("ana"))
    async with Phone(server.url, issuer, settings=quick) as phone:
        for _ in range(3):
            await until(phone, Connected)
            phone.drop_connection()
        await until(phone, Connected)
        assert issuer.asked == 1


async def test_a_token_that_is_refused_is_replaced_once(server: LiveServer, quick: PhoneSettings) -> None:
    issuer = Issuer("bad", server.token("ana"))
    async with Phone(server.url, issuer, settings=quick) as phone:
        assert (await until(phone, Disconnected)).code == 3500
        await until(phone, Connected)
        assert issuer.asked == 2


async def test_a_second_refused_token_in_a_row_is_final(server: LiveServer, quick: PhoneSettings) -> None:
    issuer = Issuer("bad")
    async with Phone(server.url, issuer, settings=quick) as phone:
        with pytest.raises(PhoneClosed) as closed:
            await phone.wait_connected()
        assert (closed.value.code, issuer.asked) == (3500, 2)


async def test_a_failing_token_function_is_told_and_asked_again(server: LiveServer, quick: PhoneSettings) -> None:
    offline = OSError("the app's own server cannot be reached")
    issuer = Issuer(offline, offline, server.token("ana"))
    async with Phone(server.url, issuer, settings=quick) as phone:
        for _ in range(2):
            failed = await until(phone, Disconnected)
            assert (failed.code, failed.error) == (None, offline)
            assert failed.back_in_s is not None
        await until(phone, Connected)


async def test_a_token_function_that_hangs_is_given_up_and_asked_again(server: LiveServer) -> None:
    asked = 0

    async def hangs_at_first() -> str:
        nonlocal asked
        asked += 1
        if asked == 1:
            await asyncio.Event().wait()
        return server.token("ana")

    settings = PhoneSettings(base_s=0.01, cap_s=0.05, open_within_s=0.5)
    async with Phone(server.url, hangs_at_first, settings=settings) as phone:
        assert isinstance((await until(phone, Disconnected)).error, TimeoutError)
        await until(phone, Connected)


async def test_a_slow_token_function_does_not_use_up_the_time_for_the_hello(quick: PhoneSettings) -> None:
    visits_when_asked = []

    async def greets(visit: Visit) -> None:
        await visit.welcome()
        await visit.stay()

    async with scripted_server(greets) as server:

        async def slow() -> str:
            visits_when_asked.append(server.visits)
            return "t"

        async with Phone(server.url, slow, settings=quick) as phone:
            await phone.wait_connected()
    assert visits_when_asked == [0]


async def test_a_token_that_ends_soon_is_renewed_on_the_open_connection(tmp_path: Path, quick: PhoneSettings) -> None:
    async with live_server(tmp_path, patience=Patience(expiring_ms=30_000)) as server:
        short, long = server.token("ana", expires_s=START_MS // 1_000 + 60), server.token("ana")
        issuer = Issuer(short, OSError("offline"), short, long)
        async with Phone(server.url, issuer, settings=quick) as phone:
            await phone.wait_connected()
            server.time.pass_time(31_000)
            await until(phone, wire.Expiring)
            await eventually(lambda: now(issuer.asked), lambda asked: asked == 4, what="asked")
            await server.until_metric("nearby_messages_total", bool, type="renew")
            server.time.pass_time(60_000)
            await phone.leave()
            assert (phone.statistics().drops, issuer.asked) == (0, 4)


async def test_a_renewal_is_made_once_and_asks_for_an_answer_which_is_a_sign_of_life(quick: PhoneSettings) -> None:
    renewed = asyncio.Event()

    async def warns_twice(visit: Visit) -> None:
        await visit.welcome({"type": "expiring", "in_ms": 0}, {"type": "expiring", "in_ms": 0})
        renew = await visit.next()
        assert (renew["type"], renew["token"]) == ("renew", "fresh")
        await visit.send({"type": "ack", "id": renew["id"]})
        renewed.set()
        leave = await visit.next()
        assert leave["type"] == "leave"
        await visit.send({"type": "ack", "id": leave["id"]})
        await visit.stay()

    issuer = Issuer("old", "fresh")
    async with scripted_server(warns_twice) as server, Phone(server.url, issuer, settings=quick) as phone:
        await renewed.wait()
        await phone.leave()
        assert issuer.asked == 2


async def test_a_token_that_could_not_be_renewed_is_replaced_after_its_end(
    tmp_path: Path, quick: PhoneSettings
) -> None:
    async with live_server(tmp_path) as server:
        short, long = server.token("ana", expires_s=START_MS // 1_000 + 90), server.token("ana")
        issuer = Issuer(short, long)
        async with Phone(server.url, issuer, settings=quick) as phone:
            await phone.wait_connected()
            server.time.pass_time(3_600_000)
            assert (await until(phone, Disconnected)).code == 3500
            await until(phone, Connected)
            assert issuer.asked == 2


async def test_a_renewal_that_a_drop_cut_short_is_begun_again_when_the_server_warns_again(quick: PhoneSettings) -> None:
    renewed = asyncio.Event()

    async def warns_early_and_drops(visit: Visit) -> None:
        await visit.welcome({"type": "expiring", "in_ms": 10**12})

    async def warns_late(visit: Visit) -> None:
        await visit.welcome({"type": "expiring", "in_ms": 0})
        renew = await visit.next()
        assert (renew["type"], renew["token"]) == ("renew", "fresh")
        renewed.set()
        await visit.stay()

    issuer = Issuer("old", "fresh")
    async with (
        scripted_server(warns_early_and_drops, warns_late) as server,
        Phone(server.url, issuer, settings=quick),
    ):
        await renewed.wait()
        assert issuer.asked == 2
