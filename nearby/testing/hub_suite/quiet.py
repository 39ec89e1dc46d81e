"""Check-ins inside quiet areas: they clear, by the rate of check-ins, and leave nothing else behind."""
# ruff: noqa: D102  The name of a test is its sentence.

import pytest

from nearby.core import wire
from nearby.core.ids import ConnectionId, PersonId
from nearby.errors import ErrorCode, Superseded
from nearby.testing.hub_suite.base import SuiteBase, refusal
from nearby.testing.hub_suite.world import World


async def clear(world: World, person: PersonId, connection: ConnectionId | None = None) -> bool:
    """Check a person in inside a quiet area."""
    return await world.settled(world.hubs[-1].clear(person, connection, world.now_ms, why="quiet_area"))


class QuietSuite(SuiteBase):
    """Clearing for ``quiet_area``."""

    async def test_a_quiet_area_ends_presence_and_seat_and_others_hear_left(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        assert await world.settled(ben.hub.clear(ben.person, ben.connection, world.now_ms, why="quiet_area"))
        assert isinstance(ana.heard[-1], wire.Left)
        assert [type(heard) for heard in ben.heard[1:]] == [wire.Placed]
        assert await ben.offer() is None
        assert (await world.statistics()).people == 1

    async def test_from_elsewhere_the_connection_is_told_whether_it_had_a_seat_or_not(self, world: World) -> None:
        ana, ben = await world.arrive("ana"), await world.connect("ben")
        assert await clear(world, ana.person)
        assert not await clear(world, ben.person)
        told = wire.Unplaced(why="quiet_area")
        assert [heard for heard in ana.heard if isinstance(heard, wire.Unplaced)] == [told]
        assert ben.heard[1:] == [told]

    async def test_it_counts_by_the_check_in_rate_and_over_it_nothing_happens(self, world: World) -> None:
        (ana,) = await world.together("ana")
        for _ in range(world.rules.checkin.burst - 1):
            await ana.check_in()
        refused = await refusal(clear(world, ana.person))
        assert (refused.code, refused.retry_ms) == (ErrorCode.RATE_LIMITED, world.rules.checkin.period_ms)
        assert refused.limit == "checkin"
        assert (ana.sits, (await world.statistics()).people) == (True, 1)
        world.clock.advance(world.rules.checkin.period_ms)
        assert await clear(world, ana.person)

    async def test_somebody_unknown_is_limited_too_and_not_remembered_beyond_that(self, world: World) -> None:
        nobody = PersonId("nobody")
        for _ in range(world.rules.checkin.burst):
            assert not await clear(world, nobody)
        assert (await refusal(clear(world, nobody))).code is ErrorCode.RATE_LIMITED
        assert (await world.statistics()).people == 0
        await world.go_to(world.now_ms + world.rules.checkin.period_ms * world.rules.checkin.burst)
        assert (await world.statistics()).timers == 0

    async def test_the_next_check_in_outside_gives_a_first_seat(self, world: World) -> None:
        ana = await world.arrive("ana")
        await clear(world, ana.person)
        assert (await ana.check_in()).seat_wanted
        assert await ana.place()
        assert ana.view.why == "new"

    async def test_a_phone_that_was_away_does_not_get_its_room_back(self, world: World) -> None:
        ana, ben = await world.together("ana", "ben")
        knows = ana.view
        await ana.drop()
        assert await clear(world, ana.person)
        assert isinstance(ben.heard[-1], wire.Left)
        again = await world.connect("ana", knows=knows)
        assert not again.sits
        assert again.welcome.then == (wire.Unplaced(why="none"),)

    async def test_a_replaced_connection_clears_nothing(self, world: World) -> None:
        ana, _ = await world.together("ana", "ben")
        newer = await world.connect("ana")
        with pytest.raises(Superseded):
            await clear(world, ana.person, ana.connection)
        assert newer.sits
