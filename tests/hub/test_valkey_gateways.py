"""A gateway that ends without a word: its people's seats are held, and nobody else notices."""

import asyncio
import sys

from redis.asyncio import Redis

from nearby.core import wire
from nearby.testing.hub_suite.given import RULES
from nearby.testing.hub_suite.world import World
from nearby.testing.recorder import Forgotten
from nearby.testing.shared_state import contradictions
from nearby.testing.waiting import eventually
from tests.hub.valkey_lives import ValkeyLive, sweep_all


def live_of(world: World) -> ValkeyLive:
    assert isinstance(world.live, ValkeyLive)
    return world.live


async def let_lease_lapse(client: Redis, world: World, gateway: str) -> None:
    """Let a gateway's ten seconds be over."""
    await client.zadd(f"{live_of(world).tag}gw", {gateway: 1})


async def test_the_people_of_a_killed_gateway_resume_elsewhere_and_the_others_hear_nothing_of_it(
    world: World, client: Redis
) -> None:
    ada, bob = await world.together("ada", "bob")
    far = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.hub.gateway_process",
        live_of(world).url,
        live_of(world).tag,
        str(world.now_ms),
        ada.room,
        "cyd",
        "dan",
        stdout=asyncio.subprocess.PIPE,
    )
    assert far.stdout is not None
    gateway = (await far.stdout.readline()).decode().strip()
    await world.live.settle()
    before = list(ada.heard)
    far.kill()
    await far.wait()
    await let_lease_lapse(client, world, gateway)

    async def held() -> int:
        await sweep_all(world)
        return (await world.statistics()).held_seats

    await eventually(held, lambda seats: seats == 2, what="the seats that are held")
    assert ada.heard == before
    cyd = await world.connect("cyd")
    assert cyd.room == ada.room
    assert ada.heard == before
    await world.wait(2 * RULES.seat_hold_ms, ada, bob, cyd)
    assert [heard for heard in ada.heard[len(before) :] if isinstance(heard, wire.Left)]
    assert not world.violations()
    assert not contradictions(await live_of(world).stored(), RULES)


async def test_a_gateway_that_was_held_for_dead_goes_on_and_has_its_phones_come_back(
    world: World, client: Redis
) -> None:
    ada, bob = await world.together("ada", "bob")
    here, there = (hub for hub in live_of(world).hubs)
    lapsed = {ada.hub: ada, bob.hub: bob}
    before = there.gateway
    await let_lease_lapse(client, world, before)

    async def is_forgotten() -> bool:
        await sweep_all(world)
        return isinstance(lapsed[there].heard[-1], Forgotten)

    await eventually(is_forgotten, bool, what="whether the phone is told to come back")
    assert there.gateway != before
    assert not isinstance(lapsed[here].heard[-1], Forgotten)
    back = await world.connect(lapsed[there].caller)
    assert back.room == lapsed[here].room
    await sweep_all(world)
    assert not contradictions(await live_of(world).stored(), RULES)


async def test_a_gateway_that_is_buried_takes_nobody_until_it_is_another_one(world: World, client: Redis) -> None:
    await world.together("ada", "bob")
    tag = live_of(world).tag
    for hub in live_of(world).hubs:
        await client.zrem(f"{tag}gw", hub.gateway)
        await client.delete(f"{tag}gl:{hub.gateway}")
    before = [hub.gateway for hub in live_of(world).hubs]
    for name in ("cyd", "dan"):
        assert (await world.arrive(name)).sits
    assert not set(before) & {hub.gateway for hub in live_of(world).hubs}
