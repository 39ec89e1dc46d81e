import asyncio
import json

from nearby.testing.serving import LiveServer


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


async def test_a_drain_without_phones_is_over_at_once(server: LiveServer) -> None:
    await server.running.keeper.drain(0)
    assert (await server.call("GET", "/readyz")).status == 503
