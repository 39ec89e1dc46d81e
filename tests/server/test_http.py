"""What the contract says of HTTP, seen from outside."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from nearby.testing.serving import Answer, LiveServer, live_server

ZURICH = b'{"lat":47.37,"lon":8.54}'
DAY_S = 86_400


def problem(answer: Answer) -> dict[str, Any]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(answer.body)
    assert body["status"] == answer.status
    assert body["type"] == f"/docs#{body['code']}"
    assert body["title"]
    assert body["detail"]
    return body


async def test_a_check_in_without_a_socket_counts_and_takes_no_seat(server: LiveServer) -> None:
    answer = await server.call("POST", "/v1/checkins", body=ZURICH, token=server.token("ana"))
    body = json.loads(answer.body)
    assert (answer.status, body["room"], body["area"]["resolution"]) == (200, None, 5)
    assert body["window"]["start_ms"] <= server.time.now_ms() < body["window"]["end_ms"]
    assert await server.metric("nearby_people_present") == 1
    assert await server.metric("nearby_rooms", size="1") == 0


async def test_a_check_in_with_a_socket_open_acts_as_that_sockets(server: LiveServer) -> None:
    phone = await server.phone("ana")
    answer = await server.call("POST", "/v1/checkins", body=ZURICH, token=server.token("ana"))
    placed = await phone.until("placed")
    assert json.loads(answer.body)["room"] == {"id": placed["room"]["id"], "size": 1, "capacity": 8}


async def test_clearing_the_location_leaves_the_room_and_tells_the_socket(server: LiveServer) -> None:
    phone = await server.seated("ana")
    answer = await server.call("DELETE", "/v1/presence", token=server.token("ana"))
    assert (answer.status, answer.body) == (204, b"")
    assert (await phone.until("unplaced"))["why"] == "left"
    assert await server.metric("nearby_people_present") == 0


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/asyncapi.json", "/docs"])
async def test_operations_pages_are_there_without_a_token(server: LiveServer, path: str) -> None:
    answer = await server.call("GET", path)
    assert answer.status == 200
    assert answer.body


async def test_the_documents_describe_what_is_served(server: LiveServer) -> None:
    openapi = json.loads((await server.call("GET", "/openapi.json")).body)
    asyncapi = json.loads((await server.call("GET", "/asyncapi.json")).body)
    assert (openapi["openapi"], asyncapi["asyncapi"]) == ("3.1.0", "3.0.0")
    for path, methods in openapi["paths"].items():
        for method in methods:
            address = re.sub(r"{\w+}", "some-id", path)
            assert (await server.call(method.upper(), address)).status not in (404, 405), path
    references = set(_references(openapi)) | set(_references(asyncapi))
    assert references
    for document in (openapi, asyncapi):
        for reference in _references(document):
            found: Any = document
            for key in reference.removeprefix("#/").split("/"):
                found = found[key.replace("~1", "/")]


def _references(document: Any) -> list[str]:
    if isinstance(document, dict):
        own = [document["$ref"]] if isinstance(document.get("$ref"), str) else []
        return own + [reference for value in document.values() for reference in _references(value)]
    if isinstance(document, list):
        return [reference for value in document for reference in _references(value)]
    return []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nowhere", None, 404, "not_found"),
        ("PUT", "/v1/checkins", b"{}", 405, "method_not_allowed"),
        ("POST", "/v1/checkins", b"x" * (16 * 1024 + 1), 413, "too_large"),
        ("POST", "/v1/checkins", b"not json", 400, "bad_message"),
        ("POST", "/v1/checkins", b"", 400, "bad_message"),
        ("POST", "/v1/checkins", b"[1]", 400, "bad_message"),
        ("POST", "/v1/checkins", b"\xff\xfe", 400, "bad_message"),
        ("POST", "/v1/checkins", b"[" * 10_000, 400, "bad_message"),
        ("POST", "/v1/checkins", b'{"lat":NaN,"lon":0}', 400, "bad_message"),
        ("POST", "/v1/checkins", b'{"lat":90.5,"lon":0}', 422, "bad_position"),
        ("POST", "/v1/checkins", b'{"lat":"47","lon":0}', 422, "bad_position"),
        ("POST", "/v1/checkins", b'{"lon":0}', 422, "bad_position"),
        ("POST", "/v1/checkins", b'{"lat":1,"lon":0,"accuracy_m":10001}', 422, "bad_position"),
        ("POST", "/v1/guests", b'{"name":7}', 400, "bad_message"),
    ],
)
async def test_a_bad_request_gets_a_documented_problem(
    tmp_path: Path, method: str, path: str, body: bytes | None, status: int, code: str
) -> None:
    async with live_server(tmp_path, guests="on") as server:
        answer = await server.call(method, path, body=body, token=server.token("ana"))
        assert (answer.status, problem(answer)["code"]) == (status, code)
        assert await server.metric("nearby_people_present") == 0


async def test_405_names_the_methods_there_are(server: LiveServer) -> None:
    answer = await server.call("PUT", "/v1/checkins", body=b"{}")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer nonsense"}])
async def test_without_a_good_token_nothing_is_done(server: LiveServer, headers: dict[str, Any]) -> None:
    answer = await server.call("POST", "/v1/checkins", body=ZURICH, **headers)
    assert (answer.status, problem(answer)["code"]) == (401, "bad_token")
    assert await server.metric("nearby_people_present") == 0


async def test_over_a_limit_the_answer_says_when_to_come_back(server: LiveServer) -> None:
    token = server.token("ana")
    answers = [await server.call("POST", "/v1/checkins", body=ZURICH, token=token) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    body = problem(answers[3])
    assert 0 < int(answers[3].headers["Retry-After"]) <= 30
    assert 0 < body["retry_ms"] <= 30_000
    assert await server.metric("nearby_limits_hit_total", limit="checkin") == 1


async def test_guests_are_off_once_an_operator_set_a_key(server: LiveServer) -> None:
    answer = await server.call("POST", "/v1/guests")
    assert (answer.status, problem(answer)["code"]) == (403, "guests_off")
    renewal = await server.call("POST", "/v1/guests/renew", token=server.token("g-1", guest=True))
    assert (renewal.status, problem(renewal)["code"]) == (403, "guests_off")


async def test_a_guest_gets_a_token_that_works_and_may_be_renewed(tmp_path: Path) -> None:
    async with live_server(tmp_path, guests="on") as server:
        answer = await server.call("POST", "/v1/guests", body=b'{"name":"Ana"}')
        guest = json.loads(answer.body)
        assert answer.status == 201
        assert guest["expires_at_ms"] > server.time.now_ms()
        checked_in = await server.call("POST", "/v1/checkins", body=ZURICH, token=guest["token"])
        assert checked_in.status == 200
        server.time.pass_time(guest["expires_at_ms"] - server.time.now_ms() + 29 * DAY_S * 1000)
        renewed = json.loads((await server.call("POST", "/v1/guests/renew", token=guest["token"])).body)
        assert renewed["user"] == guest["user"]
        assert renewed["expires_at_ms"] > server.time.now_ms()
        server.time.pass_time(2 * DAY_S * 1000)
        too_late = await server.call("POST", "/v1/guests/renew", token=guest["token"])
        assert (too_late.status, problem(too_late)["code"]) == (401, "bad_token")


async def test_only_a_guests_token_is_renewed_there(tmp_path: Path) -> None:
    async with live_server(tmp_path, guests="on") as server:
        answer = await server.call("POST", "/v1/guests/renew", token=server.token("ana"))
        assert (answer.status, problem(answer)["code"]) == (401, "bad_token")


async def test_thirty_guests_an_hour_per_network_and_loopback_is_exempt(tmp_path: Path) -> None:
    async with live_server(tmp_path, guests="on", trusted_proxies=("127.0.0.0/8",)) as server:
        far: dict[str, Any] = {"X_Forwarded_For": "203.0.113.7"}
        neighbour: dict[str, Any] = {"X_Forwarded_For": "203.0.113.200"}
        statuses = [(await server.call("POST", "/v1/guests", **far)).status for _ in range(30)]
        assert set(statuses) == {201}
        answer = await server.call("POST", "/v1/guests", **neighbour)
        assert (answer.status, problem(answer)["code"]) == (429, "rate_limited")
        assert (await server.call("POST", "/v1/guests", X_Forwarded_For="198.51.100.1")).status == 201
        assert (await server.call("POST", "/v1/guests")).status == 201
        server.time.pass_time(3_600_000)
        assert (await server.call("POST", "/v1/guests", **far)).status == 201


async def test_more_connections_than_a_network_may_have_are_closed_3013(tmp_path: Path) -> None:
    async with live_server(tmp_path, max_connections=2, trusted_proxies=("127.0.0.0/8",)) as server:
        far = {"X-Forwarded-For": "203.0.113.7"}
        kept = [await server.connect(headers=far) for _ in range(2)]
        assert await (await server.connect(headers=far)).close_code() == 3013
        await kept[0].cut()
        await server.until_metric("nearby_closes_total", lambda closed: closed == 1, code="3013")
        later = await _welcomed_eventually(server, far)
        assert later


async def _welcomed_eventually(server: LiveServer, headers: dict[str, str]) -> bool:
    for _ in range(100):
        phone = await server.connect(headers=headers)
        await phone.send({"type": "hello", "token": server.token("ana")})
        code = await phone.code_or_welcome()
        if code is None:
            return True
    return False


async def test_with_limits_off_no_network_is_counted(tmp_path: Path) -> None:
    options: dict[str, Any] = {"limits": "off", "guests": "on", "max_connections": 1}
    async with live_server(tmp_path, trusted_proxies=("127.0.0.0/8",), **options) as server:
        calls = [await server.call("POST", "/v1/guests", X_Forwarded_For="203.0.113.7") for _ in range(31)]
        assert {call.status for call in calls} == {201}
        for name in ("ana", "ben"):
            phone = await server.connect(headers={"X-Forwarded-For": "203.0.113.7"})
            await phone.send({"type": "hello", "token": server.token(name)})
            assert await phone.code_or_welcome() is None


async def test_pages_of_a_configured_origin_may_call_and_others_may_not(tmp_path: Path) -> None:
    async with live_server(tmp_path, cors_origins=("https://app.example",)) as server:
        good = await server.call(
            "POST", "/v1/checkins", body=ZURICH, token=server.token("a"), Origin="https://app.example"
        )
        assert good.headers["Access-Control-Allow-Origin"] == "https://app.example"
        preflight = await server.call("OPTIONS", "/v1/checkins", Origin="https://app.example")
        assert (preflight.status, "Authorization" in preflight.headers["Access-Control-Allow-Headers"]) == (204, True)
        other = await server.call("GET", "/healthz", Origin="https://evil.example")
        assert "Access-Control-Allow-Origin" not in other.headers
        assert {good.headers["Vary"], other.headers["Vary"]} == {"Origin"}
        assert good.headers["Access-Control-Expose-Headers"] == "Retry-After"


async def test_requests_are_counted_by_route_and_never_by_address(server: LiveServer) -> None:
    await server.call("GET", "/somewhere/secret-id")
    assert await server.metric("nearby_http_requests_total", route="unknown", status="404") == 1
