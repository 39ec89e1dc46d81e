"""One sentence, many examples: whatever arrives, the answer is documented and everybody else is served."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from nearby.errors import CloseCode, ErrorCode
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import Answer, LiveServer, live_server

ANSWERS = {"welcome", "ack", "error", "placed", "said", "joined", "left", "changed", "unplaced", "pong"}

on_one_server = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
kinds = st.sampled_from(["hello", "checkin", "say", "next", "leave", "renew", "ping", "mute", "shake", "placed", ""])
fields = st.dictionaries(
    st.sampled_from(["id", "token", "resume", "lat", "lon", "accuracy_m", "tags", "lang", "with", "text", "room"]),
    values,
)
plausible = st.one_of(
    st.builds(lambda lat, lon: {"type": "checkin", "lat": lat, "lon": lon}, st.floats(-90, 90), st.floats(-180, 180)),
    st.builds(
        lambda text, number: {"type": "say", "id": number, "text": text}, st.text(max_size=30), st.integers(0, 3)
    ),
    st.sampled_from([{"type": "next"}, {"type": "leave"}, {"type": "ping", "id": 1}]),
)
messages = st.builds(lambda kind, given: {"type": kind} | given, kinds, fields) | plausible
frames = st.one_of(
    messages.map(json.dumps),
    messages.map(json.dumps),
    st.text(max_size=60),
    st.binary(max_size=60),
    values.map(json.dumps),
)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path, limits="off", guests="on") as running:
        yield running


@pytest.fixture
async def bystander(server: LiveServer) -> RawPhone:
    return await server.seated("bystander")


async def is_served(bystander: RawPhone) -> bool:
    answer = await bystander.ask({"type": "say", "id": len(bystander.received), "text": "still here"})
    return bool(answer["type"] == "ack")


async def outcome(phone: RawPhone, sent: list[str | bytes]) -> int | None:
    """Send everything; return the close code, or None if the connection is still answering."""
    try:
        for frame in sent:
            await phone.send(frame)
        await phone.ask({"type": "ping", "id": "the end"})
    except ConnectionClosed:
        return await phone.close_code()
    return None


@on_one_server
@given(says_hello=st.booleans(), sent=st.lists(frames, min_size=1, max_size=25))
@example(
    says_hello=True, sent=['{"type":"checkin","lat":1e999,"lon":0}', "[" * 9_000, '{"type":"say","text":"\\ud800"}']
)
@example(says_hello=False, sent=['{"type":"hello","token":"\\u0000"}'])
async def test_whatever_a_socket_sends_the_answer_is_documented_and_the_others_are_served(
    server: LiveServer, bystander: RawPhone, says_hello: bool, sent: list[str | bytes]
) -> None:
    phone = await (server.phone("villain") if says_hello else server.connect())
    code = await outcome(phone, sent)
    assert code is None or code in set(CloseCode), code
    for message in phone.received:
        assert message["type"] in ANSWERS
        if message["type"] == "error":
            assert message["code"] in {*ErrorCode}
            assert message["detail"]
    await phone.cut()
    assert await is_served(bystander)


paths = st.sampled_from(
    [
        *("/v1/checkins", "/v1/guests", "/v1/guests/renew", "/v1/presence", "/v1/ws", "/healthz", "/x"),
        *("/v1/bottles", "/v1/bottles/catch", "/v1/bottles/b/reply", "/v1/bottles/b/release", "/v1/bottles/b/reports"),
        *("/v1/threads", "/v1/threads/t/messages", "/v1/threads/%00/messages", "/v1/threads/t/messages?after=%ff"),
        *("/v1/nearby", "/v1/admin/areas?reason=x", "/v1/admin/brakes/pull"),
    ]
)
of_bottles = st.fixed_dictionaries(
    {}, optional={name: st.text(max_size=70) | values for name in ("text", "token", "reason")}
)
bodies = st.one_of(
    st.binary(max_size=200), *(shape.map(json.dumps).map(str.encode) for shape in (values, messages, of_bottles))
)
tokens = st.sampled_from(["good", "none", "bad"])
operators_paths = st.sampled_from(
    [
        *("/v1/admin/areas?reason=x", "/v1/admin/areas?reason=%ed%a0%80&kind=quiet", "/v1/admin/areas"),
        *("/v1/admin/areas/a?reason=x", "/v1/admin/areas/%00?reason=x", "/v1/admin/audit?before=1-a"),
        *("/v1/admin/brakes", "/v1/admin/brakes/pull", "/v1/admin/brakes/release", "/v1/admin/brakes/close"),
    ]
)
corners = st.lists(st.floats(-200, 200) | values, max_size=3)
geometries = st.fixed_dictionaries(
    {}, optional={"type": st.sampled_from(["Polygon", "MultiPolygon"]) | values, "coordinates": st.lists(values)}
) | st.builds(
    lambda ring: {"type": "Polygon", "coordinates": [[*ring, *ring[:1]]]}, st.lists(corners, min_size=3, max_size=5)
)
areas = st.fixed_dictionaries(
    {"type": st.just("Feature"), "geometry": geometries},
    optional={"properties": st.dictionaries(st.sampled_from(["id", "name", "kind"]), st.just("quiet") | values)},
)
brakes = st.fixed_dictionaries(
    {},
    optional={
        "what": st.sampled_from(["placement", "guests", "shake", "bottle"]) | values,
        "reason": st.text(max_size=9) | values,
        "area": st.sampled_from(["871f8ed95ffffff", "", "\0"]) | values,
        "room": st.text(max_size=9),
    },
)


@on_one_server
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]), path=paths, body=bodies, whose=tokens
)
async def test_whatever_an_http_call_sends_the_answer_is_documented_and_never_500(
    server: LiveServer, bystander: RawPhone, method: str, path: str, body: bytes, whose: str
) -> None:
    token = {"good": server.token("villain"), "none": None, "bad": "x.y.z"}[whose]
    assert_documented(await server.call(method, path, body=body, token=token))
    assert await is_served(bystander)


@on_one_server
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=operators_paths,
    body=bodies | st.one_of(areas, brakes).map(json.dumps).map(str.encode),
)
async def test_whatever_an_operator_sends_the_answer_is_documented_and_never_500(
    server: LiveServer, method: str, path: str, body: bytes
) -> None:
    assert_documented(await server.call(method, path, body=body, token=server.token("op", scope="operator")))


def assert_documented(answer: Answer) -> None:
    assert answer.status < 500, answer
    if answer.status >= 400:
        problem: dict[str, Any] = json.loads(answer.body)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert problem["code"] in {*ErrorCode}
