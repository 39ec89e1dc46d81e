"""What servers that share a live state tell each other."""

import asyncio

from nearby.testing.hub_suite.base import SuiteBase
from nearby.testing.hub_suite.world import World
from nearby.testing.waiting import eventually


class ServersSuite(SuiteBase):
    """Tests of ``nearby.hub.servers.Servers``."""

    async def test_every_server_hears_what_one_announces_before_that_returns(self, world: World) -> None:
        """Once, and in the order in which one announces."""
        for hub in world.hubs:
            await hub.announce("first")
            await hub.announce("second")
        for recorder in world.recorders:
            assert recorder.announcements == ["first", "second"] * len(world.hubs)

    async def test_an_announcement_waits_until_every_server_has_seen_to_it(self, world: World) -> None:
        """One that takes its time is waited for; the others heard it all the same."""
        slow = world.recorders[-1]
        slow.puts_off = True
        announcing = asyncio.ensure_future(world.hubs[0].announce("look"))

        async def heard() -> list[list[str]]:
            return [one.announcements for one in world.recorders]

        await eventually(heard, all, what="what servers heard")
        assert not announcing.done()
        slow.see_to_all()
        await announcing

    async def test_figures_of_a_step_are_summed_over_all_servers(self, world: World) -> None:
        """Of a step without any there are none, and none is 0."""
        for number, hub in enumerate(world.hubs, start=1):
            await hub.add_figures(7, {"says": number, "servers": 1, "merged": 0}, world.now_ms)
            await hub.add_figures(9, {"says": 10}, world.now_ms)
        count = len(world.hubs)
        sums = {"says": count * (count + 1) // 2, "servers": count}
        for hub in world.hubs:
            found = await hub.figures([9, 8, 7], world.now_ms)
            assert [{name: one[name] for name in one if one[name]} for one in found] == [
                {"says": 10 * count},
                {},
                sums,
            ]
