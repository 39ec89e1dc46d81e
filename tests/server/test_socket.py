"""What the contract says of the socket, seen from outside."""

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from nearby.core.rules import MINUTE_MS
from nearby.core.session import Patience
from nearby.server.dispatch import MAX_WAITING_ACKS
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import FAR_FUTURE_S, START_MS, LiveServer, live_server
from tests.server.locking import locked

ZURICH = {"lat": 47.37, "lon": 8.54}


def resume_of(placed: dict[str, Any], seq: int) -> dict[str, Any]:
    return {"room": placed["room"]["id"], "epoch": placed["room"]["epoch"], "after": seq}


async def test_hello_checkin_and_say_reach_the_other_person_of_the_room(server: LiveServer) -> None:
    ana = await server.phone("ana")
    ack = await ana.ask({"type": "checkin", "id": 1, **ZURICH})
    assert ack["area"]["resolution"] == 5
    assert ack["window"]["end_ms"] - ack["window"]["start_ms"] == 600_000
    placed = await ana.until("placed")
    assert (placed["why"], placed["quiet"], placed["room"]["capacity"]) == ("new", True, 8)
    ben = await server.seated("ben")
    joined = await ana.until("joined")
    assert joined["seq"] == placed["seq"] + 1
    ack = await ana.ask({"type": "say", "id": "a", "room": placed["room"]["id"], "text": "hello"})
    for phone in (ana, ben):
        await phone.quiet()
        assert [
            (message["text"], message["from"], message["seq"])
            for message in phone.received
            if message["type"] == "said"
        ] == [("hello", placed["you"], ack["seq"])]


async def test_welcome_names_the_user_the_window_and_the_ping(server: LiveServer) -> None:
    phone = await server.phone("ana")
    welcome = phone.received[0]
    assert (welcome["user"], welcome["ping_s"], welcome["window_s"], welcome["resumed"]) == ("ana", 25, 600, False)
    assert welcome["server_ms"] >= START_MS
    assert (await phone.until("unplaced"))["why"] == "none"


async def test_the_token_may_come_in_the_header(server: LiveServer) -> None:
    phone = await server.connect(token=server.token("ana"))
    await phone.send({"type": "hello"})
    assert (await phone.until("welcome"))["user"] == "ana"


async def test_a_bad_token_in_the_header_closes_3500_after_the_upgrade(server: LiveServer) -> None:
    assert await (await server.connect(token="nonsense")).close_code() == 3500


@pytest.mark.parametrize("subprotocols", [(), ("nearby.v1",), ("other", "nearby.v1")])
async def test_a_client_that_offers_no_subprotocol_or_ours_is_served(
    server: LiveServer, subprotocols: tuple[str, ...]
) -> None:
    phone = await server.connect(subprotocols=subprotocols)
    await phone.send({"type": "hello", "token": server.token("ana")})
    await phone.until("welcome")
    assert phone.socket.subprotocol == ("nearby.v1" if subprotocols else None)


async def test_a_client_that_offers_only_others_gets_400(server: LiveServer) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await RawPhone.connect(server.url, subprotocols=("other",))
    assert refused.value.response.status_code == 400
    assert b"bad_subprotocol" in refused.value.response.body


async def test_an_author_hears_their_own_words_in_order(server: LiveServer) -> None:
    ana = await server.seated("ana")
    for number in range(4):
        await ana.send({"type": "say", "id": number, "text": str(number)})
    heard = [await ana.next() for _ in range(8)]
    said = [message for message in heard if message["type"] == "said"]
    assert [message["text"] for message in said] == ["0", "1", "2", "3"]
    assert {message["id"]: message["seq"] for message in heard if message["type"] == "ack"} == {
        number: message["seq"] for number, message in enumerate(said)
    }


async def test_what_a_phone_says_next_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        ana, ben = await server.seated("ana"), await server.seated("ben")
        with locked(tmp_path):
            for number in range(3):
                await ana.send({"type": "say", "id": number, "text": str(number)})
            assert [(await ben.until("said"))["text"] for _ in range(3)] == ["0", "1", "2"]
            await ana.send({"type": "ping"})
            await ana.until("pong")
            assert not [message for message in ana.received if message["type"] == "ack" and "seq" in message]
        assert [(await ana.until("ack"))["id"] for _ in range(3)] == [0, 1, 2]


async def test_a_phone_with_many_acks_to_come_waits_with_the_rest(tmp_path: Path) -> None:
    async with live_server(tmp_path, limits="off") as server:
        ana, ben = await server.seated("ana"), await server.seated("ben")
        with locked(tmp_path):
            for number in range(MAX_WAITING_ACKS + 5):
                await ana.send({"type": "say", "id": number, "text": str(number)})
            for _ in range(MAX_WAITING_ACKS + 1):
                await ben.until("said")
            assert not [message for message in await ben.quiet() if message["type"] == "said"]
        for _ in range(MAX_WAITING_ACKS + 5):
            await ana.until("ack")


async def test_who_checks_in_over_http_while_a_leave_waits_for_the_disk_stays_in_the_new_room(tmp_path: Path) -> None:
    async with live_server(tmp_path) as server:
        ana = await server.seated("ana")
        with locked(tmp_path):
            await ana.send({"type": "leave", "id": "bye"})
            body = json.dumps(ZURICH).encode()
            assert (await server.call("POST", "/v1/checkins", body=body, token=server.token("ana"))).status == 200
            await ana.until("placed")
            assert not [message for message in ana.received if message.get("id") == "bye"]
        await ana.until("ack", id="bye")
        await ana.ask({"type": "say", "id": "hello", "text": "hello"})
        assert [message["type"] for message in ana.received[-2:]] == ["said", "ack"]
        assert "left" not in {message.get("why") for message in ana.received}


async def test_without_an_id_there_is_no_ack(server: LiveServer) -> None:
    ana = await server.seated("ana")
    await ana.send({"type": "say", "text": "x"})
    await ana.send({"type": "checkin", **ZURICH})
    assert [message["type"] for message in await ana.quiet()] == ["said"]


async def test_a_repeat_gets_the_first_seq_and_is_not_said_again(server: LiveServer) -> None:
    ana = await server.seated("ana")
    message = {"type": "say", "id": "once", "text": "hello"}
    first, again = await ana.ask(message), await ana.ask(message)
    assert (again["seq"], again["at_ms"]) == (first["seq"], first["at_ms"])
    assert sum(message["type"] == "said" for message in ana.received) == 1
    assert (await ana.ask(message | {"text": "other"}))["code"] == "id_reused"


async def test_a_repeat_after_a_drop_is_found_by_the_room_it_names(server: LiveServer) -> None:
    ana = await server.seated("ana")
    placed = ana.received[-1]
    message = {"type": "say", "id": "once", "room": placed["room"]["id"], "text": "hello"}
    first = await ana.ask(message)
    await ana.ask({"type": "next", "id": 1})
    await ana.until("placed", why="next")
    assert (await ana.ask(message))["seq"] == first["seq"]
    assert (await ana.ask(message | {"id": "new"}))["code"] == "moved"


async def test_a_resume_brings_exactly_the_missed_events(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    placed = ben.received[-1]
    await ben.cut()
    acks = [await ana.ask({"type": "say", "id": number, "text": str(number)}) for number in range(3)]
    again = await server.phone("ben", resume=resume_of(placed, placed["seq"]))
    assert again.received[0]["resumed"]
    missed = await again.quiet()
    assert [(message["type"], message["seq"]) for message in missed] == [("said", ack["seq"]) for ack in acks]


async def test_a_resume_that_missed_nothing_brings_nothing(server: LiveServer) -> None:
    ana = await server.seated("ana")
    placed = ana.received[-1]
    await ana.cut()
    again = await server.phone("ana", resume=resume_of(placed, placed["seq"]))
    assert again.received[0]["resumed"]
    assert await again.quiet() == []


async def test_a_resume_of_another_epoch_brings_one_snapshot(server: LiveServer) -> None:
    placed = (await server.seated("ana")).received[-1]
    again = await server.phone("ana", resume=resume_of(placed, placed["seq"]) | {"epoch": 99})
    assert not again.received[0]["resumed"]
    assert [(message["type"], message["why"]) for message in await again.quiet()] == [("placed", "resynced")]


async def test_a_resume_of_a_room_nobody_knows_is_answered_with_unplaced(server: LiveServer) -> None:
    phone = await server.phone("ana", resume={"room": "gone", "epoch": 1, "after": 5})
    assert [(message["type"], message["why"]) for message in await phone.quiet()] == [("unplaced", "none")]


async def test_a_newer_connection_takes_the_seat_over_and_closes_the_older_with_3504(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    placed = ana.received[-1]
    newer = await server.phone("ana", resume=resume_of(placed, placed["seq"] + 1))
    assert newer.received[0]["resumed"]
    assert await ana.close_code() == 3504
    await newer.ask({"type": "say", "id": 1, "text": "it is me"})
    assert [message["type"] for message in await ben.quiet()] == ["said"]


async def test_a_seat_is_held_for_a_minute_and_then_given_up(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    await ben.cut()
    await server.until_metric("nearby_held_seats", lambda held: held == 1)
    server.time.pass_time(MINUTE_MS)
    assert (await ana.until("left"))["seq"] == 3
    assert await server.metric("nearby_held_seats") == 0


async def test_leave_is_acknowledged_and_ends_seat_and_presence(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    assert (await ana.ask({"type": "leave", "id": 1}))["type"] == "ack"
    assert (await ana.until("unplaced"))["why"] == "left"
    await ben.until("left")
    assert await server.metric("nearby_people_present") == 1
    assert (await ana.ask({"type": "say", "id": 2, "text": "x"}))["code"] == "not_in_room"


async def test_next_gives_another_room_and_not_back_into_this_one(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    first = ana.received[-1]["room"]["id"]
    await ana.ask({"type": "next", "id": 1, "room": first})
    second = await ana.until("placed", why="next")
    assert second["room"]["id"] != first
    await ben.until("left")
    await ana.ask({"type": "next", "id": 2})
    third = await ana.until("placed", why="next")
    assert third["room"]["id"] not in (first, second["room"]["id"])


async def test_a_message_for_a_room_that_is_no_longer_mine_is_refused_and_does_nothing(server: LiveServer) -> None:
    ana = await server.seated("ana")
    for kind in ({"type": "say", "text": "x"}, {"type": "next"}):
        assert (await ana.ask({"id": 1, "room": "another", **kind}))["code"] == "moved"
    assert await ana.quiet() == []


async def test_names_are_drawn_for_the_unverified_and_shown_for_the_verified(server: LiveServer) -> None:
    ana = await server.seated("ana", name="Ana Real", verified=True)
    ben = await server.seated("ben", name="Ben Real")
    members = {member["member"]: member for member in ben.received[-1]["members"]}
    mine = members.pop(ben.received[-1]["you"])
    assert (mine["verified"], "Ben" in mine["name"]) == (False, False)
    assert [(member["name"], member["verified"]) for member in members.values()] == [("Ana Real", True)]
    assert ana.received[0]["user"] == "ana"


async def test_a_token_near_its_end_is_announced_and_may_be_renewed(server: LiveServer) -> None:
    ends_s = server.time.now_ms() // 1000 + 70
    ana, ben = await server.phone("ana", expires_s=ends_s), await server.phone("ben", expires_s=ends_s)
    server.time.pass_time(15_000)
    assert 0 < (await ana.until("expiring"))["in_ms"] <= 60_000
    assert (await ana.ask({"type": "renew", "id": 1, "token": server.token("ana")}))["type"] == "ack"
    server.time.pass_time(61_000)
    assert await ben.close_code() == 3500
    assert await ana.quiet() == []


async def test_a_renewed_token_that_ends_sooner_is_announced_and_ends_in_its_time(server: LiveServer) -> None:
    ana = await server.phone("ana", expires_s=server.time.now_ms() // 1000 + 86_400)
    sooner = server.token("ana", expires_s=server.time.now_ms() // 1000 + 61)
    assert (await ana.ask({"type": "renew", "id": 1, "token": sooner}))["type"] == "ack"
    server.time.pass_time(2_000)
    assert 0 < (await ana.until("expiring"))["in_ms"] <= 60_000
    server.time.pass_time(60_000)
    assert await ana.close_code() == 3500


async def test_a_verified_name_with_half_a_surrogate_pair_breaks_no_room(server: LiveServer) -> None:
    ana = await server.seated("ana")
    ben = await server.seated("ben", name="Ben \ud83d", verified=True)
    assert (await ana.until("joined"))["member"]["verified"]
    await ben.cut()
    assert (await server.seated("cyn")).received[-1]["room"] == ana.received[-2]["room"]


async def test_a_token_that_ran_out_closes_3500(server: LiveServer) -> None:
    phone = await server.phone("ana", expires_s=server.time.now_ms() // 1000 + 10)
    server.time.pass_time(10_000)
    assert await phone.close_code() == 3500


@pytest.mark.parametrize("person", ["ben", None])
async def test_renewing_with_another_persons_token_or_none_closes_3500(server: LiveServer, person: str | None) -> None:
    phone = await server.phone("ana")
    await phone.send({"type": "renew", "token": server.token(person) if person else "nonsense"})
    assert await phone.close_code() == 3500


async def test_a_renewed_token_with_a_badge_is_seen_by_the_room(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    token = server.token("ana", name="Ana", verified=True, expires_s=FAR_FUTURE_S)
    await ana.ask({"type": "renew", "id": 1, "token": token})
    changed = await ben.until("changed")
    assert (changed["member"]["name"], changed["member"]["verified"]) == ("Ana", True)


async def test_a_ping_is_answered_with_and_without_an_id(server: LiveServer) -> None:
    phone = await server.phone("ana")
    assert await phone.ask({"type": "ping", "id": 5}) == {"type": "pong", "id": 5}
    await phone.send({"type": "ping"})
    assert await phone.until("pong") == {"type": "pong"}


async def test_a_protocol_ping_is_answered_too(server: LiveServer) -> None:
    phone = await server.phone("ana")
    waiter = await phone.socket.ping(b"echo")
    await phone.quiet()
    await waiter


async def test_presence_lapses_in_the_second_window_after_the_last_check_in(tmp_path: Path) -> None:
    # A phone that pongs but no longer checks in.
    async with live_server(tmp_path, patience=Patience(ping_ms=10**9)) as server:
        ana = await server.seated("ana")
        server.time.pass_time(3 * 600_000)
        assert (await ana.until("unplaced"))["why"] == "expired"
        assert await server.metric("nearby_people_present") == 0


async def test_rooms_never_hold_more_than_eight_and_members_agree(server: LiveServer) -> None:
    phones = [await server.phone(f"p{number}") for number in range(20)]
    for phone in phones:
        await phone.send({"type": "checkin", **ZURICH})
    rooms: dict[str, list[str]] = {}
    for phone in phones:
        placed = await phone.until("placed")
        rooms.setdefault(placed["room"]["id"], []).append(placed["you"])
    assert sum(len(members) for members in rooms.values()) == 20
    assert all(len(members) <= 8 for members in rooms.values())


async def test_saying_too_much_is_refused_with_the_time_to_wait(server: LiveServer) -> None:
    ana = await server.seated("ana")
    answers = [await ana.ask({"type": "say", "id": number, "text": "x"}) for number in range(6)]
    assert [answer["type"] for answer in answers] == ["ack"] * 5 + ["error"]
    assert (answers[5]["code"], 0 < answers[5]["retry_ms"] <= 2_000) == ("rate_limited", True)
    server.time.pass_time(2_000)
    assert (await ana.ask({"type": "say", "id": 5, "text": "x"}))["type"] == "ack"


async def test_the_seventh_join_of_an_hour_is_refused(server: LiveServer) -> None:
    ana = await server.seated("ana")
    for number in range(5):
        assert (await ana.ask({"type": "next", "id": number}))["type"] == "ack"
        await ana.until("placed")
    refused = await ana.ask({"type": "next", "id": 9})
    assert (refused["code"], refused["retry_ms"] > 3_000_000) == ("rate_limited", True)


async def test_checking_in_too_often_is_refused(server: LiveServer) -> None:
    ana = await server.phone("ana")
    answers = [await ana.ask({"type": "checkin", "id": number, **ZURICH}) for number in range(4)]
    assert [answer.get("code") for answer in answers] == [None, None, None, "rate_limited"]
