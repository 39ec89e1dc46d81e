"""Mute, block and greet between phones on real sockets, and the calls about people one knows."""

import json
from pathlib import Path
from typing import Any

import pytest

from nearby.core.rules import MINUTE_MS, Rules
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import LiveServer, live_server

NOBODY = "nobody-of-this-name"


def last(phone: RawPhone, kind: str) -> dict[str, Any]:
    """Return the newest message of a kind that a phone took."""
    return next(message for message in reversed(phone.received) if message["type"] == kind)


def member(phone: RawPhone) -> str:
    """Return who a phone's person is in their room."""
    you: str = last(phone, "placed")["you"]
    return you


def room(phone: RawPhone) -> str:
    """Return a phone's room."""
    found: str = last(phone, "placed")["room"]["id"]
    return found


async def moved(phone: RawPhone, before: str) -> dict[str, Any]:
    """Return the snapshot of another room than before, which may have come before the ack of a block."""
    while room(phone) == before:
        await phone.next()
    return last(phone, "placed")


async def about(phone: RawPhone, kind: str, whom: RawPhone | str, **fields: Any) -> dict[str, Any]:
    """Send a message about a member and return its answer."""
    named = whom if isinstance(whom, str) else member(whom)
    return await phone.ask({"type": kind, "id": f"{kind} {named[:20]}", "member": named, "room": room(phone)} | fields)


async def call(server: LiveServer, person: str, method: str, path: str) -> Any:
    """Make a call that succeeds and return what it answers, None if it is empty."""
    answer = await server.call(method, path, token=server.token(person))
    assert answer.status in (200, 204), answer
    return json.loads(answer.body) if answer.body else None


async def known(server: LiveServer, person: str) -> list[dict[str, Any]]:
    """Return the people somebody knows."""
    found: list[dict[str, Any]] = (await call(server, person, "GET", "/v1/people"))["people"]
    return found


async def blocks(server: LiveServer, person: str) -> list[str]:
    """Return the ids of somebody's blocks."""
    return [one["block"] for one in (await call(server, person, "GET", "/v1/me/blocks"))["blocks"]]


@pytest.fixture
async def three(server: LiveServer) -> "Three":
    """Return three phones that sit in one room."""
    ana, ben, cyn = [await server.seated(name, established=True) for name in ("ana", "ben", "cyn")]
    assert room(ana) == room(ben) == room(cyn)
    return ana, ben, cyn


Three = tuple[RawPhone, RawPhone, RawPhone]


async def acquainted(ana: RawPhone, ben: RawPhone) -> tuple[str, str]:
    """Let two who sit together know each other; return the handle each has of the other."""
    assert (await about(ana, "greet", ben))["type"] == "ack"
    assert (await ben.until("greeted"))["member"] == member(ana)
    assert (await about(ben, "greet", ana))["type"] == "ack"
    mine, theirs = await ana.until("known"), await ben.until("known")
    assert (mine["member"], theirs["member"]) == (member(ben), member(ana))
    return mine["person"], theirs["person"]


async def test_a_muted_members_words_are_skipped_for_who_muted_and_nobody_else_notices(three: Three) -> None:
    ana, ben, cyn = three
    await ben.quiet()
    assert (await about(ana, "mute", ben))["type"] == "ack"
    assert await ben.quiet() == []
    said = await ben.ask({"type": "say", "id": 1, "text": "unheard"})
    heard = await cyn.ask({"type": "say", "id": 2, "text": "heard"})
    for phone, kinds in ((ana, ["skipped", "said"]), (ben, ["said", "said"]), (cyn, ["said", "said"])):
        await phone.quiet()
        events = [one for one in phone.received if one["type"] in ("said", "skipped")][-2:]
        assert [one["type"] for one in events] == kinds
        assert [one["seq"] for one in events] == [said["seq"], heard["seq"]]
    assert last(ana, "skipped") == {"type": "skipped", "room": room(ana), "seq": said["seq"]}
    assert (await about(ana, "unmute", ben))["type"] == "ack"
    await ben.ask({"type": "say", "id": 3, "text": "again"})
    assert (await ana.until("said"))["text"] == "again"


async def test_what_is_resumed_has_skipped_in_its_place_and_no_gap(server: LiveServer, three: Three) -> None:
    ana, ben, cyn = three
    await about(ana, "mute", ben)
    await ana.quiet()
    placed = last(ana, "placed")
    seq = max((one["seq"] for one in ana.received if "seq" in one and one["type"] != "ack"), default=placed["seq"])
    await ana.cut()
    await ben.ask({"type": "say", "id": 1, "text": "unheard"})
    await cyn.ask({"type": "say", "id": 2, "text": "heard"})
    resume = {"room": room(ana), "epoch": placed["room"]["epoch"], "after": seq}
    back = await server.phone("ana", resume=resume)
    assert last(back, "welcome")["resumed"]
    missed = [await back.next(), await back.next()]
    assert [(one["type"], one["seq"]) for one in missed] == [("skipped", seq + 1), ("said", seq + 2)]
    fresh = await server.phone("ana")
    placed = await fresh.until("placed")
    assert ([said["text"] for said in placed["messages"]], placed["seq"]) == (["heard"], seq + 2)


async def test_a_block_moves_its_author_and_the_two_never_share_a_room(server: LiveServer, three: Three) -> None:
    ana, ben, cyn = three
    before, was = room(ana), member(ana)
    ack = await about(ana, "block", ben)
    assert ack["type"] == "ack"
    assert await blocks(server, "ana") == [ack["block"]]
    assert (await moved(ana, before))["why"] == "moved"
    assert (await ben.until("left"))["member"] == was
    await cyn.until("left")
    assert [one for one in await ben.quiet() if one["type"] not in ("said", "joined")] == []
    await ben.send({"type": "next", "id": 1})
    assert room(ben) != (await ben.until("placed"))["room"]["id"] != room(ana)


async def test_a_block_that_is_withdrawn_lets_them_meet_again(server: LiveServer, three: Three) -> None:
    ana, ben, cyn = three
    before = room(ana)
    ack = await about(ana, "block", ben)
    await moved(ana, before)
    assert await call(server, "ana", "DELETE", f"/v1/me/blocks/{ack['block']}") is None
    assert await blocks(server, "ana") == []
    await cyn.send({"type": "leave"})
    await ben.send({"type": "next", "id": 1})
    assert (await ben.until("placed"))["room"]["id"] == room(ana)


async def test_whoever_names_nobody_gets_the_same_answers(server: LiveServer, three: Three) -> None:
    ana, ben, _ = three
    for kind in ("mute", "unmute", "greet"):
        answers = [await about(ana, kind, whom, id=7) for whom in (NOBODY, ben)]
        assert answers == [{"type": "ack", "id": 7}] * 2
    await ben.quiet()
    acks = []
    for phone, whom in ((ana, NOBODY), (ben, member(three[2]))):
        before = room(phone)
        acks.append(await about(phone, "block", whom, id=8))
        assert (await moved(phone, before))["why"] == "moved"
    assert [set(ack) for ack in acks] == [{"type", "id", "block"}] * 2
    assert await blocks(server, "ana") == [acks[0]["block"]]
    assert await call(server, "ana", "DELETE", f"/v1/me/blocks/{acks[0]['block']}") is None
    assert await blocks(server, "ana") == []
    for method, path in (
        *(("PUT", f"/v1/people/{NOBODY}/{what}") for what in ("follow", "mute", "block")),
        *(("DELETE", f"/v1/people/{NOBODY}/{what}") for what in ("follow", "mute", "block")),
        *(("DELETE", f"/v1/people/{NOBODY}"), ("DELETE", f"/v1/me/blocks/{NOBODY}")),
    ):
        assert await call(server, "ana", method, path) is None
    assert await blocks(server, "ana") == []


async def test_a_member_of_a_room_i_left_can_be_blocked_for_an_hour(server: LiveServer, three: Three) -> None:
    ana, ben, _ = three
    before, bens = room(ana), member(ben)
    await ana.send({"type": "next", "id": 1})
    await ana.until("placed")
    server.time.pass_time(59 * MINUTE_MS)
    ana = await server.seated("ana", established=True)
    ack = await about(ana, "block", bens, room=before)
    assert ack["type"] == "ack"
    state = await server.running.store.take_over(server.time.now_ms(), Rules())
    assert [(one.author, one.other) for one in state.conflicts] == [("ana", "ben")]


async def test_a_room_that_is_not_mine_any_more_cannot_be_greeted_in(three: Three) -> None:
    ana, ben, _ = three
    before = room(ana)
    await ana.send({"type": "next", "id": 1})
    await ana.until("placed")
    assert (await about(ana, "greet", ben, room=before))["code"] == "moved"
    assert (await about(ana, "mute", ben, room=before))["type"] == "ack"


async def test_both_who_greeted_know_each_other_until_one_withdraws(server: LiveServer, three: Three) -> None:
    ana, ben, cyn = three
    of_ben, of_ana = await acquainted(ana, ben)
    plain = {"name": None, "verified": False, "followed": False, "muted": False, "blocked": False}
    assert await known(server, "ana") == [{"person": of_ben} | plain]
    assert await known(server, "ben") == [{"person": of_ana} | plain]
    assert of_ben != of_ana
    assert "known" not in {one["type"] for one in cyn.received}
    await call(server, "ben", "PUT", f"/v1/people/{of_ana}/follow")
    await call(server, "ana", "PUT", f"/v1/people/{of_ben}/mute")
    assert [one["muted"] for one in await known(server, "ana")] == [True]
    await ben.ask({"type": "say", "id": 1, "text": "unheard"})
    await ana.until("skipped")
    await call(server, "ben", "DELETE", f"/v1/people/{of_ana}")
    assert await known(server, "ana") == await known(server, "ben") == []
    await ben.ask({"type": "say", "id": 2, "text": "heard"})
    await ana.until("said", text="heard")
    await about(ana, "greet", ben)
    assert [one for one in await ana.quiet() if one["type"] == "known"] == []
    assert await server.metric("nearby_relations_total", did="known") == 1


async def test_a_lasting_mute_is_lifted_by_its_handle(server: LiveServer, three: Three) -> None:
    ana, ben, _ = three
    of_ben, _ = await acquainted(ana, ben)
    await call(server, "ana", "PUT", f"/v1/people/{of_ben}/mute")
    await call(server, "ana", "DELETE", f"/v1/people/{of_ben}/mute")
    await ben.ask({"type": "say", "id": 1, "text": "heard"})
    await ana.until("said", text="heard")


async def test_somebody_known_is_blocked_and_let_go_by_their_handle(server: LiveServer, three: Three) -> None:
    ana, ben, _ = three
    of_ben, _ = await acquainted(ana, ben)
    before = room(ana)
    await call(server, "ana", "PUT", f"/v1/people/{of_ben}/block")
    assert (await ana.until("placed"))["room"]["id"] != before
    assert [one["blocked"] for one in await known(server, "ana")] == [True]
    assert [one["blocked"] for one in await known(server, "ben")] == [False]
    await call(server, "ana", "DELETE", f"/v1/people/{of_ben}/block")
    assert await blocks(server, "ana") == []


async def test_those_who_each_name_the_other_are_seated_together(server: LiveServer, three: Three) -> None:
    ana, ben, _ = three
    of_ben, of_ana = await acquainted(ana, ben)
    for phone in three:
        await phone.ask({"type": "leave", "id": 1})
    crowd = [await server.seated(f"other{number}") for number in range(6)]
    here = {"type": "checkin", "lat": 47.37, "lon": 8.54}
    await ana.send(here | {"with": [of_ben, NOBODY]})
    await ana.until("placed")
    await ben.send(here | {"with": [of_ana]})
    assert (await ben.until("placed"))["room"]["id"] == room(ana)
    assert len(crowd) == 6


async def test_a_block_outlives_an_erasure(server: LiveServer, three: Three) -> None:
    ana, ben, cyn = three
    before = room(ana)
    await about(ana, "block", ben)
    await moved(ana, before)
    assert (await server.call("DELETE", "/v1/me", token=server.token("ben"))).status == 204
    await cyn.send({"type": "leave"})
    again = await server.seated("ben")
    assert room(again) != room(ana)


async def test_nothing_is_known_of_people_where_nothing_is_kept(tmp_path: Path) -> None:
    async with live_server(tmp_path, keep="off") as server:
        ana, ben = await server.seated("ana", established=True), await server.seated("ben")
        assert (await about(ana, "greet", ben))["code"] == "off"
        assert (await about(ana, "mute", ben))["type"] == "ack"
        before = room(ana)
        assert set(await about(ana, "block", ben)) == {"type", "id", "block"}
        await moved(ana, before)
        answer = await server.call("GET", "/v1/people", token=server.token("ana"))
        assert (answer.status, json.loads(answer.body)["code"]) == (403, "off")
