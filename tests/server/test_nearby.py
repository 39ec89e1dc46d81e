"""People nearby, over HTTP and a real socket."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nearby.testing.postgres import OwnPostgres, postgres_with_schema
from nearby.testing.serving import LiveServer, live_server

WINDOW_MS = 600_000
ELSEWHERE = (48.85, 2.35)


async def check_in(server: LiveServer, person: str, lat: float = 47.37, lon: float = 8.54, **claims: Any) -> None:
    body = json.dumps({"lat": lat, "lon": lon}).encode()
    answer = await server.call("POST", "/v1/checkins", body=body, token=server.token(person, **claims))
    assert answer.status == 200


async def choose(server: LiveServer, person: str, *, listed: bool = True) -> None:
    body = json.dumps({"listed": listed}).encode()
    answer = await server.call("PATCH", "/v1/me", body=body, token=server.token(person))
    assert answer.status == 200


async def nearby(server: LiveServer, person: str = "vic") -> Any:
    answer = await server.call("GET", "/v1/nearby", token=server.token(person))
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    return json.loads(answer.body)


async def listed(server: LiveServer, *people: str) -> None:
    for person in people:
        await choose(server, person)
        await check_in(server, person)


async def next_window(server: LiveServer) -> None:
    server.time.pass_time(WINDOW_MS)


async def test_people_who_chose_it_are_seen_from_the_next_window_on(server: LiveServer) -> None:
    await check_in(server, "vic")
    await listed(server, "ana", "ben")
    await check_in(server, "shy")
    before = await nearby(server)
    assert (before["area"]["resolution"], before["people"]) == (5, [])
    await next_window(server)
    seen = await nearby(server)
    assert len(seen["people"]) == 2
    assert all(set(one) == {"person", "name", "verified"} for one in seen["people"])
    assert await nearby(server) == seen
    assert not {one["person"] for one in seen["people"]} & {"ana", "ben"}
    other = await nearby(server, "shy")
    assert not {one["person"] for one in seen["people"]} & {one["person"] for one in other["people"]}


async def test_a_verified_name_is_shown_and_a_profile_name_is_not(server: LiveServer) -> None:
    await check_in(server, "vic")
    await check_in(server, "ana", name="Ana Perez", verified=True)
    await server.call("PATCH", "/v1/me", body=b'{"listed":true,"name":"Benny"}', token=server.token("ben"))
    await check_in(server, "ben")
    await choose(server, "ana")
    await next_window(server)
    people = (await nearby(server))["people"]
    assert sorted((one["verified"], one["name"] == "Ana Perez") for one in people) == [(False, False), (True, True)]
    assert "Benny" not in {one["name"] for one in people}


@pytest.mark.parametrize("how", ["clear", "unlist", "erase"])
async def test_whoever_clears_unlists_or_erases_is_gone_at_once(server: LiveServer, how: str) -> None:
    await check_in(server, "vic")
    await listed(server, "ana", "ben")
    await next_window(server)
    assert len((await nearby(server))["people"]) == 2
    token = server.token("ana")
    if how == "unlist":
        await choose(server, "ana", listed=False)
    else:
        path = "/v1/presence" if how == "clear" else "/v1/me"
        assert (await server.call("DELETE", path, token=token)).status == 204
    assert len((await nearby(server))["people"]) == 1
    await check_in(server, "ana")
    assert len((await nearby(server))["people"]) == 1
    await check_in(server, "vic")
    await next_window(server)
    assert len((await nearby(server))["people"]) == (2 if how == "clear" else 1)


async def test_leaving_by_the_socket_takes_one_off_too(server: LiveServer) -> None:
    await check_in(server, "vic")
    await choose(server, "ana")
    ana = await server.seated("ana")
    await next_window(server)
    assert len((await nearby(server))["people"]) == 1
    await ana.send({"type": "leave", "id": 1})
    await ana.until("ack")
    assert (await nearby(server))["people"] == []


async def test_without_a_presence_there_is_no_area(server: LiveServer) -> None:
    await listed(server, "ana")
    await next_window(server)
    assert await nearby(server) == {"area": None, "people": []}
    await check_in(server, "vic", *ELSEWHERE)
    assert (await nearby(server))["people"] == []


async def test_a_token_is_needed(server: LiveServer) -> None:
    assert (await server.call("GET", "/v1/nearby")).status == 401


async def test_a_server_that_keeps_nothing_lists_nobody(tmp_path: Path) -> None:
    async with live_server(tmp_path, keep="off") as server:
        refused = await server.call("PATCH", "/v1/me", body=b'{"listed":true}', token=server.token("ana"))
        assert json.loads(refused.body)["code"] == "off"
        await check_in(server, "vic")
        assert (await nearby(server))["people"] == []


@pytest.fixture
def postgres() -> Iterator[OwnPostgres]:
    with postgres_with_schema() as server:
        yield server


async def restarted(data_dir: Path, **settings: Any) -> None:
    async with live_server(data_dir, **settings) as server:
        await listed(server, "ana", "ben")
        await choose(server, "ben", listed=False)
    async with live_server(data_dir, **settings) as server:
        for person in ("vic", "ana", "ben"):
            await check_in(server, person)
        assert (await nearby(server))["people"] == []
        await next_window(server)
        assert len((await nearby(server))["people"]) == 1


async def test_who_is_listed_outlives_a_restart(tmp_path: Path) -> None:
    await restarted(tmp_path)


async def test_who_is_listed_outlives_a_restart_on_postgresql(tmp_path: Path, postgres: OwnPostgres) -> None:
    await restarted(tmp_path, database_url=postgres.url)


@pytest.mark.parametrize("how", ["there", "left", "erased", "nobody"])
async def test_somebody_on_the_list_is_blocked_by_their_handle_with_the_same_answer_as_anybody(
    server: LiveServer, how: str
) -> None:
    await check_in(server, "vic")
    await listed(server, "ana", "ben")
    await next_window(server)
    ((first, _), before) = ([one["person"] for one in (await nearby(server))["people"]], await nearby(server))
    for person in ("ana", "ben"):
        if how in ("left", "erased"):
            path = "/v1/presence" if how == "left" else "/v1/me"
            await server.call("DELETE", path, token=server.token(person))
    handle = first if how != "nobody" else "n" * 16
    answer = await server.call("PUT", f"/v1/people/{handle}/block", token=server.token("vic"))
    assert (answer.status, answer.body) == (204, b"")
    after = {one["person"] for one in (await nearby(server))["people"]}
    assert after == {one["person"] for one in before["people"]} - ({first} if how != "nobody" else set()) or not after
    blocks = json.loads((await server.call("GET", "/v1/me/blocks", token=server.token("vic"))).body)["blocks"]
    assert len(blocks) == 1


async def test_a_block_by_a_handle_of_the_last_window_keeps_its_person_off_the_list(server: LiveServer) -> None:
    await check_in(server, "vic")
    await listed(server, "ana")
    await next_window(server)
    (ana,) = (await nearby(server))["people"]
    for person in ("vic", "ana"):
        await check_in(server, person)
    await next_window(server)
    assert len((await nearby(server))["people"]) == 1
    await server.call("PUT", f"/v1/people/{ana['person']}/block", token=server.token("vic"))
    assert (await nearby(server))["people"] == []
    assert (await nearby(server, "ana"))["people"] == []
