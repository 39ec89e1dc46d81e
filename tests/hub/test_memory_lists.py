"""What a restart keeps of nearby lists: who wants to be listed, and nobody who could be seen."""

from dataclasses import replace

from nearby.core.ids import PersonId
from nearby.core.nearby_list import Listed
from nearby.core.rules import Rules
from nearby.hub.base import Hub
from nearby.testing.hub_suite.given import RULES
from nearby.testing.hub_suite.lists import asked, choose, next_window, seen, viewer
from nearby.testing.hub_suite.world import World
from nearby.testing.live import Live, MemoryLive
from tests.hub.tables import Tables


async def start(tables: Tables, *, listed: frozenset[PersonId] | None = None, now_ms: int | None = None) -> World:
    async def go_live(rules: Rules, at_ms: int) -> Live:
        kept = None if listed is None else replace(tables.taken_over(at_ms, rules), listed=listed)
        return MemoryLive(rules, at_ms, record=tables.record, kept=kept)

    return await (World.start(go_live, 1, RULES) if now_ms is None else World.start(go_live, 1, RULES, now_ms=now_ms))


async def test_after_a_restart_lists_are_empty_until_a_window_begins() -> None:
    """Who is there at the restart was not all there when the window began."""
    tables = Tables()
    world = await start(tables)
    vic, ana = await viewer(world), await viewer(world, "ana")
    await choose(world, "ana")
    await next_window(world, vic, ana)
    assert await seen(vic) == {"ana"}
    again = await start(tables, listed=frozenset({ana.person}), now_ms=world.now_ms + 60_000)
    vic = await again.connect("vic")
    answer = await asked(vic)
    assert (answer.area, tuple(answer.people)) == ((await vic.check_in()).area, ())
    await next_window(again)
    assert await seen(vic) == {"ana"}


async def test_a_restart_over_the_end_of_a_window_shows_who_survived_to_it() -> None:
    tables = Tables()
    world = await start(tables)
    vic, ana = await viewer(world), await viewer(world, "ana")
    await next_window(world, vic, ana)
    again = await start(tables, listed=frozenset({ana.person}), now_ms=world.now_ms + RULES.window_ms)
    (one,) = (await asked(await again.connect("vic"))).people
    assert isinstance(one, Listed)


async def test_a_hub_that_keeps_nobody_lists_nobody() -> None:
    tables = Tables()
    world = await start(tables)
    vic, _ = await viewer(world), await viewer(world, "ana")
    await next_window(world)
    hub: Hub = world.hubs[0]
    assert (await hub.nearby(vic.person, world.now_ms)).people == ()
