"""Presence: cells in force, moments, lapses, moves and the areas that open and close."""
# ruff: noqa: D102  The name of a test is its sentence.

from collections.abc import Awaitable, Callable

import pytest

from nearby.core import wire
from nearby.core.cell import Ladder
from nearby.core.ids import Cell, PersonId
from nearby.core.venue import CatchmentId
from nearby.hub.base import Caller
from nearby.testing.hub_suite.base import SuiteBase, refusal
from nearby.testing.hub_suite.given import AWAY, BESIDE, HERE
from nearby.testing.hub_suite.world import Phone, World

DAY_MS = 24 * 3_600_000


async def catchment_of(phone: Phone) -> CatchmentId:
    """Return where the phone's person may be seated."""
    offer = await phone.offer()
    assert offer is not None
    return offer.catchment


async def cell_of(phone: Phone) -> Cell | None:
    """Return the cell that the phone's person has in force."""
    return await phone.world.settled(phone.hub.cell_of(phone.person))


async def crowd(world: World, size: int, ladder: Ladder = HERE, *, established: bool = True) -> list[Phone]:
    """Return people who are present without a seat."""
    phones = []
    for number in range(size):
        phone = await world.connect(Caller(PersonId(f"p{number}"), established=established))
        await phone.check_in(ladder)
        phones.append(phone)
    return phones


async def stay(world: World, windows: int, phones: list[Phone], ladder: Ladder = HERE) -> None:
    """Let whole windows pass with these people present."""
    for _ in range(windows):
        await world.wait(world.rules.window_ms, *phones, ladder=ladder)


Reclaim = Callable[[Phone, Caller], Awaitable[Phone]]


async def renewed(phone: Phone, caller: Caller) -> Phone:
    """Return the phone after it showed another token."""
    await phone.renew(caller)
    return phone


async def reconnected(phone: Phone, caller: Caller) -> Phone:
    """Return a newer connection of the same person, by another token."""
    return await phone.world.connect(caller)


async def checked_in_without_a_connection(phone: Phone, caller: Caller) -> Phone:
    """Return the phone of somebody who hung up and checked in by another token."""
    await phone.drop()
    phone.caller = caller
    await phone.check_in()
    return phone


class PresenceSuite(SuiteBase):
    """Where people count, and what time does to that."""

    async def test_a_first_check_in_is_in_force_at_once(self, world: World) -> None:
        ana = await world.connect("ana")
        assert (await ana.check_in(AWAY)).area == AWAY.res5
        assert await catchment_of(ana) == AWAY.res5
        await ana.leave()
        assert (await ana.check_in(HERE)).area == HERE.res5

    async def test_the_cell_in_force_can_be_asked_for_while_presence_holds(self, world: World) -> None:
        assert await world.settled(world.hubs[-1].cell_of(PersonId("ana"))) is None
        ana = await world.connect("ana")
        assert await cell_of(ana) is None
        await ana.check_in(HERE)
        await ana.check_in(AWAY)
        assert await cell_of(ana) == HERE.res7
        await world.go_to(world.moment_ms(ana, 0))
        assert await cell_of(ana) == AWAY.res7
        await ana.leave()
        assert await cell_of(ana) is None

    async def test_a_seat_is_wanted_by_who_is_connected_and_has_none(self, world: World) -> None:
        by_http = await world.settled(world.hubs[0].check_in(Caller(PersonId("ben")), HERE, world.now_ms))
        assert not by_http.seat_wanted
        ana = await world.connect("ana")
        assert (await ana.check_in()).seat_wanted
        await ana.open_room("new")
        assert not (await ana.check_in()).seat_wanted

    async def test_a_new_cell_comes_into_force_at_the_persons_moment(self, world: World) -> None:
        ana = await world.arrive("ana")
        due_ms = world.moment_ms(ana, 0)
        assert due_ms > world.now_ms
        assert (await ana.check_in(AWAY)).area == HERE.res5
        await world.go_to(due_ms - 1)
        assert await catchment_of(ana) == HERE.res5
        await world.go_to(due_ms)
        assert await catchment_of(ana) == AWAY.res5

    async def test_after_the_moment_a_new_cell_waits_for_the_next_one(self, world: World) -> None:
        ana = await world.arrive("ana")
        await world.go_to(world.moment_ms(ana, 0))
        due_ms = world.moment_ms(ana, 1)
        await ana.check_in(AWAY)
        await world.go_to(due_ms - 1)
        assert await catchment_of(ana) == HERE.res5
        await world.go_to(due_ms)
        assert await catchment_of(ana) == AWAY.res5

    async def test_who_is_back_before_the_moment_never_moved(self, world: World) -> None:
        ana = await world.arrive("ana")
        await ana.check_in(AWAY)
        await ana.check_in(HERE)
        await world.go_to(world.moment_ms(ana, 0))
        assert await catchment_of(ana) == HERE.res5

    async def test_a_moment_that_no_sweep_came_to_yet_is_over_for_who_checks_in(self, world: World) -> None:
        ana = await world.arrive("ana")
        await ana.check_in(AWAY)
        world.clock.advance(world.moment_ms(ana, 0) + 1 - world.now_ms)
        await ana.check_in(HERE)
        assert await cell_of(ana) == AWAY.res7
        await world.go_to(world.moment_ms(ana, 1))
        assert await cell_of(ana) == HERE.res7

    async def test_a_lapse_that_no_sweep_came_to_yet_is_over_for_who_checks_in(self, world: World) -> None:
        ana = await world.arrive("ana")
        due_ms = world.moment_ms(ana, 2)
        await world.go_to(due_ms - 1)
        world.clock.advance(2)
        assert (await ana.check_in(AWAY)).wish == "new"
        assert ana.heard[-1] == wire.Unplaced(why="expired")
        assert await cell_of(ana) == AWAY.res7

    async def test_a_lapse_that_no_sweep_came_to_yet_is_over_for_who_leaves(self, world: World) -> None:
        ana = await world.arrive("ana")
        await world.go_to(world.moment_ms(ana, 2) - 1)
        world.clock.advance(2)
        assert not await ana.leave()
        assert ana.heard[-1] == wire.Unplaced(why="expired")

    async def test_a_lapse_that_no_sweep_came_to_yet_is_over_for_who_connects(self, world: World) -> None:
        ana = await world.arrive("ana")
        await world.go_to(world.moment_ms(ana, 2) - 1)
        world.clock.advance(2)
        assert not (await world.connect("ana", knows=ana.view)).sits

    async def test_a_lapse_that_no_sweep_came_to_yet_is_over_for_who_shows_another_token(self, world: World) -> None:
        ana = await world.arrive("ana")
        await world.go_to(world.moment_ms(ana, 2) - 1)
        world.clock.advance(2)
        await ana.renew(ana.caller)
        assert ana.heard[-1] == wire.Unplaced(why="expired")

    async def test_a_repeated_check_in_taken_after_its_window_puts_the_lapse_off(self, world: World) -> None:
        ana = await world.arrive("ana")
        late_ms = world.now_ms + world.rules.checkin.period_ms
        window = world.windows.at(late_ms) + 1
        await world.go_to(world.windows.start_ms(window))
        # What a gateway knows of her it knows in this window too.
        assert await cell_of(ana) == HERE.res7
        assert (await world.settled(ana.hub.check_in(ana.caller, HERE, late_ms))).window == window
        await world.go_to(world.moment_ms(ana, 1) + 1)
        assert ana.sits

    async def test_whose_clock_is_behind_the_window_has_limits_by_their_own(self, world: World) -> None:
        behind_ms, period_ms = world.now_ms, world.rules.checkin.period_ms
        await world.settled(world.hubs[0].sweep(behind_ms + 2 * world.rules.window_ms))
        for number in range(2 * world.rules.checkin.burst):
            await world.hubs[-1].check_in(Caller(PersonId("ana")), HERE, behind_ms + number * period_ms)

    async def test_a_check_in_taken_after_its_window_counts_in_the_one_under_way(self, world: World) -> None:
        ana = await world.arrive("ana")
        late_ms, window = world.now_ms, world.windows.at(world.now_ms) + 1
        await world.go_to(world.windows.start_ms(window))
        standing = await world.settled(ana.hub.check_in(ana.caller, AWAY, late_ms))
        assert standing.window == window
        assert await cell_of(ana) == HERE.res7
        await world.go_to(world.moment_ms(ana, 0))
        assert await cell_of(ana) == AWAY.res7
        assert (await ana.check_in(AWAY)).window == window

    async def test_presence_lapses_at_the_persons_moment_in_the_second_window_after(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        due_ms = world.moment_ms(ana, 2)
        await world.wait(world.rules.window_ms, ben)
        await world.go_to(due_ms - 1)
        assert ana.sits
        await world.go_to(due_ms)
        assert ana.heard[-1] == wire.Unplaced(why="expired")
        assert isinstance(ben.heard[-1], wire.Left)
        assert await ana.offer() is None
        assert (await world.statistics()).people == 1

    async def test_a_check_in_puts_the_lapse_off(self, world: World) -> None:
        ana = await world.arrive("ana")
        first_ms = world.moment_ms(ana, 2)
        await world.go_to(world.now_ms + world.rules.window_ms)
        await ana.check_in()
        due_ms = world.moment_ms(ana, 2)
        await world.go_to(first_ms)
        await world.go_to(due_ms - 1)
        assert ana.sits
        await world.go_to(due_ms)
        assert not ana.sits

    async def test_presence_without_a_connection_counts_and_lapses(self, world: World) -> None:
        await world.settled(world.hubs[0].check_in(Caller(PersonId("ana")), HERE, world.now_ms))
        found = await world.statistics()
        assert (found.people, found.connections) == (1, 0)
        await world.go_to(world.now_ms + 3 * world.rules.window_ms)
        assert (await world.statistics()).people == 0

    async def test_who_left_the_rooms_area_is_placed_anew_in_the_second_window(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        await ana.check_in(AWAY)
        due_ms = world.moment_ms(ana, 2)
        assert await world.wait(world.rules.window_ms, ana, ladder=AWAY) == []
        assert await world.go_to(due_ms - 1) == []
        assert await world.go_to(due_ms) == [ana.person]
        assert await ana.place("moved")
        assert (ana.view.why, ana.view.area.cell) == ("moved", format(AWAY.res5, "x"))
        assert await world.sweep() == []

    async def test_who_just_spoke_is_not_moved_for_ten_seconds(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        await ana.check_in(AWAY)
        due_ms = world.moment_ms(ana, 2)
        await world.wait(world.rules.window_ms, ana, ladder=AWAY)
        await world.go_to(due_ms - 1)
        await ana.say("I am just telling a story")
        spoke_ms = world.now_ms
        assert await world.go_to(due_ms) == []
        assert await world.go_to(spoke_ms + world.rules.settle_ms - 1) == []
        assert await world.go_to(spoke_ms + world.rules.settle_ms) == [ana.person]

    async def test_who_came_back_to_the_rooms_area_keeps_the_seat(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        await ana.check_in(AWAY)
        await world.go_to(world.moment_ms(ana, 0))
        await ana.check_in(HERE)
        assert await world.wait(4 * world.rules.window_ms, ana) == []
        assert ana.sits

    async def test_another_cell_under_the_rooms_area_moves_nobody(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        assert await world.wait(4 * world.rules.window_ms, ana, ladder=BESIDE) == []
        assert ana.sits

    async def test_a_sweep_repeated_on_any_gateway_does_nothing_more(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await ana.drop()
        await world.go_to(world.now_ms + world.rules.seat_hold_ms)
        before = ben.heard
        for hub in world.hubs:
            assert list(await world.settled(hub.sweep(world.now_ms))) == []
        assert ben.heard == before

    async def test_enough_established_people_open_their_cell_after_three_windows(self, world: World) -> None:
        phones = await crowd(world, world.rules.open_res7)
        await stay(world, world.rules.streak - 1, phones)
        assert await catchment_of(phones[0]) == HERE.res5
        await stay(world, 1, phones)
        assert await catchment_of(phones[0]) == HERE.res7
        assert (await phones[0].check_in()).area == HERE.res7
        assert (await world.statistics()).open_catchments == {7: 1, 6: 1}

    async def test_one_too_few_open_only_the_coarser_cell(self, world: World) -> None:
        phones = await crowd(world, world.rules.open_res7 - 1)
        await stay(world, world.rules.streak, phones)
        assert await catchment_of(phones[0]) == HERE.res6

    @pytest.mark.parametrize("is_enough", [True, False])
    async def test_the_coarser_cell_opens_at_a_lower_count(self, world: World, is_enough: bool) -> None:
        phones = await crowd(world, world.rules.open_res6 - (not is_enough))
        await stay(world, world.rules.streak, phones)
        assert await catchment_of(phones[0]) == (HERE.res6 if is_enough else HERE.res5)

    async def test_unestablished_people_open_nothing(self, world: World) -> None:
        phones = await crowd(world, 2 * world.rules.open_res7, established=False)
        await stay(world, world.rules.streak + 1, phones)
        assert await catchment_of(phones[0]) == HERE.res5

    @pytest.mark.parametrize("how", [renewed, reconnected, checked_in_without_a_connection])
    async def test_who_becomes_established_counts_from_then_on(self, world: World, how: Reclaim) -> None:
        phones = await crowd(world, world.rules.open_res7, established=False)
        await stay(world, 1, phones)
        phones = [await how(phone, Caller(phone.person, established=True)) for phone in phones]
        await stay(world, world.rules.streak - 1, phones)
        assert (await world.statistics()).open_catchments == {7: 0, 6: 0}
        await stay(world, 1, phones)
        assert (await world.statistics()).open_catchments == {7: 1, 6: 1}

    @pytest.mark.parametrize("how", [renewed, reconnected, checked_in_without_a_connection])
    async def test_who_is_established_no_more_counts_for_this_window_and_for_no_later_one(
        self, world: World, how: Reclaim
    ) -> None:
        phones = await crowd(world, world.rules.open_res7)
        await stay(world, world.rules.streak, phones)
        phones = [await how(phone, Caller(phone.person)) for phone in phones]
        await stay(world, world.rules.streak, phones)
        assert (await world.statistics()).open_catchments == {7: 1, 6: 1}
        await stay(world, 1, phones)
        assert (await world.statistics()).open_catchments == {7: 0, 6: 0}

    async def test_a_token_that_changes_to_and_fro_counts_its_person_once(self, world: World) -> None:
        phones = await crowd(world, world.rules.open_res7 - 1)
        for _ in range(world.rules.streak):
            for is_established in (False, True, False):
                await phones[0].renew(Caller(phones[0].person, established=is_established))
            await phones[0].leave()
            await phones[0].renew(Caller(phones[0].person, established=True))
            await phones[0].check_in()
            await stay(world, 1, phones)
        assert (await world.statistics()).open_catchments == {7: 0, 6: 1}

    async def test_a_check_in_that_is_refused_makes_nobody_established(self, world: World) -> None:
        people = [PersonId(f"p{number}") for number in range(world.rules.open_res6)]
        for person in people:
            for _ in range(world.rules.checkin.burst):
                await world.settled(world.hubs[0].check_in(Caller(person), HERE, world.now_ms))
            await refusal(world.settled(world.hubs[0].check_in(Caller(person, established=True), HERE, world.now_ms)))
        for _ in range(world.rules.streak):
            await world.go_to(world.now_ms + world.rules.window_ms)
            for person in people:
                await world.settled(world.hubs[0].check_in(Caller(person), HERE, world.now_ms))
        assert (await world.statistics()).open_catchments == {7: 0, 6: 0}

    async def test_a_cell_closes_after_three_windows_with_too_few(self, world: World) -> None:
        phones = await crowd(world, world.rules.open_res7)
        await stay(world, world.rules.streak, phones)
        few = phones[: world.rules.open_res7 - 1]
        await phones[-1].leave()
        await stay(world, world.rules.streak, few)  # The first of these still counted everybody.
        assert await catchment_of(few[0]) == HERE.res7
        await stay(world, 1, few)
        assert await catchment_of(few[0]) == HERE.res6

    async def test_opening_a_finer_cell_moves_nobody(self, world: World) -> None:
        phones = await crowd(world, world.rules.open_res7)
        await phones[0].open_room("new")
        moved = await world.wait(6 * world.rules.window_ms, *phones)
        assert await catchment_of(phones[0]) == HERE.res7
        assert moved == []
        assert phones[0].view.area.resolution == 5

    async def test_a_clock_that_jumps_days_ends_what_was_and_lets_people_arrive(self, world: World) -> None:
        phones = await crowd(world, world.rules.open_res7)
        await stay(world, world.rules.streak, phones)
        await phones[0].open_room("new")
        await world.go_to(world.now_ms + 30 * DAY_MS)
        assert phones[0].heard[-1] == wire.Unplaced(why="expired")
        found = await world.statistics()
        assert (found.people, found.rooms_by_size, found.open_catchments) == (0, {}, {7: 0, 6: 0})
        late = await world.arrive("late")
        assert late.view.area.resolution == 5
        await world.wait(2 * world.rules.window_ms, late)
        assert late.sits
