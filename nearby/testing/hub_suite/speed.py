"""Check-ins that came too fast: what becomes of them, and that it does not show."""
# ruff: noqa: D102  The name of a test is its sentence.

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from nearby.core.area_index import AreaId
from nearby.core.cell import Ladder, ladder_of, metres_between
from nearby.core.rules import SECOND_MS, Rules
from nearby.core.venue import Venue
from nearby.core.wishes import Wishes
from nearby.hub.base import Standing
from nearby.testing.hub_suite.base import SuiteBase, refusal
from nearby.testing.hub_suite.given import HERE, RULES
from nearby.testing.hub_suite.world import Phone, World

OpenWorld = Callable[[Rules], Awaitable[World]]

NEXT_TOWN = ladder_of(52.40, 13.06)
"""27 km off: at 600 m/s in 45 s, at 150 m/s in three minutes, by train in ten."""

SPEEDS = replace(RULES, impossible_m_per_s=300)


def seconds_at(m_per_s: float) -> int:
    """Return how many ms the way to the next town takes at a speed."""
    return round(metres_between(HERE.res7, NEXT_TOWN.res7) / m_per_s * SECOND_MS)


def next_moment_ms(world: World, phone: Phone) -> int:
    """Return the person's first moment after now."""
    return next(at_ms for at_ms in (world.moment_ms(phone, 0), world.moment_ms(phone, 1)) if at_ms > world.now_ms)


async def cell_of(phone: Phone) -> int | None:
    """Return the cell in force."""
    return await phone.hub.cell_of(phone.person)


async def settled_here(open_world: OpenWorld) -> tuple[World, Phone]:
    """Return a phone that is seated here and checked in just now, right after its moment."""
    world = await open_world(SPEEDS)
    ana = await world.arrive("ana")
    await world.go_to(world.moment_ms(ana, 1) + 1)
    await ana.check_in()
    return world, ana


async def window_of_change(world: World, phone: Phone, check_in_again: Ladder) -> int:
    """Return after how many of the person's moments the cell in force was another one, 0 for never."""
    before = await cell_of(phone)
    for moments in range(1, 5):
        await world.go_to(next_moment_ms(world, phone))
        if await cell_of(phone) != before:
            return moments
        await phone.check_in(check_in_again)
    return 0


class SpeedSuite(SuiteBase):
    """How fast people may be."""

    async def test_whoever_came_by_train_changes_cells_at_the_next_moment(self, open_world: OpenWorld) -> None:
        world, ana = await settled_here(open_world)
        world.clock.advance(seconds_at(99))
        await ana.check_in(NEXT_TOWN)
        assert await window_of_change(world, ana, NEXT_TOWN) == 1
        assert await cell_of(ana) == NEXT_TOWN.res7

    async def test_whoever_came_faster_changes_cells_a_window_later(self, open_world: OpenWorld) -> None:
        world, ana = await settled_here(open_world)
        world.clock.advance(seconds_at(150))
        await ana.check_in(NEXT_TOWN)
        assert await window_of_change(world, ana, NEXT_TOWN) == 2
        assert await cell_of(ana) == NEXT_TOWN.res7

    async def test_to_check_in_there_again_makes_it_no_sooner(self, open_world: OpenWorld) -> None:
        world, ana = await settled_here(open_world)
        world.clock.advance(seconds_at(150))
        for _ in range(3):
            await ana.check_in(NEXT_TOWN)
            world.clock.advance(world.rules.checkin.period_ms)
        assert await window_of_change(world, ana, NEXT_TOWN) == 2

    async def test_whoever_cannot_have_come_so_fast_was_not_there(self, open_world: OpenWorld) -> None:
        world, ana = await settled_here(open_world)
        world.clock.advance(seconds_at(301))
        await ana.check_in(NEXT_TOWN)
        assert await window_of_change(world, ana, HERE) == 0

    async def test_a_check_in_without_effect_keeps_nobody_present(self, open_world: OpenWorld) -> None:
        world, ana = await settled_here(open_world)
        await world.go_to(world.moment_ms(ana, 1))
        world.clock.advance(seconds_at(301))
        far = ladder_of(-33.9, 18.4)
        await ana.check_in(far)
        await world.go_to(world.moment_ms(ana, 1))
        assert await cell_of(ana) is None

    async def test_the_time_goes_on_from_the_last_check_in_that_had_an_effect(self, open_world: OpenWorld) -> None:
        world, ana = await settled_here(open_world)
        world.clock.advance(seconds_at(301) // 2)
        await ana.check_in(NEXT_TOWN)
        world.clock.advance(seconds_at(99) - seconds_at(301) // 2)
        await ana.check_in(NEXT_TOWN)
        assert await window_of_change(world, ana, NEXT_TOWN) == 1

    @pytest.mark.parametrize("speed", [99, 150, 301, 10_000])
    async def test_the_answer_is_that_of_every_check_in_between_two_moments(
        self, open_world: OpenWorld, speed: int
    ) -> None:
        """Whoever sits hears nothing else either, and the rate counts all alike."""
        answers: list[tuple[Standing, int | None, int]] = []
        for ladder in (HERE, NEXT_TOWN):
            world, ana = await settled_here(open_world)
            world.clock.advance(max(seconds_at(speed), world.rules.checkin.period_ms))
            heard = len(ana.heard)
            standing = await ana.check_in(ladder)
            for _ in range(world.rules.checkin.burst - 1):
                await ana.check_in(ladder)
            refused = await refusal(ana.check_in(ladder))
            answers.append((standing, refused.retry_ms, len(ana.heard) - heard))
        assert answers[0] == answers[1]

    async def test_whoever_has_no_seat_is_placed_where_they_are_known_to_be(self, open_world: OpenWorld) -> None:
        world = await open_world(SPEEDS)
        ana = await world.connect("ana")
        await ana.check_in()
        world.clock.advance(world.rules.checkin.period_ms)
        standing = await ana.check_in(ladder_of(-33.9, 18.4))
        assert (standing.area, standing.wish) == (HERE.res5, "new")
        offer = await ana.offer()
        assert offer is not None
        assert offer.catchment == HERE.res5

    async def test_a_venue_named_too_fast_is_not_stood_in(self, open_world: OpenWorld) -> None:
        for speed in (150, 301):
            world, ana = await settled_here(open_world)
            world.clock.advance(seconds_at(speed))
            hall = Venue(AreaId("hall"), NEXT_TOWN.res7)
            await ana.check_in(NEXT_TOWN, Wishes(tags=frozenset({"tea"}), venue=hall))
            offer = await ana.offer()
            assert offer is not None
            assert (offer.wishes.venue, offer.wishes.tags) == (None, frozenset({"tea"} if speed == 150 else ()))

    async def test_clearing_forgets_where_one_was_and_the_rate_of_cells_binds(self, open_world: OpenWorld) -> None:
        world, ana = await settled_here(open_world)
        await ana.leave()
        world.clock.advance(world.rules.checkin.period_ms)
        await ana.check_in(NEXT_TOWN)
        assert await cell_of(ana) == NEXT_TOWN.res7
        for _ in range(world.rules.cells_per_hour - 2):
            await ana.leave()
            world.clock.advance(world.rules.checkin.period_ms)
            await ana.check_in(HERE)
        await ana.leave()
        world.clock.advance(world.rules.checkin.period_ms)
        assert (await refusal(ana.check_in(NEXT_TOWN))).limit == "cells"
