"""Several gateways as processes, on one hub and one database of their own, behind a balancer: to break and mend."""

import asyncio
import contextlib
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from nearby.core.rules import Rules
from nearby.errors import NearbyError
from nearby.hub.valkey.attempt import NUMBERS
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.sliced import tags_of
from nearby.server.config import Settings
from nearby.server.sharing import TAG
from nearby.sim.child import Child, bare_environment, running
from nearby.testing.cluster import RedisCluster, redis_cluster
from nearby.testing.ports import free_port
from nearby.testing.postgres import postgres_with_schema
from nearby.testing.proxy import Balancer, running_balancer
from nearby.testing.redis import RedisServer, redis_server
from nearby.testing.serving import http_call
from nearby.testing.shared_state import Stored, contradictions, in_two_slices, read_stored
from nearby.testing.waiting import eventually

LOOKS = 5
LOOK_EVERY_S = 1.0


class Gateway:
    """One ``nearby serve`` that may be killed, stopped and started at the same address. Made by ``fleet``."""

    def __init__(self, flags: Sequence[str], environment: dict[str, str], directory: Path) -> None:
        self.port = free_port()
        self.metrics_port = free_port()
        places = ("--port", str(self.port), "--metrics-port", str(self.metrics_port), "--data-dir", str(directory))
        self._command = ("nearby.cli", "serve", *places, *flags)
        self._environment = environment
        self._running = AsyncExitStack()
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """The process that runs."""
        assert self._child is not None
        return self._child

    async def start(self) -> None:
        """Start it. Returns when it takes phones.

        Raises:
            ServerFailed: It does not.
        """
        self._child = await self._running.enter_async_context(running(self._command, self._environment))

    async def kill(self) -> None:
        """End it as a crash does. Returns when it is gone."""
        self.child.process.send_signal(signal.SIGKILL)
        await self.child.process.wait()
        await self.stop()

    def pause(self) -> None:
        """Keep it from running, with its connections open, if it runs."""
        if self._child is not None:
            self._child.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it run on, if it was paused."""
        if self._child is not None:
            self._child.process.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        """Have it drain, if it runs. Returns when it is gone.

        Raises:
            ServerFailed: It did not end in time, and was killed.
        """
        self._child = None
        await self._running.aclose()

    async def is_ready(self) -> bool:
        """Return whether it says that it takes phones."""
        return (await http_call(f"{self.child.url}/readyz")).status == 200

    async def metric(self, sample: str) -> float:
        """Return the value of a sample in its metrics, by name and labels as they stand there; 0 without it."""
        page = (await http_call(self.child.metrics_url)).body.decode()
        values = [line.rsplit(" ", 1)[1] for line in page.splitlines() if line.startswith(f"{sample} ")]
        return float(values[0]) if values else 0.0


class Fleet:
    """Gateways, and what they share. Made by ``fleet``.

    Attributes:
        url: The balancer, which phones call.
        key: What signs their tokens.
        gateways: All of them, whether they run or not.
        cluster: The hub, None if it is a single server.
        server: The hub, None if it is a cluster.
    """

    def __init__(
        self,
        hub: RedisCluster | RedisServer,
        gateways: list[Gateway],
        balancer: Balancer,
        *,
        key: str,
        rules: Rules,
        slices: int,
    ) -> None:
        self.cluster = hub if isinstance(hub, RedisCluster) else None
        self.server = hub if isinstance(hub, RedisServer) else None
        self.gateways = gateways
        self.balancer = balancer
        self.key = key
        self._hub = hub
        self._rules = rules
        self._tags = [TAG] if slices == 1 else tags_of(TAG, slices)

    @property
    def url(self) -> str:
        """Where phones go: a gateway behind it may answer, a different one each time."""
        return f"http://127.0.0.1:{self.balancer.port}"

    async def primary(self) -> RedisServer:
        """Return the node of the cluster that has the live state now, or the slice of it with most people."""
        assert self.cluster is not None
        people = [await self._people_under(tag) for tag in self._tags]
        return await self.cluster.primary_of(self._tags[people.index(max(people))])

    async def _people_under(self, tag: str) -> int:
        link = Link(self._hub.url, tag)
        try:
            return int(await link.call("HGET", link.key(NUMBERS), "people") or 0)
        finally:
            await link.close()

    async def lose_hub(self) -> None:
        """Kill every node of the hub: what it knew is gone."""
        await (self.cluster.stop() if self.cluster is not None else self._hub_server().kill())

    async def start_hub(self) -> None:
        """Start every node again. Returns when the hub can be used."""
        await (self.cluster.heal() if self.cluster is not None else self._hub_server().start())

    async def contradictions(self) -> list[str]:
        """Return in words what the live state says that cannot be true.

        Gateways stand still meanwhile. What one of them was in the middle of is over by one of several looks.
        """
        found: list[str] = []
        for _ in range(LOOKS):
            try:
                for gateway in self.gateways:
                    gateway.pause()
                found = await self._look()
            finally:
                for gateway in self.gateways:
                    gateway.resume()
            if not found:
                break
            await asyncio.sleep(LOOK_EVERY_S)
        return found

    async def _look(self) -> list[str]:
        slices: list[Stored] = []
        for tag in self._tags:
            link = Link(self._hub.url, tag)
            try:
                slices.append(await read_stored(await link.client(), tag))
            except NearbyError as error:
                return [f"it cannot be read: {error}"]
            finally:
                await link.close()
        return [*in_two_slices(slices), *(line for one in slices for line in contradictions(one, self._rules))]

    def _hub_server(self) -> RedisServer:
        assert self.server is not None
        return self.server


@contextlib.asynccontextmanager
async def fleet(
    *, gateways: int, is_cluster: bool, wait: int = 0, slices: int = 1, flags: Sequence[str] = ()
) -> AsyncIterator[Fleet]:
    """Yield gateways that take phones, over loopback; everything that was started is ended when the block ends.

    Args:
        gateways: How many.
        is_cluster: Whether the hub is three primaries with a replica each, or one server.
        wait: How many replicas must have a write before it counts.
        slices: In how many the live state is kept.
        flags: More flags for each gateway. Limits are off.

    Raises:
        RuntimeError: PostgreSQL or Redis is not installed, or did not start.
        ServerFailed: A gateway did not start.
    """
    key = secrets.token_hex(32)
    flags = ("--limits", "off", "--log-level", "error", *flags)
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nearby-fleet-")))
        database_url = await _postgres(stack)
        hub: RedisCluster | RedisServer = await stack.enter_async_context(
            redis_cluster() if is_cluster else redis_server()
        )
        shared = {
            "NEARBY_KEY": key,
            "NEARBY_STORE_SECRET": key,
            "NEARBY_DATABASE_URL": database_url,
            "NEARBY_HUB_URL": _with_wait(hub.url, wait),
        }
        flags = (*flags, "--hub-slices", str(slices))
        made = [Gateway(flags, bare_environment() | shared, directory / str(number)) for number in range(gateways)]
        for gateway in made:
            stack.push_async_callback(gateway.stop)
        await asyncio.gather(*(gateway.start() for gateway in made))
        balancer = await stack.enter_async_context(running_balancer("127.0.0.1", [one.port for one in made]))
        yield Fleet(hub, made, balancer, key=key, rules=_rules(flags), slices=slices)


async def until_ready(gateway: Gateway) -> None:
    """Return when a gateway says that it takes phones."""
    await eventually(gateway.is_ready, bool, what="whether a gateway is ready")


async def _postgres(stack: AsyncExitStack) -> str:
    """Start a database until the stack unwinds; return its address. Both take a moment, so in a thread."""
    opened = postgres_with_schema()
    server = await asyncio.to_thread(opened.__enter__)
    stack.push_async_callback(asyncio.to_thread, opened.__exit__, None, None, None)
    return server.url


def _with_wait(url: str, wait: int) -> str:
    return f"{url}?wait={wait}" if wait else url


def _rules(flags: Sequence[str]) -> Rules:
    """Return the numbers that gateways with these flags run by."""
    given = dict(zip(flags[::2], flags[1::2], strict=True))
    names = {"--limits": "limits", "--window-s": "window_s", "--speed": "speed"}
    return Settings(**{names[flag]: value for flag, value in given.items() if flag in names}).rules()  # type: ignore[arg-type]
