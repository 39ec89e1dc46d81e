"""What unverified people may not say, write or be called, seen from outside."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from nearby.errors import ConfigError
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import LiveServer, live_server
from tests.documents import ROOT

LINK = "look at example.com"
ADVERTISEMENT = "twelve ducks for a pound, all week"
ZURICH = {"lat": 47.37, "lon": 8.54}
FAR_AWAY = {"lat": -33.92, "lon": 18.42}


async def say(phone: RawPhone, text: str, message_id: int = 1) -> dict[str, Any]:
    return await phone.ask({"type": "say", "id": message_id, "text": text})


async def test_a_held_text_is_heard_by_nobody_and_counted(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    refused = await say(ben, LINK)
    assert (refused["type"], refused["code"], refused["id"]) == ("error", "held", 1)
    assert "example" not in json.dumps(refused)
    assert (await say(ben, "hello", 1))["type"] == "ack"
    assert (await ana.until("said"))["text"] == "hello"
    assert await server.metric("nearby_texts_held_total", because="link") == 1
    assert await server.metric("nearby_errors_total", code="held") == 1


async def test_verified_people_may_say_it(server: LiveServer) -> None:
    ana = await server.seated("ana", name="Ana", verified=True)
    assert (await say(ana, LINK))["type"] == "ack"


async def test_a_name_is_no_address_either(server: LiveServer) -> None:
    body = json.dumps({"name": "ana.example.com"}).encode()
    changed = await server.call("PATCH", "/v1/me", body=body, token=server.token("ana"))
    assert (changed.status, json.loads(changed.body)["code"]) == (422, "held")
    known = await server.call("PATCH", "/v1/me", body=body, token=server.token("cleo", name="Cleo", verified=True))
    assert known.status == 200


async def test_a_guests_name_is_no_number(tmp_path: Path) -> None:
    async with live_server(tmp_path, guests="on") as server:
        made = await server.call("POST", "/v1/guests", body=json.dumps({"name": "Call 0664 1234567"}).encode())
        assert (made.status, json.loads(made.body)["code"]) == (422, "held")


async def test_bottles_and_threads_pass_the_same_gate(server: LiveServer) -> None:
    await server.seated("ana")

    async def throw(text: str) -> int:
        body = json.dumps({"text": text}).encode()
        return (await server.call("POST", "/v1/bottles", body=body, token=server.token("ana"))).status

    assert await throw(LINK) == 422
    assert await throw("hello out there") == 201


async def test_what_is_refused_everywhere_still_is_after_a_restart(tmp_path: Path) -> None:
    async with live_server(tmp_path, limits="on") as server:
        for number in range(3):
            # Rooms fill up to eight: three towns have three rooms.
            phone = await server.seated(f"p{number}", lat_deg=10.0 * number)
            assert (await say(phone, ADVERTISEMENT))["type"] == "ack"
        assert (await say(await server.seated("ana"), ADVERTISEMENT))["code"] == "held"
    async with live_server(tmp_path) as server:
        assert (await say(await server.seated("ben"), ADVERTISEMENT.upper()))["code"] == "held"
        assert await server.metric("nearby_texts_refused") == 1


async def test_a_check_in_from_where_nobody_can_have_come_is_answered_like_any_other(server: LiveServer) -> None:
    """Byte for byte: the area in force, the window, and nothing after."""
    ana, ben = await server.seated("ana"), await server.seated("ben")
    await ana.until("joined")
    server.time.pass_time(35_000)
    answers = [
        await ana.ask({"type": "checkin", "id": 7, **ZURICH}),
        await ben.ask({"type": "checkin", "id": 7, **FAR_AWAY}),
    ]
    assert json.dumps(answers[0]) == json.dumps(answers[1])
    assert await ana.quiet() == await ben.quiet() == []
    bodies = [
        (await server.call("POST", "/v1/checkins", body=json.dumps(place).encode(), token=server.token(who))).body
        for who, place in (("ana", ZURICH), ("ben", FAR_AWAY))
    ]
    assert bodies[0] == bodies[1]


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the example's filter be installed."""
    site = tmp_path / "site"
    (site / "calm_filter-1.0.dist-info").mkdir(parents=True)
    shutil.copy(ROOT / "examples/filter/calm_filter.py", site)
    (site / "calm_filter-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: calm-filter\nVersion: 1.0\n")
    entry_points = "[nearby.filters]\ncalm = calm_filter:is_held\n"
    (site / "calm_filter-1.0.dist-info/entry_points.txt").write_text(entry_points)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), str(ROOT)]))


@pytest.mark.usefixtures("offered")
async def test_an_operators_filter_holds_what_it_will(tmp_path: Path) -> None:
    async with live_server(tmp_path, filter="calm", filter_s=5.0) as server:
        ana = await server.seated("ana")
        assert (await say(ana, "NOBODY SHOUTS HERE"))["code"] == "held"
        first = await say(ana, "I whisper", 2)
        assert first["type"] == "ack"
        assert await say(ana, "I whisper", 2) == first
        assert (await say(ana, LINK, 3))["code"] == "held"
        assert await server.metric("nearby_filtered_total", answer="held") == 1
        assert await server.metric("nearby_filtered_total", answer="passed") == 1
        assert await server.metric("nearby_texts_held_total", because="filter") == 1


async def test_a_filter_that_nobody_offers_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="filter"):
        async with live_server(tmp_path, filter="nowhere"):
            pass


async def test_without_a_gate_everything_may_be_said(tmp_path: Path) -> None:
    async with live_server(tmp_path, gate="off") as server:
        assert (await say(await server.seated("ana"), LINK))["type"] == "ack"
