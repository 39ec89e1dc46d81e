"""What operations come to while a shared hub is gone, stalls, fails over or is cut off, and that all is well after."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Coroutine

import pytest
from redis.crc import key_slot

from nearby.errors import HubDown
from nearby.hub.valkey import lease
from nearby.testing.cluster import SLOTS, RedisCluster
from nearby.testing.hub_suite.given import RULES
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.proxy import Proxy, running_proxy
from nearby.testing.recorder import Forgotten
from nearby.testing.redis import RedisServer, redis_server
from nearby.testing.shared_state import contradictions
from nearby.testing.waiting import eventually
from tests.hub.valkey_lives import ValkeyLive, eventually_up, going_live, sweep_all

ENDS_WITHIN_S = 15.0
"""Of an operation that is to end within 5 s, on a machine that does other things as well."""


def live_of(world: World) -> ValkeyLive:
    assert isinstance(world.live, ValkeyLive)
    return world.live


async def is_down(call: Awaitable[object]) -> bool:
    """Return whether an operation says that the hub is down; it ends in any case."""
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            await call
    except HubDown:
        return True
    return False


@pytest.fixture
async def server() -> AsyncIterator[RedisServer]:
    async with redis_server() as server:
        yield server


@pytest.fixture
async def proxy(server: RedisServer) -> AsyncIterator[Proxy]:
    async with running_proxy("127.0.0.1", server.port) as proxy:
        yield proxy


async def test_a_hub_that_is_gone_is_said_to_be_down_and_taken_up_again_by_itself(server: RedisServer) -> None:
    async with going_live(server.url) as go_live:
        world = await World.start(go_live, 2, RULES)
        ada, bob = await world.together("ada", "bob")
        await server.kill()
        assert all(await asyncio.gather(*(is_down(phone.say("hello")) for phone in (ada, bob) * 5)))
        assert await is_down(world.hubs[0].sweep(world.now_ms))
        await server.start()

        async def are_forgotten() -> list[bool]:
            await sweep_all(world)
            return [isinstance(phone.heard[-1], Forgotten) for phone in (ada, bob)]

        await eventually(are_forgotten, all, what="who is told to come back")
        # Nobody replaced them: what they still say before they are sent away must not tell them to stay away.
        assert all(await asyncio.gather(*(is_down(ada.say(f"late {number}", number)) for number in range(3))))
        assert (await world.arrive("ada")).sits
        assert not contradictions(await live_of(world).stored(), RULES)


async def test_a_network_that_swallows_everything_is_noticed_and_nothing_is_lost_by_it(proxy: Proxy) -> None:
    async with going_live(f"redis://127.0.0.1:{proxy.port}/0") as go_live:
        world = await World.start(go_live, 2, RULES)
        ada, bob = await world.together("ada", "bob")
        proxy.hold()
        assert all(await asyncio.gather(*(is_down(phone.say("hello", 1)) for phone in (ada, bob))))
        assert await is_down(world.hubs[1].room_of(ada.person))
        proxy.heal()
        await eventually_up(ada.say, "hello", 1)
        await sweep_all(world)
        assert [said.text for said in bob.view.messages].count("hello") <= 2
        assert len({said.seq for said in bob.view.messages}) == len(bob.view.messages)
        assert not world.violations()
        await eventually_up(world.live.settle)
        assert not contradictions(await live_of(world).stored(), RULES)


async def test_a_server_that_stands_still_is_noticed_and_what_it_does_afterwards_is_done_once(
    server: RedisServer,
) -> None:
    async with going_live(server.url) as go_live:
        world = await World.start(go_live, 2, RULES)
        ada, bob = await world.together("ada", "bob")
        server.pause()
        assert await is_down(ada.say("hello", 1))
        server.resume()
        await eventually_up(ada.say, "hello", 1)
        await sweep_all(world)
        assert [said.text for said in bob.view.messages] == ["hello"]
        assert not world.violations()


async def primary_of(cluster: RedisCluster, world: World) -> RedisServer:
    """Return the node that has the live state."""
    primaries = await cluster.primaries()
    return primaries[key_slot(live_of(world).tag.encode()) * len(primaries) // SLOTS]


async def say_on(phone: Phone, acknowledged: list[tuple[int, int, str]]) -> None:
    """Say one thing after another, each until it is acknowledged; note epoch, seq and text of each."""
    for number in range(10_000):
        text = f"{phone.person} {number}"
        seq = 0
        while not seq:
            with contextlib.suppress(AssertionError):  # A slow machine takes longer to fail over than we wait at once.
                seq, _ = await eventually_up(phone.say, text, number)
        acknowledged.append((phone.view.room.epoch, seq, text))


@contextlib.asynccontextmanager
async def doing(*tasks: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Have these done meanwhile."""
    running = [asyncio.ensure_future(task) for task in tasks]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@pytest.mark.parametrize("wait", [0, 1])
async def test_what_a_replica_has_survives_its_primary_and_no_seq_is_used_twice(
    cluster: RedisCluster, wait: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LEASE_MS", 300_000)  # However long a slow machine takes to fail over.
    rules = RULES.unlimited()
    async with going_live(f"{cluster.url}?wait={wait}") as go_live:
        world = await World.start(go_live, 2, rules)
        ada, bob = await world.together("ada", "bob")
        epoch, acknowledged = ada.view.room.epoch, list[tuple[int, int, str]]()
        try:
            async with doing(*(say_on(phone, acknowledged) for phone in (ada, bob))):
                await eventually(lambda: count(acknowledged), lambda said: said > 20, what="what was said")
                node = await primary_of(cluster, world)
                await cluster.kill(node)
                await cluster.until_replaced(node)
                if wait:
                    # Until there is a replica again, nothing is acknowledged.
                    await cluster.heal()
                before = len(acknowledged)
                after = await eventually(
                    lambda: count(acknowledged), lambda said: said > before + 5, what="what was said after"
                )
        finally:
            await cluster.heal()
        await sweep_all(world)
        assert after > before
        assert {phone.view.room.epoch for phone in (ada, bob)} == {epoch + 1}
        assert len({(epoch, seq) for epoch, seq, _ in acknowledged}) == len(acknowledged)
        assert not world.violations()
        assert not contradictions(await live_of(world).stored(), rules)
        if wait:
            assert not lost(bob, acknowledged)


async def test_a_primary_that_is_cut_off_from_the_others_acknowledges_nothing_for_long(cluster: RedisCluster) -> None:
    async with going_live(cluster.url) as go_live:
        world = await World.start(go_live, 2, RULES.unlimited())
        ada, bob = await world.together("ada", "bob")
        node = await primary_of(cluster, world)
        try:
            for other in cluster.nodes:
                if other is not node:
                    cluster.pause(other)
            await eventually(lambda: is_down(ada.say("hello")), bool, what="whether the primary gives up")
        finally:
            await cluster.heal()
        await eventually_up(ada.say, "again")
        await sweep_all(world)
        assert bob.view.messages[-1].text == "again"
        assert not world.violations()


async def count(acknowledged: list[tuple[int, int, str]]) -> int:
    return len(acknowledged)


def lost(phone: Phone, acknowledged: list[tuple[int, int, str]]) -> list[str]:
    """Return what was acknowledged in an epoch that ended and is not in the room that the phone sees.

    A view keeps the newest 50: those of the old epoch that came before them are not looked for.
    """
    messages = {said.seq: said.text for said in phone.view.messages}
    oldest, epoch = min(messages), phone.view.room.epoch
    return [text for then, seq, text in acknowledged if then < epoch and seq >= oldest and messages.get(seq) != text]
