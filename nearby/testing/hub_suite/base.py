"""What every part of the suite stands on: fixtures that make worlds and hold them to account."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from nearby.core.rules import Rules
from nearby.errors import ErrorCode, Refused
from nearby.testing.hub_suite.given import RULES
from nearby.testing.hub_suite.world import World
from nearby.testing.live import GoLive

OpenWorld = Callable[[Rules], Awaitable[World]]


async def refusal(call: Awaitable[object]) -> Refused:
    """Return the refusal that ``call`` ends with."""
    with pytest.raises(Refused) as refused:
        await call
    return refused.value


async def refusal_code(call: Awaitable[object]) -> ErrorCode:
    """Return the code that ``call`` is refused with."""
    return (await refusal(call)).code


class SuiteBase:
    """Fixtures of the suite. An adapter's test class overrides ``go_live``."""

    gateways = 1
    """How many gateways share the live state; phones connect to them in turn."""

    @pytest.fixture
    def go_live(self) -> GoLive:
        """Return how the adapter under test makes an empty live state."""
        raise NotImplementedError

    @pytest.fixture
    async def open_world(self, go_live: GoLive) -> AsyncIterator[OpenWorld]:
        """Yield a maker of worlds; in each, what was heard must have been in order at the end."""
        worlds: list[World] = []

        async def start(rules: Rules) -> World:
            worlds.append(await World.start(go_live, self.gateways, rules))
            return worlds[-1]

        yield start
        for world in worlds:
            assert not world.violations()

    @pytest.fixture
    async def world(self, open_world: OpenWorld) -> World:
        """Return a world by the usual rules."""
        return await open_world(RULES)
