"""A Redis server of one's own: started on a free port, gone afterwards. ``cluster.py`` makes a cluster of several.

Needs ``redis-server`` 7.0 or newer, or Valkey's, or Debian's package redis-tools, which holds the same program and
starts no service. Nothing is kept on disk: a server that is started again is empty.
"""

import asyncio
import contextlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, RedisError

from nearby.sim.leash import leash
from nearby.testing.ports import free_port
from nearby.testing.waiting import eventually

PROGRAMS = ("redis-server", "valkey-server", "redis-check-rdb")
"""Names the program may have; the last is what redis-tools calls it. It acts by the name it is started under."""

SETTINGS = {"save": "", "appendonly": "no", "bind": "127.0.0.1", "repl-diskless-sync-delay": "0"}

ANSWER_WITHIN_S = 5.0


class RedisServer:
    """One server that a test may stop, pause and start as it likes. Made by ``redis_server``.

    ``url`` names its first database. ``log`` is the file of what it printed.

    Args:
        directory: Where its files go.
        settings: What is set beside ``SETTINGS``, or in their place.
    """

    def __init__(self, directory: Path, settings: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.log = directory / "log"
        self.is_paused = False
        self._directory = directory
        self._settings = {**SETTINGS, "port": str(self.port), "dir": str(directory), **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and neither killed nor paused since."""
        return self._process is not None and not self.is_paused

    async def start(self) -> None:
        """Start it, empty, at the address it had before, or let it go on if it runs. Returns when it answers.

        Raises:
            RuntimeError: It ended instead, or there is no such program; the error says why.
        """
        self.resume()
        await asyncio.to_thread(self._spawn)
        await eventually(self._answers, bool, what="whether redis-server answers")

    def _spawn(self) -> None:
        if self._process is not None:
            return
        self._directory.mkdir(exist_ok=True)
        options = [part for name, value in self._settings.items() for part in (f"--{name}", value)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", *options], executable=find_program(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        leash(self._process.pid)

    async def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"redis-server ended: {await asyncio.to_thread(self.log.read_text)}")
        with contextlib.suppress(RedisError, OSError):
            return bool(await self.call("PING"))
        return False

    def pause(self) -> None:
        """Keep it from running: its connections stay open, and nothing is answered."""
        self._signal(signal.SIGSTOP)
        self.is_paused = True

    def resume(self) -> None:
        """Let it run on, beginning with what reached it meanwhile."""
        self._signal(signal.SIGCONT)
        self.is_paused = False

    async def kill(self) -> None:
        """End it as a crash does, if it runs. Returns when it is gone."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            await asyncio.to_thread(self._process.wait)
        self._process = None
        self.is_paused = False

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    async def call(self, *command: str | int) -> Any:
        """Return the answer to one command, sent over a connection of its own.

        Raises:
            RedisError: It was refused, or nothing came within 5 s.
        """
        # Without driver_info=None each connection looks up the package's version on disk, which blocks.
        client = Redis.from_url(
            self.url, decode_responses=True, protocol=2, socket_timeout=ANSWER_WITHIN_S, driver_info=None
        )
        execute: Callable[..., Awaitable[Any]] = client.execute_command
        async with client:
            return await execute(*command)

    async def ask(self, *command: str | int) -> Any:
        """Return the answer as ``call`` does, or None while it loads what it is to hold: it answers nothing then."""
        with contextlib.suppress(BusyLoadingError):
            return await self.call(*command)
        return None

    async def flush(self) -> None:
        """Remove every key of its database. Functions and settings stay."""
        await self.call("FLUSHDB")


class GivenRedis(RedisServer):
    """Somebody's server, to be emptied by ``flush`` and not to be started, paused or killed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_paused = False
        self._process = None


@contextlib.asynccontextmanager
async def redis_server(settings: dict[str, str] | None = None) -> AsyncIterator[RedisServer]:
    """Yield a new, empty server that runs; it is killed and removed when the block ends.

    Args:
        settings: More settings, or other values for ``SETTINGS``.

    Raises:
        RuntimeError: No server is installed, or it did not start.
    """
    async with scratch_directory() as directory:
        server = RedisServer(directory, settings)
        try:
            await server.start()
            yield server
        finally:
            await server.kill()


@contextlib.contextmanager
def running_redis(settings: dict[str, str] | None = None) -> Iterator[RedisServer]:
    """Yield what ``redis_server`` does, where no event loop runs: one server for tests on loops of their own."""
    with asyncio.Runner() as runner:
        opened = redis_server(settings)
        server = runner.run(opened.__aenter__())
        try:
            yield server
        finally:
            runner.run(opened.__aexit__(None, None, None))


@contextlib.asynccontextmanager
async def scratch_directory() -> AsyncIterator[Path]:
    """Yield a directory that is removed when the block ends."""
    directory = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="nearby-redis-"))
    try:
        yield directory
    finally:
        await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)


def find_program() -> str:
    """Return the path of the server's program.

    Raises:
        RuntimeError: There is none.
    """
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise RuntimeError("Redis is not installed: apt-get install redis-tools")
    return found
