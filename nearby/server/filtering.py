"""An operator's own filter of texts: asked in processes of its own, within a time, and never waited for longer."""

import asyncio
import contextlib
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from importlib.metadata import entry_points
from time import perf_counter

import msgspec

from nearby.errors import ConfigError
from nearby.server.config import Settings
from nearby.server.filter_worker import GROUP
from nearby.server.metrics import Metrics

log = logging.getLogger(__name__)

WORKERS = 2
"""Processes, each with one text at a time."""
MAX_WAITING = 64
"""Texts that wait for one of them; one more is decided by the policy at once (``policy_when_busy``)."""
RESTART_AFTER_S = 1.0
"""A process that ended is started again no sooner."""
START_WITHIN_S = 10.0

_BROKEN = (OSError, RuntimeError, msgspec.DecodeError)
"""What an exchange with a process that ended raises; uvloop says RuntimeError of a pipe that is closed already."""


def command_of(name: str) -> tuple[str, ...]:
    """Return how the process of a filter is started."""
    return (sys.executable, "-m", "nearby.server.filter_worker", name)


class Filtering:
    """Asks the filter. One that is slow, hangs, crashes or raises costs the texts it was asked about and nothing else.

    Args:
        command: Starts a process that answers as ``nearby.server.filter_worker`` says.
        within_s: How long one text may take, the wait for a free process included.
        holds_when_unsure: What becomes of a text about which there was no answer.
        metrics: Counts answers, and how long they took.
        clock_s: A monotonic clock.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        within_s: float,
        holds_when_unsure: bool,
        metrics: Metrics,
        clock_s: Callable[[], float] = perf_counter,
    ) -> None:
        self._command = command
        self._within_s = within_s
        self._holds_when_unsure = holds_when_unsure
        self._metrics = metrics
        self._clock_s = clock_s
        self._free: asyncio.Queue[_Worker] = asyncio.Queue(WORKERS)
        self._workers = [_Worker(command, clock_s) for _ in range(WORKERS)]
        for worker in self._workers:
            self._free.put_nowait(worker)
        self.asked = 0
        """Texts that it is asked about now, or that wait."""

    async def start(self) -> None:
        """Start the processes; return when they are there."""
        await asyncio.gather(*(worker.start() for worker in self._workers))

    async def close(self) -> None:
        """End the processes."""
        await asyncio.gather(*(worker.end() for worker in self._workers))

    async def is_unfit(self, text: str, lang: str | None) -> bool:
        """Return whether a text is to be held."""
        if self.asked >= WORKERS + MAX_WAITING:
            return self._unsure("busy")
        started_s = self._clock_s()
        self.asked += 1
        try:
            verdict = await asyncio.wait_for(self._ask(text, lang), self._within_s)
        except TimeoutError:
            return self._unsure("slow")
        finally:
            self.asked -= 1
            self._metrics.filter_seconds.observe(self._clock_s() - started_s)
        if verdict is None:
            return self._unsure("failed")
        self._metrics.filtered["held" if verdict else "passed"] += 1
        return verdict

    async def _ask(self, text: str, lang: str | None) -> bool | None:
        worker = await self._free.get()
        try:
            return await worker.ask(text, lang)
        finally:
            self._free.put_nowait(worker)

    def _unsure(self, because: str) -> bool:
        self._metrics.filtered[because] += 1
        return self._holds_when_unsure


@contextlib.asynccontextmanager
async def started_filter(settings: Settings, metrics: Metrics) -> AsyncIterator[Filtering | None]:
    """Run the filter that is set until the block ends; None if none is.

    Raises:
        ConfigError: No installed package offers it.
    """
    if not settings.filter:
        yield None
        return
    if not await asyncio.to_thread(lambda: entry_points(group=GROUP, name=settings.filter)):
        raise ConfigError("filter", f"no installed package offers an entry point of that name in {GROUP}")
    filtering = Filtering(
        command_of(settings.filter),
        within_s=settings.filter_s,
        holds_when_unsure=settings.filter_unsure == "hold",
        metrics=metrics,
    )
    try:
        await filtering.start()
        yield filtering
    finally:
        await filtering.close()


class _Worker:
    """One process, started again when it is needed after it ended."""

    def __init__(self, command: Sequence[str], clock_s: Callable[[], float]) -> None:
        self._command = command
        self._clock_s = clock_s
        self._process: Process | None = None
        self._again_s = 0.0
        self._starting: asyncio.Task[None] | None = None
        self._retired: set[asyncio.Task[int]] = set()
        self._begun: Process | None = None
        """One that is asked the first thing, and is nobody's yet."""
        self._is_over = False

    async def start(self) -> None:
        self._again_s = self._clock_s() + RESTART_AFTER_S
        process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE)
        if self._is_over:
            self._retire(process)
            return
        self._begun = process
        try:
            # One empty question, so that what it has to load is loaded before somebody waits.
            await asyncio.wait_for(self._exchange(process, "", None), START_WITHIN_S)
        except (TimeoutError, *_BROKEN):
            self._retire(process)
        except BaseException:
            self._retire(process)
            raise
        else:
            self._process = process
        finally:
            self._begun = None

    async def ask(self, text: str, lang: str | None) -> bool | None:
        """Return the filter's verdict, None for no answer. Cancelled, it ends the process: it may hang."""
        process = self._process
        if process is None or process.returncode is not None:
            if process is not None:
                self._process = None
                self._retire(process)
            self._restart()
            return None
        is_answered = False
        try:
            verdict = await self._exchange(process, text, lang)
            is_answered = True
        except _BROKEN:
            return None
        finally:
            if not is_answered:
                self._process = None
                self._retire(process)
                self._restart()
        return verdict

    async def end(self) -> None:
        # Not cancelled: of a process that is on its way nobody would know when it is there.
        self._is_over = True
        if self._begun is not None:
            with contextlib.suppress(ProcessLookupError):
                self._begun.kill()
        if self._starting is not None:
            with contextlib.suppress(*_BROKEN):
                await self._starting
        process, self._process = self._process, None
        if process is not None:
            self._retire(process)
        await asyncio.gather(*self._retired)

    async def _exchange(self, process: Process, text: str, lang: str | None) -> bool | None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode({"text": text, "lang": lang}) + b"\n")
        await process.stdin.drain()
        return msgspec.json.decode(await process.stdout.readline(), type=bool | None)

    def _retire(self, process: Process) -> None:
        """End a process, and hold on to it until it is gone."""
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        if process.stdin is not None:
            process.stdin.close()
        ending = asyncio.create_task(process.wait())
        self._retired.add(ending)
        ending.add_done_callback(self._retired.discard)

    def _restart(self) -> None:
        is_starting = self._starting is not None and not self._starting.done()
        if self._is_over or is_starting or self._clock_s() < self._again_s:
            return
        log.warning("the filter's process ended or did not answer; it is started again")
        self._starting = asyncio.create_task(self._start_again())

    async def _start_again(self) -> None:
        with contextlib.suppress(*_BROKEN):
            await self.start()
