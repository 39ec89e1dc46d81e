"""Too many connect at once: some are told when to come again, and who is connected notices nothing."""

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from nearby.client import Disconnected, Phone, PhoneSettings
from nearby.errors import ConfigError
from nearby.server.config import load_settings
from nearby.testing.serving import Answer, LiveServer, live_server

HANDSHAKE: dict[str, Any] = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
SLOW = 0.2
"""So few a second that a test is over before the second one is taken."""


async def turned_away(server: LiveServer, token: str | None = None) -> Answer:
    answer = await server.call("GET", "/v1/ws", token=token, **HANDSHAKE)
    assert (answer.status, json.loads(answer.body)["code"]) == (503, "busy")
    return answer


async def test_one_too_many_is_told_a_turn_behind_those_before_it_and_counted(tmp_path: Path) -> None:
    async with live_server(tmp_path, accept_rate=SLOW) as server:
        await server.seated("ana")
        waits_s = [int((await turned_away(server)).headers["Retry-After"]) for _ in range(4)]
        assert waits_s == sorted(waits_s)
        assert 5 <= waits_s[0] < waits_s[-1] <= 4 * 5 + 2
        assert await server.metric("nearby_limits_hit_total", limit="accept") == 4


async def test_who_is_connected_talks_on_while_others_are_turned_away(tmp_path: Path) -> None:
    async with live_server(tmp_path, accept_rate=SLOW, limits="off") as server:
        ana = await server.seated("ana")
        turned = asyncio.gather(*(turned_away(server) for _ in range(30)))
        acks = [await ana.ask({"type": "say", "id": number, "text": f"{number}"}) for number in range(30)]
        assert [ack["type"] for ack in acks] == ["ack"] * 30
        await turned
        assert (await ana.ask({"type": "ping", "id": "last"}))["type"] == "pong"


async def test_no_token_is_looked_at_before_there_is_room(tmp_path: Path) -> None:
    async with live_server(tmp_path, accept_rate=SLOW) as server:
        await server.seated("ana")
        answers = [await turned_away(server, token) for token in (server.token("ben"), "nonsense")]
        assert {answer.status for answer in answers} == {503}
        assert await server.metric("nearby_errors_total", code="bad_token") == 0


async def test_a_phone_of_the_sdk_comes_back_when_it_was_told_to(tmp_path: Path) -> None:
    async with live_server(tmp_path, accept_rate=1) as server:
        await server.seated("ana")
        settings = PhoneSettings(base_s=0.01, cap_s=0.05)
        async with Phone(server.url, server.token("ben"), settings=settings, random=Random(1)) as ben:
            event = await anext(ben)
            assert isinstance(event, Disconnected)
            assert event.back_in_s is not None
            assert event.back_in_s >= 1
            await ben.wait_connected()


async def test_when_time_has_passed_as_many_are_taken_as_come_in_a_second(tmp_path: Path) -> None:
    async with live_server(tmp_path, accept_rate=SLOW) as server:
        for person in ("ana", "ben", "cyn"):
            await server.seated(person)
            await turned_away(server)
            server.time.pass_time(5_000)


async def test_a_rate_of_0_takes_everybody(tmp_path: Path) -> None:
    async with live_server(tmp_path, accept_rate=0) as server:
        await asyncio.gather(*(server.phone(f"p{number}") for number in range(150)))


def test_a_rate_below_0_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match="accept_rate"):
        load_settings({"accept_rate": -1})
