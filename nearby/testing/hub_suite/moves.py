"""Moves: who must be placed anew because their room's area is no longer theirs, and when."""
# ruff: noqa: D102  The name of a test is its sentence.

from nearby.testing.hub_suite.base import SuiteBase
from nearby.testing.hub_suite.given import AWAY
from nearby.testing.hub_suite.world import Phone, World


async def go_away(world: World, who: Phone, *others: Phone) -> int:
    """Let somebody go away, early in a window, until they almost must move; return when they must."""
    await who.check_in(AWAY)
    due_ms = world.moment_ms(who, 2)
    await world.wait(world.rules.window_ms, who, ladder=AWAY)
    for other in others:
        await other.check_in()
    await world.go_to(due_ms - 1)
    return due_ms


async def two_of_whom_one_went_away(world: World) -> tuple[Phone, Phone, int]:
    """Return two of a room, the first of them away, and when that one must move; it is almost then."""
    ana, ben = await world.together("ana", "ben")
    return ana, ben, await go_away(world, ana, ben)


class MovesSuite(SuiteBase):
    """What a due move does when something else comes first."""

    async def test_a_move_that_came_due_is_called_for_by_the_next_sweep(self, world: World) -> None:
        ana, ben, due_ms = await two_of_whom_one_went_away(world)
        world.clock.advance(due_ms - world.now_ms)
        await ben.offer()
        assert await world.sweep() == [ana.person]
        assert await world.sweep() == []

    async def test_who_spoke_between_due_and_sweep_is_not_moved_yet(self, world: World) -> None:
        ana, ben, due_ms = await two_of_whom_one_went_away(world)
        world.clock.advance(due_ms - world.now_ms)
        await ben.offer()
        await ana.say("one more thing")
        assert await world.sweep() == []
        assert await world.go_to(due_ms + world.rules.settle_ms) == [ana.person]

    async def test_who_took_another_room_between_due_and_sweep_is_not_moved(self, world: World) -> None:
        ana, ben, due_ms = await two_of_whom_one_went_away(world)
        world.clock.advance(due_ms - world.now_ms)
        await ben.offer()
        assert await ana.place("next")
        assert await world.sweep() == []

    async def test_a_move_that_is_not_due_is_not_made(self, world: World) -> None:
        ana, ben, due_ms = await two_of_whom_one_went_away(world)
        (cleo,) = await world.together("cleo")
        before = (ana.heard, ben.heard, cleo.heard)
        for phone in (ana, ben):
            assert await phone.seat(cleo.room, "moved")
            assert await phone.open_room("moved")
        assert (ana.heard, ben.heard, cleo.heard) == before
        assert await world.go_to(due_ms) == [ana.person]

    async def test_who_spoke_after_the_sweep_is_moved_by_a_later_one(self, world: World) -> None:
        ana, _, due_ms = await two_of_whom_one_went_away(world)
        assert await world.go_to(due_ms) == [ana.person]
        await ana.say("one more thing")
        before = ana.heard
        assert await ana.place("moved")
        assert ana.heard == before
        assert await world.go_to(due_ms + world.rules.settle_ms) == [ana.person]
        assert await ana.place("moved")
        assert ana.view.why == "moved"

    async def test_a_move_bars_nothing(self, world: World) -> None:
        ana, ben, due_ms = await two_of_whom_one_went_away(world)
        await world.go_to(due_ms)
        assert await ana.open_room("moved", AWAY.res5)
        assert await ana.seat(ben.room, "next")

    async def test_a_move_that_came_due_while_one_was_gone_is_made_up_for(self, world: World) -> None:
        ana, _, due_ms = await two_of_whom_one_went_away(world)
        await ana.drop()
        assert await world.go_to(due_ms) == []
        await world.connect("ana", knows=ana.view)
        assert await world.go_to(due_ms + 1) == [ana.person]
