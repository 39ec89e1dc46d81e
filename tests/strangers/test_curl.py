"""curl talks to the server as an app developer tries a new API: every call, every answer, by hand."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nearby.testing.serving import LiveServer, live_server
from tests.strangers.programs import Response, curl

ZURICH = '{"lat":47.37,"lon":8.54}'
PAGE = "https://app.example"
BIG_BYTES = 16 * 1024 + 1
HUGE_BYTES = 3_000_000
"""Above a megabyte curl asks with ``Expect: 100-continue`` before it sends."""

# The handshake of RFC 6455 section 1.3, with its key and the answer it must get.
UPGRADE = (
    *("--http1.1", "--no-buffer", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket"),
    *("-H", "Sec-WebSocket-Version: 13", "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
)
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path, guests="on", cors_origins=(PAGE,)) as running:
        yield running


async def bearer(server: LiveServer) -> tuple[str, str]:
    guest = await curl("-X", "POST", f"{server.url}/v1/guests")
    return "-H", f"Authorization: Bearer {json.loads(guest.body)['token']}"


def problem(response: Response) -> dict[str, Any]:
    """Return the body of a response that is a problem in every respect of RFC 9457 that the contract names."""
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.body)
    assert body["status"] == response.status
    assert {"type", "title", "detail", "code"} <= body.keys()
    return body


@pytest.mark.parametrize("body", [(), ("-d", ""), ("-d", "{}"), ("-d", '{"name":"Ana"}'), ("--json", '{"new":1}')])
async def test_a_guest_gets_a_token_whether_or_not_they_send_a_body(server: LiveServer, body: tuple[str, ...]) -> None:
    response = await curl("-X", "POST", *body, f"{server.url}/v1/guests")
    guest = json.loads(response.body)
    assert (response.status, response.headers["content-type"]) == (201, "application/json")
    assert guest.keys() == {"user", "token", "expires_at_ms"}
    assert guest["expires_at_ms"] > server.time.now_ms()


async def test_check_in_clear_and_renew_one_after_the_other(server: LiveServer) -> None:
    mine = await bearer(server)
    here = await curl(*mine, "--json", ZURICH, f"{server.url}/v1/checkins")
    answer = json.loads(here.body)
    assert (here.status, here.headers["content-type"]) == (200, "application/json")
    assert answer.keys() == {"area", "window", "room"}
    assert answer["area"].keys() == {"cell", "resolution"}
    assert answer["window"]["start_ms"] <= server.time.now_ms() < answer["window"]["end_ms"]
    assert answer["room"] is None
    cleared = await curl(*mine, "-X", "DELETE", f"{server.url}/v1/presence")
    assert (cleared.status, cleared.body) == (204, b"")
    renewed = await curl(*mine, "-X", "POST", f"{server.url}/v1/guests/renew")
    assert renewed.status == 201
    again = ("-H", f"Authorization: Bearer {json.loads(renewed.body)['token']}")
    assert (await curl(*again, "-d", ZURICH, f"{server.url}/v1/checkins")).status == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_answer_get_and_head(server: LiveServer, path: str) -> None:
    assert (await curl(server.url + path)).status == 200
    head = await curl("--head", server.url + path)
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize(
    ("path", "kind", "version"),
    [("/openapi.json", "openapi", "3.1."), ("/asyncapi.json", "asyncapi", "3.")],
)
async def test_the_documents_are_json_of_the_promised_version(
    server: LiveServer, path: str, kind: str, version: str
) -> None:
    response = await curl(server.url + path)
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    assert json.loads(response.body)[kind].startswith(version)


async def test_every_call_of_the_openapi_document_answers_curl_without_a_token(server: LiveServer) -> None:
    document = json.loads((await curl(f"{server.url}/openapi.json")).body)
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            response = await curl("-X", method.upper(), server.url + path)
            if "security" in call:
                assert (response.status, problem(response)["code"]) == (401, "bad_token"), path
            elif path == "/v1/ws":  # Asked for without an upgrade.
                assert 400 <= problem(response)["status"] < 500
            else:
                assert str(response.status) in call["responses"], path


async def test_the_docs_page_is_html_and_needs_no_other_host(server: LiveServer) -> None:
    page = await curl(f"{server.url}/docs")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"://" not in page.body


@pytest.mark.parametrize(
    ("arguments", "path", "status", "code"),
    [
        ((), "/v1/nowhere", 404, "not_found"),
        (("-X", "PUT"), "/v1/checkins", 405, "method_not_allowed"),
        (("-d", "{"), "/v1/checkins", 400, "bad_message"),
        (("-d", ""), "/v1/checkins", 400, "bad_message"),
        (("-d", '{"lat":90.001,"lon":0}'), "/v1/checkins", 422, "bad_position"),
        (("-d", '{"lat":1}'), "/v1/checkins", 422, "bad_position"),
        ((*UPGRADE, "-H", "Sec-WebSocket-Protocol: chat.v9"), "/v1/ws", 400, "bad_subprotocol"),
    ],
)
async def test_an_error_is_a_problem_with_a_stable_code(
    server: LiveServer, arguments: tuple[str, ...], path: str, status: int, code: str
) -> None:
    response = await curl(*await bearer(server), *arguments, server.url + path)
    assert (response.status, problem(response)["code"]) == (status, code)


@pytest.mark.parametrize("header", [(), ("-H", "Authorization: Bearer nonsense"), ("-u", "ana:secret")])
async def test_without_a_good_token_the_answer_is_401(server: LiveServer, header: tuple[str, ...]) -> None:
    response = await curl(*header, "-d", ZURICH, f"{server.url}/v1/checkins")
    assert (response.status, problem(response)["code"]) == (401, "bad_token")


@pytest.mark.parametrize("size", [BIG_BYTES, HUGE_BYTES])
@pytest.mark.parametrize("way", [(), ("-H", "Expect:"), ("-H", "Expect:", "-H", "Transfer-Encoding: chunked")])
async def test_a_body_over_16_kib_is_413_and_curl_reads_the_answer(
    server: LiveServer, size: int, way: tuple[str, ...]
) -> None:
    body = b'{"lat":1,"lon":2}'.ljust(size)
    response = await curl(*await bearer(server), *way, "--data-binary", "@-", f"{server.url}/v1/checkins", given=body)
    assert (response.status, problem(response)["code"]) == (413, "too_large")


async def test_a_body_of_exactly_16_kib_is_taken(server: LiveServer) -> None:
    body = b'{"lat":1,"lon":2}'.ljust(BIG_BYTES - 1)
    response = await curl(*await bearer(server), "--data-binary", "@-", f"{server.url}/v1/checkins", given=body)
    assert response.status == 200


async def test_over_a_limit_retry_after_says_when_to_come_back(server: LiveServer) -> None:
    mine = await bearer(server)
    calls = [await curl(*mine, "-d", ZURICH, f"{server.url}/v1/checkins") for _ in range(4)]
    assert [call.status for call in calls] == [200, 200, 200, 429]
    assert problem(calls[3])["code"] == "rate_limited"
    assert 1 <= int(calls[3].headers["retry-after"]) <= 30


async def test_metrics_are_not_at_the_phones_address(server: LiveServer) -> None:
    assert (await curl(f"{server.url}/metrics")).status == 404
    assert (await curl(f"{server.running.metrics_url}/metrics")).status == 200


ASKS_FIRST = (
    *("-X", "OPTIONS", "-H", "Access-Control-Request-Method: POST"),
    *("-H", "Access-Control-Request-Headers: authorization,content-type"),
)


async def test_a_preflight_of_a_configured_origin_allows_token_and_json_and_no_cookies(server: LiveServer) -> None:
    response = await curl(*ASKS_FIRST, "-H", f"Origin: {PAGE}", f"{server.url}/v1/checkins")
    assert response.status in (200, 204)
    assert response.headers["access-control-allow-origin"] == PAGE
    allowed = {word.strip().lower() for word in response.headers["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type"} <= allowed
    methods = {word.strip() for word in response.headers["access-control-allow-methods"].split(",")}
    assert {"GET", "POST", "DELETE"} <= methods
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{PAGE}.evil.example", "http://app.example"])
async def test_another_origin_is_allowed_nothing(server: LiveServer, origin: str) -> None:
    for arguments in (ASKS_FIRST, ("-d", ZURICH)):
        response = await curl(*arguments, "-H", f"Origin: {origin}", f"{server.url}/v1/checkins")
        assert not any(name.startswith("access-control-") for name in response.headers)


async def test_curls_own_handshake_is_upgraded_and_a_bad_token_closes_after_it(server: LiveServer) -> None:
    arguments = ("-H", "Sec-WebSocket-Protocol: chat.v9, nearby.v1", "-H", "Authorization: Bearer nonsense")
    response = await curl(*UPGRADE, *arguments, f"{server.url}/v1/ws")
    assert (response.status, response.headers["sec-websocket-accept"]) == (101, ACCEPT)
    assert response.headers["sec-websocket-protocol"] == "nearby.v1"
    assert "sec-websocket-extensions" not in response.headers
    opcode, length, code = response.body[0], response.body[1], int.from_bytes(response.body[2:4])
    assert (opcode, length, code) == (0x88, len(response.body) - 2, 3500)
