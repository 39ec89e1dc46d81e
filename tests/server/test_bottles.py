"""Bottles and threads, seen from outside."""

import asyncio
import json
from pathlib import Path
from typing import Any

import h3.api.basic_int as h3  # type: ignore[import-untyped]
import pytest

from nearby.core.rules import Rules
from nearby.testing.serving import Answer, LiveServer, live_server
from nearby.testing.store_suite import Database

ZURICH = b'{"lat":47.37,"lon":8.54}'
RULES = Rules()
CALLS = [
    ("POST", "/v1/bottles"),
    ("POST", "/v1/bottles/catch"),
    ("POST", "/v1/bottles/b/reply"),
    ("POST", "/v1/bottles/b/release"),
    ("POST", "/v1/bottles/b/reports"),
    ("GET", "/v1/threads"),
    ("GET", "/v1/threads/t/messages"),
    ("POST", "/v1/threads/t/messages"),
]


async def call(
    server: LiveServer, person: str, method: str, path: str, body: Any = None, **claims: Any
) -> tuple[int, Any]:
    """Return the status and what the body says."""
    data = None if body is None else json.dumps(body).encode()
    token = server.token(person, **({"established": True} | claims))
    answer = await server.call(method, path, body=data, token=token)
    return answer.status, json.loads(answer.body) if answer.body else None


async def check_in(server: LiveServer, person: str, **claims: Any) -> None:
    token = server.token(person, **({"established": True} | claims))
    assert (await server.call("POST", "/v1/checkins", body=ZURICH, token=token)).status == 200


async def throw(server: LiveServer, person: str = "ana", text: str = "hello", **claims: Any) -> str:
    """Return the id of a bottle of somebody in Zurich."""
    body = {"text": text}
    status, answer = await call(server, person, "POST", "/v1/bottles", body, **claims)
    if status == 409:
        await check_in(server, person, **claims)
        status, answer = await call(server, person, "POST", "/v1/bottles", body, **claims)
    assert status == 201
    bottle: str = answer["bottle"]
    return bottle


async def catch(server: LiveServer, person: str = "ben", **claims: Any) -> dict[str, Any]:
    """Return what somebody catches."""
    status, answer = await call(server, person, "POST", "/v1/bottles/catch", **claims)
    assert status == 200
    caught: dict[str, Any] = answer
    return caught


async def reply(server: LiveServer, caught: dict[str, Any], person: str = "ben", text: str = "hi") -> tuple[int, Any]:
    body = {"text": text, "token": caught["token"]}
    return await call(server, person, "POST", f"/v1/bottles/{caught['bottle']}/reply", body)


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["code"]


async def test_a_bottle_is_thrown_caught_and_answered_and_two_people_talk(server: LiveServer) -> None:
    bottle = await throw(server, text="e\u0301tranger?")
    caught = await catch(server)
    assert caught == {"bottle": bottle, "text": "étranger?", "lease_ms": RULES.lease_ms, "token": caught["token"]}
    status, thread = await reply(server, caught)
    assert status == 201
    origin = format(h3.cell_to_parent(h3.latlng_to_cell(47.37, 8.54, 9), 4), "x")
    assert thread["origin"] == origin
    assert (thread["bottle"], thread["thrown"]) == (bottle, False)
    for person, thrown in (("ana", True), ("ben", False)):
        status, mine = await call(server, person, "GET", "/v1/threads")
        assert (status, mine) == (200, {"threads": [thread | {"thrown": thrown}]})
    path = f"/v1/threads/{thread['thread']}/messages"
    status, written = await call(server, "ana", "POST", path, {"text": "you there!"})
    assert (status, written["seq"], written["mine"], written["text"]) == (201, 3, True, "you there!")
    status, read = await call(server, "ben", "GET", path)
    assert [(line["seq"], line["mine"], line["text"]) for line in read["messages"]] == [
        (1, False, "étranger?"),
        (2, True, "hi"),
        (3, False, "you there!"),
    ]
    assert [line["seq"] for line in (await call(server, "ben", "GET", f"{path}?after=2"))[1]["messages"]] == [3]


async def test_nothing_tells_where_a_bottle_came_from_before_it_is_answered(server: LiveServer) -> None:
    await throw(server)
    assert set(await catch(server)) == {"bottle", "text", "lease_ms", "token"}


async def test_a_bottle_is_thrown_by_who_is_present_alone(server: LiveServer) -> None:
    assert (await call(server, "ana", "POST", "/v1/bottles", {"text": "x"}))[1]["code"] == "not_present"
    await check_in(server, "ana")
    await server.call("DELETE", "/v1/presence", token=server.token("ana"))
    status, problem = await call(server, "ana", "POST", "/v1/bottles", {"text": "x"})
    assert (status, problem["code"]) == (409, "not_present")
    assert await call(server, "ben", "POST", "/v1/bottles/catch") == (204, None)


async def test_a_bottle_comes_back_when_its_lease_is_over_and_the_old_token_is_worth_nothing(
    server: LiveServer,
) -> None:
    await throw(server)
    old = await catch(server)
    assert await call(server, "eve", "POST", "/v1/bottles/catch") == (204, None)
    server.time.pass_time(RULES.lease_ms)
    new = await catch(server, "eve")
    assert (new["bottle"], new["token"] != old["token"]) == (old["bottle"], True)
    path = f"/v1/bottles/{old['bottle']}/release"
    for token in (old["token"], new["token"], "nonsense"):
        status, problem = await call(server, "ben", "POST", path, {"token": token})
        assert (status, problem["code"]) == (410, "gone")
    assert (await reply(server, old))[0] == 410
    assert await call(server, "eve", "POST", path, {"token": new["token"]}) == (204, None)
    assert (await reply(server, new, "eve"))[0] == 410


async def test_limits_of_a_day_are_told_with_the_time_to_wait(server: LiveServer) -> None:
    for number in range(6):
        await throw(server, f"author{number}")
    for _ in range(2):
        await throw(server, "author0")
    status, problem = await call(server, "author0", "POST", "/v1/bottles", {"text": "x"})
    assert (status, problem["code"]) == (429, "rate_limited")
    assert RULES.day_ms - 60_000 < problem["retry_ms"] <= RULES.day_ms
    for _ in range(3):
        await catch(server, "guest", established=False)
    assert (await call(server, "guest", "POST", "/v1/bottles/catch", established=False))[0] == 429
    for _ in range(4):
        await catch(server, "regular")
    assert await server.metric("nearby_limits_hit_total", limit="bottles") == 1
    assert await server.metric("nearby_limits_hit_total", limit="catches") == 1


async def test_the_verified_throw_ten(server: LiveServer) -> None:
    for _ in range(10):
        await throw(server, "badge", verified=True)
    body = {"text": "x"}
    assert (await call(server, "badge", "POST", "/v1/bottles", body, verified=True))[0] == 429


async def test_without_limits_there_are_none(tmp_path: Path) -> None:
    async with live_server(tmp_path, limits="off") as server:
        for _ in range(12):
            await throw(server)
        for _ in range(12):
            await catch(server, established=False)


async def test_a_report_freezes_a_bottle_and_its_answer_tells_nothing(server: LiveServer, tmp_path: Path) -> None:
    bottle = await throw(server, text="buy now")
    caught = await catch(server)
    body = {"reason": "spam", "text": "it is an advertisement"}
    for person, about in (("eve", bottle), ("ben", "no-such-bottle"), ("ben", bottle), ("ben", bottle)):
        assert await call(server, person, "POST", f"/v1/bottles/{about}/reports", body) == (201, None)
    assert (await reply(server, caught))[0] == 410
    assert await call(server, "eve", "POST", "/v1/bottles/catch") == (204, None)
    database = Database(f"sqlite:///{tmp_path}/nearby.db")
    (report,) = await database.rows("reports")
    assert (report["reporter"], report["reported"], report["reason"], report["text"]) == ("ben", "ana", *body.values())
    assert [row["text"] for row in await database.rows("report_messages")] == ["buy now"]
    assert await server.metric("nearby_bottles", state="frozen") == 1
    assert await server.metric("nearby_bottle_calls_total", did="reported") == 1


@pytest.mark.parametrize(
    ("path", "body", "refusal"),
    [
        ("/v1/bottles", {"text": ""}, (422, "bad_text")),
        ("/v1/bottles", {"text": "x" * 1001}, (422, "bad_text")),
        ("/v1/bottles", {"text": "a\u0000b"}, (422, "bad_text")),
        ("/v1/bottles", {}, (400, "bad_message")),
        ("/v1/bottles", {"text": 7}, (400, "bad_message")),
        ("/v1/bottles/b/reply", {"text": "x"}, (400, "bad_message")),
        ("/v1/bottles/b/reply", {"text": "\t", "token": "1"}, (422, "bad_text")),
        ("/v1/bottles/b/reply", {"text": "x", "token": "1"}, (410, "gone")),
        ("/v1/bottles/b/reply", {"text": "x", "token": "9" * 64}, (410, "gone")),
        ("/v1/bottles/b/release", {"token": "no such thing"}, (400, "bad_message")),
        ("/v1/bottles/b/release", {"token": "1"}, (410, "gone")),
        ("/v1/bottles/b/reports", {"reason": ""}, (400, "bad_message")),
        ("/v1/bottles/b/reports", {"reason": "a\u0000"}, (422, "bad_text")),
        ("/v1/bottles/b/reports", {"reason": "x", "text": "a\u0001"}, (422, "bad_text")),
        ("/v1/bottles/%20/release", {"token": "1"}, (404, "not_found")),
        ("/v1/bottles/" + "b" * 65 + "/reports", {"reason": "x"}, (404, "not_found")),
        ("/v1/threads/t/messages", {"text": ""}, (422, "bad_text")),
        ("/v1/threads/t/messages", {"text": "x"}, (410, "gone")),
    ],
)
async def test_what_is_wrong_is_told_by_its_code_and_nothing_happens(
    server: LiveServer, path: str, body: dict[str, Any], refusal: tuple[int, str]
) -> None:
    await check_in(server, "ana")
    status, problem = await call(server, "ana", "POST", path, body)
    assert (status, problem["code"]) == refusal
    assert await call(server, "ben", "POST", "/v1/bottles/catch") == (204, None)


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 19, ""])
async def test_where_to_read_on_is_a_number(server: LiveServer, after: str) -> None:
    status, problem = await call(server, "ana", "GET", f"/v1/threads/t/messages?after={after}")
    assert (status, problem["code"]) == (422, "bad_query")


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_without_a_good_token_nothing_is_done(server: LiveServer, method: str, path: str) -> None:
    assert code(await server.call(method, path, body=b"{}", Authorization="Bearer x")) == (401, "bad_token")


@pytest.mark.parametrize("settings", [{"bottle": "off"}, {"keep": "off"}])
async def test_where_bottles_are_off_every_call_says_so(tmp_path: Path, settings: dict[str, Any]) -> None:
    async with live_server(tmp_path, **settings) as server:
        await check_in(server, "ana")
        for method, path in CALLS:
            status, problem = await call(server, "ana", method, path, {} if method == "POST" else None)
            assert (status, problem["code"]) == (403, "off")
        assert await server.metric("nearby_bottles", state="afloat") == 0
        assert await server.metric("nearby_errors_total", code="off") == len(CALLS)


async def test_where_bottles_are_is_measured(server: LiveServer) -> None:
    await throw(server)
    await throw(server, "eve")
    await reply(server, await catch(server))
    assert await call(server, "zoe", "POST", "/v1/bottles/catch", established=False)
    await call(server, "ben", "POST", "/v1/bottles/catch")
    found = {state: await server.metric("nearby_bottles", state=state) for state in ("afloat", "leased", "threaded")}
    assert found == {"afloat": 0, "leased": 1, "threaded": 1}
    did = {did: await server.metric("nearby_bottle_calls_total", did=did) for did in ("thrown", "caught", "none")}
    assert did == {"thrown": 2, "caught": 2, "none": 1}
    # Counted again once the last count is old.
    server.time.pass_time(RULES.lease_ms)
    assert await server.metric("nearby_bottles", state="afloat") == 1


async def test_erasing_takes_bottles_and_threads_along(server: LiveServer) -> None:
    await throw(server)
    _, thread = await reply(server, await catch(server))
    await throw(server)
    assert (await server.call("DELETE", "/v1/me", token=server.token("ana"))).status == 204
    assert await call(server, "eve", "POST", "/v1/bottles/catch") == (204, None)
    assert (await call(server, "ben", "GET", "/v1/threads"))[1] == {"threads": []}
    path = f"/v1/threads/{thread['thread']}/messages"
    assert (await call(server, "ben", "GET", path))[1]["code"] == "gone"


async def test_an_export_holds_ones_own_bottles_and_lines(server: LiveServer) -> None:
    await throw(server, text="mine")
    _, thread = await reply(server, await catch(server), text="theirs")
    await call(server, "ana", "POST", f"/v1/threads/{thread['thread']}/messages", {"text": "mine too"})
    data = (await call(server, "ana", "GET", "/v1/me/export"))[1]["data"]
    assert [row["text"] for row in data["bottles"]] == ["mine"]
    assert [row["text"] for row in data["thread_messages"]] == ["mine", "mine too"]
    assert "theirs" not in json.dumps(data)


async def test_bottles_outlive_a_restart(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        await throw(server)
        caught = await catch(server)
    async with live_server(tmp_path) as server:
        assert (await reply(server, caught))[0] == 201


async def test_of_many_who_catch_at_once_over_http_one_gets_the_bottle(server: LiveServer) -> None:
    await throw(server)
    answers = await asyncio.gather(*(call(server, f"p{number}", "POST", "/v1/bottles/catch") for number in range(20)))
    assert sorted(status for status, _ in answers) == [200] + [204] * 19
