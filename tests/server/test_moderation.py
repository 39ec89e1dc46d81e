"""Reports, bans and badges, with real sockets: what happens at once, and what operators see and do."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from nearby.core.ids import PersonId
from nearby.core.rules import DAY_MS
from nearby.store.moderation import Ban, By
from nearby.testing.faults import Faults
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import LiveServer, live_server
from nearby.testing.store_suite import Database
from nearby.testing.waiting import eventually
from tests.server.locking import locked

HERE = {"lat": 47.37, "lon": 8.54}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path, limits="off") as running:
        yield running


async def call(
    server: LiveServer, person: str, method: str, path: str, body: Any = None, **claims: Any
) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    answer = await server.call(method, path, body=data, token=server.token(person, **claims))
    return answer.status, json.loads(answer.body) if answer.body else None


async def operate(server: LiveServer, method: str, path: str, **body: Any) -> Any:
    """Return what an operator's call comes to, which must be fine."""
    asked = None if method == "GET" else {"reason": "because", **body}
    status, answer = await call(server, "ops", method, f"/v1/admin/{path}", asked, scope="operator")
    assert status == 200, answer
    return answer


async def together(server: LiveServer, *people: str) -> dict[str, RawPhone]:
    """Return the phones of established people who sit in one room."""
    phones = {name: await server.seated(name, established=True) for name in people}
    assert len({placed(phone)["room"]["id"] for phone in phones.values()}) == 1
    return phones


def placed(phone: RawPhone) -> dict[str, Any]:
    """Return the last snapshot the phone got."""
    return next(message for message in reversed(phone.received) if message["type"] == "placed")


async def moved(phone: RawPhone, before: str) -> dict[str, Any]:
    """Return the snapshot of another room than before, which may have come before an ack."""
    while (last := placed(phone))["room"]["id"] == before:
        await phone.next()
    return last


async def report(phone: RawPhone, of: RawPhone, **more: Any) -> dict[str, Any]:
    """Report the other, as the member they are in the room of their last snapshot."""
    there = placed(of)
    message = {"type": "report", "id": "r", "room": there["room"]["id"], "member": there["you"], **more}
    answer = await phone.ask(message)
    assert answer == {"type": "ack", "id": "r"}
    return answer


async def befriend(data_dir: Path, one: str, other: str) -> None:
    """Let two people know each other."""
    pairs = ((one, other), (other, one))
    rows = [{"owner": a, "kind": "known", "subject": b, "handle": f"{b}-to-{a}", "created_ms": 1} for a, b in pairs]
    await Database(f"sqlite:///{data_dir / 'nearby.db'}").insert("relations", *rows)


async def queue(server: LiveServer) -> list[dict[str, Any]]:
    answer = await operate(server, "GET", "reports")
    assert answer["open"] == len(answer["reports"])
    reports: list[dict[str, Any]] = answer["reports"]
    return reports


async def test_a_report_moves_its_sender_and_lies_in_the_queue_with_what_was_said(server: LiveServer) -> None:
    phones = await together(server, "ana", "ben", "eve")
    for name in ("eve", "ben", "ana"):
        await phones[name].ask({"type": "say", "id": name, "text": f"{name} says"})
    room = placed(phones["ana"])["room"]["id"]
    await report(phones["ana"], phones["eve"], reason="rude")
    assert (await moved(phones["ana"], room))["why"] == "moved"
    assert (await phones["eve"].until("left"))["type"] == "left"
    (found,) = await queue(server)
    speakers = [(line["speaker"], line["text"]) for line in found["messages"]]
    assert speakers == [("reported", "eve says"), ("other", "ben says"), ("reporter", "ana says")]
    assert (found["reporter"], found["reported"], found["reason"], found["about"]) == ("ana", "eve", "rude", "talk")
    assert (found["counts"], found["counted"], found["due_ms"]) == (True, 1, found["at_ms"] + DAY_MS)
    assert room not in json.dumps(found)
    assert await server.metric("nearby_reports_open") == 1
    server.time.pass_time(3_600_000)
    assert await server.metric("nearby_reports_oldest_seconds") >= 3_600


async def test_a_member_of_a_room_i_left_is_found_without_its_name_and_nothing_of_my_new_room_is_told(
    server: LiveServer,
) -> None:
    phones = await together(server, "ana", "eve")
    await phones["eve"].ask({"type": "say", "id": 1, "text": "something rude"})
    member = placed(phones["eve"])["you"]
    room = placed(phones["ana"])["room"]["id"]
    await phones["ana"].ask({"type": "next", "id": 2})
    await moved(phones["ana"], room)
    await phones["ana"].ask({"type": "say", "id": 3, "text": "elsewhere"})
    assert await phones["ana"].ask({"type": "report", "id": 4, "member": member}) == {"type": "ack", "id": 4}
    (found,) = await queue(server)
    assert found["counts"]
    assert [line["text"] for line in found["messages"]] == ["something rude"]


async def test_a_report_of_nobody_is_answered_alike_and_moves_its_sender(server: LiveServer) -> None:
    phones = await together(server, "ana", "ben")
    phone, room = phones["ana"], placed(phones["ana"])["room"]["id"]
    assert await phone.ask({"type": "report", "id": 1, "member": "nobody"}) == {"type": "ack", "id": 1}
    assert (await moved(phone, room))["why"] == "moved"
    assert await queue(server) == []
    for path in ("/v1/people/nobody/reports", "/v1/bottles/nothing/reports"):
        assert (await call(server, "ana", "POST", path, {"reason": "spam"}))[0] == 201


async def test_reports_are_counted_whoever_they_are_about(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        for number in range(10):
            path = f"/v1/people/nobody-{number}/reports"
            assert (await call(server, "ana", "POST", path, {"reason": "spam"}))[0] == 201
        status, problem = await call(server, "ana", "POST", "/v1/people/who/reports", {"reason": "spam"})
        assert (status, problem["code"]) == (429, "rate_limited")
        phone = await server.seated("ana")
        answer = await phone.ask({"type": "report", "id": 1, "member": "nobody"})
        assert (answer["type"], answer["code"]) == ("error", "rate_limited")


async def test_two_reporters_remove_somebody_from_the_room_and_two_friends_do_not(
    server: LiveServer, tmp_path: Path
) -> None:
    phones = await together(server, "ana", "ben", "cleo", "eve")
    await phones["eve"].ask({"type": "say", "id": 1, "text": "something rude"})
    await befriend(tmp_path, "ana", "ben")
    room = placed(phones["eve"])["room"]["id"]
    for name in ("ana", "ben"):
        await report(phones[name], phones["eve"])
    assert not [message for message in await phones["eve"].quiet() if message["type"] == "unplaced"]
    await report(phones["cleo"], phones["eve"])
    assert await phones["eve"].until("unplaced") == {"type": "unplaced", "why": "removed"}
    await phones["eve"].send({"type": "checkin", **HERE})
    assert (await phones["eve"].until("placed"))["room"]["id"] != room
    assert await server.metric("nearby_removed_total") == 1


async def suspend_by_reports(server: LiveServer) -> RawPhone:
    """Let six people over three rooms report Eve; return her phone."""
    eve = await server.seated("eve", established=True)
    for number in range(3):
        names = [f"{name}-{number}" for name in ("ana", "ben")]
        phones = [await server.phone(name, established=True) for name in names]
        for phone in phones:
            await phone.send({"type": "checkin", **HERE})
            seat = await phone.until("placed")
            assert seat["room"]["id"] == placed(eve)["room"]["id"]
        await eve.ask({"type": "say", "id": number, "text": f"rude {number}"})
        for phone in phones:
            await report(phone, eve)
            await phone.send({"type": "leave"})
            await phone.until("unplaced")
        if number < 2:
            await eve.until("unplaced")
            await eve.send({"type": "checkin", **HERE})
            await eve.until("placed")
    return eve


async def test_six_over_three_rooms_suspend_until_an_operator_has_looked(server: LiveServer) -> None:
    eve = await suspend_by_reports(server)
    assert await eve.close_code() == 3501
    assert await server.metric("nearby_people_present") == 0
    status, problem = await call(server, "eve", "POST", "/v1/checkins", HERE)
    assert (status, problem["code"]) == (403, "banned")
    assert "suspended until 2027-01-" in problem["detail"]
    assert "POST /v1/me/appeal" in problem["detail"]
    assert await (await server.connect(token=server.token("eve"))).close_code() == 3501
    first, *others = await queue(server)
    assert (len(others), first["counted"]) == (5, 6)
    await operate(server, "POST", f"reports/{first['report']}/decision", decision="reject")
    await server.phone("eve")
    assert await server.metric("nearby_report_decisions_total", decision="reject") == 1


async def test_whose_reports_were_rejected_twice_removes_nobody(server: LiveServer) -> None:
    for number in range(2):
        phones = await together(server, "ana", f"ben-{number}")
        await phones[f"ben-{number}"].ask({"type": "say", "id": 1, "text": "hello"})
        await report(phones["ana"], phones[f"ben-{number}"])
        (found,) = await queue(server)
        assert found["counts"]
        await operate(server, "POST", f"reports/{found['report']}/decision", decision="reject")
        for phone in phones.values():
            await phone.ask({"type": "leave", "id": "bye"})
            await phone.cut()
    phones = await together(server, "ana", "cleo", "eve")
    await phones["eve"].ask({"type": "say", "id": 1, "text": "hello"})
    await report(phones["ana"], phones["eve"])
    await report(phones["cleo"], phones["eve"])
    assert [found["counts"] for found in await queue(server)] == [False, True]
    assert not [message for message in await phones["eve"].quiet() if message["type"] == "unplaced"]


async def test_a_ban_ends_sockets_presence_and_every_call_but_those_about_oneself(server: LiveServer) -> None:
    eve = await server.seated("eve")
    ben = await server.seated("ben")
    found = await operate(server, "POST", "people/eve/ban", days=30)
    assert [one["kind"] for one in found["sanctions"]] == ["ban"]
    assert await eve.close_code() == 3501
    assert (await ben.until("left"))["type"] == "left"
    for method, path in (("GET", "/v1/threads"), ("PATCH", "/v1/me"), ("GET", "/v1/people")):
        status, problem = await call(server, "eve", method, path, {} if method == "PATCH" else None)
        assert (status, problem["code"]) == (403, "banned")
    for path in ("/v1/me", "/v1/me/export"):
        assert (await call(server, "eve", "GET", path))[0] == 200
    await operate(server, "POST", "people/eve/unban")
    await server.seated("eve")


async def test_who_is_banned_appeals_and_an_operator_reads_it(server: LiveServer) -> None:
    assert (await call(server, "eve", "POST", "/v1/me/appeal", {"text": "why?"}))[0] == 410
    await server.seated("eve")
    await operate(server, "POST", "people/eve/suspend", days=2)
    assert (await call(server, "eve", "POST", "/v1/me/appeal", {"text": "it was my brother"}))[0] == 204
    found = await operate(server, "GET", "people/eve")
    assert found["sanctions"][0]["appeal"] == "it was my brother"
    found = await operate(server, "POST", "people/eve/appeal", text="by letter: it was my brother")
    assert found["sanctions"][0]["appeal"] == "by letter: it was my brother"
    server.time.pass_time(2 * DAY_MS)
    await server.phone("eve")


async def test_a_ban_outlives_an_erasure(server: LiveServer) -> None:
    await server.seated("eve")
    await operate(server, "POST", "people/eve/ban")
    assert (await call(server, "eve", "DELETE", "/v1/me"))[0] == 204
    status, problem = await call(server, "eve", "GET", "/v1/threads")
    assert (status, problem["code"]) == (403, "banned")
    assert await (await server.connect(token=server.token("eve"))).close_code() == 3501
    assert (await operate(server, "GET", "people/eve"))["is_erased"]
    status, _ = await call(server, "ops", "POST", "/v1/admin/people/eve/unban", {"reason": "x"}, scope="operator")
    assert status == 204
    await server.phone("eve")


async def test_a_ban_by_another_process_closes_the_socket_at_the_next_look(server: LiveServer, tmp_path: Path) -> None:
    eve = await server.seated("eve")
    database = Database(f"sqlite:///{tmp_path / 'nearby.db'}")
    async with database.open() as other:
        await other.moderation.ban(PersonId("eve"), Ban("ban", None), By(None, "by hand"), server.time.now_ms())
        assert await eve.close_code() == 3501


async def test_a_badge_by_an_operator_is_seen_at_once_and_so_is_its_end(server: LiveServer) -> None:
    ana = await server.seated("ana", name="Ana Token")
    ben = await server.seated("ben")
    member = placed(ana)["you"]
    await operate(server, "POST", "people/ana/verify", name="Ana Lima")
    assert (await ben.until("changed"))["member"] == {"member": member, "name": "Ana Lima", "verified": True}
    status, me = await call(server, "ana", "GET", "/v1/me")
    assert (status, me["verified"], me["established"]) == (200, True, True)
    assert (await operate(server, "GET", "people?name=ana%20lima"))["person"] == "ana"
    await operate(server, "POST", "people/ana/revoke")
    assert not (await ben.until("changed"))["member"]["verified"]
    status, me = await call(server, "ana", "GET", "/v1/me", verified=True, name="Ana Token")
    assert (me["verified"], me["established"]) == (False, False)


async def test_what_cannot_be_verified_is_refused(server: LiveServer) -> None:
    await server.seated("ana")
    await server.seated("ben")
    refused: tuple[tuple[str, dict[str, str], str], ...] = (
        ("people/ana/verify", {"name": "x\u202ey"}, "bad_name"),
        ("people/nobody/verify", {"name": "Somebody"}, "not_found"),
        ("people/nobody/ban", {}, "not_found"),
        ("people/n$body/ban", {}, "not_found"),
        ("people/ana/unban", {}, "not_found"),
        ("people/ana/appeal", {"text": "x"}, "not_found"),
        ("reports/none/decision", {"decision": "reject"}, "not_found"),
        ("reports/n$ne/decision", {"decision": "reject"}, "not_found"),
        ("reports/none/decision", {"decision": "suspend"}, "bad_message"),
        ("reports/none/undo", {}, "not_found"),
    )
    for path, more, code in refused:
        asked = {"reason": "x"} | more
        _, problem = await call(server, "ops", "POST", f"/v1/admin/{path}", asked, scope="operator")
        assert problem["code"] == code, path
    await operate(server, "POST", "people/ana/verify", name="Ana Lima")
    asked = {"reason": "x", "name": "ANA LIMA"}
    _, problem = await call(server, "ops", "POST", "/v1/admin/people/ben/verify", asked, scope="operator")
    assert problem["code"] == "name_taken"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "reports"),
        ("GET", "reports/x"),
        ("POST", "reports/x/decision"),
        ("POST", "reports/x/undo"),
        ("GET", "people?name=x"),
        ("GET", "people/x"),
        *(("POST", f"people/x/{did}") for did in ("verify", "revoke", "ban", "suspend", "unban", "appeal")),
    ],
)
async def test_operators_calls_are_for_operators_and_need_a_reason(server: LiveServer, method: str, path: str) -> None:
    body: dict[str, str] | None = None if method == "GET" else {}
    status, problem = await call(server, "ana", method, f"/v1/admin/{path}", body)
    assert (status, problem["code"]) == (403, "operators_only")
    if method == "POST":
        status, problem = await call(server, "ops", method, f"/v1/admin/{path}", body, scope="operator")
        assert (status, problem["code"]) == (400, "bad_message")


@pytest.mark.parametrize("query", ["reports?status=x", "reports?after=%24", "people", "people?name="])
async def test_a_query_that_makes_no_sense_is_refused(server: LiveServer, query: str) -> None:
    _, problem = await call(server, "ops", "GET", f"/v1/admin/{query}", scope="operator")
    assert problem["code"] == "bad_query"


async def test_renewing_with_a_token_of_somebody_banned_meanwhile_ends_the_socket(server: LiveServer) -> None:
    eve = await server.seated("eve")
    await operate(server, "POST", "people/eve/suspend")
    with pytest.raises(ConnectionClosed):
        await eve.ask({"type": "renew", "id": 1, "token": server.token("eve")})
    assert eve.socket.close_code == 3501


async def test_a_server_that_keeps_nothing_separates_and_writes_nothing(tmp_path: Path) -> None:
    async with live_server(tmp_path, keep="off") as server:
        phones = await together(server, "ana", "ben")
        room = placed(phones["ana"])["room"]["id"]
        await report(phones["ana"], phones["ben"])
        assert (await moved(phones["ana"], room))["why"] == "moved"
        assert (await queue(server)) == []
        status, problem = await call(server, "ana", "POST", "/v1/people/x/reports", {"reason": "spam"})
        assert (status, problem["code"]) == (403, "off")


async def test_the_presence_of_somebody_banned_while_no_server_ran_does_not_come_back(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        await server.seated("eve")
    async with Database(f"sqlite:///{tmp_path / 'nearby.db'}").open() as other:
        await other.moderation.ban(PersonId("eve"), Ban("ban", None), By(None, "by hand"), 1)
    async with live_server(tmp_path) as server:
        assert await server.metric("nearby_people_present") == 0
        assert await eventually(lambda: server.metric("nearby_held_seats"), lambda held: held == 0, what="seats") == 0


async def test_what_the_hub_could_not_be_told_at_once_is_made_true_when_it_is_back(tmp_path: Path) -> None:
    faults = Faults()
    async with live_server(tmp_path, faults=faults, limits="off") as server:
        eve = await server.seated("eve")
        await server.seated("ana", name="Ana Token", verified=True)
        ben = await server.seated("ben")
        faults.down_for = {"clear", "renew"}
        for path in ("people/eve/ban", "people/ana/revoke"):
            status, problem = await call(server, "ops", "POST", f"/v1/admin/{path}", {"reason": "x"}, scope="operator")
            assert (status, problem["code"]) == (503, "hub_down")
        assert await eve.close_code() == 3501
        assert {"left", "changed"}.isdisjoint(message["type"] for message in await ben.quiet())
        faults.down_for = set()
        heard = {(await ben.next())["type"], (await ben.next())["type"]}
        assert heard == {"left", "changed"}
        assert not (await call(server, "ana", "GET", "/v1/me"))[1]["verified"]


async def test_whoever_came_a_moment_ago_is_there_to_be_banned(server: LiveServer, tmp_path: Path) -> None:
    async def time_s() -> float:
        return asyncio.get_running_loop().time()

    async def waiting() -> int:
        return server.running.store.journal.statistics().waiting

    ana = await server.seated("ana")
    await eventually(waiting, lambda rows: rows == 0, what="what is not written")
    with locked(tmp_path):
        await ana.send({"type": "say", "id": 1, "text": "hello"})
        ends_s = await time_s() + 0.3
        await eventually(time_s, lambda now_s: now_s > ends_s, what="the time")
    await ana.until("ack", id=1)
    # After a commit that took so long the journal rests for half a second: nobody waits for where eve sits.
    await server.seated("eve")
    assert (await operate(server, "POST", "people/eve/ban"))["person"] == "eve"
