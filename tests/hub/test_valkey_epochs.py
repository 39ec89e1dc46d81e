"""What a shared hub does when another server has its state, which may lack the last of what was done."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from nearby.core import wire
from nearby.core.ids import PersonId
from nearby.errors import HubDown
from nearby.hub.base import Caller
from nearby.hub.valkey.keys import is_touched
from nearby.testing.hub_suite.given import RULES
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.proxy import Proxy, running_proxy
from nearby.testing.recorder import Forgotten
from nearby.testing.redis import RedisServer
from nearby.testing.shared_state import Copy, contradictions
from nearby.testing.waiting import eventually
from tests.hub.valkey_lives import ValkeyLive, eventually_up, going_live, sweep_all


@pytest.fixture
async def proxy(redis: RedisServer) -> AsyncIterator[Proxy]:
    async with running_proxy("127.0.0.1", redis.port) as proxy:
        yield proxy


@pytest.fixture
async def world(proxy: Proxy) -> AsyncIterator[World]:
    async with going_live(f"redis://127.0.0.1:{proxy.port}/0") as go_live:
        yield await World.start(go_live, 2, RULES)


@pytest.fixture
async def copy(world: World, redis: RedisServer) -> AsyncIterator[Copy]:
    async with Redis.from_url(redis.url, driver_info=None) as client:
        yield Copy(client, live_of(world).tag)


def live_of(world: World) -> ValkeyLive:
    assert isinstance(world.live, ValkeyLive)
    return world.live


async def fail_over(proxy: Proxy, copy: Copy) -> None:
    """Have another run of a server go on from the copy, while every gateway's connection is reset."""
    proxy.cut()
    await copy.put_back(run_id="another")
    proxy.heal()


def last_placed(phone: Phone) -> wire.Placed:
    return next(heard for heard in reversed(phone.heard) if isinstance(heard, wire.Placed))


async def test_everybody_hears_a_snapshot_of_the_new_epoch_though_nothing_happens(
    world: World, proxy: Proxy, copy: Copy
) -> None:
    phones = await world.together("ada", "bob", "cyd")
    before = phones[0].view.room.epoch
    await phones[0].say("hello")
    await copy.take()
    await fail_over(proxy, copy)
    await sweep_all(world)
    assert {phone.view.room.epoch for phone in phones} == {before + 1}
    assert {last_placed(phone).why for phone in phones} == {"resynced"}
    assert [said.text for said in phones[1].view.messages] == ["hello"]
    assert not world.violations()


async def test_what_is_said_first_in_the_new_epoch_comes_after_the_snapshot(
    world: World, proxy: Proxy, copy: Copy
) -> None:
    ada, bob = await world.together("ada", "bob")
    await copy.take()
    await fail_over(proxy, copy)
    await eventually_up(ada.say, "hello")
    await world.live.settle()
    placed, said = bob.heard[-2:]
    assert isinstance(placed, wire.Placed)
    assert isinstance(said, wire.Said)
    assert said.seq == placed.seq + 1
    assert not world.violations()


async def test_a_check_in_that_touches_a_rooms_shelves_finds_the_room_in_its_new_epoch(
    world: World, proxy: Proxy, copy: Copy
) -> None:
    phones = await world.together("ada", "bob", "cyd")
    before = phones[0].view.room.epoch
    while not is_touched("h:", world.now_ms // RULES.window_ms, world.now_ms // RULES.window_ms + 1, RULES):
        await world.go_to(world.now_ms + RULES.window_ms)
        for phone in phones:
            await phone.check_in()
    await world.go_to(world.now_ms + RULES.window_ms)
    await copy.take()
    await fail_over(proxy, copy)
    await eventually_up(phones[0].check_in)
    assert {phone.view.room.epoch for phone in phones} == {before + 1}
    assert not world.violations()


async def test_a_seq_that_was_lost_is_used_again_in_another_epoch_only(world: World, proxy: Proxy, copy: Copy) -> None:
    ada, bob = await world.together("ada", "bob")
    await copy.take()
    lost, _ = await ada.say("lost", 1)
    epoch = bob.view.room.epoch
    await fail_over(proxy, copy)
    again, _ = await eventually_up(ada.say, "lost", 1)
    await world.live.settle()
    assert again == lost
    assert bob.view.room.epoch == epoch + 1
    assert [said.text for said in bob.view.messages] == ["lost"]
    assert not world.violations()


async def test_a_connection_that_was_lost_is_told_to_come_back(world: World, proxy: Proxy, copy: Copy) -> None:
    ada, bob = await world.together("ada", "bob")
    await copy.take()
    late = await world.arrive("cyd")
    await fail_over(proxy, copy)
    await sweep_all(world)
    assert isinstance(late.heard[-1], Forgotten)
    assert not isinstance(ada.heard[-1], Forgotten)
    assert ada.sits
    assert bob.sits
    assert not contradictions(await live_of(world).stored(), RULES)


async def test_a_phone_that_calls_before_it_was_looked_up_is_not_told_that_another_took_over(
    world: World, proxy: Proxy, copy: Copy
) -> None:
    await world.together("ada", "bob")
    await copy.take()
    late = await world.arrive("cyd")
    await fail_over(proxy, copy)
    await eventually_up(late.room_size)
    with pytest.raises(HubDown):
        await late.say("hello")
    assert isinstance(late.heard[-1], Forgotten)


async def test_whoever_lost_their_seat_is_to_be_placed_and_told_so(world: World, proxy: Proxy, copy: Copy) -> None:
    await world.together("ada", "bob")
    cyd = await world.connect(Caller(PersonId("cyd")))
    await cyd.check_in()
    await copy.take()
    await cyd.place()
    await fail_over(proxy, copy)
    assert "cyd" in await sweep_all(world)
    assert not cyd.sits


async def test_nobody_forgets_anything_when_only_connections_were_lost(world: World, proxy: Proxy) -> None:
    ada, bob = await world.together("ada", "bob")
    before = ada.view.room.epoch
    proxy.cut()
    proxy.heal()
    await sweep_all(world)
    await eventually_up(ada.say, "hello")
    assert bob.view.room.epoch == before
    assert [said.text for said in bob.view.messages] == ["hello"]
    assert not world.violations()


async def test_all_come_back_to_a_state_that_was_emptied(world: World, proxy: Proxy, copy: Copy) -> None:
    phones = await world.together("ada", "bob")
    proxy.cut()
    await copy.remove()
    proxy.heal()

    async def last_heard() -> list[bool]:
        await sweep_all(world)
        return [isinstance(phone.heard[-1], Forgotten) for phone in phones]

    # Leases are renewed once a second.
    await eventually(last_heard, all, what="who is told to come back")
    ada = await world.arrive("ada")
    assert ada.sits
    assert not contradictions(await live_of(world).stored(), RULES)
