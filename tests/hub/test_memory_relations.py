"""What a warm start keeps of mutes, greetings and conflicts."""

from dataclasses import replace
from random import Random

from nearby.core.changes import MarkRow, SeatRow
from nearby.core.ids import MemberId, PersonId
from nearby.core.kept import Kept, KeptConflict
from nearby.core.rules import HOUR_MS
from nearby.testing.hub_suite.given import RULES
from nearby.testing.hub_suite.members import greet, heard_of, mute
from nearby.testing.hub_suite.mending import group
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.live import MemoryLive
from tests.hub.tables import Tables
from tests.hub.test_memory_restore import changes_since, restart, start

ANA, BEN = PersonId("ana"), PersonId("ben")


async def start_from(kept: Kept, world: World) -> World:
    """Return a world that goes on from what survived."""

    async def go_live(*_: object) -> MemoryLive:
        return MemoryLive(RULES, world.now_ms, random=Random(99), kept=kept)

    return await World.start(go_live, 1, RULES, now_ms=world.now_ms)


async def back(world: World, *phones: Phone) -> list[Phone]:
    return [await world.connect(phone.person, resume=phone.view.position()) for phone in phones]


async def test_mutes_and_half_greetings_survive_a_restart_and_what_was_taken_back_does_not() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben, cleo = await world.together("ana", "ben", "cleo")
    await mute(ana, ben)
    await mute(ana, cleo)
    await mute(ana, cleo, is_on=False)
    await greet(cleo, ben)
    await ben.say("unheard")
    await cleo.say("heard")
    again = await restart(world, tables)
    ana, ben, cleo = await back(again, ana, ben, cleo)
    assert [said.text for said in ana.view.messages] == ["heard"]
    await ben.say("still not")
    await cleo.say("but this")
    assert heard_of(ana) == ["skipped", "but this"]
    assert heard_of(ben) == ["still not", "but this"]
    assert await greet(ben, cleo) is not None
    assert not again.violations()


async def test_a_mute_of_somebody_who_left_survives_as_long_as_their_words() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben, _ = await world.together("ana", "ben", "cleo")
    await ben.say("unheard")
    gone = MemberId(ben.view.you)
    await ben.leave()
    await mute(ana, gone)
    again = await restart(world, tables)
    (ana,) = await back(again, ana)
    assert ana.view.messages == []


async def test_marks_that_followed_a_merge_survive() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben = await world.together("ana", "ben")
    await mute(ana, ben)
    await greet(ben, ana)
    await group(world, "other", 3)
    await world.watch(RULES.merge_after_ms)
    again = await restart(world, tables)
    ana, ben = await back(again, ana, ben)
    await ben.say("unheard")
    assert heard_of(ana) == ["skipped"]
    await mute(ana, ben, is_on=False)
    assert await greet(ana, ben) is not None


async def test_a_message_about_nobody_records_something_as_one_about_somebody_does() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben = await world.together("ana", "ben")
    for act, row in ((mute, SeatRow), (greet, SeatRow)):
        before = len(tables.changes)
        await act(ana, MemberId("nobody"))
        assert changes_since(tables, before) == [row]
        before = len(tables.changes)
        await act(ana, ben)
        assert changes_since(tables, before) == [MarkRow]
    await ana.leave()
    await mute(ana, MemberId("nobody"))


async def test_conflicts_and_lasting_mutes_are_in_force_before_anybody_is_welcomed() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben, _ = await world.together("ana", "ben", "cleo")
    kept = tables.taken_over(world.now_ms, RULES)
    muted = await start_from(replace(kept, mutes=[(ANA, BEN)]), world)
    ana_again, ben_again = await back(muted, ana, ben)
    await ben_again.say("unheard")
    assert heard_of(ana_again) == ["skipped"]

    (ana,) = await world.together("ana")
    kept = tables.taken_over(world.now_ms, RULES)
    apart = await start_from(replace(kept, conflicts=[KeptConflict(BEN, ANA, True)]), world)
    (ana,) = await back(apart, ana)
    ben = await apart.connect("ben")
    await ben.check_in()
    assert not await ben.seat(ana.room, "new")


async def test_marks_are_forgotten_with_their_room() -> None:
    tables = Tables()
    world = await start(tables)
    ana, ben = await world.together("ana", "ben")
    room, member = ana.room, MemberId(ben.view.you)
    await mute(ana, ben)
    await greet(ana, ben)
    await ana.leave()
    await ben.leave()
    await world.go_to(world.now_ms + HOUR_MS)
    before = len(tables.changes)
    await mute(ana, member, room=room)
    assert MarkRow not in changes_since(tables, before)
