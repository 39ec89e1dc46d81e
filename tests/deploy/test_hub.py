"""The hub's configuration files as we ship them, on real servers."""

import os
import subprocess
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from nearby.core.rules import Rules
from nearby.testing.hub_suite.world import World
from nearby.testing.ports import free_port
from nearby.testing.redis import GivenRedis, RedisServer, find_program
from nearby.testing.waiting import eventually
from tests.documents import ROOT
from tests.hub.valkey_lives import going_live

HUB = ROOT / "deploy" / "hub"
PASSWORDS = {"GATEWAY_PASSWORD": "g" * 32, "REPLICA_PASSWORD": "r" * 32, "OPERATOR_PASSWORD": "o" * 32}
PROMISED = {
    "save": "",
    "appendonly": "no",
    "shutdown-on-sigterm": "nosave",
    "slowlog-max-len": "0",
    "crash-log-enabled": "no",
    "maxmemory-policy": "noeviction",
    "active-expire-effort": "6",
}
OF_A_CLUSTER = {
    "repl-diskless-sync": "yes",
    "repl-diskless-load": "swapdb",
    "rdb-del-sync-files": "yes",
    "cluster-enabled": "yes",
    "cluster-node-timeout": "3000",
    "cluster-require-full-coverage": "no",
    "min-replicas-to-write": "0",
    "masteruser": "replica",
}


def shipped(directory: Path, name: str) -> RedisServer:
    """Return a server with one of our files, whose ``call`` is the operator's."""
    directory.mkdir(exist_ok=True)
    users = (HUB / "users.conf.example").read_text()
    for word, password in PASSWORDS.items():
        users = users.replace(word, password)
    (directory / "users.conf").write_text(users)
    more = {"cluster-port": str(free_port())} if name == "cluster.conf" else {}
    server = RedisServer(directory, {**more, "include": str(HUB / name)})
    return as_user(server, "operator", "OPERATOR_PASSWORD")


def as_user(server: RedisServer, user: str, password: str) -> RedisServer:
    server.url = f"redis://{user}:{PASSWORDS[password]}@127.0.0.1:{server.port}/0"
    return server


@pytest.fixture(params=["single.conf", "cluster.conf"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RedisServer]:
    server = shipped(tmp_path, request.param)
    await server.start()
    yield server
    await server.kill()


async def value_of(server: RedisServer, setting: str) -> str:
    name, value = await server.call("CONFIG", "GET", setting)
    assert name == setting
    return str(value)


async def test_each_file_starts_and_keeps_nothing_on_disk_or_in_lists(server: RedisServer) -> None:
    is_cluster = await value_of(server, "cluster-enabled") == "yes"
    promised = PROMISED | (OF_A_CLUSTER if is_cluster else {})
    assert {name: await value_of(server, name) for name in promised} == promised


async def test_strangers_are_kept_out_and_a_gateway_can_neither_change_the_hub_nor_listen_in(
    server: RedisServer,
) -> None:
    server.url = f"redis://127.0.0.1:{server.port}/0"
    with pytest.raises(RedisError, match="Authentication required"):
        await server.call("PING")
    as_user(server, "nearby", "GATEWAY_PASSWORD")
    library = "#!lua name=probe\nredis.register_function('probe', function() return redis.call('TIME')[1] end)"
    assert await server.call("PING")
    assert await server.call("FUNCTION", "LOAD", "REPLACE", library) == "probe"
    assert await server.call("INFO", "memory")
    for command in ("CONFIG GET save", "MONITOR", "FLUSHALL", "KEYS *", "SAVE", "REPLICAOF NO ONE", "ACL LIST"):
        with pytest.raises(RedisError, match="no permissions"):
            await server.call(*command.split())


async def test_gateways_need_no_more_rights_than_they_have(server: RedisServer) -> None:
    scheme = "redis"
    if await value_of(server, "cluster-enabled") == "yes":
        scheme = "redis+cluster"
        await server.call("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
        info = partial(server.call, "CLUSTER", "INFO")
        await eventually(info, lambda info: "cluster_state:ok" in info, what="the state of the cluster")
    login = f"nearby:{PASSWORDS['GATEWAY_PASSWORD']}"
    async with going_live(f"{scheme}://{login}@127.0.0.1:{server.port}") as go_live:
        world = await World.start(go_live, 2, Rules())
        assert await world.hubs[0].connect_network("198.51.100.0/24", 1)
        assert not await world.hubs[1].connect_network("198.51.100.0/24", 1)
        assert (await world.hubs[1].statistics()).people == 0


async def test_a_password_is_changed_while_both_are_good(server: RedisServer) -> None:
    async def is_good(password: str) -> bool:
        gateway = GivenRedis(f"redis://nearby:{password}@127.0.0.1:{server.port}/0")
        try:
            return bool(await gateway.call("PING"))
        except RedisError:
            return False

    old, new = PASSWORDS["GATEWAY_PASSWORD"], "n" * 32
    await server.call("ACL", "SETUSER", "nearby", f">{new}")
    assert [await is_good(old), await is_good(new)] == [True, True]
    await server.call("ACL", "SETUSER", "nearby", f"<{old}")
    assert [await is_good(old), await is_good(new)] == [False, True]


async def test_a_replica_is_filled_without_a_file_on_either_side(tmp_path: Path) -> None:
    primary, replica = (shipped(tmp_path / name, "cluster.conf") for name in ("primary", "replica"))
    try:
        for node in (primary, replica):
            await node.start()
        await primary.call("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
        bus_port = await value_of(replica, "cluster-port")
        await primary.call("CLUSTER", "MEET", "127.0.0.1", replica.port, bus_port)
        info = partial(primary.call, "CLUSTER", "INFO")
        await eventually(info, lambda info: "cluster_state:ok" in info, what="the state of the cluster")
        await primary.call("SET", "a", "1")
        name = await primary.call("CLUSTER", "MYID")
        known = partial(replica.call, "CLUSTER", "NODES")
        await eventually(known, lambda nodes: name in nodes and "handshake" not in nodes, what="the nodes known")
        await replica.call("CLUSTER", "REPLICATE", name)
        role = partial(replica.call, "ROLE")
        await eventually(role, lambda role: role[0] == "slave" and role[3] == "connected", what="the replica's role")
        assert await replica.call("DBSIZE") == 1
    finally:
        for node in (primary, replica):
            await node.kill()
    for directory in ("primary", "replica"):
        assert {path.name for path in (tmp_path / directory).iterdir()} == {"users.conf", "nodes.conf", "log"}


def test_a_node_that_was_in_a_cluster_waits_to_be_replaced_before_it_starts(tmp_path: Path) -> None:
    os.symlink(find_program(), tmp_path / "redis-server")
    (tmp_path / "wrong.conf").write_text("this-is-no-setting yes\n")

    def started() -> str:
        done = subprocess.run(
            [HUB / "start.sh", "wrong.conf"],
            cwd=tmp_path,
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "NEARBY_HUB_WAIT_S": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "this-is-no-setting" in done.stdout + done.stderr
        return done.stderr

    assert "waiting" not in started()
    (tmp_path / "nodes.conf").write_text("")
    assert "waiting" not in started()
    (tmp_path / "nodes.conf").write_text("something\n")
    assert "waiting 0 s" in started()
