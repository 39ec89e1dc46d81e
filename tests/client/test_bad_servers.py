"""What no good server does, and what a newer one may."""

import asyncio
from typing import TypeVar

import pytest

from nearby.client import Connected, Disconnected, Phone, PhoneEvent, PhoneSettings
from nearby.core import wire
from nearby.errors import GapInLog, NotAcknowledged, PhoneClosed, Refused
from nearby.testing.scripted_server import Visit, placed, said, scripted_server

E = TypeVar("E", bound=PhoneEvent)


async def until(phone: Phone, kind: type[E]) -> E:
    async for event in phone:
        if isinstance(event, kind):
            return event
    raise AssertionError("the phone was closed")


async def seated(visit: Visit) -> None:
    await visit.welcome(placed())
    await visit.stay()


async def test_a_gap_is_never_guessed_over_the_phone_drops_and_resumes_from_before_it(quick: PhoneSettings) -> None:
    async def gapped(visit: Visit) -> None:
        await visit.welcome(placed(), said(2), said(4))
        await visit.stay()

    async def resumes(visit: Visit) -> None:
        hello = await visit.next()
        assert hello["resume"] == {"room": "room", "epoch": 1, "after": 2}
        await visit.send(
            {"type": "welcome", "user": "me", "ping_s": 25, "window_s": 600, "server_ms": 0, "resumed": True},
            said(3),
            said(4),
        )
        await visit.stay()

    async with scripted_server(gapped, resumes) as server, Phone(server.url, "t", settings=quick) as phone:
        assert (await until(phone, wire.Said)).seq == 2
        assert isinstance((await until(phone, Disconnected)).error, GapInLog)
        assert [(await until(phone, wire.Said)).seq for _ in range(2)] == [3, 4]
        assert (phone.statistics().gaps, phone.statistics().resumes) == (1, 1)


async def test_a_repeated_event_is_not_told_twice(quick: PhoneSettings) -> None:
    async def repeats(visit: Visit) -> None:
        await visit.welcome(placed(), said(2), said(2), said(3), said(2), said(4))
        await visit.stay()

    async with scripted_server(repeats) as server, Phone(server.url, "t", settings=quick) as phone:
        assert [(await until(phone, wire.Said)).seq for _ in range(3)] == [2, 3, 4]
        assert phone.statistics().repeats == 2


async def test_a_newer_server_is_understood_as_far_as_possible(quick: PhoneSettings) -> None:
    async def newer(visit: Visit) -> None:
        await visit.send({"type": "notice", "text": "before the welcome"})
        await visit.welcome(placed() | {"weather": "rain"}, motd="hi")
        await visit.send({"type": "festival", "in_ms": 5}, said(2) | {"mood": "new"})
        await visit.send({"type": "whispered", "room": "room", "seq": 3}, said(4))
        await visit.stay()

    async with scripted_server(newer) as server, Phone(server.url, "t", settings=quick) as phone:
        assert [(await until(phone, wire.Said)).seq for _ in range(2)] == [2, 4]
        assert (phone.statistics().unknown, phone.statistics().drops) == (3, 0)


@pytest.mark.parametrize("garbage", ["{", "", "[]", '{"type":"said"}', "\x00"])
async def test_garbage_drops_the_connection_and_the_phone_resumes(quick: PhoneSettings, garbage: str) -> None:
    async def broken(visit: Visit) -> None:
        await visit.welcome(placed())
        await visit.send(garbage)
        await visit.stay()

    async with scripted_server(broken, seated) as server, Phone(server.url, "t", settings=quick) as phone:
        assert (await until(phone, Disconnected)).error is not None
        await until(phone, Connected)
        assert phone.statistics().unreadable == 1


@pytest.mark.parametrize("garbage", ["{", '{"type":"welcome"}', '{"type":"pong"}'])
async def test_garbage_in_place_of_a_welcome_is_a_failed_attempt(quick: PhoneSettings, garbage: str) -> None:
    async def broken(visit: Visit) -> None:
        await visit.send(garbage)
        await visit.stay()

    async with scripted_server(broken, seated) as server, Phone(server.url, "t", settings=quick) as phone:
        assert (await until(phone, Disconnected)).error is not None
        await until(phone, Connected)


async def test_a_server_that_never_welcomes_is_left(quick: PhoneSettings) -> None:
    async def silent(visit: Visit) -> None:
        await visit.stay()

    settings = PhoneSettings(base_s=0.01, cap_s=0.05, open_within_s=0.2)
    async with scripted_server(silent, seated) as server, Phone(server.url, "t", settings=settings) as phone:
        assert isinstance((await until(phone, Disconnected)).error, TimeoutError)
        await until(phone, Connected)


async def test_a_server_that_falls_silent_without_closing_is_left(quick: PhoneSettings) -> None:
    async def falls_silent(visit: Visit) -> None:
        await visit.welcome(placed(), ping_s=0.05)
        await visit.stay()

    settings = PhoneSettings(base_s=0.01, cap_s=0.05, silent_s=0.1)
    async with scripted_server(falls_silent, seated) as server, Phone(server.url, "t", settings=settings) as phone:
        assert isinstance((await until(phone, Disconnected)).error, TimeoutError)
        await until(phone, Connected)
        assert phone.statistics().silences == 1


async def test_a_server_that_does_not_answer_is_left_long_before_its_next_ping_is_due() -> None:
    async def deaf(visit: Visit) -> None:
        await visit.welcome(placed(), ping_s=3_600)
        await visit.stay()

    async def hears(visit: Visit) -> None:
        await visit.welcome(placed())
        say = await visit.until("say")
        await visit.send({"type": "ack", "id": say["id"], "seq": 2, "at_ms": 0})
        await visit.stay()

    settings = PhoneSettings(base_s=0.01, cap_s=0.05, silent_s=0.1)
    async with scripted_server(deaf, hears) as server, Phone(server.url, "t", settings=settings) as phone:
        await until(phone, wire.Placed)
        assert (await phone.say("anybody?")).seq == 2
        assert phone.statistics().silences


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_an_http_answer_to_the_upgrade_is_told_and_tried_again(quick: PhoneSettings, status: int) -> None:
    async with scripted_server(status, seated) as server, Phone(server.url, "t", settings=quick) as phone:
        refused = await until(phone, Disconnected)
        assert refused.code is None
        assert str(status) in str(refused.error)
        await until(phone, Connected)


@pytest.mark.parametrize(
    ("retry_after", "least_s"), [("7", 7), ("0", 0), ("-7", 0), ("soon", 0), ("999999999", 300), ("1.5", 0)]
)
async def test_a_server_that_asks_to_wait_is_given_that_time(
    quick: PhoneSettings, retry_after: str, least_s: float
) -> None:
    async with (
        scripted_server(503, headers={"Retry-After": retry_after}) as server,
        Phone(server.url, "t", settings=quick) as phone,
    ):
        back_in_s = (await until(phone, Disconnected)).back_in_s
        assert back_in_s is not None
        assert least_s <= back_in_s <= least_s + quick.cap_s


@pytest.mark.parametrize("code", [3001, 3008, 3012, 3013, 1000, 1001, 1011, 4000])
async def test_a_code_that_is_not_final_brings_the_phone_back(quick: PhoneSettings, code: int) -> None:
    async def closes(visit: Visit) -> None:
        await visit.welcome()
        await visit.socket.close(code)

    async with scripted_server(closes, seated) as server, Phone(server.url, "t", settings=quick) as phone:
        assert (await until(phone, Disconnected)).code == code
        await until(phone, wire.Placed)


@pytest.mark.parametrize("code", [3500, 3501, 3502, 3503, 3504, 3999])
async def test_a_final_code_ends_the_phone_and_whoever_waits(quick: PhoneSettings, code: int) -> None:
    async def closes(visit: Visit) -> None:
        await visit.welcome(placed())
        await visit.until("say")
        await visit.socket.close(code)

    async with scripted_server(closes) as server, Phone(server.url, "t", settings=quick) as phone:
        await until(phone, wire.Placed)
        with pytest.raises(PhoneClosed) as closed:
            await phone.say("hello")
        assert closed.value.code == code
        assert (await until(phone, Disconnected)).back_in_s is None
        assert server.visits == 1


async def test_it_always_names_the_room_it_means_also_when_it_repeats(quick: PhoneSettings) -> None:
    heard = asyncio.Queue[dict[str, object]](8)

    async def drops_what_it_hears(visit: Visit) -> None:
        await visit.welcome(placed("first"))
        await heard.put(await visit.next())
        await heard.put(await visit.next())

    async def elsewhere(visit: Visit) -> None:
        await visit.welcome(placed("second", why="moved"))
        message = await visit.next()
        await heard.put(message)
        await visit.send({"type": "error", "id": message["id"], "code": "moved", "detail": "you were moved"})
        await visit.stay()

    async with (
        scripted_server(drops_what_it_hears, elsewhere) as server,
        Phone(server.url, "t", settings=quick) as phone,
    ):
        await until(phone, wire.Placed)
        said_there, wished = await asyncio.gather(phone.say("hello"), phone.next_room(), return_exceptions=True)
        assert "moved" in str(said_there)
        assert isinstance(wished, NotAcknowledged)
        say, wish, repeat = [heard.get_nowait() for _ in range(3)]
        assert (say["room"], wish["room"], wish["type"]) == ("first", "first", "next")
        assert repeat == say


async def test_a_position_refused_for_a_moment_is_not_sent_again_once_the_app_has_left(quick: PhoneSettings) -> None:
    async def fails_for_a_moment(visit: Visit) -> None:
        await visit.welcome()
        position = await visit.next()
        await visit.send({"type": "error", "id": position["id"], "code": "hub_down", "detail": "", "retry_ms": 50})
        for _ in range(2):
            leave = await visit.next()
            assert leave["type"] == "leave"
            await visit.send({"type": "ack", "id": leave["id"]})
        await visit.stay()

    async with scripted_server(fails_for_a_moment) as server, Phone(server.url, "t", settings=quick) as phone:
        asked = asyncio.create_task(phone.check_in(0, 0))
        while not phone.statistics().refusals:
            await asyncio.sleep(0)
        await phone.leave()
        with pytest.raises(Refused, match="hub_down"):
            await asked
        await phone.leave()
