"""The servers under load, each a child process that ends with its block."""

import asyncio
import contextlib
import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nearby.sim import child


class Kind(StrEnum):
    """Which server: ours, ours with something left out or changed, or a reference."""

    OURS = "nearby"
    ON_POSTGRESQL = "nearby on PostgreSQL"
    UNLOGGED = "nearby without the check-in log"
    UNKEPT = "nearby keeping nothing"
    SHARED = "nearby on a shared hub"
    AIOHTTP = "aiohttp"
    WEBSOCKETS = "websockets"


class BenchFailed(Exception):
    """The load could not be carried out as planned, so there is nothing to report."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that takes phones. ``key`` signs tokens that ours believes; ``others`` are more of its processes."""

    kind: Kind
    process: child.Child
    key: bytes
    others: tuple[child.Child, ...] = ()

    @property
    def ports(self) -> list[int]:
        """Return the ports phones may call."""
        return [process.port for process in (self.process, *self.others)]

    def cpu_s(self) -> float:
        """Return the processor time that all its processes used so far; see ``Child.cpu_s``."""
        return sum(process.cpu_s() for process in (self.process, *self.others))


@contextlib.asynccontextmanager
async def running(kind: Kind, settings: Mapping[str, str], *, key: str | None = None) -> AsyncIterator[Server]:
    """Run a server until the block ends.

    Args:
        kind: Which.
        settings: Values of ours by name; the references have none.
        key: Signs tokens; None draws one.

    Raises:
        ServerFailed: It did not start or end in time. It is gone.
        BenchFailed: This system does not say what a process uses.
    """
    key = key or secrets.token_hex(32)
    flags = {"drain-s": "0", "log-level": "warning", "accept-rate": "0", **settings}
    words = [word for name, value in flags.items() for word in (f"--{name}", value)]
    if kind in (Kind.AIOHTTP, Kind.WEBSOCKETS):
        process = child.running(("scripts.benches.reference", kind.value), child.bare_environment())
    elif kind is Kind.UNLOGGED:
        process = _unlogged(words, key)
    else:
        process = child.own_server(*words, key=key)
    async with process as started:
        if not await asyncio.to_thread(started.resident_kib):
            raise BenchFailed("what a server uses cannot be read here: there is no /proc")
        yield Server(kind, started, key.encode())


def together(servers: Sequence[Server]) -> Server:
    """Return servers of one key, of which phones may call any, as one."""
    first, *others = servers
    return Server(first.kind, first.process, first.key, tuple(one.process for one in others))


@contextlib.asynccontextmanager
async def _unlogged(words: Sequence[str], key: str) -> AsyncIterator[child.Child]:
    with tempfile.TemporaryDirectory(prefix="nearby-") as directory:
        places = ("--port", "0", "--metrics-port", "0", "--data-dir", directory)
        command = ("scripts.benches.unlogged", "serve", *places, *words)
        async with child.running(command, child.bare_environment() | {"NEARBY_KEY": key}) as process:
            yield process
