"""Servers of a test's own that start at once: what they import is there before they are.

Where ``servers_start_at_once`` is imported, servers are started so: that is most of what a start costs.
"""

import asyncio
import json
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import cache
from threading import Lock, Thread

import pytest

from nearby.sim import child
from tests.processes import ROOT, forking


class Forked:
    """A process as ``asyncio.subprocess.Process`` is one, as far as tests ask."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader, pipe: asyncio.BaseTransport, ended: Future[int]) -> None:
        self.pid = pid
        self.stdout = stdout
        self._pipe = pipe
        self._ended = ended

    @property
    def returncode(self) -> int | None:
        """Return how it ended, None while it runs."""
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        """Return how it ended, once it has."""
        code = await asyncio.shield(asyncio.wrap_future(self._ended))
        self._pipe.close()
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal; ``ProcessLookupError`` if it ended."""
        if self._ended.done():
            raise ProcessLookupError
        os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class _Forks:
    """The process that forks, and who waits for what it says. Safe to use from any thread and loop."""

    def __init__(self) -> None:
        self._process = forking()
        self._one_at_a_time = Lock()
        self._started = Future[tuple[int, Future[int]]]()
        self._ended: dict[int, Future[int]] = {}
        Thread(target=self._read, daemon=True).start()

    def start(self, asked: Mapping[str, object]) -> tuple[int, "Future[int]"]:
        """Return the id of a new process, and how it will have ended."""
        assert self._process.stdin is not None
        with self._one_at_a_time:
            self._started = Future()
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            return self._started.result()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            pid, *code = map(int, line.split())
            if code:
                self._ended.pop(pid).set_result(code[0])
            else:
                self._ended[pid] = Future()
                self._started.set_result((pid, self._ended[pid]))
        over = RuntimeError("the process that forks ended; what it said stands above")
        if not self._started.done():
            self._started.set_exception(over)
        for ended in self._ended.values():
            ended.set_exception(over)


_forks = cache(_Forks)


async def start(command: Sequence[str], environment: Mapping[str, str]) -> Forked:
    """Return ``python -m`` with a command as a process that runs, in a session of its own."""
    ours, theirs = os.pipe()
    own = f"/proc/{os.getpid()}/fd"
    module, *arguments = command
    asked = {
        "module": module,
        "imports": module,
        "arguments": arguments,
        "environment": {"PYTHONPATH": str(ROOT), **environment},
        "out": f"{own}/{theirs}",
        "err": f"{own}/2",
        "is_alone": True,
    }
    try:
        pid, ended = await asyncio.to_thread(lambda: _forks().start(asked))
    finally:
        os.close(theirs)
    stdout = asyncio.StreamReader()
    pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdout), os.fdopen(ours, "rb", buffering=0)
    )
    return Forked(pid, stdout, pipe, ended)


@pytest.fixture(scope="module", autouse=True)
def servers_start_at_once() -> Iterator[None]:
    """Have the servers that ``nearby.sim.child`` starts fork from one that has imported all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "_start", start)
        yield
