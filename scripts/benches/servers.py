"""The servers under load, each a child process that ends with its block."""

import asyncio
import contextlib
import os
import re
import secrets
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

START_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0

_READY = re.compile(r"phones at http://127\.0\.0\.1:(\d+)")


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
    pid: int
    port: int
    key: bytes


@contextlib.asynccontextmanager
async def running(kind: Kind, settings: Mapping[str, str]) -> AsyncIterator[Server]:
    """Run a server until the block ends.

    Args:
        kind: Which.
        settings: Values of ours by name; the references have none.

    Raises:
        BenchFailed: It did not start in time.
    """
    key = secrets.token_hex(32)
    with tempfile.TemporaryDirectory(prefix="nearby-bench-") as directory:
        # An operator's own settings would make another server of it.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NEARBY_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            *(_our_arguments(settings, directory) if kind is Kind.OURS else ("scripts.benches.reference", kind.value)),
            env={**environment, "NEARBY_KEY": key},
            stdout=PIPE,
        )
        try:
            yield Server(kind, process.pid, await _port(kind, process), key.encode())
        finally:
            await _stop(process)


def _our_arguments(settings: Mapping[str, str], directory: str) -> tuple[str, ...]:
    fixed = {"port": "0", "metrics-port": "0", "data-dir": directory, "drain-s": "0", "log-level": "warning"}
    flags = (word for name, value in {**fixed, **settings}.items() for word in (f"--{name}", value))
    return ("nearby.cli", "serve", *flags)


async def _port(kind: Kind, process: Process) -> int:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_WITHIN_S):
            line = await process.stdout.readline()
    except TimeoutError:
        raise BenchFailed(f"{kind} did not start within {START_WITHIN_S:.0f} s") from None
    ready = _READY.search(line.decode())
    if ready is None:
        raise BenchFailed(f"{kind} did not start; what it wrote is above")
    return int(ready[1])


async def _stop(process: Process) -> None:
    """End the child, by force if it does not go by itself."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
