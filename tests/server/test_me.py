"""The calls about oneself, seen from outside, and what the database holds before and after."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.core import me_wire
from nearby.core.ids import PersonId
from nearby.server.me import export_json
from nearby.sim.child import serving
from nearby.store.base import ExportPiece
from nearby.store.tables import metadata
from nearby.testing.faults import Faults
from nearby.testing.postgres import OwnPostgres, postgres_with_schema
from nearby.testing.serving import START_MS, Answer, LiveServer, http_call, live_server
from nearby.testing.store_suite import Database
from nearby.testing.waiting import eventually
from tests.server.locking import locked

ZURICH = b'{"lat":47.37,"lon":8.54}'
NOTHING_KNOWN: dict[str, Any] = {"name": None, "listed": False, "lang": None, "tags": [], "created_ms": None}
HOUR_MS = 3_600_000


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Return the server's database, to be looked into from beside."""
    return Database(f"sqlite:///{tmp_path}/nearby.db")


async def me(server: LiveServer, person: str = "ana", **claims: Any) -> dict[str, Any]:
    answer = await server.call("GET", "/v1/me", token=server.token(person, **claims))
    assert answer.status == 200
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def change(server: LiveServer, body: bytes, person: str = "ana", **claims: Any) -> Answer:
    return await server.call("PATCH", "/v1/me", body=body, token=server.token(person, **claims))


async def erase(server: LiveServer, person: str = "ana") -> Answer:
    return await server.call("DELETE", "/v1/me", token=server.token(person))


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["code"]


async def tables_that_name(person: str, database: Database) -> list[str]:
    return [table for table in metadata.tables if f"'{person}'" in repr(await database.rows(table))]


async def refused_rows(server: LiveServer) -> float:
    return await server.metric("nearby_store_dropped_total", policy="refused")


async def test_who_never_called_before_is_known_by_the_token_alone(server: LiveServer, database: Database) -> None:
    known = await me(server, verified=True, name="Ana")
    assert known == {"user": "ana", "is_guest": False, "verified": True, "established": True, **NOTHING_KNOWN}
    assert await database.rows("people") == []


async def test_a_change_is_answered_with_what_is_so_now_and_stays(server: LiveServer) -> None:
    changed = await change(server, b'{"name":"Ana","listed":true,"lang":"de-ch","tags":["go","tea"]}')
    profile = {"name": "Ana", "listed": True, "lang": "de-CH", "tags": ["go", "tea"]}
    assert (changed.status, json.loads(changed.body)) == (200, await me(server))
    assert (await me(server)).items() >= profile.items()
    assert (await me(server))["created_ms"] <= server.time.now_ms()
    await change(server, b'{"lang":null,"tags":null}')
    assert (await me(server)).items() >= (profile | {"lang": None, "tags": []}).items()
    assert (await me(server, "ben")).items() >= NOTHING_KNOWN.items()


async def test_a_check_in_makes_the_account_and_leaves_the_profile(server: LiveServer) -> None:
    await change(server, b'{"name":"Ana"}')
    made = await me(server)
    await server.call("POST", "/v1/checkins", body=ZURICH, token=server.token("ana"))
    await server.call("DELETE", "/v1/presence", token=server.token("ana"))
    assert await me(server) == made


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", (400, "bad_message")),
        (b"[]", (400, "bad_message")),
        (b'{"name":7}', (400, "bad_message")),
        (b'{"listed":"yes"}', (400, "bad_message")),
        (b'{"tags":"go"}', (400, "bad_message")),
        (b'{"name":"\\ud83d"}', (400, "bad_message")),
        (b'{"name":""}', (422, "bad_name")),
        (b'{"name":"An\\u202ea"}', (422, "bad_name")),
        (b'{"name":"An\\u0000a"}', (422, "bad_name")),
        (b'{"lang":"German"," tags":[]}', (200, "")),
        (b'{"lang":"german!"}', (422, "bad_profile")),
        (b'{"tags":["a","b","c","d"]}', (422, "bad_profile")),
        (b'{"name":"' + b"x" * 17_000 + b'"}', (413, "too_large")),
    ],
)
async def test_a_bad_change_is_refused_whole(server: LiveServer, body: bytes, refusal: tuple[int, str]) -> None:
    await change(server, b'{"name":"Ana","tags":["go"]}')
    before = await me(server)
    answer = await change(server, body)
    if answer.status == 200:
        assert refusal == (200, "")
    else:
        assert code(answer) == refusal
        assert await me(server) == before


async def test_a_change_of_nothing_makes_no_account(server: LiveServer, database: Database) -> None:
    assert (await change(server, b"{}")).status == 200
    assert await database.rows("people") == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/me"), ("PATCH", "/v1/me"), ("DELETE", "/v1/me"), ("GET", "/v1/me/export")]
)
async def test_without_a_good_token_nothing_is_told_or_done(server: LiveServer, method: str, path: str) -> None:
    assert code(await server.call(method, path, body=b"{}", Authorization="Bearer x")) == (401, "bad_token")


@pytest.mark.parametrize("path", ["/v1/me", "/v1/me/export"])
async def test_what_is_told_of_somebody_may_be_kept_by_no_cache(server: LiveServer, path: str) -> None:
    answer = await server.call("GET", path, token=server.token("ana"))
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_server_that_keeps_nothing_of_people_keeps_no_profile(tmp_path: Path) -> None:
    async with live_server(tmp_path, keep="off", guests="on") as server:
        assert code(await change(server, b'{"name":"Ana"}')) == (403, "off")
        assert (await me(server)).items() >= NOTHING_KNOWN.items()
        assert (await server.call("POST", "/v1/guests", body=b'{"name":"Ana"}')).status == 201
        phone = await server.seated("ana")
        assert (await erase(server)).status == 204
        assert await phone.close_code() == 3505
    assert await Database(f"sqlite:///{tmp_path}/nearby.db").rows("people") == []


async def test_erasing_tells_the_room_closes_the_socket_and_leaves_no_row(
    server: LiveServer, database: Database
) -> None:
    ben, ana = await server.seated("ben"), await server.seated("ana")
    joined = await ben.until("joined")
    await change(server, b'{"name":"Ana"}')
    await ana.ask({"type": "say", "id": 1, "text": "hello"})
    assert {"people", "presence", "seats"} <= set(await tables_that_name("ana", database))
    assert (await erase(server)).status == 204
    assert await tables_that_name("ana", database) == []
    assert (await ben.until("left"))["member"] == joined["member"]["member"]
    assert await ana.close_code() == 3505
    said = [row["text"] for row in await database.rows("room_log") if row["kind"] == "said"]
    assert said == [None]
    assert (await me(server)).items() >= NOTHING_KNOWN.items()


async def test_nothing_of_somebody_erased_comes_back_by_itself(server: LiveServer, database: Database) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    await ana.ask({"type": "next", "id": 1})
    await ana.until("placed", why="next")
    assert (await erase(server)).status == 204
    for _ in range(8):
        # Windows end, moments come, and what bound them stops to matter.
        server.time.pass_time(HOUR_MS // 6)
        await server.until_metric("nearby_people_present", lambda present: present < 2)
        assert (await ben.ask({"type": "say", "id": "still here", "text": "x"}))["type"] in ("ack", "error")
        assert await tables_that_name("ana", database) == []
    assert await refused_rows(server) == 0


async def test_whoever_comes_back_begins_anew_and_is_kept_as_before(server: LiveServer, database: Database) -> None:
    await server.seated("ana")
    await change(server, b'{"name":"Ana"}')
    created_ms = (await me(server))["created_ms"]
    assert (await erase(server)).status == 204
    server.time.pass_time(60_000)
    again = await server.seated("ana")
    assert (await again.ask({"type": "say", "id": 1, "text": "again"}))["type"] == "ack"
    begun = await me(server)
    assert (begun["name"], begun["created_ms"] > created_ms) == (None, True)
    assert {"people", "presence", "seats"} <= set(await tables_that_name("ana", database))
    assert await refused_rows(server) == 0


async def test_erasing_somebody_who_never_called_is_done_at_once(server: LiveServer) -> None:
    assert [(await erase(server)).status for _ in range(2)] == [204, 204]


async def test_erasing_again_while_limits_still_bind_is_done_too(server: LiveServer, database: Database) -> None:
    for _ in range(3):
        assert (await server.call("POST", "/v1/checkins", body=ZURICH, token=server.token("ana"))).status == 200
    assert [(await erase(server)).status for _ in range(3)] == [204, 204, 204]
    assert (await server.call("POST", "/v1/checkins", body=ZURICH, token=server.token("ana"))).status == 429
    assert (await erase(server)).status == 204
    assert await tables_that_name("ana", database) == []
    assert await refused_rows(server) == 0


async def test_clearing_again_after_an_erasure_makes_no_row_and_fails_nobody(
    server: LiveServer, database: Database
) -> None:
    token = server.token("ana")
    for _ in range(3):
        await server.call("POST", "/v1/checkins", body=ZURICH, token=token)
    assert (await server.call("DELETE", "/v1/me", token=token)).status == 204
    assert (await server.call("DELETE", "/v1/presence", token=token)).status == 204
    assert not await database.rows("people")
    assert await server.metric("nearby_store_dropped_total", policy="refused") == 0


async def test_while_somebody_is_being_erased_nothing_is_begun_for_them(
    server: LiveServer, database: Database, tmp_path: Path
) -> None:
    await server.seated("ana")
    token = server.token("ana")
    with locked(tmp_path):
        erasing = asyncio.create_task(erase(server))

        async def check_in() -> Answer:
            return await server.call("POST", "/v1/checkins", body=ZURICH, token=token)

        refused = await eventually(check_in, lambda answer: answer.status == 409, what="the answer")
        assert (code(refused), refused.headers["Retry-After"]) == ((409, "erasing"), "1")
        assert code(await change(server, b'{"name":"Ana"}')) == (409, "erasing")
        late = await server.connect()
        await late.send({"type": "hello", "token": token})
        assert await late.close_code() == 3500
        assert (await me(server, "ben"))["user"] == "ben"
        down = await erasing
        assert (code(down), int(down.headers["Retry-After"]) >= 1) == ((503, "store_down"), True)
    assert (await erase(server)).status == 204
    assert await tables_that_name("ana", database) == []
    assert (await check_in()).status == 200


async def test_an_erasure_that_failed_half_way_is_ended_by_the_next_call(tmp_path: Path, database: Database) -> None:
    faults = Faults()
    async with live_server(tmp_path, faults=faults) as server:
        ana = await server.seated("ana")
        faults.down_for = {"clear"}
        failed = await erase(server)
        assert (code(failed), failed.headers["Retry-After"]) == ((503, "hub_down"), "1")
        assert await ana.close_code() == 3505
        assert "people" in await tables_that_name("ana", database)
        faults.down_for = set()
        assert (await erase(server)).status == 204
        assert await tables_that_name("ana", database) == []


@pytest.fixture
def postgres() -> Iterator[OwnPostgres]:
    with postgres_with_schema() as server:
        yield server


@pytest.mark.timeout(180)
async def test_without_the_database_every_call_says_when_to_ask_again(tmp_path: Path, postgres: OwnPostgres) -> None:
    async with live_server(tmp_path, database_url=postgres.url) as server:
        assert (await change(server, b'{"name":"Ana"}')).status == 200
        before = await me(server)
        await asyncio.to_thread(postgres.stop)
        token = server.token("ana", scope="operator")
        crowd = f"/v1/admin/crowd?from_ms={START_MS - 2 * HOUR_MS}&to_ms={START_MS - HOUR_MS}"
        for method, path, body in (
            ("GET", "/v1/me", None),
            ("PATCH", "/v1/me", b'{"name":"Eve"}'),
            ("GET", "/v1/me/export", None),
            ("DELETE", "/v1/me", None),
            ("GET", crowd, None),
        ):
            answer = await server.call(method, path, body=body, token=token)
            assert (code(answer), int(answer.headers["Retry-After"]) >= 1) == ((503, "store_down"), True), path
        await asyncio.to_thread(postgres.start)

        async def shown() -> int:
            return (await server.call("GET", "/v1/me", token=token)).status

        await eventually(shown, lambda status: status == 200, what="the status")
        assert await me(server) == before
        assert (await erase(server)).status == 204


async def test_calls_that_meet_an_erasure_come_before_it_or_after_it(server: LiveServer, database: Database) -> None:
    token = server.token("ana")
    for _ in range(5):
        calls = [
            call
            for _ in range(4)
            for call in (
                server.call("POST", "/v1/checkins", body=ZURICH, token=token),
                change(server, b'{"name":"Ana"}'),
                erase(server),
                server.call("GET", "/v1/me/export", token=token),
            )
        ]
        statuses = {answer.status for answer in await asyncio.gather(*calls)}
        assert statuses <= {200, 204, 409, 429}
    assert (await erase(server)).status == 204
    assert await tables_that_name("ana", database) == []
    assert await refused_rows(server) == 0


async def test_an_export_holds_what_the_person_did_up_to_the_call_and_nobody_else(server: LiveServer) -> None:
    ben, ana = await server.seated("ben"), await server.seated("ana")
    await change(server, b'{"name":"Ana","tags":["go"]}')
    await ben.ask({"type": "say", "id": 1, "text": "from ben"})
    await ana.ask({"type": "say", "id": 1, "text": "from ana"})
    answer = await server.call("GET", "/v1/me/export", token=server.token("ana"))
    export = msgspec.json.decode(answer.body, type=me_wire.ExportAnswer)
    assert (answer.status, answer.headers["Content-Type"], export.user) == (200, "application/json", "ana")
    assert [(row["name"], row["tags"], row["is_guest"]) for row in export.data["people"]] == [("Ana", ["go"], False)]
    assert [row["text"] for row in export.data["room_log"]] == ["from ana"]
    assert [row["cell"][:2] for row in export.data["presence"]] == ["87"]
    assert "ben" not in answer.body.decode()


async def test_an_export_of_somebody_unknown_is_empty(server: LiveServer) -> None:
    answer = await server.call("GET", "/v1/me/export", token=server.token("ana"))
    assert json.loads(answer.body)["data"] == {}


async def test_a_large_export_is_whole(server: LiveServer, database: Database) -> None:
    await change(server, b'{"name":"Ana"}')
    rows = [{"entry": f"e{number:05}", "at_ms": number, "operator": "ana", "action": "x"} for number in range(3_001)]
    await database.insert("audit", *rows)
    answers = await asyncio.gather(
        *(server.call("GET", "/v1/me/export", token=server.token("ana")) for _ in range(3)), me(server)
    )
    for answer in answers[:3]:
        assert isinstance(answer, Answer)
        data = json.loads(answer.body)["data"]
        assert [row["entry"] for row in data["audit"]] == [row["entry"] for row in rows]


tables = st.lists(
    st.tuples(st.sampled_from(["people", "seats"]), st.lists(st.dictionaries(st.text(), st.text()), min_size=1))
).map(lambda pieces: sorted(pieces, key=lambda piece: piece[0]))


@given(tables)
def test_pieces_become_the_json_of_one_answer(pieces: list[tuple[str, list[dict[str, Any]]]]) -> None:
    async def given_pieces() -> AsyncGenerator[ExportPiece, None]:
        for piece in pieces:
            yield piece

    whole: dict[str, list[dict[str, Any]]] = {}
    for table, rows in pieces:
        whole.setdefault(table, []).extend(rows)
    body = asyncio.run(export_json(PersonId("ana"), 7, given_pieces()))
    assert msgspec.json.decode(body, type=me_wire.ExportAnswer) == me_wire.ExportAnswer(user="ana", at_ms=7, data=whole)


async def test_a_guests_name_is_at_first_the_one_it_asked_for(tmp_path: Path) -> None:
    async with live_server(tmp_path, guests="on") as server:
        guest = json.loads((await server.call("POST", "/v1/guests", body=b'{"name":"Ana"}')).body)
        known = json.loads((await server.call("GET", "/v1/me", token=guest["token"])).body)
        assert (known["user"], known["is_guest"], known["name"]) == (guest["user"], True, "Ana")
        assert code(await server.call("POST", "/v1/guests", body=b'{"name":"\\u202eanA"}')) == (422, "bad_name")


@pytest.mark.timeout(120)
async def test_a_guest_outlives_a_restart_with_token_and_profile(tmp_path: Path) -> None:
    flags = ("--port", "0", "--metrics-port", "0", "--data-dir", str(tmp_path), "--drain-s", "0", "--guests", "on")
    async with serving(flags) as child:
        guest = json.loads((await http_call(f"{child.url}/v1/guests", method="POST", body=b'{"name":"Ana"}')).body)
        mine = {"token": guest["token"]}
        changed = await http_call(f"{child.url}/v1/me", method="PATCH", body=b'{"lang":"de"}', **mine)
        before = json.loads(changed.body)
        child.process.kill()
        await child.process.wait()
    async with serving(flags) as child:
        after = json.loads((await http_call(f"{child.url}/v1/me", **mine)).body)
        assert after == before
        assert (after["user"], after["is_guest"], after["name"], after["lang"]) == (guest["user"], True, "Ana", "de")
        renewed = await http_call(f"{child.url}/v1/guests/renew", method="POST", **mine)
        assert (renewed.status, json.loads(renewed.body)["user"]) == (201, guest["user"])
        fresh = json.loads(renewed.body)["token"]
        checked_in = await http_call(f"{child.url}/v1/checkins", method="POST", body=ZURICH, token=fresh)
        assert checked_in.status == 200
        export = json.loads((await http_call(f"{child.url}/v1/me/export", token=fresh)).body)
        assert [row["is_guest"] for row in export["data"]["people"]] == [True]
        assert (await http_call(f"{child.url}/v1/me", method="DELETE", token=fresh)).status == 204
