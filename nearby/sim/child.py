"""A server of its own for a run: a child process on free ports, and what it cost."""

import asyncio
import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nearby.errors import ConfigError, ServerFailed
from nearby.sim.leash import leash

STARTED_WITHIN_S = 30.0
STOPPED_WITHIN_S = 40.0
_ANNOUNCEMENT = re.compile(r"\w+: phones at (\S+)(?: metrics at (\S+))?")

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 14 - 3, 15 - 3
"""Fields of proc(5)'s stat, which counts from 1, after the third begins what follows the name."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running server: where it is and, on Linux, what it and its workers used. ``metrics_url`` is "" without one."""

    url: str
    metrics_url: str
    process: asyncio.subprocess.Process

    @property
    def port(self) -> int:
        """Return the port phones call."""
        return int(self.url.rsplit(":", 1)[1])

    def cpu_s(self) -> float:
        """Return the processor time used so far, user and system, in steps of 10 ms; 0 where there is no ``/proc``."""
        ticks = 0
        for pid in self._pids():
            # The name may hold spaces and brackets; nothing after it does.
            fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
            ticks += int(fields[_UTIME]) + int(fields[_STIME]) if fields else 0
        return ticks / _TICKS_PER_S

    def peak_kib(self) -> int:
        """Return the most memory it ever held, the sum of each worker's; 0 where there is no ``/proc``."""
        return self._memory_kib("VmHWM")

    def resident_kib(self) -> int:
        """Return the memory it holds; 0 where there is no ``/proc``."""
        return self._memory_kib("VmRSS")

    def _memory_kib(self, name: str) -> int:
        pattern = re.compile(rf"^{name}:\s+(\d+) kB$", re.MULTILINE)
        found = (pattern.search(_read(f"/proc/{pid}/status")) for pid in self._pids())
        return sum(int(one[1]) for one in found if one is not None)

    def _pids(self) -> list[str]:
        """Return the process and those that it started, workers all of them."""
        own = self.process.pid
        return [str(own), *_read(f"/proc/{own}/task/{own}/children").split()]


def _read(path: str) -> str:
    """Return a file of ``/proc``, or nothing of a process that ended or where there is none."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""


@contextlib.asynccontextmanager
async def own_server(
    *flags: str, key: str, database_url: str | None = None, hub_url: str | None = None
) -> AsyncIterator[Child]:
    """Run ``nearby serve`` on free ports with a throw-away data directory until the block ends.

    What the environment sets for an operator's own server has no effect on it. Without ``database_url`` the
    database is a file in that directory; with it, it must hold the schema. With ``hub_url`` it has that hub, whose
    servers draw and hash by the key.

    Raises:
        ServerFailed: As ``serving``.
    """
    directory = await asyncio.to_thread(tempfile.mkdtemp, prefix="nearby-")
    try:
        places = ("--port", "0", "--metrics-port", "0", "--data-dir", directory)
        environment = bare_environment() | {"NEARBY_KEY": key} | _database(database_url)
        if hub_url is not None:
            environment |= {"NEARBY_HUB_URL": hub_url, "NEARBY_STORE_SECRET": key}
        async with running(_serve([*places, *flags]), environment) as child:
            yield child
    finally:
        await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)


@contextlib.asynccontextmanager
async def serving(flags: Sequence[str], *, key: str | None = None) -> AsyncIterator[Child]:
    """Run ``nearby serve`` with ``flags`` until the block ends, then SIGTERM it and wait for the drain.

    Args:
        flags: Command-line flags.
        key: The shared secret for tokens, handed over in the environment where no other user sees it.

    Raises:
        ServerFailed: It ended before it took phones, or did not start or end in time. It is gone.
    """
    async with running(_serve(flags), os.environ | ({"NEARBY_KEY": key} if key else {})) as child:
        yield child


@contextlib.asynccontextmanager
async def running(command: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[Child]:
    """Run Python with ``command`` until the block ends; its first line says where phones are taken.

    Raises:
        ServerFailed: As ``serving``.
    """
    process = await _start(command, environment)
    try:
        await asyncio.to_thread(leash, process.pid)
        yield await _announced(process)
    finally:
        await _stop(process)


async def _start(command: Sequence[str], environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    # In a session of its own, or Ctrl-C would reach it beside our SIGTERM, and a second signal ends the drain.
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", *command),
        stdout=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )


def bare_environment() -> dict[str, str]:
    """Return our environment without an operator's settings, which would make another server of it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NEARBY_")}


async def init_database(database_url: str) -> None:
    """Run ``nearby db init`` on a database.

    Raises:
        ConfigError: The database cannot be used; the command's own sentence.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "nearby.cli", "db", "init"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=bare_environment() | _database(database_url),
    )
    _, said = await process.communicate()
    if process.returncode:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise ConfigError("database_url", last.removeprefix("nearby: ").removeprefix("database_url: "))


def _database(url: str | None) -> dict[str, str]:
    """Return the setting as part of an environment, where no other user sees a password in it."""
    return {} if url is None else {"NEARBY_DATABASE_URL": url}


def _serve(flags: Sequence[str]) -> tuple[str, ...]:
    return ("nearby.cli", "serve", *flags)


async def _announced(process: asyncio.subprocess.Process) -> Child:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(STARTED_WITHIN_S):
            line = (await process.stdout.readline()).decode(errors="replace")
            found = _ANNOUNCEMENT.match(line)
            if found is None:
                raise ServerFailed("the server did not start; what it said stands above", await process.wait())
    except TimeoutError:
        raise ServerFailed(f"the server did not start within {STARTED_WITHIN_S:.0f} s", None) from None
    return Child(found[1], found[2] or "", process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOPPED_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise ServerFailed(f"the server did not stop within {STOPPED_WITHIN_S:.0f} s", None) from None
