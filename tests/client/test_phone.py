"""A phone and a real server on a good day, and each way the server ends it."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

import pytest

from nearby.client import Connected, Disconnected, Phone, PhoneEvent, PhoneSettings
from nearby.core import wire
from nearby.errors import ErrorCode, EventsNotRead, PhoneClosed, Refused
from nearby.testing.serving import LiveServer

E = TypeVar("E", bound=PhoneEvent)

ZURICH = (47.37, 8.54)


async def until(phone: Phone, kind: type[E]) -> E:
    async for event in phone:
        if isinstance(event, kind):
            return event
    raise AssertionError("the phone was closed")


@pytest.fixture
async def ana(server: LiveServer, quick: PhoneSettings) -> AsyncIterator[Phone]:
    async with Phone(server.url, server.token("ana"), settings=quick) as phone:
        yield phone


async def test_it_connects_checks_in_and_hears_its_own_words_at_the_acknowledged_place(
    server: LiveServer, ana: Phone
) -> None:
    connected = await until(ana, Connected)
    assert (connected.welcome.user, connected.resumed) == ("ana", False)
    ack = await ana.check_in(*ZURICH, accuracy_m=12.5)
    assert isinstance(ack.area, wire.Area)
    placed = await until(ana, wire.Placed)
    ack = await ana.say("hello")
    said = await until(ana, wire.Said)
    assert (said.room, said.seq, said.from_, said.text) == (placed.room.id, ack.seq, placed.you, "hello")


async def test_both_phones_of_a_room_see_the_same(server: LiveServer, quick: PhoneSettings, ana: Phone) -> None:
    await ana.check_in(*ZURICH)
    await until(ana, wire.Placed)
    async with Phone(server.url, server.token("ben"), settings=quick) as ben:
        await ben.check_in(*ZURICH)
        await until(ben, wire.Placed)
        await until(ana, wire.Joined)
        await ana.say("one")
        await ben.say("two")
        for phone in (ana, ben):
            await until(phone, wire.Said)
            await until(phone, wire.Said)
        assert ana.view is not None
        assert ben.view is not None
        assert ana.view.members == ben.view.members
        assert ana.view.seq == ben.view.seq
        assert [said.text for said in ana.view.messages] == [said.text for said in ben.view.messages] == ["one", "two"]
        await ben.leave()
        assert (await until(ben, wire.Unplaced)).why == "left"
        assert ben.view is None
        await until(ana, wire.Left)
        assert list(ana.view.members) == [ana.view.you]


async def test_another_room_is_another_room(ana: Phone) -> None:
    await ana.check_in(*ZURICH)
    first = await until(ana, wire.Placed)
    await ana.next_room()
    second = await until(ana, wire.Placed)
    assert second.why == "next"
    assert second.room.id != first.room.id
    assert ana.view is not None
    assert ana.view.room == second.room


async def test_words_and_wishes_without_a_room_are_refused(ana: Phone) -> None:
    with pytest.raises(Refused) as refused:
        await ana.say("hello")
    assert refused.value.code is ErrorCode.NOT_IN_ROOM
    with pytest.raises(Refused):
        await ana.next_room()


async def test_a_refusal_says_why_and_the_connection_stays(ana: Phone) -> None:
    await ana.check_in(*ZURICH)
    await until(ana, wire.Placed)
    with pytest.raises(Refused) as refused:
        await ana.say("")
    assert refused.value.code is ErrorCode.BAD_TEXT
    with pytest.raises(Refused) as refused:
        await ana.check_in(91, 0)
    assert refused.value.code is ErrorCode.BAD_POSITION
    await ana.say("still here")
    assert (ana.statistics().refusals, ana.statistics().drops) == (2, 0)


async def test_an_http_address_is_as_good(server: LiveServer, quick: PhoneSettings) -> None:
    assert server.url.startswith("http://")
    async with Phone(server.url.replace("http://", "ws://") + "/", server.token("ana"), settings=quick) as phone:
        await phone.wait_connected()


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org", "wss://", "/v1/ws"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="wss://host"):
        Phone(url, "token")


async def test_a_newer_phone_of_the_same_person_closes_the_older_for_good(
    server: LiveServer, quick: PhoneSettings, ana: Phone
) -> None:
    await ana.wait_connected()
    async with Phone(server.url, server.token("ana"), settings=quick) as newer:
        await newer.wait_connected()
        closed = await until(ana, Disconnected)
        assert (closed.code, closed.back_in_s, closed.error) == (3504, None, None)
        for ended in (until(ana, Connected), ana.check_in(*ZURICH), ana.wait_connected(), ana.wait_closed()):
            with pytest.raises(PhoneClosed) as for_good:
                await ended
            assert for_good.value.code == 3504


async def test_a_bad_token_is_final_when_there_is_nobody_to_ask(server: LiveServer, quick: PhoneSettings) -> None:
    async with Phone(server.url, "nonsense", settings=quick) as phone:
        with pytest.raises(PhoneClosed) as closed:
            await phone.wait_connected()
        assert (closed.value.code, phone.statistics().drops) == (3500, 1)


async def test_bye_is_told_and_its_delay_kept(server: LiveServer, ana: Phone) -> None:
    await ana.wait_connected()
    drain = asyncio.create_task(server.running.keeper.drain(0))
    bye = await until(ana, wire.Bye)
    closed = await until(ana, Disconnected)
    assert (closed.code, closed.back_in_s) == (3001, bye.reconnect_ms / 1_000)
    await drain


async def test_a_server_that_takes_nobody_answers_503_and_the_phone_keeps_trying(
    server: LiveServer, quick: PhoneSettings
) -> None:
    await server.running.keeper.drain(0)
    async with Phone(server.url, server.token("ana"), settings=quick) as phone:
        for _ in range(3):
            failed = await until(phone, Disconnected)
            assert failed.code is None
            assert failed.back_in_s is not None
            assert "503" in str(failed.error)


async def test_events_that_nobody_reads_close_the_phone_and_those_before_can_be_read(
    server: LiveServer,
) -> None:
    settings = PhoneSettings(base_s=0.01, cap_s=0.05, unread_events=2)
    async with Phone(server.url, server.token("ana"), settings=settings) as phone:
        await phone.check_in(*ZURICH)
        with pytest.raises(EventsNotRead):
            await phone.wait_closed()
        assert [type(await anext(phone)) for _ in range(2)] == [Connected, wire.Unplaced]
        with pytest.raises(EventsNotRead):
            await anext(phone)


async def test_iteration_ends_when_the_app_closes_the_phone_and_stays_ended(server: LiveServer, ana: Phone) -> None:
    await ana.wait_connected()
    await ana.__aexit__(None, None, None)
    assert [type(event) async for event in ana] == [Connected, wire.Unplaced]
    assert [event async for event in ana] == []
    await ana.wait_closed()
    with pytest.raises(PhoneClosed) as closed:
        await ana.say("too late")
    assert closed.value.code is None


async def test_waiting_for_the_next_event_can_be_given_up_without_losing_one(server: LiveServer, ana: Phone) -> None:
    events = aiter(ana)
    await until(ana, wire.Unplaced)
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    waiting.cancel()
    await ana.check_in(*ZURICH)
    assert isinstance(await anext(events), wire.Placed)


async def test_a_phone_is_used_once_and_only_as_a_context_manager(server: LiveServer) -> None:
    phone = Phone(server.url, server.token("ana"))
    for call in (phone.check_in(*ZURICH), phone.wait_connected()):
        with pytest.raises(RuntimeError, match="context manager"):
            await call
    async with phone:
        with pytest.raises(RuntimeError, match="once"):
            await phone.__aenter__()


async def test_a_phone_closed_before_it_began_is_closed(server: LiveServer) -> None:
    async with Phone(server.url, server.token("ana")) as phone:
        pass
    with pytest.raises(PhoneClosed):
        await phone.wait_connected()
    assert [event async for event in phone] == []
