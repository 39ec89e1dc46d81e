"""The hub that several gateways share passes what the one of one process does."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from nearby.core.rules import Rules
from nearby.hub.base import Hub, Listener
from nearby.hub.valkey.hub import ValkeyHub, open_hub
from nearby.testing.cluster import RedisCluster
from nearby.testing.hub_suite import HubSuite
from nearby.testing.live import SECRET, GoLive, Live
from nearby.testing.redis import RedisServer


class ValkeyLive:
    """A live state of its own on a server that others use too."""

    def __init__(self, url: str, rules: Rules, now_ms: int) -> None:
        self._url = url
        self._rules = rules
        self._now_ms = now_ms
        self._random = Random(0)
        self._tag = f"{{{secrets.token_hex(8)}}}"
        self._hubs: list[ValkeyHub] = []

    async def open_hub(self, listener: Listener) -> Hub:
        hub = await open_hub(
            self._url,
            self._tag,
            self._rules,
            listener,
            secret=SECRET,
            draw_id=lambda: f"{self._random.getrandbits(80):020x}",
            now_ms=self._now_ms,
        )
        self._hubs.append(hub)
        return hub

    async def settle(self) -> None:
        for hub in self._hubs:
            await hub.settle()

    async def close(self) -> None:
        for hub in self._hubs:
            await hub.close()


@asynccontextmanager
async def going_live(url: str) -> AsyncIterator[GoLive]:
    lives: list[ValkeyLive] = []

    async def start(rules: Rules, now_ms: int) -> Live:
        lives.append(ValkeyLive(url, rules, now_ms))
        return lives[-1]

    yield start
    for live in lives:
        await live.close()


class TestTwoGatewaysOnOneServer(HubSuite):
    gateways = 2

    @pytest.fixture
    async def go_live(self, redis: RedisServer) -> AsyncIterator[GoLive]:
        async with going_live(redis.url) as start:
            yield start


class TestTwoGatewaysOnACluster(HubSuite):
    gateways = 2

    @pytest.fixture
    async def go_live(self, cluster: RedisCluster) -> AsyncIterator[GoLive]:
        async with going_live(cluster.url) as start:
            yield start


@pytest.mark.skipif(os.environ.get("NEARBY_TEST_PROFILE", "ci") != "full", reason="two gateways show what one does")
class TestOneGateway(HubSuite):
    @pytest.fixture
    async def go_live(self, redis: RedisServer) -> AsyncIterator[GoLive]:
        async with going_live(redis.url) as start:
            yield start
