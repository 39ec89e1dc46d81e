"""What a drop leaves of a room, a view and the calls that wait, with a real server and its clock."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from nearby.client import Connected, Disconnected, Phone, PhoneEvent, PhoneSettings
from nearby.core import wire
from nearby.core.rules import MINUTE_MS
from nearby.errors import NotAcknowledged, PhoneClosed, Refused
from nearby.testing.faults import Faults
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import LiveServer, live_server
from nearby.testing.waiting import eventually

if TYPE_CHECKING:
    from tests.client.conftest import Network

E = TypeVar("E", bound=PhoneEvent)

ZURICH = (47.37, 8.54)
BASEL = (47.56, 7.59)


async def now(value: int) -> int:
    return value


async def until(phone: Phone, kind: type[E]) -> E:
    async for event in phone:
        if isinstance(event, kind):
            return event
    raise AssertionError("the phone was closed")


async def texts_heard(phone: RawPhone) -> list[str]:
    await phone.quiet()
    return [message["text"] for message in phone.received if message["type"] == "said"]


@pytest.fixture
async def ana(server: LiveServer, network: "Network", quick: PhoneSettings) -> AsyncIterator[Phone]:
    async with Phone(network.url, server.token("ana"), settings=quick) as phone:
        await phone.check_in(*ZURICH)
        await until(phone, wire.Placed)
        yield phone


@pytest.fixture
async def ben(server: LiveServer, ana: Phone) -> RawPhone:
    """Return somebody who sits in the same room."""
    phone = await server.seated("ben")
    await until(ana, wire.Joined)
    return phone


async def lose(network: "Network", phone: Phone) -> None:
    """Take the phone's network away."""
    network.is_up = False
    network.cut()
    await until(phone, Disconnected)


async def test_what_was_said_meanwhile_follows_the_reconnect_and_nothing_else(
    network: "Network", ana: Phone, ben: RawPhone
) -> None:
    await lose(network, ana)
    for number in range(5):
        assert (await ben.ask({"type": "say", "id": number, "text": str(number)}))["type"] == "ack"
    network.is_up = True
    assert (await until(ana, Connected)).resumed
    heard = [await anext(ana) for _ in range(5)]
    assert [said.text for said in heard if isinstance(said, wire.Said)] == list("01234")
    assert (ana.statistics().resumes, ana.statistics().repeats, ana.statistics().gaps) == (1, 0, 0)


async def test_a_seat_that_was_given_up_is_had_again_with_a_fresh_snapshot(
    server: LiveServer, network: "Network", ana: Phone, ben: RawPhone
) -> None:
    assert ana.view is not None
    room = ana.view.room.id
    await lose(network, ana)
    server.time.pass_time(2 * MINUTE_MS)
    await ben.until("left")
    assert ana.view.room.id == room
    network.is_up = True
    assert not (await until(ana, Connected)).resumed
    placed = await until(ana, wire.Placed)
    assert (placed.room.id, placed.why) == (room, "resynced")
    assert ana.view.seq == placed.seq


async def test_after_a_long_absence_there_is_no_room_and_the_next_check_in_finds_one(
    server: LiveServer, network: "Network", ana: Phone
) -> None:
    await lose(network, ana)
    server.time.pass_time(30 * MINUTE_MS)
    await server.until_metric("nearby_people_present", lambda people: people == 0)
    network.is_up = True
    assert (await until(ana, wire.Unplaced)).why in ("expired", "none")
    assert ana.view is None
    await ana.check_in(*ZURICH)
    assert (await until(ana, wire.Placed)).why == "new"


async def test_words_said_while_disconnected_are_said_once_in_order(
    network: "Network", ana: Phone, ben: RawPhone
) -> None:
    await lose(network, ana)
    asked = [asyncio.create_task(ana.say(str(number))) for number in range(4)]
    await asyncio.sleep(0)
    network.is_up = True
    acks = [ack.seq for ack in await asyncio.gather(*asked) if isinstance(ack.seq, int)]
    assert acks == list(range(acks[0], acks[0] + 4))
    assert await texts_heard(ben) == list("0123")


async def test_words_whose_answer_was_lost_are_said_once(ana: Phone, ben: RawPhone) -> None:
    asked = asyncio.create_task(ana.say("once"))
    await ben.until("said")
    ana.drop_connection()
    ack = await asked
    assert (await until(ana, wire.Said)).seq == ack.seq
    assert await texts_heard(ben) == ["once"]


async def test_words_too_old_to_be_repeated_are_not_and_the_app_is_told(server: LiveServer, network: "Network") -> None:
    settings = PhoneSettings(base_s=0.01, cap_s=0.05, repeat_within_s=0.0)
    async with Phone(network.url, server.token("ana"), settings=settings) as ana:
        await ana.check_in(*ZURICH)
        await until(ana, wire.Placed)
        network.freeze()
        asked = asyncio.create_task(ana.say("lost"))
        await asyncio.sleep(0)
        network.thaw()
        with pytest.raises(NotAcknowledged):
            await asked
        await ana.say("heard")


async def test_a_half_open_network_is_noticed_when_something_is_said(server: LiveServer, network: "Network") -> None:
    settings = PhoneSettings(base_s=0.01, cap_s=0.05, silent_s=0.2)
    async with Phone(network.url, server.token("ana"), settings=settings) as ana:
        await ana.check_in(*ZURICH)
        await until(ana, wire.Placed)
        network.freeze()
        asked = asyncio.create_task(ana.say("hello"))
        assert isinstance((await until(ana, Disconnected)).error, TimeoutError)
        network.thaw()
        assert (await until(ana, wire.Said)).seq == (await asked).seq


async def test_a_wish_for_another_room_is_not_repeated(network: "Network", ana: Phone) -> None:
    network.freeze()
    asked = asyncio.create_task(ana.next_room())
    await asyncio.sleep(0)
    network.thaw()
    with pytest.raises(NotAcknowledged):
        await asked


async def test_a_wish_made_while_disconnected_waits(network: "Network", ana: Phone) -> None:
    await lose(network, ana)
    asked = asyncio.create_task(ana.next_room())
    await until(ana, Disconnected)
    network.is_up = True
    await asked
    assert (await until(ana, wire.Placed)).why == "next"


async def test_a_call_that_is_given_up_while_disconnected_is_not_sent_later(
    network: "Network", ana: Phone, ben: RawPhone
) -> None:
    await lose(network, ana)
    given_up = asyncio.create_task(ana.say("never mind"))
    await asyncio.sleep(0)
    given_up.cancel()
    kept = asyncio.create_task(ana.say("this"))
    network.is_up = True
    await kept
    assert await texts_heard(ben) == ["this"]


async def test_of_the_positions_told_while_disconnected_the_newest_is_sent_and_answers_all(
    server: LiveServer, network: "Network", ana: Phone
) -> None:
    await lose(network, ana)
    before = await server.metric("nearby_messages_total", type="checkin")
    asked = [asyncio.create_task(ana.check_in(*where)) for where in (ZURICH, (0.0, 0.0), BASEL)]
    await asyncio.sleep(0)
    network.is_up = True
    acks = await asyncio.gather(*asked)
    assert acks[0] == acks[1] == acks[2]
    assert await server.metric("nearby_messages_total", type="checkin") == before + 1


async def test_leaving_while_disconnected_is_carried_out_on_return(
    server: LiveServer, network: "Network", ana: Phone, ben: RawPhone
) -> None:
    await lose(network, ana)
    asked = asyncio.create_task(ana.leave())
    await asyncio.sleep(0)
    network.is_up = True
    await asked
    await ben.until("left")


async def test_closing_the_phone_fails_the_calls_that_wait(network: "Network", ana: Phone) -> None:
    await lose(network, ana)
    waiting = [asyncio.create_task(ana.say("hello")), asyncio.create_task(ana.wait_connected())]
    await asyncio.sleep(0)
    await ana.__aexit__(None, None, None)
    failures = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(failure) for failure in failures] == [PhoneClosed, PhoneClosed]


async def test_words_a_failing_hub_may_have_said_are_asked_again_and_said_once(
    tmp_path: Path, quick: PhoneSettings
) -> None:
    faults = Faults()
    async with (
        live_server(tmp_path, faults=faults, limits="off") as server,
        Phone(server.url, server.token("ana"), settings=quick) as ana,
    ):
        await ana.check_in(*ZURICH)
        await until(ana, wire.Placed)
        ben = await server.seated("ben")
        faults.after_the_fact = True
        asked = asyncio.create_task(ana.say("once"))
        await ben.until("said")
        await eventually(lambda: now(ana.statistics().refusals), bool, what="refusals")
        faults.after_the_fact = False
        assert (await asked).seq == (await until(ana, wire.Said)).seq
        assert await texts_heard(ben) == ["once"]
        faults.is_down = True
        with pytest.raises(Refused, match="hub_down"):
            await ana.next_room()
        faults.is_down = False
