"""What never reaches a route: answered in our own words, bounded in time, and nothing of it repeated or logged."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from nearby.server import edge
from nearby.testing.serving import LiveServer, live_server

SECRET = "a-very-secret-token"
TRACE = "47.376912345"
BIG = 16 * 1024 + 1


async def raw(server: LiveServer, request: bytes) -> bytes:
    """Send bytes and return everything that comes back until the server closes."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(-1), 20)
    writer.close()
    return answer


UNREADABLE = {
    "control character in the target": f"GET /v1/checkins?lat={TRACE}&token={SECRET}\x01 HTTP/1.1\r\n\r\n",
    "no such version": f"GET /v1/checkins?lat={TRACE} HTTP/1.x\r\nHost: x\r\n\r\n",
    "control character in a header": f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\x00\r\n\r\n",
    "a header too long": f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}{'x' * 9_000}\r\n\r\n",
    "a chunk that is none": "POST /v1/checkins HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    f'zz{{"lat":{TRACE}}}\r\n\r\n',
    "a length that is none": f"POST /v1/checkins HTTP/1.1\r\nHost: x\r\nContent-Length: {TRACE}\r\n\r\n",
    "no HTTP at all": f"{SECRET} {TRACE}\r\n\r\n",
}


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_what_cannot_be_read_is_told_as_a_problem_and_nothing_of_it_comes_back_or_is_logged(
    server: LiveServer, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await raw(server, UNREADABLE[kind].encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 400 " in head.splitlines()[0]
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "bad_message"
    for trace in (SECRET, TRACE):
        assert trace not in answer.decode() + caplog.text
    assert await server.metric("nearby_http_requests_total", route="unknown", status="400") == 1


async def test_a_head_that_does_not_come_in_time_ends_the_connection(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "HEAD_WITHIN_S", 0.05)
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /healthz HTTP/1.1\r\n")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 20)
    writer.close()


async def test_a_phone_outlasts_the_time_its_head_had(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "HEAD_WITHIN_S", 0.05)
    ana = await server.seated("ana")
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 20)
    writer.close()
    assert (await ana.ask({"type": "ping", "id": 1}))["type"] == "pong"


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("POST", "/v1/guests", {"Content-Encoding": "gzip"}, b"abc"),
        ("POST", "/v1/guests", {"Content-Encoding": "deflate"}, b"\x07abc"),
        ("POST", "/v1/guests", {"Content-Encoding": "br"}, b"abc"),
        ("POST", "/v1/checkins", {"Content-Encoding": "gzip"}, b'{"lat":1,"lon":2}'),
        ("GET", "/healthz", {"Expect": "the unexpected"}, None),
        ("GET", "/v1/ws", {}, None),
        ("GET", "/v1/ws", {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "8"}, None),
    ],
)
async def test_headers_that_promise_something_else_are_a_bad_message(
    tmp_path: Path, method: str, path: str, headers: dict[str, Any], body: bytes | None
) -> None:
    async with live_server(tmp_path, guests="on") as server:
        answer = await server.call(method, path, body=body, token=server.token("ana"), **headers)
        assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
        assert json.loads(answer.body)["code"] == "bad_message"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/guests/renew"), ("DELETE", "/v1/presence"), ("GET", "/docs")]
)
async def test_no_route_lets_a_large_body_pass(tmp_path: Path, method: str, path: str) -> None:
    async with live_server(tmp_path, guests="on") as server:
        answer = await server.call(method, path, body=b"x" * BIG, token=server.token("g-1", guest=True))
        assert (answer.status, json.loads(answer.body)["code"]) == (413, "too_large")


@pytest.mark.parametrize("token", ["a.\xff.c", "\xe9", "a b c", "." * 50])
async def test_a_token_of_other_than_ascii_is_a_bad_token_everywhere(server: LiveServer, token: str) -> None:
    head = f"DELETE /v1/presence HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
    answer = await raw(server, head.encode("latin-1"))
    assert b" 401 " in answer.splitlines()[0]
    assert b"WWW-Authenticate: Bearer" in answer
    phone = await server.connect()
    await phone.send({"type": "hello", "token": token})
    assert await phone.close_code() == 3500


async def test_answers_do_not_say_what_the_server_is_made_of(server: LiveServer) -> None:
    for path in ("/healthz", "/nowhere"):
        assert (await server.call("GET", path)).headers["Server"] == "nearby"
    phone = await server.connect()
    assert phone.socket.response is not None
    assert phone.socket.response.headers["Server"] == "nearby"
