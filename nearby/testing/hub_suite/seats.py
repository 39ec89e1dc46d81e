"""Seats: one a person, never too many a room, and what everybody sees of them."""
# ruff: noqa: D102  The name of a test is its sentence.

from dataclasses import replace

import pytest

from nearby.core import wire
from nearby.core.ids import PersonId, RoomId
from nearby.core.placement import CANDIDATES_SCORED
from nearby.errors import ErrorCode, Superseded
from nearby.hub.base import Caller, RoomSize
from nearby.testing.hub_suite.base import OpenWorld, SuiteBase, refusal_code
from nearby.testing.hub_suite.given import HERE, RULES
from nearby.testing.hub_suite.world import World


class SeatsSuite(SuiteBase):
    """Taking, keeping and giving up a seat."""

    async def test_a_first_seat_shows_the_room_with_oneself_in_it(self, world: World) -> None:
        ana = await world.connect("ana")
        await ana.check_in()
        assert await ana.open_room("new")
        placed = ana.heard[-1]
        assert isinstance(placed, wire.Placed)
        assert (placed.why, placed.seq, placed.quiet, placed.messages) == ("new", 1, True, [])
        assert [member.member for member in placed.members] == [placed.you]
        assert placed.area == wire.Area(cell=format(HERE.res5, "x"), resolution=5)
        assert (placed.room.capacity, placed.room.opened_ms) == (world.rules.capacity, world.now_ms)

    async def test_others_hear_a_newcomer_join_and_the_newcomer_only_the_room(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        joined = ana.heard[-1]
        assert isinstance(joined, wire.Joined)
        assert joined.member == ben.view.members[ben.view.you]
        assert [type(heard) for heard in ben.heard[1:]] == [wire.Placed]
        assert ben.view.seq == joined.seq

    async def test_taking_another_seat_gives_up_the_old_one(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        (cleo,) = await world.together("cleo")
        former = ben.view.you
        assert await ben.seat(cleo.room, "next")
        assert isinstance(ana.heard[-1], wire.Left)
        assert ana.heard[-1].member == former
        assert isinstance(cleo.heard[-1], wire.Joined)
        assert cleo.heard[-1].member.member == ben.view.you != former
        assert (list(ana.view.members), len(cleo.view.members)) == ([ana.view.you], 2)
        assert [type(heard) for heard in ben.heard[1:]] == [wire.Placed, wire.Placed]
        assert ben.view.why == "next"

    async def test_a_new_room_gives_up_the_old_seat_too(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        assert await ben.open_room("next")
        assert isinstance(ana.heard[-1], wire.Left)
        assert ben.room != ana.room
        assert (await world.statistics()).rooms_by_size == {1: 2}

    async def test_a_full_room_refuses_one_more_and_nobody_notices(self, world: World) -> None:
        crowd = await world.together(*(f"p{number}" for number in range(world.rules.capacity)))
        (late,) = await world.together("late")
        before = [phone.heard for phone in crowd]
        mine = late.room
        assert not await late.seat(crowd[0].room)
        assert [phone.heard for phone in crowd] == before
        assert late.room == mine

    async def test_a_held_seat_counts_for_capacity_until_it_ends(self, world: World) -> None:
        crowd = await world.together(*(f"p{number}" for number in range(world.rules.capacity)))
        (late,) = await world.together("late")
        await crowd[1].drop()
        await world.go_to(world.now_ms + world.rules.seat_hold_ms - 1)
        assert not await late.seat(crowd[0].room)
        await world.go_to(world.now_ms + 1)
        assert await late.seat(crowd[0].room)

    async def test_a_held_seat_is_no_company(self, world: World) -> None:
        ana, ben, _ = await world.together("ana", "ben", "cleo")
        (dan,) = await world.together("dan")
        await ben.drop()
        offer = await dan.offer()
        assert offer is not None
        assert [(one.room, one.size) for one in offer.candidates] == [(ana.room, 2)]
        found = await world.statistics()
        assert (found.rooms_by_size, found.held_seats) == ({1: 1, 2: 1}, 1)
        assert len(ana.view.members) == 3

    async def test_a_room_with_no_free_seat_is_not_offered(self, world: World) -> None:
        crowd = await world.together(*(f"p{number}" for number in range(world.rules.capacity)))
        late = await world.connect("late")
        await late.check_in()
        offer = await late.offer()
        assert offer is not None
        assert (offer.catchment, list(offer.candidates)) == (HERE.res5, [])
        await crowd[0].leave()
        offer = await late.offer()
        assert offer is not None
        assert [one.room for one in offer.candidates] == [crowd[1].room]

    @pytest.mark.parametrize("is_busy", [True, False])
    @pytest.mark.parametrize(("taken", "connected"), [(5, 2), (6, 6), (6, 2), (7, 2), (7, 7), (7, 0)])
    async def test_seats_above_the_target_are_offered_only_where_people_were_few_to_thin_rooms_too(
        self, open_world: OpenWorld, taken: int, connected: int, is_busy: bool
    ) -> None:
        world = await open_world(replace(RULES, busy_above=taken - 1 if is_busy else taken))
        people = [Caller(PersonId(f"p{number}"), established=True) for number in range(taken)]
        crowd = await world.together(*people)
        await world.wait(world.rules.window_ms, *crowd)
        room = crowd[0].room
        for phone in crowd[connected:]:
            await phone.drop()
        late = await world.connect("late")
        await late.check_in()
        offer = await late.offer()
        assert offer is not None
        is_offered = taken < world.rules.target or not is_busy
        assert [(one.room, one.size) for one in offer.candidates] == [(room, connected)] * is_offered

    @pytest.mark.parametrize(
        ("sizes", "is_barred", "offered"),
        [((3, 5, 4), False, [0, 2]), ((3, 5, 6), False, [0]), ((5, 5, 6), False, [0, 1]), ((3, 5, 6), True, [1])],
    )
    async def test_where_many_people_were_the_last_seat_up_to_the_target_is_offered_if_there_is_no_other(
        self, open_world: OpenWorld, sizes: tuple[int, ...], is_barred: bool, offered: list[int]
    ) -> None:
        world = await open_world(replace(RULES, busy_above=9))
        rooms = [
            await world.together(*(Caller(PersonId(f"{room}-{seat}"), established=True) for seat in range(size)))
            for room, size in enumerate(sizes)
        ]
        await world.wait(world.rules.window_ms, *(phone for room in rooms for phone in room))
        late = await world.connect("late")
        await late.check_in()
        if is_barred:
            first = rooms[0][0]
            await world.settled(world.hubs[0].separate(late.person, first.person, world.now_ms, is_mutual=True))
        offer = await late.offer()
        assert offer is not None
        assert {one.room for one in offer.candidates} == {rooms[number][0].room for number in offered}

    async def test_thin_rooms_are_offered_first(self, world: World) -> None:
        await world.together("a", "b", "c", "d")
        thin, *_ = await world.together("e", "f")
        await world.together("g", "h", "i")
        late = await world.connect("late")
        await late.check_in()
        offer = await late.offer()
        assert offer is not None
        assert offer.candidates[0].room == thin.room
        assert sorted(one.size for one in offer.candidates) == [2, 3, 4]

    @pytest.mark.parametrize("size", [2, 3])
    async def test_of_more_rooms_than_are_scored_each_is_for_somebody_among_those_that_are(
        self, world: World, size: int
    ) -> None:
        hosts = [(await world.together(*(f"{room}-{seat}" for seat in range(size))))[0] for room in range(9)]
        rooms, left_out = {host.room for host in hosts}, set()
        for number in range(200):
            newcomer = await world.connect(f"newcomer-{number}")
            await newcomer.check_in()
            offer = await newcomer.offer()
            assert offer is not None
            (last,) = rooms - {one.room for one in offer.candidates[:CANDIDATES_SCORED]}
            left_out.add(last)
        # By chance alone one of the nine would never be the last of 200 in one run of two thousand million.
        assert left_out == rooms

    async def test_ones_own_room_is_neither_offered_nor_taken_again(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        offer = await ben.offer()
        assert offer is not None
        assert list(offer.candidates) == []
        assert not await ben.seat(ana.room)
        assert isinstance(ana.heard[-1], wire.Joined)

    async def test_without_a_connection_or_a_presence_there_is_no_seat(self, world: World) -> None:
        ana, gone = await world.together("ana", "gone")
        absent = await world.connect("absent")
        await gone.drop()
        for phone in (absent, gone):
            assert await phone.offer() is None
            assert not await phone.open_room()
            assert not await phone.place()
        assert not await absent.seat(ana.room)
        assert not absent.sits

    async def test_an_unknown_room_has_no_seat(self, world: World) -> None:
        ana = await world.arrive("ana")
        assert not await ana.seat(RoomId("nowhere"))

    async def test_an_empty_room_ends_after_a_minute(self, world: World) -> None:
        ana, ben, cleo = [(await world.together(name))[0] for name in ("ana", "ben", "cleo")]
        room = ana.room
        await ana.leave()
        await world.go_to(world.now_ms + world.rules.room_linger_ms - 1)
        assert await ben.seat(room)
        await ben.leave()
        await world.go_to(world.now_ms + world.rules.room_linger_ms)
        assert not await cleo.seat(room)

    async def test_nobody_hears_their_own_seat_end(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        assert await world.settled(world.hubs[0].clear(ben.person, None, world.now_ms))
        assert [type(heard) for heard in ben.heard[1:]] == [wire.Placed, wire.Unplaced]
        assert isinstance(ana.heard[-1], wire.Left)

    async def test_clearing_is_not_told_to_the_connection_that_asked(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        assert await ben.leave()
        assert [type(heard) for heard in ben.heard[1:]] == [wire.Placed]
        assert isinstance(ana.heard[-1], wire.Left)
        assert await ben.offer() is None

    async def test_a_replaced_connection_can_clear_nothing(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        newer = await world.connect("ana")
        with pytest.raises(Superseded):
            await ana.leave()
        assert newer.sits

    async def test_who_has_a_seat_by_now_keeps_it_when_a_first_one_was_wished_for(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        (cleo,) = await world.together("cleo")
        before = (ana.heard, ben.heard, cleo.heard)
        assert await ana.seat(cleo.room, "new")
        assert await ana.open_room("new")
        assert (ana.heard, ben.heard, cleo.heard) == before

    @pytest.mark.parametrize("why", ["next", "moved"])
    async def test_a_wish_for_another_room_that_outlived_the_seat_gives_a_first_one(
        self, world: World, why: str
    ) -> None:
        ana, ben = await world.together("ana", "ben")
        await ana.leave()
        await ana.check_in()
        assert await ana.seat(ben.room, why)
        assert ana.view.why == "new"
        await ana.leave()
        await ana.check_in()
        assert await ana.open_room(why)
        assert ana.view.why == "new"

    async def test_clearing_from_elsewhere_is_told(self, world: World) -> None:
        ana = await world.arrive("ana")
        assert await world.settled(world.hubs[-1].clear(ana.person, None, world.now_ms))
        assert ana.heard[-1] == wire.Unplaced(why="left")

    async def test_clearing_without_a_seat_ends_presence_and_says_so(self, world: World) -> None:
        ana = await world.connect("ana")
        await ana.check_in()
        assert not await ana.leave()
        assert (await world.statistics()).people == 0
        assert not await world.settled(world.hubs[0].clear(PersonId("nobody"), None, world.now_ms))

    async def test_next_bars_the_old_room_for_half_an_hour(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        barred_ms = world.now_ms + world.rules.shun_ms
        assert await ben.open_room("next")
        await world.wait(world.rules.shun_ms - 1, ana, ben)
        offer = await ben.offer()
        assert offer is not None
        assert list(offer.candidates) == []
        assert not await ben.seat(ana.room)
        await world.go_to(barred_ms)
        offer = await ben.offer()
        assert offer is not None
        assert [one.room for one in offer.candidates] == [ana.room]
        assert await ben.seat(ana.room)

    async def test_next_is_for_who_has_a_room_and_names_it_right(self, world: World) -> None:
        ana = await world.connect("ana")
        await ana.check_in()
        assert await refusal_code(ana.ask_next()) is ErrorCode.NOT_IN_ROOM
        await ana.open_room("new")
        assert await refusal_code(ana.ask_next(RoomId("another"))) is ErrorCode.MOVED
        before = ana.heard
        await ana.ask_next()
        await ana.ask_next(ana.room)
        assert ana.heard == before

    async def test_the_room_over_http_is_that_of_a_connected_person(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        assert await ana.room_size() == RoomSize(ben.room, 2, world.rules.capacity)
        (alone,) = await world.together("alone")
        await alone.drop()
        assert await alone.room_size() is None
        assert await world.settled(world.hubs[0].room_of(PersonId("nobody"))) is None
