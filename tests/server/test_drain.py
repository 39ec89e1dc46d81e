import asyncio
import json
from pathlib import Path

from nearby.testing.faults import Faults
from nearby.testing.serving import LiveServer, live_server


async def test_a_drain_says_goodbye_to_everybody_and_takes_nobody_new(server: LiveServer) -> None:
    phones = [await server.seated(f"p{number}") for number in range(5)]
    waiting = await server.connect()
    drain = asyncio.create_task(server.running.keeper.drain(0.3))
    await asyncio.sleep(0)
    ready = await server.call("GET", "/readyz")
    assert (ready.status, json.loads(ready.body)["code"]) == (503, "draining")
    assert (await server.call("GET", "/healthz")).status == 200
    refused = await server.call("POST", "/v1/checkins", body=b'{"lat":1,"lon":2}', token=server.token("new"))
    assert (refused.status, json.loads(refused.body)["code"]) == (503, "draining")
    upgrade = await server.call("GET", "/v1/ws", Upgrade="websocket", Connection="Upgrade")
    assert upgrade.status == 503
    delays = [(await phone.until("bye"))["reconnect_ms"] for phone in phones]
    assert len(set(delays)) > 1
    assert [await phone.close_code() for phone in phones] == [3001] * 5
    assert await waiting.close_code() == 3001
    await drain


async def test_a_hello_that_comes_during_a_drain_is_sent_away_and_told_when_to_come_back(server: LiveServer) -> None:
    await server.seated("ana")
    late = await server.connect()
    drain = asyncio.create_task(server.running.keeper.drain(1.0))
    await asyncio.sleep(0)
    await late.send({"type": "hello", "token": server.token("late")})
    assert (await late.next())["type"] == "bye"
    assert await late.close_code() == 3001
    assert await server.metric("nearby_connections") <= 1
    await drain


async def test_who_waits_for_a_seat_when_a_drain_begins_is_told_that_none_comes(tmp_path: Path) -> None:
    faults = Faults()
    faults.down_for = {"offer"}
    async with live_server(tmp_path, faults=faults) as server:
        phone = await server.phone("ana")
        await phone.until("unplaced")
        assert (await phone.ask({"type": "checkin", "id": 1, "lat": 1, "lon": 2}))["type"] == "ack"
        drain = asyncio.create_task(server.running.keeper.drain(0))
        assert (await phone.until("unplaced"))["why"] == "draining"
        assert await phone.close_code() == 3001
        await drain


async def test_a_drain_without_phones_is_over_at_once(server: LiveServer) -> None:
    await server.running.keeper.drain(0)
    assert (await server.call("GET", "/readyz")).status == 503
