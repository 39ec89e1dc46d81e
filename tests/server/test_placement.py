"""Merges, lifts, venues and tags as phones hear of them, on real sockets and with the server's clock in hand."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nearby.core.rules import HOUR_MS, Rules
from nearby.core.session import Patience
from nearby.store.commands import import_areas
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import START_MS, LiveServer, live_server
from nearby.testing.store_suite import Database
from tests.server.test_areas import checkin, square

RULES = Rules()
HERE = (47.37, 8.54)
OUTSIDE = (47.50, 8.70)
PATIENT = Patience(ping_ms=HOUR_MS, pong_ms=HOUR_MS)
"""Phones need not answer while a test lets minutes pass at once."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    """Yield a server without limits in which ``HERE`` lies in a venue."""
    async with Database(f"sqlite:///{tmp_path}/nearby.db").open() as store:
        await import_areas(store, square(*HERE), "a fair", START_MS, kind="venue")
    async with live_server(tmp_path, limits="off", patience=PATIENT, tags=("tea", "chess")) as running:
        yield running


async def pass_time(server: LiveServer, for_ms: int) -> None:
    """Let time pass, with a tick as often as thin rooms are looked at."""
    await server.running.keeper.tick()
    while for_ms > 0:
        server.time.pass_time(min(for_ms, RULES.mend_every_ms))
        for_ms -= RULES.mend_every_ms
        await server.running.keeper.tick()


async def placed_of(phone: RawPhone) -> dict[str, Any]:
    """Return the last snapshot that the phone was sent."""
    await phone.quiet()
    return next(message for message in reversed(phone.received) if message["type"] == "placed")


def room_of(placed: dict[str, Any]) -> str:
    room: str = placed["room"]["id"]
    return room


def resume_of(placed: dict[str, Any]) -> dict[str, Any]:
    return {"room": room_of(placed), "epoch": placed["room"]["epoch"], "after": placed["seq"]}


def were(placed: dict[str, Any]) -> dict[str, str]:
    return {member["member"]: member["was"] for member in placed["members"] if "was" in member}


async def leave(*phones: RawPhone) -> None:
    for phone in phones:
        await phone.ask({"type": "leave", "id": "bye"})


async def two_rooms(server: LiveServer) -> tuple[RawPhone, RawPhone, list[RawPhone]]:
    """Return two who sit together and three who sit together elsewhere."""
    others = [await server.seated(f"other{number}") for number in range(RULES.capacity)]
    ana, ben = await server.seated("ana"), await server.seated("ben")
    await leave(*others[3:])
    rooms = [room_of(await placed_of(phone)) for phone in (ana, ben, *others[:3])]
    assert rooms == [rooms[0]] * 2 + [rooms[2]] * 3 != [rooms[0]] * 5
    return ana, ben, others[:3]


async def test_a_merge_is_one_snapshot_to_those_who_move_and_tells_them_alone_who_was_whom(server: LiveServer) -> None:
    ana, ben, others = await two_rooms(server)
    before = [(await placed_of(phone))["you"] for phone in (ana, ben)]
    await pass_time(server, RULES.merge_after_ms)
    seen = [await phone.until("placed", why="merged") for phone in (ana, ben)]
    assert room_of(seen[0]) == room_of(await placed_of(others[0]))
    you = [placed["you"] for placed in seen]
    assert were(seen[0]) == were(seen[1]) == dict(zip(you, before, strict=True))
    joined = [message["member"] for message in others[0].received if message["type"] == "joined"][-2:]
    assert [member["member"] for member in joined] == you
    assert all(member.keys() == {"member", "name", "verified"} for member in joined)
    late = await server.seated("late")
    assert were(await placed_of(late)) == {}
    for phone in (ana, ben):
        assert "left" not in {message["type"] for message in phone.received}


async def test_a_phone_that_was_away_at_a_merge_is_told_when_it_is_back(server: LiveServer) -> None:
    ana, ben, _ = await two_rooms(server)
    before = await placed_of(ben)
    await ben.cut()
    await server.until_metric("nearby_held_seats", lambda held: held == 1)
    await pass_time(server, RULES.merge_after_ms)
    await ana.until("placed", why="merged")
    again = await server.phone("ben", resume=resume_of(before))
    assert again.received[-1]["resumed"] is False
    placed = await again.until("placed")
    assert (placed["why"], len(were(placed))) == ("merged", 2)
    assert were(placed)[placed["you"]] == before["you"]


async def test_a_say_in_the_room_before_is_moved_and_a_repeat_gets_its_place(server: LiveServer) -> None:
    ana, _, _ = await two_rooms(server)
    say = {"type": "say", "id": "a", "room": room_of(await placed_of(ana)), "text": "hello"}
    first = await ana.ask(say)
    await pass_time(server, RULES.merge_after_ms)
    await ana.until("placed", why="merged")
    assert await ana.ask(say) == first
    assert (await ana.ask(say | {"id": "b"}))["code"] == "moved"


async def call_in(server: LiveServer, people: int, **wishes: Any) -> None:
    """Let established people check in ``HERE``, without a connection."""
    body = json.dumps({"lat": HERE[0], "lon": HERE[1], **wishes}).encode()
    for number in range(people):
        token = server.token(f"caller{number}", established=True)
        assert (await server.call("POST", "/v1/checkins", body=body, token=token)).status == 200


async def open_cells(server: LiveServer) -> None:
    """Let the cells of ``HERE`` open: enough people are there window by window, whatever the noise."""
    for _ in range(RULES.streak):
        await call_in(server, 6 * RULES.open_res7)
        server.time.pass_time(RULES.window_ms)
        await server.running.keeper.tick()


async def test_a_lift_is_the_same_room_with_a_larger_area_and_is_never_resumed_across(server: LiveServer) -> None:
    await open_cells(server)
    ana, ben = await server.seated("ana"), await server.seated("ben")
    before = await placed_of(ben)
    assert before["area"]["resolution"] == 7
    await pass_time(server, RULES.lift_after_ms - RULES.mend_every_ms)
    await ben.cut()
    await server.until_metric("nearby_held_seats", lambda held: held == 1)
    await pass_time(server, 2 * RULES.mend_every_ms)
    lifted = await ana.until("placed", why="lifted")
    assert lifted["area"].keys() == {"cell", "resolution"}
    assert lifted == before | {"you": lifted["you"], "area": lifted["area"], "why": "lifted"}
    assert lifted["area"]["resolution"] == 6
    again = await server.phone("ben", resume=resume_of(before))
    assert again.received[-1]["resumed"] is False
    assert await again.until("placed") == lifted | {"you": before["you"]}
    await pass_time(server, RULES.lift_after_ms + RULES.mend_every_ms)
    assert (await ana.until("placed", why="lifted"))["area"]["resolution"] == 5


async def test_a_venue_takes_those_who_name_it_from_inside_and_shows_its_id(server: LiveServer) -> None:
    ana, ben = await server.seated("ana"), await server.phone("ben")
    await call_in(server, RULES.open_venue, venue="park")
    ack = await ana.ask(checkin(HERE, id=1, venue="park"))
    assert (ack["area"]["resolution"], ack["area"]["venue"]) == (7, "park")
    placed = await ana.until("placed", why="venue")
    assert (placed["area"], placed["quiet"]) == (ack["area"], False)
    await ben.send(checkin(OUTSIDE, venue="park"))
    assert "venue" not in (await ben.until("placed"))["area"]
    cyn = await server.phone("cyn")
    await cyn.send(checkin(HERE, venue="park"))
    there = await cyn.until("placed")
    assert (there["why"], room_of(there)) == ("new", room_of(placed))
    answer = await server.call(
        "POST",
        "/v1/checkins",
        body=json.dumps({"lat": HERE[0], "lon": HERE[1], "venue": "park"}).encode(),
        token=server.token("ana"),
    )
    assert json.loads(answer.body)["area"] == ack["area"]


async def test_an_area_that_is_no_venue_and_tags_nobody_offers_are_passed_over(server: LiveServer) -> None:
    ana = await server.phone("ana")
    ack = await ana.ask(checkin(HERE, id=1, venue="elsewhere", tags=["golf"], lang="pt-BR"))
    assert ack["area"].keys() == {"cell", "resolution"}
    assert (await ana.until("placed"))["why"] == "new"


async def test_a_record_of_a_decision_names_neither_person_nor_room_nor_cell(
    server: LiveServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="nearby"):
        ana, _, _ = await two_rooms(server)
        await pass_time(server, RULES.merge_after_ms)
        placed = await ana.until("placed", why="merged")
    records = [record.getMessage() for record in caplog.records if record.name.startswith("nearby.")]
    assert any(record.startswith("placed: why new, rung 5, ") for record in records)
    assert "merged a room of 2 into one of 3" in records
    for secret in ("ana", room_of(placed), placed["you"], placed["area"]["cell"], str(int(placed["area"]["cell"], 16))):
        assert not [record for record in records if secret in record]
