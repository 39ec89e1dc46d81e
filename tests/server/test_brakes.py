"""Brakes: what an operator stops is stopped at once here, within seconds elsewhere, and after a restart."""

import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest

from nearby.core.brakes import Brake, Stopped
from nearby.core.cell import cell_name, ladder_of
from nearby.errors import HubDown, StoreDown
from nearby.hub.base import Hub
from nearby.server import brakes as brakes_module
from nearby.server.brakes import BrakesInForce
from nearby.server.config import load_settings
from nearby.server.database import list_brakes, pull_brake, release_brake
from nearby.server.metrics import Metrics
from nearby.store.base import Store
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import Answer, LiveServer, Shift, live_server
from nearby.testing.waiting import eventually

HERE = (47.37, 8.54)
ELSEWHERE = (48.85, 2.35)
REASON = "an accident on the square"


async def operate(server: LiveServer, do: str, scope: str = "operator", **body: Any) -> Answer:
    sent = json.dumps({"reason": REASON} | body).encode()
    token = server.token("op", scope=scope)
    return await server.call("POST", f"/v1/admin/brakes/{do}", body=sent, token=token)


async def done(server: LiveServer, do: str, **body: Any) -> Any:
    answer = await operate(server, do, **body)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)["brakes"]


async def refusal(server: LiveServer, do: str, **body: Any) -> tuple[int, str]:
    answer = await operate(server, do, **body)
    return answer.status, json.loads(answer.body)["code"]


async def check_in(phone: RawPhone, at: tuple[float, float] = HERE) -> dict[str, Any]:
    """Check in and return the first ``placed`` or ``unplaced`` after the ``ack``."""
    await phone.send({"type": "checkin", "id": 1, "lat": at[0], "lon": at[1]})
    assert (await phone.until("ack", id=1))["area"] is not None
    while (message := await phone.next())["type"] not in ("placed", "unplaced"):
        pass
    return message


async def audit(server: LiveServer) -> list[tuple[str, str]]:
    answer = await server.call("GET", "/v1/admin/audit", token=server.token("op", scope="operator"))
    return [(entry["action"], entry["detail"]) for entry in json.loads(answer.body)["entries"]]


@pytest.mark.parametrize("area", [None, cell_name(ladder_of(*HERE).res7), cell_name(ladder_of(*HERE).res5)])
async def test_while_placement_is_stopped_nobody_new_is_seated_and_seats_stay(
    server: LiveServer, area: str | None
) -> None:
    ana = await server.seated("ana")
    (pulled,) = await done(server, "pull", what="placement", area=area)
    assert (pulled["what"], pulled["area"], pulled["reason"]) == ("placement", area, REASON)
    ben = await server.phone("ben")
    assert (await check_in(ben))["why"] == "paused"
    await ana.send({"type": "say", "id": 2, "text": "still here"})
    await ana.until("said")
    for message in ({"type": "next", "id": 3}, {"type": "shake", "id": 4}):
        await ana.send(message)
        assert (await ana.until("error"))["code"] == "off"
    far = await server.phone("far")
    assert (await check_in(far, ELSEWHERE))["type"] == ("unplaced" if area is None else "placed")


async def test_once_it_goes_on_those_who_are_connected_are_placed_without_asking_again(server: LiveServer) -> None:
    await done(server, "pull", what="placement")
    ben = await server.phone("ben")
    assert (await check_in(ben))["why"] == "paused"
    assert await done(server, "release", what="placement") == []
    assert (await ben.until("placed"))["why"] == "new"


async def test_a_check_in_over_http_gets_no_room_meanwhile(server: LiveServer) -> None:
    await done(server, "pull", what="placement")
    ben = await server.phone("ben")
    body = json.dumps({"lat": HERE[0], "lon": HERE[1]}).encode()
    answer = await server.call("POST", "/v1/checkins", body=body, token=server.token("ben"))
    assert (answer.status, json.loads(answer.body)["room"]) == (200, None)
    assert await ben.until("unplaced", why="paused")


async def test_guests_shakes_and_bottles_are_switched_off_and_on(tmp_path: Path) -> None:
    async with live_server(tmp_path, guests="on") as server:
        ana = await server.seated("ana")
        guest = json.loads((await server.call("POST", "/v1/guests")).body)["token"]
        for what in ("guests", "shake", "bottle"):
            await done(server, "pull", what=what)
        for path, token in (("/v1/guests", None), ("/v1/guests/renew", guest)):
            answer = await server.call("POST", path, token=token)
            assert (answer.status, json.loads(answer.body)["code"]) == (403, "guests_off")
        await ana.send({"type": "shake", "id": 1})
        assert (await ana.until("error"))["code"] == "off"
        caught = await server.call("POST", "/v1/bottles/catch", token=server.token("ana"))
        assert (caught.status, json.loads(caught.body)["code"]) == (403, "off")
        for what in ("guests", "shake", "bottle"):
            await done(server, "release", what=what)
        assert (await server.call("POST", "/v1/guests")).status == 201
        await ana.send({"type": "shake", "id": 2})
        assert (await ana.until("ack"))["id"] == 2
        assert (await server.call("POST", "/v1/bottles/catch", token=server.token("ana"))).status == 204


async def test_what_the_settings_switch_off_no_brake_switches_on(tmp_path: Path) -> None:
    async with live_server(tmp_path, shake="off", bottle="off") as server:
        ana = await server.seated("ana")
        for what in ("guests", "shake", "bottle"):
            await done(server, "pull", what=what)
            await done(server, "release", what=what)
        await ana.send({"type": "shake", "id": 1})
        assert (await ana.until("error"))["code"] == "off"
        assert (await server.call("POST", "/v1/bottles/catch", token=server.token("ana"))).status == 403
        assert (await server.call("POST", "/v1/guests")).status == 403


async def test_a_closed_room_ends_for_everybody_in_it(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    far = await server.seated("far", *ELSEWHERE)
    body = json.dumps({"lat": HERE[0], "lon": HERE[1]}).encode()
    room = json.loads((await server.call("POST", "/v1/checkins", body=body, token=server.token("ana"))).body)["room"]
    assert (await operate(server, "close", room=room["id"])).status == 204
    for phone in (ana, ben):
        assert (await phone.until("unplaced"))["why"] == "removed"
    assert (await check_in(ana))["room"]["id"] != room["id"]
    await far.send({"type": "say", "id": 5, "text": "undisturbed"})
    assert (await far.until("ack"))["id"] == 5
    assert await refusal(server, "close", room=room["id"]) == (404, "not_found")
    assert (await audit(server))[-1] == ("room_close", f"room {room['id']}: {REASON}")


async def test_brakes_hold_over_a_restart(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        await server.seated("ana")
        await done(server, "pull", what="placement")
    async with live_server(tmp_path) as server:
        assert (await check_in(await server.phone("ben")))["why"] == "paused"
        assert await server.metric("nearby_brakes", what="placement") == 1
        assert await done(server, "release", what="placement") == []
        assert (await check_in(await server.phone("cleo")))["type"] == "placed"


async def test_a_brake_pulled_elsewhere_is_in_force_here_within_seconds(tmp_path: Path) -> None:
    """By command, and by a server that keeps nothing and stands beside."""
    settings = load_settings({"data_dir": tmp_path})
    async with live_server(tmp_path) as server, live_server(tmp_path, keep="off") as beside:
        await pull_brake(settings, "placement", "", REASON, 1)
        for each in (server, beside):
            await each.until_metric("nearby_brakes", lambda pulled: pulled == 1, what="placement")
            assert (await check_in(await each.phone("ben")))["why"] == "paused"
        assert len(await list_brakes(settings)) == 1
        await release_brake(settings, "placement", "", REASON, 2)
        await server.until_metric("nearby_brakes", lambda pulled: pulled == 0, what="placement")
        assert (await check_in(await server.phone("cleo")))["type"] == "placed"


async def test_each_is_audited_and_what_is_refused_is_not(server: LiveServer) -> None:
    await done(server, "pull", what="shake")
    assert await refusal(server, "release", what="bottle") == (404, "not_found")
    assert await refusal(server, "pull", what="shake", area=cell_name(ladder_of(*HERE).res7)) == (422, "bad_area")
    assert await refusal(server, "pull", what="placement", area="891f8eca9ffffff") == (422, "bad_area")
    assert await refusal(server, "pull", what="everything") == (400, "bad_message")
    assert await refusal(server, "pull", what="bottle", reason="") == (422, "bad_text")
    assert await refusal(server, "close", room="no such room") == (400, "bad_message")
    await done(server, "release", what="shake")
    assert await audit(server) == [
        ("brake_release", f"shake everywhere: {REASON}"),
        ("brake_pull", f"shake everywhere: {REASON}"),
    ]


@pytest.mark.parametrize("scope", ["", "operators"])
async def test_others_than_operators_are_refused(server: LiveServer, scope: str) -> None:
    for do, body in (("pull", {"what": "shake"}), ("release", {"what": "shake"}), ("close", {"room": "r"})):
        answer = await operate(server, do, scope, **body)
        assert (answer.status, json.loads(answer.body)["code"]) == (403, "operators_only")
    token = server.token("op", scope=scope)
    for path in ("/v1/admin/brakes", "/v1/admin/areas", "/v1/admin/audit"):
        assert (await server.call("GET", path, token=token)).status == 403
    assert (await server.call("GET", "/v1/admin/brakes")).status == 401


class Kept:
    """What the brakes in force need of a store and of a hub."""

    def __init__(self) -> None:
        self.held: list[Brake] = []
        self.down: Exception | None = None
        self.hub_down: Exception | None = None
        self.told: list[Stopped] = []

    @property
    def operations(self) -> "Kept":
        return self

    async def brakes(self) -> list[Brake]:
        if self.down is not None:
            raise self.down
        return list(self.held)

    async def brake(self, stopped: Stopped, now_ms: int) -> None:
        if self.hub_down is not None:
            raise self.hub_down
        self.told.append(stopped)


async def refreshed(brakes: BrakesInForce, kept: Kept) -> bool:
    return await brakes.refresh(cast(Store, kept), cast(Hub, kept), Shift().clock)


async def test_while_the_database_is_away_the_brakes_of_before_stay() -> None:
    brakes, kept = BrakesInForce(Metrics()), Kept()
    assert await refreshed(brakes, kept)
    kept.held = [Brake("guests", "", 1, REASON)]
    assert await refreshed(brakes, kept)
    assert not await refreshed(brakes, kept)
    kept.down, kept.held = StoreDown(), []
    with pytest.raises(StoreDown):
        await refreshed(brakes, kept)
    assert brakes.stopped.guests
    kept.down = None
    assert await refreshed(brakes, kept)
    assert [one.guests for one in kept.told] == [False, True, False]


async def test_a_hub_that_was_away_is_told_again() -> None:
    brakes, kept = BrakesInForce(Metrics()), Kept()
    kept.held, kept.hub_down = [Brake("shake", "", 1, REASON)], HubDown()
    with pytest.raises(HubDown):
        await refreshed(brakes, kept)
    kept.hub_down = None
    assert await refreshed(brakes, kept)
    assert [one.shake for one in kept.told] == [True]


@pytest.mark.parametrize("down", [StoreDown(), HubDown(), RuntimeError("a bug")])
async def test_looking_goes_on_after_whatever_went_wrong(
    down: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(brakes_module, "REFRESH_S", 0.001)
    metrics, kept = Metrics(), Kept()
    brakes = BrakesInForce(metrics)
    kept.down, kept.held = down, [Brake("bottle", "", 1, REASON)]
    looking = asyncio.create_task(brakes.keep_fresh(cast(Store, kept), cast(Hub, kept), Shift().clock))

    async def failures() -> float:
        return metrics.registry.get_sample_value("nearby_brakes_refresh_failures_total") or 0

    async def is_stopped() -> bool:
        return brakes.stopped.bottle

    await eventually(failures, lambda count: count >= 2, what="looks that failed")
    kept.down = None
    await eventually(is_stopped, bool, what="the brake")
    looking.cancel()
    assert "keeping the brakes in force" in caplog.text
