"""A server of its own for a run: a child process on free ports, and what it cost."""

import asyncio
import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nearby.errors import ServerFailed

STARTED_WITHIN_S = 30.0
STOPPED_WITHIN_S = 40.0
_ANNOUNCEMENT = re.compile(r"nearby: phones at (\S+) metrics at (\S+)")


@dataclass(frozen=True, slots=True)
class Child:
    """A running server: where it is and, on Linux, what it has used."""

    url: str
    metrics_url: str
    process: asyncio.subprocess.Process

    def cpu_s(self) -> float:
        """Return the processor time used so far, user and system; 0 where there is no ``/proc``."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_kib(self) -> int:
        """Return the most memory it ever held; 0 where there is no ``/proc``."""
        return self._memory_kib("VmHWM")

    def resident_kib(self) -> int:
        """Return the memory it holds; 0 where there is no ``/proc``."""
        return self._memory_kib("VmRSS")

    def _memory_kib(self, name: str) -> int:
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0
        found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
        return int(found[1]) if found else 0


@contextlib.asynccontextmanager
async def own_server(*flags: str, key: str) -> AsyncIterator[Child]:
    """Run ``nearby serve`` on free ports with a throw-away data directory until the block ends.

    Raises:
        ServerFailed: As ``serving``.
    """
    directory = await asyncio.to_thread(tempfile.mkdtemp, prefix="nearby-")
    try:
        places = ("--port", "0", "--metrics-port", "0", "--data-dir", directory)
        async with serving([*places, *flags], key=key) as child:
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
        ServerFailed: It ended before it took phones, or did not end in time.
    """
    environment = os.environ | ({"NEARBY_KEY": key} if key else {})
    # In a session of its own, or Ctrl-C would reach it beside our SIGTERM, and a second signal ends the drain.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "nearby.cli", "serve", *flags),
        stdout=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    try:
        yield await _announced(process)
    finally:
        await _stop(process)


async def _announced(process: asyncio.subprocess.Process) -> Child:
    assert process.stdout is not None
    async with asyncio.timeout(STARTED_WITHIN_S):
        line = (await process.stdout.readline()).decode()
        found = _ANNOUNCEMENT.match(line)
        if found is None:
            raise ServerFailed("the server did not start; what it said stands above", await process.wait())
    return Child(found[1], found[2], process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOPPED_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise ServerFailed(f"the server did not stop within {STOPPED_WITHIN_S:.0f} s", None) from None
