"""The hub cannot be reached for a while: clear errors, nothing twice, and all goes on by itself."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nearby.testing.faults import Faults
from nearby.testing.serving import LiveServer, live_server
from nearby.testing.waiting import eventually

ZURICH = {"lat": 47.37, "lon": 8.54}


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def server(tmp_path: Path, faults: Faults) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path, faults=faults, guests="on", trusted_proxies=("127.0.0.0/8",)) as running:
        yield running


async def test_a_message_is_refused_with_hub_down_and_may_be_sent_again(server: LiveServer, faults: Faults) -> None:
    ana = await server.seated("ana")
    message = {"type": "say", "id": "a", "text": "hello"}
    faults.is_down = True
    refused = await ana.ask(message)
    assert (refused["code"], refused["retry_ms"]) == ("hub_down", 1_000)
    faults.is_down = False
    assert (await ana.ask(message))["type"] == "ack"


async def test_a_say_whose_answer_was_lost_is_said_once_however_often_it_is_sent(
    server: LiveServer, faults: Faults
) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    message = {"type": "say", "id": "a", "text": "hello"}
    faults.after_the_fact = True
    assert (await ana.ask(message))["code"] == "hub_down"
    faults.after_the_fact = False
    ack = await ana.ask(message)
    await ben.quiet()
    assert [said["seq"] for said in ben.received if said["type"] == "said"] == [ack["seq"]]


async def test_over_http_it_is_503_with_the_time_to_wait(server: LiveServer, faults: Faults) -> None:
    faults.is_down = True
    answer = await server.call("POST", "/v1/checkins", body=b'{"lat":1,"lon":2}', token=server.token("ana"))
    assert (answer.status, answer.headers["Retry-After"], json.loads(answer.body)["code"]) == (503, "1", "hub_down")


async def test_a_hello_is_sent_away_to_come_back(server: LiveServer, faults: Faults) -> None:
    phone = await server.connect()
    faults.is_down = True
    await phone.send({"type": "hello", "token": server.token("ana")})
    assert await phone.close_code() == 3001


async def test_a_connection_that_cannot_be_counted_is_sent_away_to_come_back(
    server: LiveServer, faults: Faults
) -> None:
    faults.is_down = True
    phone = await server.connect(headers={"X-Forwarded-For": "203.0.113.7"})
    assert await phone.close_code() == 3001


async def test_a_phone_that_waits_for_a_seat_gets_it_when_the_hub_is_back(server: LiveServer, faults: Faults) -> None:
    ana = await server.phone("ana")
    assert (await ana.ask({"type": "checkin", "id": 1, **ZURICH}))["type"] == "ack"
    faults.is_down = True
    assert (await ana.ask({"type": "next", "id": 2}))["code"] == "hub_down"
    late = await server.connect()
    server.time.pass_time(5_000)
    assert await late.close_code() == 3503  # Ticks go on.
    faults.is_down = False
    assert (await ana.until("placed"))["why"] == "new"


async def test_a_server_whose_hub_is_gone_says_that_it_takes_no_phones_until_it_is_back(
    server: LiveServer, faults: Faults
) -> None:
    async def ready() -> int:
        return (await server.call("GET", "/readyz")).status

    assert await ready() == 200
    faults.is_down = True
    await eventually(ready, lambda status: status == 503, what="whether the server is ready")
    assert json.loads((await server.call("GET", "/readyz")).body)["code"] == "hub_down"
    assert (await server.call("GET", "/healthz")).status == 200
    faults.is_down = False
    await eventually(ready, lambda status: status == 200, what="whether the server is ready")


async def test_who_leaves_hears_no_more_of_the_room_and_that_it_left_also_if_the_answer_was_lost(
    server: LiveServer, faults: Faults
) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    await ana.quiet()
    faults.after_the_fact = True
    assert (await ana.ask({"type": "leave", "id": 1}))["code"] == "hub_down"
    faults.after_the_fact = False
    assert (await ben.ask({"type": "say", "id": 1, "text": "still there?"}))["type"] == "ack"
    assert [message["type"] for message in await ana.quiet()] == []
    assert (await ana.ask({"type": "leave", "id": 2}))["type"] == "ack"
    assert [(message["type"], message.get("why")) for message in await ana.quiet()] == [("unplaced", "left")]
    assert (await ana.ask({"type": "leave", "id": 3}))["type"] == "ack"
    assert await ana.quiet() == []
