"""The servers under load, each a child process that ends with its block."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from nearby.sim import child


class Kind(StrEnum):
    """Which server."""

    OURS = "nearby"
    AIOHTTP = "aiohttp"
    WEBSOCKETS = "websockets"


class BenchFailed(Exception):
    """The load could not be carried out as planned, so there is nothing to report."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that takes phones. ``key`` signs tokens that ours believes."""

    kind: Kind
    process: child.Child
    key: bytes


@contextlib.asynccontextmanager
async def running(kind: Kind, settings: Mapping[str, str]) -> AsyncIterator[Server]:
    """Run a server until the block ends.

    Args:
        kind: Which.
        settings: Values of ours by name; the references have none.

    Raises:
        ServerFailed: It did not start or end in time. It is gone.
        BenchFailed: This system does not say what a process uses.
    """
    key = secrets.token_hex(32)
    flags = {"drain-s": "0", "log-level": "warning", **settings}
    words = [word for name, value in flags.items() for word in (f"--{name}", value)]
    process = (
        child.own_server(*words, key=key)
        if kind is Kind.OURS
        else child.running(("scripts.benches.reference", kind.value), child.bare_environment())
    )
    async with process as started:
        if not await asyncio.to_thread(started.resident_kib):
            raise BenchFailed("what a server uses cannot be read here: there is no /proc")
        yield Server(kind, started, key.encode())
