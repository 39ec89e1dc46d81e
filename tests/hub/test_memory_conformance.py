import pytest

from nearby.core.rules import Rules
from nearby.testing.hub_suite import HubSuite
from nearby.testing.live import GoLive, Live, MemoryLive


async def start_memory(rules: Rules, now_ms: int) -> Live:
    return MemoryLive(rules, now_ms)


class TestOneGateway(HubSuite):
    @pytest.fixture
    def go_live(self) -> GoLive:
        return start_memory


class TestTwoGateways(TestOneGateway):
    gateways = 2
