"""Being told when company comes, with a push service that really listens."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from nearby.core.ids import PersonId
from nearby.server.metrics import Metrics
from nearby.server.webhook import MAX_WAITING, Webhook
from nearby.testing.serving import LiveServer, Shift, live_server
from nearby.testing.waiting import eventually

SECRET = "the secret of the push service, 32 bytes"
SPEED = 10
HOUR_MS = 3_600_000 // SPEED
HERE = {"lat": 47.37, "lon": 8.54}
ELSEWHERE = {"lat": 48.85, "lon": 2.35}


class PushService:
    """What an operator runs: answers with each of some statuses in turn, then 204, and remembers what came."""

    def __init__(self, *statuses: int) -> None:
        self._statuses = list(statuses)
        self.heads: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.url = ""

    @property
    def notes(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    async def answer(self, request: web.Request) -> web.Response:
        self.heads.append(dict(request.headers))
        self.bodies.append(await request.read())
        return web.Response(status=self._statuses.pop(0) if self._statuses else 204)

    async def until(self, count: int) -> None:
        async def came() -> int:
            return len(self.bodies)

        await eventually(came, lambda number: number >= count, what="notifications")


@contextlib.asynccontextmanager
async def push_service(*statuses: int) -> AsyncIterator[PushService]:
    service = PushService(*statuses)
    app = web.Application()
    app.router.add_post("/push", service.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}/push"
    try:
        yield service
    finally:
        await runner.cleanup()


@pytest.fixture
async def push() -> AsyncIterator[PushService]:
    async with push_service() as service:
        yield service


@pytest.fixture
async def server(tmp_path: Path, push: PushService) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path, speed=SPEED, notify_url=push.url, notify_secret=SECRET, limits="off") as server:
        yield server


async def check_in(server: LiveServer, person: str, at: dict[str, float] = HERE) -> None:
    answer = await server.call("POST", "/v1/checkins", body=json.dumps(at).encode(), token=server.token(person))
    assert answer.status == 200


async def notify(server: LiveServer, method: str, person: str) -> tuple[int, Any]:
    answer = await server.call(method, "/v1/me/notify", token=server.token(person))
    return answer.status, json.loads(answer.body) if answer.body else None


async def until_waiting(server: LiveServer, count: int) -> None:
    await server.until_metric("nearby_notify_waiting", lambda value: value == count)


async def test_who_asked_and_is_away_is_told_once_when_somebody_sits_down_where_they_are(
    server: LiveServer, push: PushService
) -> None:
    await check_in(server, "ana")
    assert await notify(server, "PUT", "ana") == (204, None)
    assert await notify(server, "GET", "ana") == (200, {"waiting": True})
    await until_waiting(server, 1)
    assert push.bodies == []
    await server.seated("ben")
    await push.until(1)
    (note,) = push.notes
    assert {name: note[name] for name in ("kind", "person")} == {"kind": "company", "person": "ana"}
    assert set(note) == {"kind", "person", "at_ms"}
    assert await notify(server, "GET", "ana") == (200, {"waiting": False})
    assert await server.metric("nearby_notifications_total", outcome="sent") == 1


async def test_a_notification_is_signed_as_standard_webhooks_are(server: LiveServer, push: PushService) -> None:
    await check_in(server, "ana")
    await notify(server, "PUT", "ana")
    await server.seated("ben")
    await push.until(1)
    head, body = push.heads[0], push.bodies[0]
    signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert head["webhook-signature"] == f"v1,{expected}"
    assert abs(int(head["webhook-timestamp"]) - json.loads(body)["at_ms"] // 1_000) <= 60


async def test_somebody_whose_phone_dropped_is_told_of_company_in_their_held_room(
    server: LiveServer, push: PushService
) -> None:
    ana = await server.seated("ana")
    await notify(server, "PUT", "ana")
    await ana.cut()
    await server.seated("ben")
    await push.until(1)
    assert push.notes[0]["person"] == "ana"


async def test_nobody_is_told_twice_within_an_hour(server: LiveServer, push: PushService) -> None:
    await check_in(server, "ana")
    await server.seated("ben")
    await notify(server, "PUT", "ana")
    await push.until(1)
    await notify(server, "PUT", "ana")
    await check_in(server, "cleo")
    await notify(server, "PUT", "cleo")
    await push.until(2)
    assert [note["person"] for note in push.notes] == ["ana", "cleo"]
    server.time.pass_time(HOUR_MS)
    await server.seated("dan")
    await check_in(server, "ana")
    await notify(server, "PUT", "ana")
    await push.until(3)
    assert push.notes[2]["person"] == "ana"


async def test_whoever_is_connected_takes_it_back_or_went_away_is_not_told(
    server: LiveServer, push: PushService
) -> None:
    for person in ("here", "sorry", "gone"):
        await check_in(server, person)
        assert (await notify(server, "PUT", person))[0] == 204
    await server.seated("here")
    await notify(server, "DELETE", "sorry")
    assert (await server.call("DELETE", "/v1/presence", token=server.token("gone"))).status == 204
    await until_waiting(server, 1)
    assert push.bodies == []


async def test_an_erased_person_is_told_nothing(server: LiveServer, push: PushService) -> None:
    await check_in(server, "ana")
    await notify(server, "PUT", "ana")
    assert (await server.call("DELETE", "/v1/me", token=server.token("ana"))).status == 204
    assert await notify(server, "GET", "ana") == (200, {"waiting": False})


async def test_who_is_nowhere_cannot_ask(server: LiveServer) -> None:
    status, problem = await notify(server, "PUT", "ana")
    assert (status, problem["code"]) == (409, "not_present")


async def test_without_a_push_service_it_is_off(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        for method in ("GET", "PUT", "DELETE"):
            status, problem = await notify(server, method, "ana")
            assert (status, problem["code"]) == (403, "off")


@contextlib.asynccontextmanager
async def webhook(url: str) -> AsyncIterator[tuple[Webhook, Metrics]]:
    """Yield a webhook that waits for next to nothing between tries."""

    metrics, ids = Metrics(), iter(range(10_000))
    hook = Webhook(
        url,
        SECRET.encode(),
        clock=Shift().clock,
        metrics=metrics,
        draw_id=lambda: f"n{next(ids)}",
        retry_after_s=(0.01, 0.01),
    )
    running = asyncio.create_task(hook.run())
    try:
        yield hook, metrics
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def until_outcome(metrics: Metrics, outcome: str) -> None:
    async def count() -> float:
        return metrics.registry.get_sample_value("nearby_notifications_total", {"outcome": outcome}) or 0.0

    await eventually(count, lambda value: value >= 1, what=outcome)


async def test_a_push_service_that_stumbles_is_asked_again_with_the_same_id() -> None:
    async with push_service(500, 429) as push, webhook(push.url) as (hook, metrics):
        hook.send(PersonId("ana"), "company")
        await until_outcome(metrics, "sent")
        assert [head["webhook-id"] for head in push.heads] == ["n0", "n0", "n0"]


async def test_a_push_service_that_stays_away_is_given_up() -> None:
    async with push_service(500, 500, 500) as push, webhook(push.url) as (hook, metrics):
        hook.send(PersonId("ana"), "company")
        await until_outcome(metrics, "failed")
        assert len(push.bodies) == 3
    async with webhook("http://127.0.0.1:9/push") as (hook, metrics):
        hook.send(PersonId("ana"), "company")
        await until_outcome(metrics, "failed")


@pytest.mark.parametrize("status", [302, 404, 410])
async def test_a_push_service_that_refuses_is_not_followed_elsewhere_and_not_asked_for_ever(status: int) -> None:
    async with push_service(status, status, status) as push, webhook(push.url) as (hook, metrics):
        hook.send(PersonId("ana"), "company")
        await until_outcome(metrics, "failed" if status < 400 else "refused")
        assert len(push.bodies) == (3 if status < 400 else 1)


async def test_more_than_may_wait_are_dropped_and_counted() -> None:
    metrics = Metrics()
    hook = Webhook(
        "http://127.0.0.1:9/", b"", clock=Shift().clock, metrics=metrics, draw_id=lambda: "n", retry_after_s=()
    )
    for number in range(MAX_WAITING + 1):
        hook.send(PersonId(f"p{number}"), "company")
    assert metrics.registry.get_sample_value("nearby_notifications_total", {"outcome": "dropped"}) == 1


async def test_nothing_is_sent_about_somebody_forgotten() -> None:
    async with push_service() as push, webhook(push.url) as (hook, metrics):
        hook.send(PersonId("ana"), "company")
        hook.forget(PersonId("ana"))
        hook.send(PersonId("ben"), "company")
        await until_outcome(metrics, "sent")
        assert [note["person"] for note in push.notes] == ["ben"]
