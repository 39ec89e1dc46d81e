"""The servers that other tests start: what they promise about starting, stopping and failing."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from redis.exceptions import BusyLoadingError, RedisError

from nearby.testing.cluster import RedisCluster, running_cluster
from nearby.testing.redis import RedisServer, redis_server
from nearby.testing.waiting import eventually

SLOT_OF_A = 15495
"""CLUSTER KEYSLOT a: the third primary's."""


async def is_refused(server: RedisServer) -> bool:
    with contextlib.suppress(RedisError):
        await server.call("PING")
        return False
    return True


async def test_a_server_is_empty_after_a_flush_and_after_a_crash_and_gone_at_the_end() -> None:
    async with redis_server() as server:
        await server.call("SET", "a", "1")
        await server.flush()
        assert await server.call("GET", "a") is None
        await server.call("SET", "a", "1")
        await server.kill()
        assert await is_refused(server)
        await server.start()
        assert await server.call("GET", "a") is None
    assert await is_refused(server)
    assert not server.log.exists()


async def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="maxmemory"):
        async with redis_server({"maxmemory": "much"}):
            pass


@pytest.fixture(scope="module")
def cluster() -> Iterator[RedisCluster]:
    with running_cluster() as cluster:
        yield cluster


async def test_a_cluster_has_three_primaries_that_share_the_slots_and_a_replica_of_each(cluster: RedisCluster) -> None:
    primaries = await cluster.primaries()
    replicas = [await cluster.replica_of(node) for node in primaries]
    assert len({*primaries, *replicas}) == 6
    await primaries[2].call("SET", "a", "1")
    with pytest.raises(RedisError, match=f"{SLOT_OF_A} 127.0.0.1:{primaries[2].port}"):
        await primaries[0].call("GET", "a")
    await cluster.flush()
    assert await primaries[2].call("GET", "a") is None


async def test_a_replica_takes_the_place_of_a_primary_that_is_killed_or_stands_still(cluster: RedisCluster) -> None:
    first, _, third = await cluster.primaries()
    heirs = [await cluster.replica_of(first), await cluster.replica_of(third)]
    await cluster.kill(first)
    assert (await cluster.until_replaced(first))[0] is heirs[0]
    await cluster.heal()
    assert await cluster.replica_of(heirs[0]) is first
    cluster.pause(third)
    assert (await cluster.until_replaced(third))[2] is heirs[1]
    await cluster.heal()
    assert await cluster.replica_of(heirs[1]) is third


async def test_a_node_that_takes_in_what_its_primary_has_is_waited_for(
    cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, refused = RedisServer.call, set[tuple[RedisServer, tuple[str | int, ...]]]()

    async def refuse_once(node: RedisServer, *command: str | int) -> Any:
        if (node, command) not in refused:
            refused.add((node, command))
            raise BusyLoadingError("Redis is loading the dataset in memory")
        return await call(node, *command)

    monkeypatch.setattr(RedisServer, "call", refuse_once)
    await cluster.heal()
    assert len(refused) >= len(cluster.nodes)


async def test_clients_are_sent_to_the_port_that_a_node_announces(cluster: RedisCluster) -> None:
    first, _, third = await cluster.primaries()
    await cluster.announce(third, 7)

    async def refusal() -> str:
        try:
            return str(await first.call("GET", "a"))
        except RedisError as error:
            return str(error)

    assert await eventually(refusal, lambda text: "127.0.0.1:7" in text, what="where a client is sent")
    await cluster.announce(third, third.port)


async def test_a_primary_that_is_split_off_goes_on_answering_and_follows_its_heir_when_it_is_healed(
    cluster: RedisCluster,
) -> None:
    _, _, third = await cluster.primaries()
    heir = await cluster.split(third)
    assert (await cluster.primaries())[2] is heir
    await heir.call("SET", "a", "new")
    await third.call("SET", "a", "old")
    assert (await third.call("GET", "a"), await heir.call("GET", "a")) == ("old", "new")
    await cluster.heal()
    assert await cluster.replica_of(heir) is third
    assert await heir.call("GET", "a") == "new"
    await cluster.flush()
