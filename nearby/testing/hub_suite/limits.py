"""Limits: over one nothing happens, and the wait given is exact."""
# ruff: noqa: D102  The name of a test is its sentence.

import pytest

from nearby.core import wire
from nearby.core.ids import PersonId
from nearby.core.rules import HOUR_MS, MINUTE_MS
from nearby.errors import ErrorCode
from nearby.hub.base import Caller
from nearby.testing.hub_suite.base import SuiteBase, refusal, refusal_code
from nearby.testing.hub_suite.given import AWAY, verified
from nearby.testing.hub_suite.moves import go_away
from nearby.testing.hub_suite.world import Phone, World


async def use_up_joins(phone: Phone, limit: int) -> None:
    """Take as many seats as an hour allows, the last one being in force."""
    await phone.check_in()
    assert await phone.open_room("new")
    for _ in range(limit - 1):
        assert await phone.open_room("next")


async def show_other_names(phone: Phone) -> None:
    """Renew by as many verified names as may be shown at once."""
    for number in range(phone.world.rules.change.burst):
        await phone.renew(verified(phone.person, f"Other {number}"))


class LimitsSuite(SuiteBase):
    """Rates, rolling counts and client networks."""

    async def test_more_than_three_check_ins_at_once_are_too_fast(self, world: World) -> None:
        ana = await world.connect("ana")
        for _ in range(world.rules.checkin.burst):
            await ana.check_in()
        refused = await refusal(ana.check_in(AWAY))
        assert (refused.code, refused.retry_ms) == (ErrorCode.RATE_LIMITED, world.rules.checkin.period_ms)
        world.clock.advance(world.rules.checkin.period_ms - 1)
        assert await refusal_code(ana.check_in()) is ErrorCode.RATE_LIMITED
        world.clock.advance(1)
        await ana.check_in()

    async def test_a_check_in_refused_for_its_rate_changes_no_cell(self, world: World) -> None:
        ana = await world.connect("ana")
        for _ in range(world.rules.checkin.burst):
            await ana.check_in()
        await refusal(ana.check_in(AWAY))
        await world.go_to(world.moment_ms(ana, 1))
        offer = await ana.offer()
        assert offer is not None
        assert offer.catchment != AWAY.res5

    async def test_clearing_does_not_reset_the_check_in_rate(self, world: World) -> None:
        ana = await world.connect("ana")
        for _ in range(world.rules.checkin.burst):
            await ana.check_in()
        await ana.leave()
        assert await refusal_code(ana.check_in()) is ErrorCode.RATE_LIMITED
        assert (await world.statistics()).people == 0

    async def test_six_joins_an_hour_and_the_seventh_check_in_is_refused_whole(self, world: World) -> None:
        ana = await world.connect("ana")
        started_ms = world.now_ms
        await use_up_joins(ana, world.rules.joins_per_hour)
        await ana.leave()
        world.clock.advance(world.rules.checkin.period_ms)
        refused = await refusal(ana.check_in())
        assert (refused.code, refused.retry_ms) == (
            ErrorCode.RATE_LIMITED,
            started_ms + world.rules.hour_ms - world.now_ms,
        )
        assert (await world.statistics()).people == 0
        assert await ana.offer() is None
        await world.go_to(started_ms + world.rules.hour_ms - 1)
        assert await refusal_code(ana.check_in()) is ErrorCode.RATE_LIMITED
        await world.go_to(started_ms + world.rules.hour_ms)
        assert (await ana.check_in()).seat_wanted
        assert await ana.open_room("new")

    async def test_joins_and_shunned_rooms_outlast_going_away(self, world: World) -> None:
        (ben,) = await world.together("ben")
        ana = await world.connect("ana")
        await ana.check_in()
        assert await ana.seat(ben.room, "new")
        for _ in range(world.rules.joins_per_hour - 2):
            assert await ana.open_room("next")
        await ana.leave()
        await ana.drop()
        await world.wait(world.rules.shun_ms // 2, ben)
        again = await world.connect("ana")
        await again.check_in()
        assert not await again.seat(ben.room, "new")
        assert await again.open_room("new")
        assert await refusal_code(again.ask_next()) is ErrorCode.RATE_LIMITED

    async def test_the_verified_may_join_twelve_times(self, world: World) -> None:
        ana = await world.connect(Caller(PersonId("ana"), name="Ana", verified=True))
        await use_up_joins(ana, world.rules.joins_per_hour_verified)
        assert await refusal_code(ana.ask_next()) is ErrorCode.RATE_LIMITED

    async def test_next_is_refused_when_it_would_be_one_join_too_many(self, world: World) -> None:
        ana = await world.connect("ana")
        await use_up_joins(ana, world.rules.joins_per_hour - 1)
        await ana.ask_next()
        assert await ana.open_room("next")
        refused = await refusal(ana.ask_next())
        assert (refused.code, refused.retry_ms) == (ErrorCode.RATE_LIMITED, world.rules.hour_ms)

    async def test_a_seat_that_would_be_one_join_too_many_is_not_given(self, world: World) -> None:
        (ben,) = await world.together("ben")
        ana = await world.connect("ana")
        await use_up_joins(ana, world.rules.joins_per_hour)
        before = (ana.heard, ben.heard)
        assert not await ana.seat(ben.room, "next")
        assert not await ana.open_room("next")
        assert (ana.heard, ben.heard) == before

    @pytest.mark.parametrize("minutes", [50, 59])
    async def test_coming_and_going_does_not_make_joins_be_forgotten_early(self, world: World, minutes: int) -> None:
        ana = await world.arrive("ana")
        await ana.leave()
        await ana.drop()
        await world.go_to(world.now_ms + minutes * MINUTE_MS)
        ana = await world.connect("ana")
        await use_up_joins(ana, world.rules.joins_per_hour - 1)
        await ana.leave()
        await ana.drop()
        await world.go_to(world.now_ms + (61 - minutes) * MINUTE_MS)
        ana = await world.arrive("ana")
        assert await refusal_code(ana.ask_next()) is ErrorCode.RATE_LIMITED

    async def test_of_more_than_three_names_at_once_the_newest_is_shown_when_it_may(self, world: World) -> None:
        ana, ben = await world.together("ana", verified("ben", "Ben 0"))
        for number in range(1, world.rules.change.burst + 4):
            await ben.renew(verified("ben", f"Ben {number}"))
        last = f"Ben {world.rules.change.burst}"
        assert [member.name for member in ana.view.members.values() if member.verified] == [last]
        before = ana.heard
        await world.go_to(world.now_ms + world.rules.change.period_ms - 1)
        assert ana.heard == before
        await world.go_to(world.now_ms + 1)
        newest = f"Ben {world.rules.change.burst + 3}"
        assert [member.name for member in ana.view.members.values() if member.verified] == [newest]
        assert len(ana.heard) == len(before) + 1

    async def test_two_tokens_shown_in_turn_flood_no_room(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        heard = len(ana.heard)
        for number in range(100):
            caller = verified("ben", f"Ben {number % 2}")
            if number % 10 == 9:
                ben = await world.connect(caller)
            elif number % 10 == 8:
                await ben.drop()
            elif number % 10 < 7:
                await ben.renew(caller)
            world.clock.advance(100)
        await world.sweep()
        assert len(ana.heard) - heard == world.rules.change.burst

    async def test_a_name_that_a_reconnection_brings_too_soon_is_shown_when_it_may(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await show_other_names(ben)
        before = ana.heard
        await world.connect(verified("ben", "Benno"))
        again = await world.connect("ben")
        assert ana.heard == before
        await world.go_to(world.now_ms + world.rules.change.period_ms - 1)
        assert ana.heard == before
        await world.go_to(world.now_ms + 1)
        changed = ana.heard[-1]
        assert isinstance(changed, wire.Changed)
        assert (changed.member.member, changed.member.verified) == (again.view.you, False)
        assert len(ana.heard) == len(before) + 1

    async def test_a_name_that_waits_is_not_shown_once_it_is_another(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await show_other_names(ben)
        shown = ana.view.members[ben.view.you]
        before = ana.heard
        await world.connect("ben")
        await world.connect(verified("ben", shown.name))
        await world.go_to(world.now_ms + world.rules.change.period_ms)
        assert ana.heard == before

    async def test_a_new_room_sees_the_newest_name_whatever_the_rate(self, world: World) -> None:
        _, ben = await world.together("ana", "ben")
        await show_other_names(ben)
        ben = await world.connect(verified("ben", "Benno"))
        assert await ben.open_room("next")
        assert ben.view.members[ben.view.you].name == "Benno"
        await ben.renew(verified("ben", "Ben"))
        assert ben.view.members[ben.view.you].name == "Benno"

    async def test_without_a_room_nobody_sees_a_change_and_any_number_is_taken(self, world: World) -> None:
        ben = await world.connect("ben")
        for number in range(2 * world.rules.change.burst):
            await ben.renew(verified("ben", f"Ben {number}"))
        await ben.check_in()
        assert await ben.open_room("new")
        await show_other_names(ben)

    async def test_changes_outlast_going_away(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        await world.wait(world.rules.hour_ms, ana, ben)
        await world.go_to(world.now_ms + MINUTE_MS)  # Neither a join nor the check-in is a reason to remember.
        await show_other_names(ben)
        may_ms = world.now_ms + world.rules.change.period_ms
        await ben.leave()
        await ben.drop()
        await world.go_to(may_ms - 1)
        ben = await world.arrive("ben")
        await ben.renew(verified("ben", "Ben"))
        assert ben.view.members[ben.view.you].name != "Ben"
        await world.go_to(may_ms)
        assert ben.view.members[ben.view.you].name == "Ben"

    @pytest.mark.parametrize("joins_left", [0, 1])
    async def test_a_move_is_no_join(self, world: World, joins_left: int) -> None:
        ana = await world.connect("ana")
        await use_up_joins(ana, world.rules.joins_per_hour - joins_left)
        await world.go_to(await go_away(world, ana))
        assert await ana.open_room("moved", AWAY.res5)
        assert ana.view.why == "moved"
        for _ in range(joins_left):
            await ana.ask_next()
            assert await ana.open_room("next", AWAY.res5)
        assert await refusal_code(ana.ask_next()) is ErrorCode.RATE_LIMITED

    @pytest.mark.parametrize("why", ["new", "next", "moved"])
    async def test_a_first_seat_is_a_join_whatever_was_wished_for(self, world: World, why: str) -> None:
        ana = await world.connect("ana")
        await use_up_joins(ana, world.rules.joins_per_hour - 1)
        await ana.leave()
        await ana.check_in()
        assert await ana.open_room(why)
        await ana.drop()
        await world.go_to(world.now_ms + world.rules.seat_hold_ms)
        again = await world.connect("ana")
        assert not await again.open_room(why)
        assert not again.sits

    async def test_who_has_a_seat_may_check_in_whatever_was_joined(self, world: World) -> None:
        ana = await world.connect("ana")
        await use_up_joins(ana, world.rules.joins_per_hour)
        assert not (await ana.check_in()).seat_wanted

    async def test_coming_back_is_no_join(self, world: World) -> None:
        await world.together("ben")
        ana = await world.connect("ana")
        await use_up_joins(ana, world.rules.joins_per_hour - 1)
        await ana.drop()
        held = await world.connect("ana", knows=ana.view)
        assert held.sits
        await held.ask_next()
        await held.drop()
        await world.go_to(world.now_ms + world.rules.seat_hold_ms)
        returned = await world.connect("ana", knows=held.view)
        assert returned.sits
        await returned.ask_next()

    async def test_a_networks_events_are_counted_in_any_span(self, world: World) -> None:
        async def spend(purpose: str, network: str) -> int:
            hub = world.hubs[world.now_ms % len(world.hubs)]
            return await hub.spend(purpose, network, limit=2, span_ms=HOUR_MS, now_ms=world.now_ms)

        assert await spend("guests", "net") == 0
        world.clock.advance(1_001)
        assert await spend("guests", "net") == 0
        world.clock.advance(1_000)
        assert await spend("guests", "net") == HOUR_MS - 2_001
        assert await spend("guests", "other") == await spend("other", "net") == 0
        await world.go_to(world.now_ms + HOUR_MS - 2_002)
        assert await spend("guests", "net") == 1
        await world.go_to(world.now_ms + 1)
        assert await spend("guests", "net") == 0
        assert await spend("guests", "net") == 1_001

    async def test_a_networks_open_connections_are_counted(self, world: World) -> None:
        first, last = world.hubs[0], world.hubs[-1]
        assert await first.connect_network("net", 2)
        assert await last.connect_network("net", 2)
        assert not await first.connect_network("net", 2)
        assert not await last.connect_network("net", 2)
        assert await last.connect_network("other", 2)
        await first.disconnect_network("net")
        assert await last.connect_network("net", 2)
        assert not await first.connect_network("net", 2)

    async def test_everything_is_forgotten_when_everybody_is_gone(self, world: World) -> None:
        phones = await world.together("ana", "ben")
        await phones[0].say("hello", 1)
        await phones[0].leave()
        for phone in phones:
            await phone.drop()
        await world.go_to(world.now_ms + 3 * HOUR_MS)
        await world.sweep()
        found = await world.statistics()
        assert (found.people, found.connections, found.held_seats, found.timers) == (0, 0, 0, 0)
        assert (found.rooms_by_size, found.open_catchments) == ({}, {7: 0, 6: 0})
        assert isinstance((await world.connect("ana")).welcome.then[0], wire.Unplaced)
