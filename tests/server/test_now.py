"""What operators see of the whole server: now, the last hour, and the settings in force."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nearby.core.history import STEP_MS
from nearby.testing.faults import Faults
from nearby.testing.serving import KEY, LiveServer, live_server
from nearby.testing.waiting import eventually

ZURICH = b'{"lat":47.37,"lon":8.54}'
PAGES = ("/v1/admin/now", "/v1/admin/settings")


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
async def server(tmp_path: Path, faults: Faults) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path, faults=faults, tags=("tea", "dogs"), jwks="") as running:
        yield running


async def told(server: LiveServer, page: str = PAGES[0]) -> dict[str, Any]:
    answer = await server.call("GET", page, token=server.token("boss", scope="operator"))
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    body: dict[str, Any] = json.loads(answer.body)
    return body


async def steps(server: LiveServer, count: int) -> dict[str, Any]:
    """Return the history once it has so many steps."""
    now = await eventually(lambda: told(server), lambda now: len(now["history"]["at_ms"]) >= count, what="steps")
    history: dict[str, Any] = now["history"]
    return history


@pytest.mark.parametrize("page", PAGES)
async def test_operators_alone_are_told(server: LiveServer, page: str) -> None:
    assert (await server.call("GET", page)).status == 401
    answer = await server.call("GET", page, token=server.token("ana"))
    assert (answer.status, json.loads(answer.body)["code"]) == (403, "operators_only")


async def test_what_is_there_now_is_counted_for_the_whole_server(server: LiveServer) -> None:
    for person in ("ana", "ben", "cleo"):
        await server.seated(person)
    await server.seated("far", lat_deg=-33.9, lon_deg=151.2)
    now = await told(server)
    assert (now["people"], now["connections"], now["held_seats"]) == (4, 4, 0)
    assert now["rooms_by_size"] == [{"size": 1, "rooms": 1}, {"size": 3, "rooms": 1}]
    assert now["thin_share"] == 0.25
    assert {one["why"]: one["count"] for one in now["placements"]}["new"] == 4
    assert now["health"] == {"store": "up", "hub": "up", "ready": True}
    assert now["started_ms"] <= now["at_ms"] == pytest.approx(server.time.now_ms(), abs=60_000)


async def test_limits_that_were_hit_are_counted(server: LiveServer) -> None:
    for _ in range(4):
        await server.call("POST", "/v1/checkins", body=ZURICH, token=server.token("ana"))
    assert {"limit": "checkin", "count": 1} in (await told(server))["limits_hit"]


async def test_every_ten_seconds_become_a_step_with_what_happened_in_them(server: LiveServer) -> None:
    ana, _ = await server.seated("ana"), await server.seated("ben")
    server.time.pass_time(STEP_MS)
    before = await steps(server, 1)
    for number in range(3):
        assert (await ana.ask({"type": "say", "id": number, "text": "hello"}))["type"] == "ack"
    server.time.pass_time(STEP_MS)
    history = await steps(server, len(before["at_ms"]) + 1)
    lengths = {len(column) for column in history.values() if isinstance(column, list)}
    assert lengths == {len(history["at_ms"])}
    assert all(len(column) == len(history["at_ms"]) for column in history["placements"].values())
    assert (history["people"][-1], history["rooms"][-1], history["thin_share"][-1]) == (2, 1, 1.0)
    assert (history["store_up"][-1], history["hub_up"][-1]) == (1, 1)
    assert sum(history["says_per_s"]) > 0
    assert sum(history["deliveries_per_s"]) > sum(history["says_per_s"])
    assert [p99 for p99 in history["say_p99_ms"] if p99 is not None]
    assert history["at_ms"] == sorted(set(history["at_ms"]))


async def test_a_hub_that_is_away_shows_and_is_no_error(server: LiveServer, faults: Faults) -> None:
    await server.seated("ana")
    faults.is_down = True
    now = await told(server)
    assert (now["people"], now["rooms_by_size"], now["thin_share"]) == (None, [], None)
    assert now["health"]["hub"] == "down"
    server.time.pass_time(STEP_MS)
    history = await steps(server, 1)
    assert (history["people"][-1], history["hub_up"][-1]) == (None, 0)


async def test_settings_are_shown_with_secrets_masked(tmp_path: Path) -> None:
    secrets: dict[str, Any] = {
        "previous_key": "p" * 40,
        "store_secret": "s" * 40,
        "notify_url": "https://user:hunter2@push.example.org/nearby?token=hunter2",
        "notify_secret": "n" * 40,
        "tile_url": "https://tiles.example.org/{z}/{x}/{y}.png?key=hunter2",
        "tile_attribution": "the makers of the map",
    }
    async with live_server(tmp_path, tags=("tea", "dogs"), **secrets) as server:
        shown = {one["name"]: one for one in (await told(server, PAGES[1]))["settings"]}
    assert shown["tags"]["value"] == "tea, dogs"
    assert (shown["window_s"]["value"], shown["window_s"]["default"]) == ("600.0", "600.0")
    assert shown["window_s"]["description"]
    for name in ("key", "previous_key", "store_secret", "notify_secret"):
        assert (shown[name]["value"], shown[name]["is_secret"]) == ("(set)", True)
    assert shown["notify_url"]["value"] == "https://push.example.org/nearby?(set)"
    assert shown["tile_url"]["value"] == "https://tiles.example.org/{z}/{x}/{y}.png?(set)"
    text = json.dumps(shown)
    assert not [word for word in ("hunter2", KEY, *("p" * 40, "s" * 40, "n" * 40)) if word in text]
