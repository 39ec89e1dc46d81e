"""Connections: the newest wins, a dropped one comes back to exactly what it missed."""
# ruff: noqa: D102  The name of a test is its sentence.

from copy import deepcopy

import pytest

from nearby.core import wire
from nearby.core.ids import PersonId, RoomId
from nearby.core.rules import MINUTE_MS
from nearby.errors import Superseded
from nearby.hub.base import Caller
from nearby.testing.hub_suite.base import OpenWorld, SuiteBase
from nearby.testing.hub_suite.given import RULES, unknown_position
from nearby.testing.hub_suite.moves import two_of_whom_one_went_away
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.recorder import Replaced


def answer(phone: Phone) -> wire.ServerMessage:
    """Return the one message that followed a welcome which resumed nothing."""
    assert phone.welcome.resumed is None
    (message,) = phone.welcome.then
    return message


def why_placed(phone: Phone) -> str:
    """Return why the snapshot after the welcome was sent."""
    message = answer(phone)
    assert isinstance(message, wire.Placed)
    return message.why


async def drop_until_lost(world: World, phone: Phone) -> None:
    """Drop a connection and wait until its seat is given up."""
    await phone.drop()
    await world.go_to(world.now_ms + world.rules.seat_hold_ms)


class ResumeSuite(SuiteBase):
    """Attaching, detaching and resuming."""

    async def test_somebody_new_has_no_room(self, world: World) -> None:
        ana = await world.connect("ana")
        assert answer(ana) == wire.Unplaced(why="none")

    async def test_the_older_connection_hears_replaced_before_the_newer_is_welcomed(self, world: World) -> None:
        old = await world.arrive("ana")
        start = len(world.journal)
        new = await world.connect("ana")
        assert world.journal[start:] == [(old.connection, Replaced()), (new.connection, new.welcome)]

    async def test_a_seat_passes_to_the_newer_connection_unseen(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        before, you = ben.heard, ana.view.you
        newer = await world.connect("ana")
        assert why_placed(newer) == "resynced"
        assert (newer.view.you, newer.view.members) == (you, ben.view.members)
        assert ben.heard == before

    async def test_a_replaced_connection_hears_nothing_more(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        newer = await world.connect("ana")
        await ben.say("hello")
        assert isinstance(newer.heard[-1], wire.Said)
        assert ana.heard[-1] == Replaced()

    async def test_calls_by_an_older_connection_do_nothing(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        newer = await world.connect("ana")
        before = (ben.heard, newer.heard)
        with pytest.raises(Superseded):
            await ana.say("it is still me")
        with pytest.raises(Superseded):
            await ana.ask_next()
        with pytest.raises(Superseded):
            await ana.renew(Caller(PersonId("ana"), name="Ana", verified=True))
        assert (ben.heard, newer.heard) == before

    async def test_the_end_of_an_older_connection_holds_no_seat(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        newer = await world.connect("ana")
        await ana.drop()
        await world.go_to(world.now_ms + world.rules.seat_hold_ms)
        assert (await world.statistics()).held_seats == 0
        assert not any(isinstance(heard, wire.Left) for heard in ben.heard)
        assert newer.sits

    async def test_a_dropped_connection_leaves_its_seat_held_for_a_minute(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ana.drop()
        await world.go_to(world.now_ms + world.rules.seat_hold_ms - 1)
        assert (await world.statistics()).held_seats == 1
        assert isinstance(ben.heard[-1], wire.Placed)
        await world.go_to(world.now_ms + 1)
        assert (await world.statistics()).held_seats == 0
        assert isinstance(ben.heard[-1], wire.Left)

    async def test_each_drop_is_held_a_minute_anew(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ana.drop()
        await world.go_to(world.now_ms + world.rules.seat_hold_ms - 1)
        again = await world.connect("ana", knows=ana.view)
        await again.drop()
        await world.go_to(world.now_ms + world.rules.seat_hold_ms - 1)
        assert isinstance(ben.heard[-1], wire.Placed)
        await world.go_to(world.now_ms + 1)
        assert isinstance(ben.heard[-1], wire.Left)

    async def test_resuming_brings_exactly_what_was_missed(self, world: World) -> None:
        ana, ben, cleo = await world.together("ana", "ben", "cleo")
        await ana.drop()
        await ben.say("one")
        await cleo.leave()
        await ben.say("two")
        again = await world.connect("ana", knows=ana.view)
        assert again.welcome.resumed == ben.room
        assert list(again.welcome.then) == ben.heard[-3:]
        await ben.say("three")
        assert again.heard[-1] == ben.heard[-1]

    async def test_resuming_with_nothing_missed_brings_nothing(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ben.drop()
        again = await world.connect("ben", knows=ben.view)
        assert (again.welcome.resumed, again.welcome.then) == (ana.room, ())

    async def test_a_fresh_token_at_the_reconnection_is_among_what_was_missed(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ben.drop()
        again = await world.connect(Caller(PersonId("ben"), name="Benjamin", verified=True), knows=ben.view)
        assert list(again.welcome.then) == [ana.heard[-1]]
        assert ana.view.members[again.view.you].name == "Benjamin"

    @pytest.mark.parametrize(("epochs_on", "events_on"), [(1, 0), (-1, 0), (0, 1)])
    async def test_a_position_the_log_does_not_have_brings_a_snapshot(
        self, world: World, epochs_on: int, events_on: int
    ) -> None:
        ana, _ = await world.together("ana", "ben")
        wrong = wire.Resume(room=ana.room, epoch=ana.view.room.epoch + epochs_on, after=ana.view.seq + events_on)
        await ana.drop()
        assert why_placed(await world.connect("ana", resume=wrong)) == "resynced"

    @pytest.mark.parametrize(("missed", "is_resumed"), [(200, True), (201, False)])
    async def test_at_most_200_events_are_caught_up(self, open_world: OpenWorld, missed: int, is_resumed: bool) -> None:
        world = await open_world(RULES.unlimited())
        ana, ben = await world.together("ana", "ben")
        await ana.drop()
        for number in range(missed):
            await ben.say(str(number))
        again = await world.connect("ana", knows=ana.view)
        assert (again.welcome.resumed is not None) == is_resumed
        assert len(again.welcome.then) == (missed if is_resumed else 1)
        assert again.view.seq == ben.view.seq

    @pytest.mark.parametrize(("missed", "is_resumed"), [(30, True), (33, False)])
    async def test_at_most_128_kib_are_caught_up(self, open_world: OpenWorld, missed: int, is_resumed: bool) -> None:
        world = await open_world(RULES.unlimited())
        ana, ben = await world.together("ana", "ben")
        await ana.drop()
        for _ in range(missed):
            await ben.say("\N{OTTER}" * 1_000)
        again = await world.connect("ana", knows=ana.view)
        assert (again.welcome.resumed is not None) == is_resumed
        assert len(again.welcome.then) == (missed if is_resumed else 1)
        assert again.view.seq == ben.view.seq

    @pytest.mark.parametrize(("later_ms", "is_resumed"), [(-1, True), (1, False)])
    async def test_the_log_keeps_ten_minutes(self, world: World, later_ms: int, is_resumed: bool) -> None:
        ana, ben = await world.together("ana", "ben")
        known = deepcopy(ana.view)
        await ben.say("hello")
        await world.wait(world.rules.log_ms + later_ms, ana, ben)
        again = await world.connect("ana", knows=known)
        assert (again.welcome.resumed is not None) == is_resumed
        assert again.view.seq == ben.view.seq

    async def test_who_sits_elsewhere_by_now_hears_why(self, world: World) -> None:
        ana, _, due_ms = await two_of_whom_one_went_away(world)
        known = deepcopy(ana.view)
        await world.go_to(due_ms)
        for why in ("moved", "next"):
            assert await ana.open_room(why)
            ana = await world.connect("ana", knows=known)
            assert why_placed(ana) == why

    async def test_a_snapshot_has_what_was_said_since_one_joined(self, open_world: OpenWorld) -> None:
        world = await open_world(RULES.unlimited())
        (ana,) = await world.together("ana")
        await ana.say("before")
        ben = await world.connect("ben")
        await ben.check_in()
        await ben.seat(ana.room)
        assert ben.view.messages == []
        for number in range(world.rules.snapshot_messages + 1):
            await ana.say(str(number))
        again = await world.connect("ben")
        placed = answer(again)
        assert isinstance(placed, wire.Placed)
        assert [said.text for said in placed.messages] == [str(number) for number in range(1, 51)]

    async def test_nothing_said_before_one_joined_is_resumed(self, world: World) -> None:
        (ana,) = await world.together("ana")
        await ana.say("before ben came")
        ben = await world.connect("ben")
        await ben.check_in()
        assert await ben.seat(ana.room)
        early = wire.Resume(room=ana.room, epoch=ana.view.room.epoch, after=1)
        placed = answer(await world.connect("ben", resume=early))
        assert isinstance(placed, wire.Placed)
        assert placed.messages == []

    async def test_a_lost_seat_comes_back_only_to_who_resumes(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        await drop_until_lost(world, ana)
        assert answer(await world.connect("ana")) == wire.Unplaced(why="none")
        elsewhere = unknown_position(RoomId("elsewhere"))
        assert answer(await world.connect("ana", resume=elsewhere)) == wire.Unplaced(why="none")

    async def test_a_lost_seat_comes_back_with_a_snapshot_within_ten_minutes(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await drop_until_lost(world, ana)
        await world.wait(world.rules.return_ms - 1, ben)
        again = await world.connect("ana", knows=ana.view)
        assert why_placed(again) == "resynced"
        assert (again.room, again.view.members) == (ben.room, ben.view.members)
        assert isinstance(ben.heard[-1], wire.Joined)

    async def test_a_lost_seat_is_gone_after_ten_minutes(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await drop_until_lost(world, ana)
        await world.wait(world.rules.return_ms + 1, ben)
        assert answer(await world.connect("ana", knows=ana.view)) == wire.Unplaced(why="none")

    async def test_a_lost_seat_is_gone_if_others_took_it(self, world: World) -> None:
        crowd = await world.together(*(f"p{number}" for number in range(world.rules.capacity)))
        await drop_until_lost(world, crowd[0])
        (late,) = await world.together("late")
        assert await late.seat(crowd[1].room)
        again = await world.connect(crowd[0].caller, knows=crowd[0].view)
        assert answer(again) == wire.Unplaced(why="none")

    async def test_a_lost_seat_is_gone_with_its_room(self, world: World) -> None:
        (ana,) = await world.together("ana")
        await drop_until_lost(world, ana)
        await world.go_to(world.now_ms + world.rules.room_linger_ms)
        assert answer(await world.connect("ana", knows=ana.view)) == wire.Unplaced(why="none")

    async def test_a_seat_given_up_by_oneself_does_not_come_back(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        known = deepcopy(ana.view)
        await ana.leave()
        await ana.check_in()
        assert answer(await world.connect("ana", knows=known)) == wire.Unplaced(why="none")

    async def test_clearing_forgets_a_lost_seat(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        await drop_until_lost(world, ana)
        assert not await world.settled(world.hubs[0].clear(ana.person, None, world.now_ms))
        await ana.check_in()
        assert answer(await world.connect("ana", knows=ana.view)) == wire.Unplaced(why="none")

    async def test_resuming_without_a_seat_names_a_lapse(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        known = deepcopy(ana.view)
        await world.go_to(world.moment_ms(ana, 2))
        assert answer(await world.connect("ana", knows=known)) == wire.Unplaced(why="expired")

    async def test_a_lapse_is_forgotten_with_the_next_check_in(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        await world.go_to(world.moment_ms(ana, 2) + world.rules.return_ms + MINUTE_MS)
        await ana.check_in()
        assert answer(await world.connect("ana", resume=unknown_position(RoomId("x")))) == wire.Unplaced(why="none")
