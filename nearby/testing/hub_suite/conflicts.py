"""Hard conflicts: two people who are never seated together, whatever brings one of them there."""
# ruff: noqa: D102  The name of a test is its sentence.

from dataclasses import replace

import pytest

from nearby.core import wire
from nearby.core.ids import PersonId, RoomId
from nearby.core.placement import decide
from nearby.errors import ErrorCode
from nearby.testing.hub_suite.base import OpenWorld, SuiteBase, refusal_code
from nearby.testing.hub_suite.given import BESIDE, RULES, unknown_position
from nearby.testing.hub_suite.limits import use_up_joins
from nearby.testing.hub_suite.mending import separate
from nearby.testing.hub_suite.world import Phone, World


async def reconcile(world: World, author: Phone, other: Phone) -> None:
    """End the author's conflict."""
    await world.settled(world.hubs[-1].reconcile(author.person, other.person))


async def remove(world: World, phone: Phone, room: RoomId) -> None:
    """Take the phone's person out of a room."""
    await world.settled(world.hubs[-1].remove(phone.person, room, world.now_ms))


async def newcomer(world: World, name: str) -> Phone:
    """Return somebody who is present and has no seat."""
    phone = await world.connect(name)
    await phone.check_in()
    return phone


async def sizes_offered(phone: Phone) -> dict[str, int]:
    """Return how many sit in each of the rooms the phone's person may choose among, whoever gives way to them apart."""
    offer = await phone.offer()
    assert offer is not None
    return {candidate.room: candidate.size for candidate in offer.candidates}


async def rooms_offered(phone: Phone) -> set[str]:
    """Return the rooms the phone's person may choose among."""
    offer = await phone.offer()
    assert offer is not None
    return {candidate.room for candidate in offer.candidates}


class ConflictsSuite(SuiteBase):
    """``separate`` and ``reconcile``."""

    @pytest.mark.parametrize("is_author", [True, False])
    async def test_a_mutual_conflict_keeps_either_out_of_the_others_room(self, world: World, is_author: bool) -> None:
        (ben,) = await world.together("ben")
        ana = await newcomer(world, "ana")
        assert await rooms_offered(ana) == {ben.room}
        await separate(world, ana if is_author else ben, ben if is_author else ana)
        assert await rooms_offered(ana) == set()
        assert not await ana.seat(ben.room, "new")
        assert not ana.sits

    async def test_one_that_is_not_mutual_keeps_its_author_out(self, world: World) -> None:
        (ben,) = await world.together("ben")
        ana = await newcomer(world, "ana")
        await separate(world, ana, ben, is_mutual=False)
        assert await rooms_offered(ana) == set()
        assert not await ana.seat(ben.room, "new")

    async def test_its_author_gives_way_to_the_other_in_the_same_step(self, world: World) -> None:
        ana, cleo = await world.together("ana", "cleo")
        ben = await newcomer(world, "ben")
        await separate(world, ana, ben, is_mutual=False)
        assert await rooms_offered(ben) == {cleo.room}
        was = ana.view.you
        heard = ana.heard
        assert await ben.seat(cleo.room, "new")
        assert [type(one) for one in cleo.heard[-2:]] == [wire.Left, wire.Joined]
        assert was not in ben.view.members
        assert (ana.heard, ana.sits) == (heard, False)
        assert await world.sweep() == [ana.person]
        assert await ana.place("moved")
        assert ana.view.why == "moved"
        assert ana.room != ben.room

    @pytest.mark.parametrize("with_others", [0, 1, 3, RULES.capacity - 2])
    async def test_whoever_it_does_not_bind_is_offered_what_they_would_be_if_its_author_were_not_there(
        self, world: World, with_others: int
    ) -> None:
        """A room is smaller by one, and one that nobody else is in is none."""
        await world.together("cleo", "dan", "eve")
        ana, *others = await world.together("ana", *(f"p{number}" for number in range(with_others)))
        room, ben = ana.room, await newcomer(world, "ben")
        await separate(world, ana, ben, is_mutual=False)
        with_ana = await sizes_offered(ben)
        assert await ben.seat(room, "new")
        assert (ana.sits, len(ben.view.members)) == (False, 1 + with_others)
        await ben.leave()
        await ben.check_in()
        assert with_ana == await sizes_offered(ben)
        assert with_ana.get(room, 0) == with_others == len(others)

    async def test_a_room_is_not_offered_as_thin_because_its_author_gives_way(self, world: World) -> None:
        """While the author sat there nobody came to its rescue: the other would find such rooms too often."""
        ana, *_ = await world.together("ana", "cleo", "dan")
        ben = await newcomer(world, "ben")
        await separate(world, ana, ben, is_mutual=False)
        assert await sizes_offered(ben) == {ana.room: world.rules.low_water}

    @pytest.mark.parametrize("is_mutual", [True, False])
    async def test_its_author_takes_no_room_in_which_the_other_would_sit(self, world: World, is_mutual: bool) -> None:
        """Else the other would miss that room, or find it one smaller, as they do not if the author is away."""
        for number in range(4):
            await world.together(*(f"p{number}-{one}" for one in range(3)))
        for number in range(3):
            ana, ben = await newcomer(world, f"ana{number}"), await newcomer(world, f"ben{number}")
            offer = await ana.offer()
            assert offer is not None
            wanted = decide(offer.candidates, offer.luck, world.now_ms, rules=world.rules).room
            await separate(world, ben, ana, is_mutual=is_mutual)
            assert len(await rooms_offered(ben)) == 3
            assert await ben.place()
            assert await ana.place()
            assert ana.room == wanted != ben.room

    async def test_where_there_is_but_one_room_its_author_takes_it(self, world: World) -> None:
        (ben,) = await world.together("ben")
        ana, cleo = await newcomer(world, "ana"), await newcomer(world, "cleo")
        await separate(world, ana, cleo)
        assert await rooms_offered(ana) == {ben.room}

    async def test_who_gives_way_with_the_last_seat_leaves_room_for_the_other(self, world: World) -> None:
        (ana,) = await world.together("ana")
        ben = await newcomer(world, "ben")
        await separate(world, ana, ben, is_mutual=False)
        room = ana.room
        assert await ben.seat(room, "new")
        assert (ben.room, len(ben.view.members)) == (room, 1)

    @pytest.mark.parametrize("is_mutual", [True, False])
    async def test_of_two_in_a_room_the_author_has_to_go_and_the_others_hear_left(
        self, world: World, is_mutual: bool
    ) -> None:
        ana, ben, cleo = await world.together("ana", "ben", "cleo")
        room, was = ana.room, ana.view.you
        await separate(world, ana, ben, is_mutual=is_mutual)
        assert not ana.sits
        for phone in (ben, cleo):
            assert phone.heard[-1] == wire.Left(room=room, seq=phone.view.seq, member=was)
        assert await world.sweep() == [ana.person]
        assert await world.sweep() == []
        assert await ana.place("moved")
        assert (ana.view.why, ben.room) == ("moved", room)
        assert ana.room != room

    @pytest.mark.parametrize("checks_in", [True, False])
    async def test_giving_way_is_no_join_whatever_was_joined(self, world: World, checks_in: bool) -> None:
        ana = await world.connect("ana")
        await use_up_joins(ana, world.rules.joins_per_hour)
        ben = await newcomer(world, "ben")
        assert await ben.seat(ana.room, "new")
        await separate(world, ana, ben)
        if checks_in:
            assert (await ana.check_in()).seat_wanted
            assert await ana.place("new")
        else:
            assert await world.sweep() == [ana.person]
            assert await ana.place("moved")
        assert ana.view.why == "moved"
        assert await refusal_code(ana.ask_next()) is ErrorCode.RATE_LIMITED

    async def test_whoever_gave_way_may_speak_of_the_room_no_more(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        room = ana.room
        await separate(world, ana, ben)
        assert await refusal_code(ana.say("wait", room=room)) is ErrorCode.MOVED
        assert await refusal_code(ana.say("wait")) is ErrorCode.NOT_IN_ROOM

    async def test_an_author_who_is_away_loses_the_held_seat(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ana.drop()
        await separate(world, ana, ben)
        assert isinstance(ben.heard[-1], wire.Left)
        assert await world.sweep() == []
        again = await world.connect("ana", knows=ana.view)
        assert again.welcome.then == (wire.Unplaced(why="none"),)
        assert (await again.check_in()).seat_wanted
        assert await again.place()
        assert again.room != ben.room

    async def test_an_author_who_gave_way_and_went_away_is_not_called_for(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await separate(world, ana, ben)
        await ana.drop()
        assert await world.sweep() == []
        again = await world.connect("ana")
        assert again.welcome.then == (wire.Unplaced(why="none"),)

    @pytest.mark.parametrize("why", ["left", "quiet_area"])
    async def test_an_author_who_gave_way_and_is_cleared_from_elsewhere_hears_so_once(
        self, world: World, why: str
    ) -> None:
        ana, ben = await world.together("ana", "ben")
        await separate(world, ana, ben)
        assert await world.settled(world.hubs[-1].clear(ana.person, None, world.now_ms, why=why))
        assert [heard for heard in ana.heard if isinstance(heard, wire.Unplaced)] == [wire.Unplaced(why=why)]
        assert await world.sweep() == []

    async def test_an_author_who_gave_way_is_called_for_once_though_a_moment_comes_too(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ana.check_in(BESIDE)
        due_ms = world.moment_ms(ana, 0)
        await separate(world, ana, ben)
        assert await world.go_to(due_ms) == [ana.person]

    async def test_an_author_who_gave_way_and_leaves_had_a_seat_to_leave(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await separate(world, ana, ben)
        assert await ana.leave()
        assert not await ana.leave()

    @pytest.mark.parametrize("is_mutual", [True, False])
    async def test_nobody_gets_a_lost_seat_back_where_a_conflict_is(self, world: World, is_mutual: bool) -> None:
        ana, ben = await world.together("ana", "ben")
        await ana.drop()
        await world.go_to(world.now_ms + world.rules.seat_hold_ms)
        await separate(world, ana, ben, is_mutual=is_mutual)
        again = await world.connect("ana", resume=unknown_position(ben.room))
        assert not again.sits
        await reconcile(world, ana, ben)
        assert (await world.connect("ana", resume=unknown_position(ben.room))).room == ben.room

    async def test_who_gets_a_lost_seat_back_makes_the_author_give_way(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ben.drop()
        await world.go_to(world.now_ms + world.rules.seat_hold_ms)
        await separate(world, ana, ben, is_mutual=False)
        room = ana.room
        again = await world.connect("ben", resume=unknown_position(room))
        assert (again.room, len(again.view.members), ana.sits) == (room, 1, False)
        assert await world.sweep() == [ana.person]

    async def test_a_reconciled_conflict_keeps_nobody_out_and_that_of_the_other_stays(self, world: World) -> None:
        (ben,) = await world.together("ben")
        ana = await newcomer(world, "ana")
        await separate(world, ana, ben)
        await separate(world, ben, ana)
        await reconcile(world, ana, ben)
        assert not await ana.seat(ben.room, "new")
        await reconcile(world, ben, ana)
        await reconcile(world, ben, ana)
        assert await ana.seat(ben.room, "new")

    async def test_people_nobody_knows_may_be_in_conflict(self, world: World) -> None:
        hub, ana, ben = world.hubs[0], PersonId("ana"), PersonId("ben")
        await hub.separate(ana, ben, world.now_ms, is_mutual=True)
        (there,) = await world.together("ben")
        assert not await (await newcomer(world, "ana")).seat(there.room, "new")
        await hub.reconcile(PersonId("nobody"), PersonId("else"))

    async def test_only_the_newest_conflicts_of_an_author_are_kept(self, open_world: OpenWorld) -> None:
        world = await open_world(replace(RULES, conflicts=2))
        others = [(await world.together(name))[0] for name in ("ben", "cleo", "dan")]
        ana = await newcomer(world, "ana")
        for other in others:
            await separate(world, ana, other)
        assert await rooms_offered(ana) == {others[0].room}

    async def test_who_is_removed_has_no_seat_and_never_gets_back_into_that_room(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        room, was = ana.room, ana.view.you
        await remove(world, ana, room)
        assert (ana.heard[-1], ana.sits) == (wire.Unplaced(why="removed"), False)
        assert ben.heard[-1] == wire.Left(room=room, seq=ben.view.seq, member=was)
        assert await world.sweep() == []
        await world.wait(RULES.shun_ms, ben)
        assert (await ana.check_in()).wish == "new"
        assert await rooms_offered(ana) == set()
        assert not await ana.seat(room, "new")
        assert await ana.place()
        assert ana.room != room

    async def test_who_is_removed_while_away_finds_no_seat_and_cannot_resume(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        room, resume = ana.room, ana.view.position()
        await ana.drop()
        await remove(world, ana, room)
        back = await world.connect("ana", resume=resume)
        assert not back.sits

    async def test_who_lost_the_seat_before_being_removed_does_not_get_it_back(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        room, resume = ana.room, ana.view.position()
        await ana.drop()
        await world.wait(RULES.seat_hold_ms, ben)
        await remove(world, ana, room)
        back = await world.connect("ana", resume=resume)
        assert not back.sits

    async def test_to_remove_somebody_from_another_room_or_who_is_not_there_takes_no_seat(self, world: World) -> None:
        (ana,) = await world.together("ana")
        await remove(world, ana, RoomId("elsewhere"))
        await world.settled(world.hubs[-1].remove(PersonId("who"), ana.room, world.now_ms))
        assert ana.sits
