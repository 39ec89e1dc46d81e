"""Shakes over real sockets, with the server's clock in hand."""

import asyncio
import json
from pathlib import Path

from nearby.core import wire
from nearby.core.rules import Rules
from nearby.sim.ledger import Ledger
from nearby.sim.phone_book import PhoneBook
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import LiveServer, live_server

RULES = Rules()
BERN = {"lat_deg": 46.95, "lon_deg": 7.44}
SHAKE = {"type": "shake", "id": "s"}
FAR_MS = 10**15


async def shake(*phones: RawPhone) -> None:
    """Let phones shake, one after the other."""
    for phone in phones:
        assert (await phone.ask(SHAKE))["type"] == "ack"


async def placements(phone: RawPhone) -> list[str]:
    """Return why the phone was placed, each time so far."""
    await phone.quiet()
    return [message["why"] for message in phone.received if message["type"] == "placed"]


async def test_two_phones_that_shake_meet_in_a_room_of_their_own(server: LiveServer) -> None:
    ana, ben, cleo = [await server.seated(name) for name in ("ana", "ben", "cleo")]
    await shake(ana, ben)
    server.time.pass_time(RULES.shake_wait_ms)
    shown = []
    for phone in (ana, ben):
        shaken = await phone.until("shaken")
        placed = await phone.next()
        assert (placed["type"], placed["why"], placed["room"]["id"]) == ("placed", "shaken", shaken["room"])
        shown.append((placed["room"], placed["members"], placed["seq"]))
    assert shown[0] == shown[1]
    assert len(shown[0][1]) == 2
    for _ in range(2):
        await cleo.until("left")
    said = await ana.ask({"type": "say", "id": 1, "room": shown[0][0]["id"], "text": "it is you"})
    assert (await ben.until("said"))["seq"] == said["seq"] == shown[0][2] + 1
    assert await server.metric("nearby_placements_total", why="shaken") == 2
    assert await server.metric("nearby_meet_seconds_count") == 1


async def test_those_who_are_seated_before_a_tick_are_told_all_the_same(server: LiveServer) -> None:
    phones = [await server.seated(name) for name in ("ana", "ben")]
    await shake(*phones)
    server.time.pass_time(RULES.shake_wait_ms)
    await server.running.keeper.get_ahead(tick_ms=FAR_MS)
    assert await server.metric("nearby_placements_total", why="shaken") == 2
    for phone in phones:
        assert await phone.until("placed", why="shaken")


async def test_a_ledger_finds_no_fault_in_a_move_by_a_shake(server: LiveServer) -> None:
    phones = {name: await server.seated(name) for name in ("ana", "ben", "cleo", "dan")}
    await shake(phones["ana"], phones["ben"])
    server.time.pass_time(RULES.shake_wait_ms)
    for name in ("ana", "ben"):
        await phones[name].until("shaken")
    for name, phone in phones.items():
        await phone.ask({"type": "say", "id": f"from {name}", "text": f"from {name}"})
    ledger = Ledger()
    for phone in phones.values():
        await phone.quiet()
        book = PhoneBook(ledger)
        for message in phone.received:
            book.took(wire.decode_from_server(json.dumps(message)))
        assert book.size == 2
    assert not ledger.faults().any()
    assert ledger.received == 8


async def test_who_shakes_alone_and_who_shakes_elsewhere_stays(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben", **BERN)
    await shake(ana, ben)
    server.time.pass_time(RULES.shake_wait_ms)
    await server.until_metric("nearby_shaking", lambda shaking: shaking == 0)
    assert (await placements(ana), await placements(ben)) == (["new"], ["new"])


async def test_who_was_away_when_it_came_to_be_is_shown_the_new_room(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    await shake(ana, ben)
    server.time.pass_time(RULES.shake_wait_ms)
    placed = await ben.until("placed", why="shaken")
    await ben.cut()
    back = await server.phone("ben", resume={"room": "another", "epoch": 1, "after": 1})
    assert (await back.until("placed"))["room"] == placed["room"]
    assert "shaken" not in [message["type"] for message in back.received]


async def test_a_shake_without_a_checkin_is_refused(server: LiveServer) -> None:
    error = await (await server.phone("ana")).ask(SHAKE)
    assert (error["type"], error["code"]) == ("error", "not_present")
    assert "heck in" in error["detail"]


async def test_an_eleventh_shake_is_refused_and_says_for_how_long(server: LiveServer) -> None:
    ana = await server.seated("ana")
    for _ in range(RULES.shake.burst):
        await shake(ana, ana)
        server.time.pass_time(RULES.shake_wait_ms)
        await server.until_metric("nearby_shaking", lambda shaking: shaking == 0)
    refused = await ana.ask(SHAKE)
    assert (refused["type"], refused["code"]) == ("error", "rate_limited")
    assert 0 < refused["retry_ms"] < RULES.shake.period_ms
    assert await server.metric("nearby_limits_hit_total", limit="shake") == 1
    server.time.pass_time(refused["retry_ms"])
    await shake(ana)


async def test_without_limits_there_is_none_on_shakes(tmp_path: Path) -> None:
    async with live_server(tmp_path, limits="off") as server:
        ana = await server.seated("ana")
        for _ in range(RULES.shake.burst + 1):
            await shake(ana)
            server.time.pass_time(RULES.shake_wait_ms)
            await server.until_metric("nearby_shaking", lambda shaking: shaking == 0)


async def test_switched_off_every_shake_is_refused(tmp_path: Path) -> None:
    async with live_server(tmp_path, shake="off") as server:
        refused = await (await server.seated("ana")).ask(SHAKE)
        assert (refused["type"], refused["code"]) == ("error", "off")
        assert await server.metric("nearby_shaking") == 0


async def test_a_server_that_drains_takes_no_shake_and_lets_nobody_meet(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.seated("ben")
    await shake(ana, ben)
    drain = asyncio.create_task(server.running.keeper.drain(0.3))
    await asyncio.sleep(0)
    await ana.send(SHAKE)
    server.time.pass_time(RULES.shake_wait_ms)
    await server.running.keeper.get_ahead(tick_ms=FAR_MS)
    for phone in (ana, ben):
        assert await phone.close_code() == 3001
    await drain
    assert "shaken" not in {message["type"] for phone in (ana, ben) for message in phone.received}
    assert await server.metric("nearby_placements_total", why="shaken") == 0
