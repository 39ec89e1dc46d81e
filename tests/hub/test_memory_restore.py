"""What a warm start comes to, case by case."""

from dataclasses import replace
from random import Random

import pytest
from msgspec import structs

from nearby.core import wire
from nearby.core.changes import Change, LogRow, PersonSeen, PresenceRow, RecentRow
from nearby.core.ids import PersonId, RoomId
from nearby.core.rules import HOUR_MS, MINUTE_MS, Rules
from nearby.core.window import Windows
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Caller
from nearby.hub.memory.agenda import Kind
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.tables import in_memory
from nearby.testing.hub_suite.given import AWAY, BESIDE, RULES, START_MS, unknown_position, verified
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.live import SECRET, GoLive, Live, MemoryLive
from tests.hub.tables import Tables


def remembering(tables: Tables, *, is_restart: bool = False) -> GoLive:
    async def go_live(rules: Rules, now_ms: int) -> Live:
        kept = tables.taken_over(now_ms, rules) if is_restart else None
        # A process draws ids that none before it drew.
        return MemoryLive(rules, now_ms, random=Random(len(tables.changes)), record=tables.record, kept=kept)

    return go_live


async def start(tables: Tables, rules: Rules = RULES) -> World:
    return await World.start(remembering(tables), 1, rules)


async def restart(world: World, tables: Tables, *, after_ms: int = 0) -> World:
    go_live = remembering(tables, is_restart=True)
    return await World.start(go_live, 1, world.rules, now_ms=world.now_ms + after_ms)


def placed(phone: Phone) -> wire.Placed:
    (message,) = phone.welcome.then
    assert isinstance(message, wire.Placed)
    return message


def changes_since(tables: Tables, before: int) -> list[type[Change]]:
    return [type(change) for change in tables.changes[before:]]


async def test_phones_that_come_back_are_in_their_room_in_a_new_epoch_and_go_on_above_its_last_seq() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben = await world.together("ana", "ben")
    await ana.say("hello")
    again = await restart(world, tables, after_ms=5_000)
    again.clock.advance(RULES.seat_hold_ms - 1)
    phones = [await again.connect(phone.person, resume=phone.view.position()) for phone in (ana, ben)]
    for before, after in zip((ana, ben), phones, strict=True):
        assert after.welcome.resumed is None
        snapshot = placed(after)
        assert (snapshot.why, snapshot.you, snapshot.seq) == ("resynced", before.view.you, before.view.seq)
        assert snapshot.room == wire.RoomInfo(id=before.room, epoch=2, capacity=8, opened_ms=START_MS)
        assert {member.member: member for member in snapshot.members} == before.view.members
        assert [said.text for said in snapshot.messages] == ["hello"]
    seq, _ = await phones[1].say("back again")
    assert seq == ana.view.seq + 1
    assert tables.log[ana.room, seq].epoch == 2
    assert not again.violations()


async def test_who_does_not_come_back_within_the_hold_loses_the_seat() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben = await world.together("ana", "ben")
    again = await restart(world, tables, after_ms=5_000)
    back = await again.connect("ben", resume=ben.view.position())
    await again.go_to(again.now_ms + RULES.seat_hold_ms)
    assert back.heard[-1] == wire.Left(room=ben.room, seq=ben.view.seq + 1, member=ana.view.you)


async def test_an_event_of_the_new_epoch_is_resumed_but_nothing_of_the_old_one() -> None:
    tables = Tables()
    world = await start(tables)
    ana, _ = await world.together("ana", "ben")
    again = await restart(world, tables)
    back = await again.connect("ana", resume=ana.view.position())
    await back.say("of the new epoch")
    view = back.view
    await back.drop()
    assert (await again.connect("ana", knows=view)).welcome.resumed == ana.room


async def test_a_repeat_of_what_was_acknowledged_gets_its_first_seq() -> None:
    tables = Tables()
    world = await start(tables)
    (ana,) = await world.together("ana")
    first = [await ana.say("hello", 1), await ana.say("you", "1")]
    again = await restart(world, tables, after_ms=RULES.repeat_ms - 1)
    back = await again.connect("ana", resume=ana.view.position())
    assert [await back.say("hello", 1), await back.say("you", "1")] == first
    with pytest.raises(Refused) as refused:
        await back.say("something else", 1)
    assert refused.value.code is ErrorCode.ID_REUSED
    again.clock.advance(1)
    assert await back.say("hello", 1) != first[0]


async def check_ins_until_refused(phone: Phone) -> int:
    for count in range(10):
        try:
            await phone.check_in()
        except Refused:
            return count
    raise AssertionError("nothing limits check-ins")


@pytest.mark.parametrize("spent", range(4))
async def test_a_restart_forgets_one_check_in_at_most(spent: int) -> None:
    tables = Tables()
    world = await start(tables)
    ana = await world.connect("ana")
    for _ in range(spent):
        await ana.check_in()
    back = await (await restart(world, tables)).connect("ana")
    left = RULES.checkin.burst - spent
    assert await check_ins_until_refused(back) in {left, min(left + 1, RULES.checkin.burst)}


async def test_the_limit_on_changes_survives() -> None:
    tables = Tables()
    world = await start(tables)
    (ana,) = await world.together("ana")
    for number in range(RULES.change.burst):
        await ana.renew(verified("ana", f"Ana {number}"))
    back = await (await restart(world, tables)).connect(verified("ana", "Ana 2"), resume=ana.view.position())
    await back.renew(verified("ana", "Another"))
    assert back.view.members[back.view.you].name == "Ana 2"


async def test_nobody_is_moved_who_spoke_just_before_the_restart() -> None:
    tables = Tables()
    world = await start(tables)
    ana = await world.arrive("ana")
    await ana.check_in(AWAY)
    due = await world.wait(2 * RULES.window_ms, ana, ladder=AWAY)
    while not due:
        due = await world.wait(1_000, ladder=AWAY)
    await ana.say("wait")
    again = await restart(world, tables)
    await again.connect("ana", resume=ana.view.position())
    assert await again.sweep() == []
    assert await again.go_to(again.now_ms + RULES.settle_ms - 1) == []
    assert await again.go_to(again.now_ms + 1) == ["ana"]


async def test_windows_that_ended_while_nobody_ran_count() -> None:
    tables = Tables()
    world = await start(tables, replace(RULES, open_res7=1, open_res6=1))
    phone = await world.connect(Caller(PersonId("ana"), established=True))
    await phone.check_in()
    await world.wait((RULES.streak - 1) * RULES.window_ms, phone)
    assert (await world.statistics()).open_catchments == {7: 0, 6: 0}
    again = await restart(world, tables, after_ms=RULES.window_ms)
    await again.sweep()
    assert (await again.statistics()).open_catchments == {7: 1, 6: 1}


async def test_what_somebody_erased_said_is_in_no_snapshot() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben = await world.together("ana", "ben")
    for phone, text in ((ana, "one"), (ben, "two"), (ana, "three")):
        await phone.say(text)
    await ben.leave()
    for place, row in tables.log.items():
        if row.text == "two":
            tables.log[place] = structs.replace(row, text=None)
    del tables.recents[PersonId("ben")]
    back = await (await restart(world, tables)).connect("ana", resume=ana.view.position())
    assert [said.text for said in placed(back).messages] == ["one", "three"]


async def test_a_seat_whose_presence_was_purged_is_lost() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben = await world.together("ana", "ben")
    del tables.presences[PersonId("ana")]
    again = await restart(world, tables)
    back = await again.connect("ben", resume=ben.view.position())
    assert [member.member for member in placed(back).members] == [ben.view.you]
    late = await again.connect("ana", resume=ana.view.position())
    assert late.welcome.then == (wire.Unplaced(why="expired"),)
    assert tables.seats[ana.view.you].ended_ms == again.now_ms


async def test_a_room_whose_members_were_all_erased_ends() -> None:
    tables = Tables()
    world = await start(tables)
    (ana,) = await world.together("ana")
    del tables.seats[ana.view.you], tables.presences[ana.person]
    tables.log.clear()
    again = await restart(world, tables)
    ben = await again.connect("ben")
    await ben.check_in()
    again.clock.advance(RULES.room_linger_ms)
    assert not await ben.seat(ana.room, "new")


async def test_a_room_that_was_taken_over_is_looked_at_so_that_it_ends() -> None:
    tables = Tables()
    world = await start(tables)
    (ana,) = await world.together("ana")
    await ana.leave()
    collections = in_memory(RULES, Windows(RULES.window_ms, SECRET), secret=SECRET)
    agenda = collections.agenda
    rooms = Rooms(RULES, draw_id=lambda: "id", publish=lambda *_: None, tables=collections, records=None)
    (kept,) = tables.taken_over(START_MS, RULES).rooms
    rooms.restore(kept, START_MS)
    while (due := agenda.pop(START_MS + HOUR_MS)) is not None:
        kind, room, due_ms = due
        assert kind is Kind.ROOM
        rooms.look_at(RoomId(room), due_ms)
    assert rooms.get(kept.room.room) is None


async def test_nothing_is_kept_of_anybody_in_the_end() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben = await world.together("ana", verified("ben", "Ben"))
    await ana.open_room("next")
    await ben.drop()
    again = await restart(world, tables)
    await again.go_to(again.now_ms + HOUR_MS)
    await again.go_to(again.now_ms + 3 * HOUR_MS)
    found = await again.statistics()
    assert (found.people, found.held_seats, found.timers, found.rooms_by_size) == (0, 0, 0, {})
    assert (tables.presences, tables.recents) == ({}, {})
    assert all(seat.ended_ms is not None for seat in tables.seats.values())
    assert all(room.empty_since_ms is not None for room in tables.rooms.values())


async def test_a_message_costs_one_row_and_a_check_in_in_the_same_cell_and_window_none() -> None:
    tables = Tables()
    world = await start(tables)
    (ana,) = await world.together("ana")
    before = len(tables.changes)
    await ana.say("hello", 7)
    assert changes_since(tables, before) == [LogRow]
    world.clock.advance(2 * MINUTE_MS)
    await ana.check_in()
    assert changes_since(tables, before) == [LogRow]
    await ana.check_in(BESIDE)
    assert PresenceRow in changes_since(tables, before)


async def test_what_bursts_of_check_ins_owe_is_recorded() -> None:
    tables = Tables()
    world = await start(tables)
    ana = await world.connect("ana")
    await ana.check_in()
    before = len(tables.changes)
    await ana.check_in()
    assert changes_since(tables, before) == [RecentRow]


async def test_somebody_who_was_erased_after_a_clearing_is_seen_anew() -> None:
    tables = Tables()
    world = await start(tables)
    (ana,) = await world.together("ana")
    await ana.leave()
    tables.people.clear()
    tables.recents.clear()
    tables.seats.clear()
    await ana.check_in()
    assert await ana.place()
    assert ana.person in tables.people


async def test_a_lost_seat_that_a_clearing_gave_up_does_not_come_back_with_a_restart() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben = await world.together("ana", "ben")
    await ana.drop()
    await world.go_to(world.now_ms + RULES.seat_hold_ms)
    assert tables.recents[ana.person].lost_room == ben.room
    await (await world.connect("ana")).leave()
    again = await restart(world, tables)
    await again.hubs[0].check_in(ana.caller, AWAY, again.now_ms)
    back = await again.connect("ana", resume=unknown_position(ben.room))
    assert back.welcome.then == (wire.Unplaced(why="none"),)


async def test_a_check_in_in_a_quiet_area_records_nothing_of_somebody_unknown() -> None:
    tables = Tables()
    world = await start(tables)
    for _ in range(RULES.checkin.burst):
        await world.hubs[0].clear(PersonId("ana"), None, world.now_ms, why="quiet_area")
    with pytest.raises(Refused):
        await world.hubs[0].clear(PersonId("ana"), None, world.now_ms, why="quiet_area")
    assert tables.changes == []


async def test_somebody_is_seen_once_a_day_and_before_anything_names_them() -> None:
    tables = Tables()
    world = await start(tables)
    ana = await world.connect(Caller(PersonId("ana"), is_guest=True))
    await ana.check_in()
    day = START_MS // (24 * HOUR_MS)
    assert tables.changes[0] == PersonSeen(ana.person, True, START_MS, day)
    world.clock.advance(24 * HOUR_MS)
    await ana.check_in()
    await ana.renew(ana.caller)
    seen = [change for change in tables.changes if isinstance(change, PersonSeen)]
    assert [change.seen_day for change in seen] == [day, day + 1]
