"""Bad input and bad days. Each time the same: the answer is documented, and the others notice nothing."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from nearby.core.rules import HOUR_MS, MINUTE_MS
from nearby.core.wire import MAX_FRAME_BYTES
from nearby.errors import CloseCode
from nearby.server.auth import mint_token
from nearby.testing.raw_phone import RawPhone, masked, silent_phone
from nearby.testing.serving import FAR_FUTURE_S, KEY, LiveServer, live_server

SYDNEY = {"lat": -33.87, "lon": 151.21}


class Bystanders:
    """Two people who talk, far away from whatever happens."""

    def __init__(self, server: LiveServer, ana: RawPhone, ben: RawPhone) -> None:
        self.server, self.ana, self.ben = server, ana, ben
        self._count = 0

    async def notice_nothing(self) -> None:
        """Both hear what one says, next in the log, and have heard nothing else since the last time."""
        self._count += 1
        await self.ana.quiet()
        ack = await self.ana.ask({"type": "say", "id": f"b{self._count}", "text": "still here"})
        assert ack["type"] == "ack", ack
        for phone in (self.ana, self.ben):
            await phone.quiet()
            said = [message["seq"] for message in phone.received if message["type"] == "said"]
            assert said == list(range(ack["seq"] - self._count + 1, ack["seq"] + 1))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path) as running:
        yield running


async def two_who_talk(server: LiveServer) -> Bystanders:
    ana, ben = await server.seated("bystander-a"), await server.seated("bystander-b")
    await ana.until("joined")
    return Bystanders(server, ana, ben)


@pytest.fixture
async def others(server: LiveServer) -> AsyncIterator[Bystanders]:
    bystanders = await two_who_talk(server)
    await bystanders.notice_nothing()
    yield bystanders
    await bystanders.notice_nothing()


NONSENSE = ["{", "[]", "null", "7", '"text"', "{}", '{"type":7}', '{"type":null}', "\u0000", "[" * 5_000]


@pytest.mark.parametrize("frame", NONSENSE)
async def test_nonsense_before_hello_closes_3502(server: LiveServer, others: Bystanders, frame: str) -> None:
    phone = await server.connect()
    await phone.send(frame)
    assert await phone.close_code() == 3502


async def test_nonsense_after_hello_is_answered_and_the_tenth_in_a_minute_closes_3502(
    server: LiveServer, others: Bystanders
) -> None:
    phone = await server.phone("villain")
    await phone.quiet()
    for frame in NONSENSE[:9]:
        await phone.send(frame)
        assert (await phone.next())["code"] == "bad_message"
    await phone.send(NONSENSE[9])
    assert await phone.close_code() == 3502


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "fly"}, "unknown_type"),
        ({"type": "hello"}, "bad_message"),
        ({"type": "say"}, "bad_message"),
        ({"type": "say", "text": 7}, "bad_message"),
        ({"type": "say", "text": "x", "room": "not an id!"}, "bad_message"),
        ({"type": "say", "text": ""}, "bad_text"),
        ({"type": "say", "text": "x" * 1_001}, "bad_text"),
        ({"type": "say", "text": "bell\u0007"}, "bad_text"),
        ({"type": "say", "text": "x"}, "not_in_room"),
        ({"type": "next"}, "not_in_room"),
        ({"type": "say", "text": "x", "room": "another"}, "moved"),
        ({"type": "checkin"}, "bad_position"),
        ({"type": "checkin", "lat": 91, "lon": 0}, "bad_position"),
        ({"type": "checkin", "lat": 0, "lon": -180.5}, "bad_position"),
        ({"type": "checkin", "lat": "0", "lon": 0}, "bad_position"),
        ({"type": "checkin", "lat": 0, "lon": 0, "accuracy_m": 10_001}, "bad_position"),
        ({"type": "checkin", "lat": 0, "lon": 0, "tags": [1]}, "bad_message"),
    ],
)
async def test_a_message_that_cannot_be_carried_out_is_refused_by_its_id(
    server: LiveServer, others: Bystanders, message: dict[str, Any], code: str
) -> None:
    phone = await server.phone("villain")
    answer = await phone.ask({"id": 1, **message})
    assert (answer["type"], answer["code"]) == ("error", code)
    assert (await phone.ask({"type": "ping", "id": 2}))["type"] == "pong"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
async def test_numbers_that_are_none_are_refused(server: LiveServer, others: Bystanders, number: str) -> None:
    phone = await server.phone("villain")
    await phone.send(f'{{"type":"checkin","lat":{number},"lon":0}}')
    assert (await phone.until("error"))["code"] in ("bad_message", "bad_position")
    assert await server.metric("nearby_people_present") == 2


@pytest.mark.parametrize("after_hello", [True, False])
@pytest.mark.parametrize(
    "frame", [b"binary", "x" * (MAX_FRAME_BYTES + 1), "x" * 1_000_000], ids=["binary", "oversize", "huge"]
)
async def test_binary_and_oversize_frames_close_3502(
    server: LiveServer, others: Bystanders, frame: bytes | str, after_hello: bool
) -> None:
    phone = await server.phone("villain") if after_hello else await server.connect()
    await phone.send(frame)
    assert await phone.told_code() == 3502


@pytest.mark.parametrize(
    "data",
    [b"\xc1\x80\0\0\0\0", b"\x83\x80\0\0\0\0", b"\x09\x80\0\0\0\0", b"\x81\xff" + b"\xff" * 8],
    ids=["reserved bit", "unknown opcode", "fragmented ping", "impossible length"],
)
async def test_frames_that_break_the_protocol_end_the_connection(
    server: LiveServer, others: Bystanders, data: bytes
) -> None:
    reader, writer = await silent_phone(server.url, server.token("villain"))
    writer.write(data)
    await asyncio.wait_for(reader.readuntil(int(CloseCode.BROKE_PROTOCOL).to_bytes(2)), 20)
    if data.startswith(b"\xc1"):  # It is cut 2 s later: waited for once.
        await asyncio.wait_for(reader.read(-1), 20)
    writer.close()


def bad_tokens() -> dict[str, str]:
    claims = {"sub": "villain", "exp": FAR_FUTURE_S}
    return {
        "expired": mint_token(KEY.encode(), "villain", expires_s=1_000_000_000),
        "forged": mint_token(b"x" * 32, "villain", expires_s=FAR_FUTURE_S),
        "alg none": jwt.encode(claims, "", algorithm="none"),
        "no person": mint_token(KEY.encode(), "", expires_s=FAR_FUTURE_S),
        "empty": "",
        "long": "x" * 8_000,
    }


@pytest.mark.parametrize("kind", bad_tokens())
@pytest.mark.parametrize("in_header", [True, False])
async def test_a_bad_token_closes_3500(server: LiveServer, others: Bystanders, kind: str, in_header: bool) -> None:
    token = bad_tokens()[kind]
    phone = await server.connect(token=token if in_header else None)
    if not in_header:
        await phone.send({"type": "hello", "token": token})
    assert await phone.close_code() == 3500


async def test_no_token_at_all_closes_3500(server: LiveServer, others: Bystanders) -> None:
    phone = await server.connect()
    await phone.send({"type": "hello"})
    assert await phone.close_code() == 3500


async def test_a_hello_that_never_comes_closes_3503(server: LiveServer, others: Bystanders) -> None:
    phone = await server.connect()
    server.time.pass_time(5_000)
    assert await phone.close_code() == 3503


async def test_a_connection_that_is_only_half_there_is_pinged_and_closed_3012(
    server: LiveServer, others: Bystanders
) -> None:
    reader, writer = await silent_phone(server.url, server.token("villain"))
    await server.until_metric("nearby_connections", lambda count: count == 3)
    server.time.pass_time(25_000)
    received = await asyncio.wait_for(reader.readuntil(b"\x89\x00"), 20)
    server.time.pass_time(10_000)
    received += await asyncio.wait_for(reader.read(-1), 20)
    assert int(CloseCode.NO_PONG).to_bytes(2) in received
    writer.close()


async def test_a_flood_of_words_is_refused_beyond_its_rate_and_nobody_waits(
    server: LiveServer, others: Bystanders
) -> None:
    victim, villain = await server.seated("victim", **_at(SYDNEY)), await server.seated("villain", **_at(SYDNEY))
    for number in range(3_000):
        await villain.send({"type": "say", "id": number, "text": "spam"})
    await others.notice_nothing()
    await villain.ask({"type": "ping", "id": "end"})
    answers = [message["type"] for message in villain.received if "id" in message]
    assert answers.count("ack") + answers.count("error") == 3_000
    heard = [message for message in await victim.quiet() if message["type"] == "said"]
    assert len(heard) == answers.count("ack") <= 10


async def test_a_flood_of_frames_that_are_never_answered_is_heard_out(server: LiveServer, others: Bystanders) -> None:
    villain = await server.phone("villain")
    flood = asyncio.create_task(_flood(villain))
    for _ in range(3):
        await others.notice_nothing()
        others.server.time.pass_time(2_000)
    await flood


async def _flood(villain: RawPhone) -> None:
    for _ in range(5_000):
        await villain.send('{"type":"leave"}')


async def test_a_reader_that_stops_reading_is_closed_3008_and_may_resume(tmp_path: Path) -> None:
    async with live_server(tmp_path, limits="off", keep="off") as server:
        others = await two_who_talk(server)
        author = await server.seated("author", **_at(SYDNEY))
        reader, writer = await silent_phone(server.url, server.token("villain"), receive_buffer=4_096)
        writer.write(masked({"type": "checkin", **SYDNEY}))
        await author.until("joined")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(4_000):
            # Of four bytes each: what counts is how much the kernel takes before it is full, some megabytes.
            await author.ask({"type": "say", "id": number, "text": "\N{HERB}" * 1_000})
            if number % 100 == 0 and await server.metric("nearby_outbox_overflows_total"):
                break
        assert await server.metric("nearby_closes_total", code="3008") == 1
        writer.close()
        await others.notice_nothing()
        again = await server.phone("villain")
        assert (await again.until("placed"))["why"] == "resynced"
        assert reader


async def test_a_socket_that_breaks_while_somebody_speaks_harms_nobody_else(server: LiveServer) -> None:
    people = [await server.seated(f"p{number}") for number in range(6)]
    for phone in people[:3]:
        phone.socket.transport.abort()
    acks = [await people[5].ask({"type": "say", "id": number, "text": str(number)}) for number in range(3)]
    assert [ack["type"] for ack in acks] == ["ack"] * 3
    for phone in people[3:]:
        said = [message["text"] for message in await phone.quiet() if message["type"] == "said"]
        earlier = [message["text"] for message in phone.received if message["type"] == "said"]
        assert (said or earlier)[-3:] == ["0", "1", "2"]


async def test_two_devices_of_one_person_take_turns_and_only_the_newest_speaks(
    server: LiveServer, others: Bystanders
) -> None:
    devices = [await server.seated("twin", **_at(SYDNEY))]
    for _ in range(5):
        devices.append(await server.phone("twin"))
        assert (await devices[-1].until("placed"))["why"] == "resynced"
        assert await devices[-2].close_code() == 3504
    assert (await devices[-1].ask({"type": "say", "id": 1, "text": "me"}))["type"] == "ack"
    assert await server.metric("nearby_connections") == 3


async def test_a_thousand_connects_and_drops_leave_nothing_behind(server: LiveServer, others: Bystanders) -> None:
    tracemalloc.start()
    kib = []
    for times in (250, 1_000):
        await _connect_and_drop(server, times)
        await _all_forgotten(server)
        gc.collect()
        kib.append(tracemalloc.get_traced_memory()[0] // 1024)
    tracemalloc.stop()
    # One forgotten connection in a thousand would be 13 KiB, a forgotten record of each 500 KiB.
    assert kib[1] - kib[0] < 256, kib


async def _connect_and_drop(server: LiveServer, times: int) -> None:
    for number in range(times):
        phone = await RawPhone.connect(server.url)
        if number % 4:
            await phone.send({"type": "hello", "token": server.token(f"dropper{number}")})
        if number % 4 == 2:
            await phone.send({"type": "checkin", **SYDNEY})
        if number % 4 == 3:
            await phone.until("unplaced")
        await phone.cut()


async def _all_forgotten(server: LiveServer) -> None:
    """Let presences lapse and seats be given up, but the bystanders stay by checking in."""
    await server.until_metric("nearby_connections", lambda count: count == 2)
    for name in ("bystander-a", "bystander-b"):
        answer = await server.call("POST", "/v1/checkins", body=b'{"lat":47.37,"lon":8.54}', token=server.token(name))
        assert answer.status == 200
    for _ in range(8):
        server.time.pass_time(10 * MINUTE_MS)
        for name in ("bystander-a", "bystander-b"):
            await server.call("POST", "/v1/checkins", body=b'{"lat":47.37,"lon":8.54}', token=server.token(name))
    await server.until_metric("nearby_people_present", lambda count: count == 2)
    await server.until_metric("nearby_timers", lambda count: count < 20)


async def test_a_clock_set_back_an_hour_stops_nothing(server: LiveServer, others: Bystanders) -> None:
    server.time.set_machine_clock(-HOUR_MS)
    phone = await server.seated("villain", **_at(SYDNEY))
    assert (await phone.ask({"type": "say", "id": 1, "text": "x"}))["type"] == "ack"


async def test_a_clock_set_forward_a_week_ends_what_it_must_and_serves_on(server: LiveServer) -> None:
    ana = await server.seated("ana")
    server.time.set_machine_clock(7 * 24 * HOUR_MS)
    assert (await ana.until("unplaced"))["why"] == "expired"
    await ana.ask({"type": "checkin", "id": 1, **SYDNEY})
    assert (await ana.until("placed"))["why"] == "new"


def _at(position: dict[str, float]) -> dict[str, float]:
    return {"lat_deg": position["lat"], "lon_deg": position["lon"]}
