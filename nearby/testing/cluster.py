"""A Redis cluster of one's own: three primaries with a replica each, on free ports, gone afterwards.

The nodes speak over loopback, where no packet is lost and no two clocks differ; what a network does between a client
and a node is for ``proxy.py`` to play, on a port that the node is told to ``announce``.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path

from nearby.testing.ports import free_port
from nearby.testing.redis import RedisServer, scratch_directory
from nearby.testing.waiting import eventually

PRIMARIES = 3
SLOTS = 16_384
NODE_TIMEOUT_MS = 2000
"""After this long without a word from it a node is held to be dead."""

Row = list[str]
"""A line of CLUSTER NODES: id, addresses, flags, primary's id, three times and an epoch, link, slots."""


class RedisCluster:
    """Nodes that tests may pause and kill. Made by ``redis_cluster``."""

    def __init__(self, directory: Path, settings: dict[str, str] | None = None) -> None:
        every = {"cluster-enabled": "yes", "cluster-node-timeout": str(NODE_TIMEOUT_MS), **(settings or {})}
        self._bus_ports = [free_port() for _ in range(2 * PRIMARIES)]
        self.nodes = [
            RedisServer(directory / str(number), {**every, "cluster-port": str(bus_port)})
            for number, bus_port in enumerate(self._bus_ports)
        ]
        self._ids: dict[str, RedisServer] = {}
        self._split: dict[RedisServer, RedisServer] = {}

    @property
    def url(self) -> str:
        """The address of a node that runs; clients learn the others from it."""
        return f"redis+cluster://127.0.0.1:{self._one_that_runs().port}"

    async def start(self) -> None:
        """Start the nodes and make them one cluster. Returns when every slot is served and every replica follows."""
        await asyncio.gather(*(node.start() for node in self.nodes))
        self._ids = {await node.call("CLUSTER", "MYID"): node for node in self.nodes}
        for number, node in enumerate(self.nodes[:PRIMARIES]):
            first, last = SLOTS * number // PRIMARIES, SLOTS * (number + 1) // PRIMARIES - 1
            await node.call("CLUSTER", "ADDSLOTSRANGE", first, last)
            await node.call("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for number, node in enumerate(self.nodes):
            for other, bus_port in zip(self.nodes[:number], self._bus_ports, strict=False):
                await node.call("CLUSTER", "MEET", "127.0.0.1", other.port, bus_port)
        await self._until_all_see(self._all_have_met)
        for primary, replica in zip(list(self._ids)[:PRIMARIES], self.nodes[PRIMARIES:], strict=True):
            await replica.call("CLUSTER", "REPLICATE", primary)
        await self._until_whole()

    async def heal(self) -> None:
        """Let every node run again and be with the others. Returns when each primary has a replica.

        A primary that was killed and is started before its replica took over comes back empty, and empties the replica.
        """
        for node in self.nodes:
            await node.start()
        for node, heir in self._split.items():
            await self._bring_back(node, heir)
        self._split.clear()
        await self._until_whole()

    async def kill(self, node: RedisServer) -> None:
        """End a node as a crash does; see ``RedisServer.kill``."""
        await node.kill()

    def pause(self, node: RedisServer) -> None:
        """Keep a node from running, with its connections open; see ``RedisServer.pause``."""
        node.pause()

    async def split(self, primary: RedisServer) -> RedisServer:
        """Part a primary from the others, and return its replica, which serves its slots for all but its own clients.

        It goes on answering, and writing, for a minute or until ``heal``. That is harsher than a network, behind which
        it would stop after the node timeout because it sees no majority: it is made to think that it is alone.
        """
        heir, name = await self.replica_of(primary), self._id_of(primary)
        await primary.call("CONFIG", "SET", "cluster-require-full-coverage", "no")
        for other in self._ids:
            if other != name:
                await primary.call("CLUSTER", "FORGET", other)
        await heir.call("CLUSTER", "FAILOVER", "TAKEOVER")
        self._split[primary] = heir
        for node in self.nodes:
            if node.is_running and node is not primary:
                await eventually(partial(_rows_of, node), partial(self._is_served_without, primary), what="the split")
        return heir

    async def primaries(self) -> list[RedisServer]:
        """Return the nodes that serve slots now, in order of their slots, as one that runs sees it."""
        return [self._ids[row[0]] for row in _serving(await _rows_of(self._one_that_runs()))]

    async def primary_of(self, key: str) -> RedisServer:
        """Return the node that serves the slot of ``key`` now."""
        primaries = await self.primaries()
        slot: int = await primaries[0].call("CLUSTER", "KEYSLOT", key)
        return primaries[slot * PRIMARIES // SLOTS]

    async def replica_of(self, primary: RedisServer) -> RedisServer:
        """Return the node that follows ``primary``.

        Raises:
            LookupError: None does.
        """
        for row in await _rows_of(self._one_that_runs()):
            if row[3] == self._id_of(primary):
                return self._ids[row[0]]
        raise LookupError("the node has no replica")

    async def until_replaced(self, node: RedisServer) -> list[RedisServer]:
        """Return the primaries, as ``primaries`` does, once another serves the slots of ``node``."""
        await self._until_all_see(
            lambda rows: (
                len(serving := _serving(rows)) == PRIMARIES and self._id_of(node) not in {row[0] for row in serving}
            )
        )
        return await self.primaries()

    async def announce(self, node: RedisServer, port: int) -> None:
        """Make clients, and a replica that begins to follow it, reach ``node`` by another port, such as a proxy's."""
        await node.call("CONFIG", "SET", "cluster-announce-port", port)
        name = self._id_of(node)
        await self._until_all_see(lambda rows: any(row[0] == name and f":{port}@" in row[1] for row in rows))

    async def flush(self) -> None:
        """Remove every key. Functions and settings stay."""
        await asyncio.gather(*(node.flush() for node in await self.primaries()))

    async def stop(self) -> None:
        """Kill every node."""
        await asyncio.gather(*(node.kill() for node in self.nodes))

    def _one_that_runs(self) -> RedisServer:
        return next(node for node in self.nodes if node.is_running and node not in self._split)

    async def _bring_back(self, node: RedisServer, heir: RedisServer) -> None:
        """Let a node that was split off forget everything and follow who took its place."""
        old = self._id_of(node)
        await node.call("FLUSHALL")
        await node.call("CLUSTER", "RESET", "HARD")
        await node.call("CONFIG", "SET", "cluster-require-full-coverage", "yes")
        for other in self.nodes:
            if other is not node:
                await other.call("CLUSTER", "FORGET", old)
        del self._ids[old]
        self._ids[await node.call("CLUSTER", "MYID")] = node
        for other, bus_port in zip(self.nodes, self._bus_ports, strict=True):
            if other is not node:
                await node.call("CLUSTER", "MEET", "127.0.0.1", other.port, bus_port)
        await self._until_all_see(self._all_have_met)
        await node.call("CLUSTER", "REPLICATE", self._id_of(heir))

    def _id_of(self, node: RedisServer) -> str:
        return next(name for name, known in self._ids.items() if known is node)

    def _is_served_without(self, node: RedisServer, rows: list[Row]) -> bool:
        serving = [self._ids[row[0]] for row in _serving(rows)]
        return len(serving) == PRIMARIES and node not in serving

    def _all_have_met(self, rows: list[Row]) -> bool:
        return {row[0] for row in rows} == set(self._ids) and not any("handshake" in _flags(row) for row in rows)

    async def _until_whole(self) -> None:
        await self._until_all_see(_is_whole)
        for node in self.nodes:
            await eventually(partial(node.ask, "CLUSTER", "INFO"), _is_state_ok, what="the state of the cluster")
            await eventually(partial(node.ask, "ROLE"), _is_linked, what="the role of a node")

    async def _until_all_see(self, holds: Callable[[list[Row]], bool]) -> None:
        """Return when what every running node knows of the others ``holds``."""
        for node in self.nodes:
            if node.is_running:
                await eventually(partial(_rows_of, node), holds, what="the nodes that a node knows")


async def _rows_of(node: RedisServer) -> list[Row]:
    answer: str | None = await node.ask("CLUSTER", "NODES")
    return [line.split() for line in (answer or "").splitlines()]


def _flags(row: Row) -> set[str]:
    return set(row[2].split(","))


def _serving(rows: list[Row]) -> list[Row]:
    """Return those of primaries that live and have slots, in the order of their slots."""
    found = [row for row in rows if "master" in _flags(row) and not _flags(row) & {"fail", "fail?"} and len(row) > 8]
    return sorted(found, key=lambda row: int(row[8].split("-")[0]))


def _is_whole(rows: list[Row]) -> bool:
    followed = {row[3] for row in rows if _flags(row) & {"slave"} and not _flags(row) & {"fail", "fail?"}}
    return len(followed) == PRIMARIES and {row[0] for row in _serving(rows)} == followed


def _is_state_ok(info: str | None) -> bool:
    return info is not None and "cluster_state:ok" in info


def _is_linked(role: list[object] | None) -> bool:
    """Whether a replica has caught up with its primary; a primary always has."""
    return role is not None and (role[0] == "master" or role[3] == "connected")


@contextlib.asynccontextmanager
async def redis_cluster(settings: dict[str, str] | None = None) -> AsyncIterator[RedisCluster]:
    """Yield a new, empty cluster that is whole; it is killed and removed when the block ends.

    Args:
        settings: More settings for every node, or other values than it has.

    Raises:
        RuntimeError: No server is installed, or one did not start.
    """
    async with scratch_directory() as directory:
        cluster = RedisCluster(directory, settings)
        try:
            await cluster.start()
            yield cluster
        finally:
            await cluster.stop()


@contextlib.contextmanager
def running_cluster(settings: dict[str, str] | None = None) -> Iterator[RedisCluster]:
    """Yield what ``redis_cluster`` does, where no event loop runs: one cluster for tests on loops of their own."""
    with asyncio.Runner() as runner:
        opened = redis_cluster(settings)
        cluster = runner.run(opened.__aenter__())
        try:
            yield cluster
        finally:
            runner.run(opened.__aexit__(None, None, None))
