"""How many cells may come into force for a person in an hour."""
# ruff: noqa: D102  The name of a test is its sentence.

import pytest

from nearby.core.cell import Ladder, ladder_of
from nearby.core.rules import MINUTE_MS
from nearby.errors import ErrorCode
from nearby.testing.hub_suite.base import SuiteBase, refusal
from nearby.testing.hub_suite.given import AWAY, HERE
from nearby.testing.hub_suite.lifts import catchment_for
from nearby.testing.hub_suite.world import Phone, World

PLACES: list[Ladder] = [ladder_of(52.52 + step, 13.40) for step in range(10)]
"""Places of which no two share a rung."""


async def sweep_through(phone: Phone, places: list[Ladder]) -> None:
    """Let a phone clear its location and check in elsewhere, as fast as check-ins are taken."""
    for place in places:
        await phone.leave()
        phone.world.clock.advance(phone.world.rules.checkin.period_ms)
        await phone.check_in(place)


class CellsSuite(SuiteBase):
    """The rate of cells in force."""

    async def test_the_first_check_in_of_a_seventh_cell_in_an_hour_is_refused_whole(self, world: World) -> None:
        ana, started_ms = await world.connect("ana"), world.now_ms
        await sweep_through(ana, PLACES[: world.rules.cells_per_hour])
        first_ms = started_ms + world.rules.checkin.period_ms
        await ana.leave()
        world.clock.advance(world.rules.checkin.period_ms)
        refused = await refusal(ana.check_in(PLACES[-1]))
        assert (refused.code, refused.limit) == (ErrorCode.RATE_LIMITED, "cells")
        assert refused.retry_ms == first_ms + world.rules.hour_ms - world.now_ms
        assert (await world.statistics()).people == 0
        await world.go_to(first_ms + world.rules.hour_ms - 1)
        assert (await refusal(ana.check_in(PLACES[-1]))).limit == "cells"
        world.clock.advance(1)
        assert (await ana.check_in(PLACES[-1])).area == PLACES[-1].res5

    async def test_a_first_check_in_counts_one_though_the_cell_is_the_same(self, world: World) -> None:
        ana = await world.connect("ana")
        await sweep_through(ana, [HERE] * world.rules.cells_per_hour)
        await ana.leave()
        world.clock.advance(world.rules.checkin.period_ms)
        assert (await refusal(ana.check_in(HERE))).limit == "cells"

    async def test_check_ins_in_the_cell_in_force_count_nothing(self, world: World) -> None:
        ana = await world.arrive("ana")
        for _ in range(2 * world.rules.cells_per_hour):
            world.clock.advance(MINUTE_MS)
            await ana.check_in()
        await sweep_through(ana, PLACES[1 : world.rules.cells_per_hour])
        assert await catchment_for(ana) == PLACES[world.rules.cells_per_hour - 1].res5

    @pytest.mark.parametrize("waits", [1, 2, 3])
    async def test_a_change_over_the_rate_waits_for_the_next_moment_that_may_have_it_and_nobody_is_told(
        self, world: World, waits: int
    ) -> None:
        """The hour ends ``waits`` moments after the first one that it refuses."""
        ana, span_ms = await world.connect("ana"), world.rules.window_ms
        started_ms = world.now_ms
        await sweep_through(ana, PLACES[: world.rules.cells_per_hour])
        free_ms = started_ms + world.rules.checkin.period_ms + world.rules.hour_ms
        held = PLACES[world.rules.cells_per_hour - 1]
        until_ms = world.windows.start_ms(world.windows.at(free_ms) - waits)
        await world.wait(until_ms - world.now_ms, ana, ladder=held)
        refused = 0
        while await catchment_for(ana) == held.res5:
            moment_ms = world.moment_ms(ana, 0)
            standing = await ana.check_in(AWAY)
            assert standing.area == held.res5
            await world.go_to(max(world.now_ms, moment_ms))
            came = await catchment_for(ana) == AWAY.res5
            assert came == (world.now_ms >= free_ms)
            refused += not came
            await world.go_to(world.windows.start_ms(world.windows.at(world.now_ms) + 1))
        assert refused >= waits
        assert world.now_ms < free_ms + 2 * span_ms
