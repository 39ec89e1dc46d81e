"""The app's side of the bargain: its callbacks and its tasks."""

import asyncio
from typing import TypeVar

import pytest

from nearby.client import Phone, PhoneEvent, PhoneSettings
from nearby.core import wire
from nearby.errors import ErrorCode, PhoneClosed, Refused
from nearby.testing.scripted_server import Visit, placed, scripted_server
from nearby.testing.serving import LiveServer

E = TypeVar("E", bound=PhoneEvent)

ZURICH = (47.37, 8.54)


async def now(value: int) -> int:
    return value


async def until(phone: Phone, kind: type[E]) -> E:
    async for event in phone:
        if isinstance(event, kind):
            return event
    raise AssertionError("the phone was closed")


async def at_home() -> tuple[float, float]:
    return ZURICH


async def run_into(phone: Phone, error: Exception) -> None:
    """Use a phone whose callback raises ``error``: everybody who waits is told."""
    async with phone:
        waiting = [asyncio.create_task(phone.wait_closed()), asyncio.create_task(phone.keep_present(at_home))]
        for failure in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(failure, PhoneClosed)
            assert failure.__cause__ is error


async def test_a_callback_that_fails_ends_the_phone_and_is_not_lost(server: LiveServer) -> None:
    bug = ZeroDivisionError("in the app")

    def fails(event: PhoneEvent) -> None:
        if isinstance(event, wire.Placed):
            raise bug

    with pytest.raises(ZeroDivisionError) as raised:
        await run_into(Phone(server.url, server.token("ana"), on_event=fails), bug)
    assert raised.value is bug


@pytest.mark.parametrize("error", [OSError(), TimeoutError(), ValueError()])
async def test_no_exception_of_a_callback_is_taken_for_a_fault_of_the_network(
    server: LiveServer, error: Exception
) -> None:
    def fails(message: wire.ServerMessage) -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        await run_into(Phone(server.url, server.token("ana"), on_message=fails), error)
    assert raised.value is error


async def test_an_exception_of_the_app_is_not_hidden_behind_that_of_its_callback(server: LiveServer) -> None:
    def fails(event: PhoneEvent) -> None:
        raise ValueError("in the callback")

    with pytest.raises(PhoneClosed) as closed:
        async with Phone(server.url, server.token("ana"), on_event=fails) as phone:
            await phone.check_in(*ZURICH)
    assert isinstance(closed.value.__cause__, ValueError)


async def test_one_waiting_call_too_many_is_refused(quick: PhoneSettings) -> None:
    async def never_answers(visit: Visit) -> None:
        await visit.welcome(placed())
        await visit.stay()

    settings = PhoneSettings(waiting_calls=2)
    async with scripted_server(never_answers) as server, Phone(server.url, "t", settings=settings) as phone:
        await until(phone, wire.Placed)
        waiting = [asyncio.create_task(phone.say(text)) for text in "ab"]
        await asyncio.sleep(0)
        with pytest.raises(Refused) as refused:
            await phone.say("c")
        assert refused.value.code is ErrorCode.RATE_LIMITED
        waiting[0].cancel()
        await asyncio.wait(waiting[:1])
        waiting.append(asyncio.create_task(phone.say("c")))
        await asyncio.sleep(0)
        assert not waiting[-1].done()
        await phone.__aexit__(None, None, None)
        assert [type(end) for end in await asyncio.gather(*waiting[1:], return_exceptions=True)] == [PhoneClosed] * 2


async def test_closing_the_phone_can_itself_be_cancelled(server: LiveServer) -> None:
    phone = Phone(server.url, server.token("ana"))
    await phone.__aenter__()
    await phone.wait_connected()
    closing = asyncio.create_task(phone.__aexit__(None, None, None))
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await phone.wait_closed()
