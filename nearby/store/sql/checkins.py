"""The check-in log: taken on the hot path into a bounded queue, written in batches off it."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from itertools import islice

from nearby.core.ids import Cell, PersonId
from nearby.errors import StoreDown
from nearby.store.base import CheckInLogStatistics, StoreEvents
from nearby.store.sql.checkin_writer import CheckInWriter, Row, day_of
from nearby.store.sql.engine import RowRefused, StatementRefused

log = logging.getLogger(__name__)

MAX_WAITING = 200_000
"""Rows that wait for the database: 30 MB, and a minute of 3,000 first check-ins a second."""

EVERY_S = 0.5
SORTED_TOGETHER = 20_000
"""Hashes fall anywhere in the key: unsorted, 500 rows rewrite 440 pages, and a row costs three times as much."""

COUNTED_TOGETHER = 2_000
"""Rows that are made at once of counts: about 3 ms."""

RETRY_S = 1.0
DROP_POLICY = "drop_newest"
REFUSED_POLICY = "refused"
HASH_BYTES = 16


def _counted(window_start_ms: int, counts: Mapping[Cell, int]) -> Iterator[Row]:
    """Yield a window's rows of counts, each with a hash that says which of its cell it is and nothing else."""
    for cell, people in sorted(counts.items()):
        for number in range(people):
            which = b"%d %d %d" % (window_start_ms, cell, number)
            yield window_start_ms, cell, blake2b(which, digest_size=HASH_BYTES, person=b"nearby counted").digest(), True


class WindowKeys:
    """The keys of the windows under way; a window that is over has none, here or anywhere.

    Args:
        draw_key: Returns 32 new random bytes at each call.
    """

    def __init__(self, draw_key: Callable[[], bytes]) -> None:
        self._draw_key = draw_key
        self._key = bytearray()
        self._window_start_ms = -1

    def hash(self, person: PersonId, window_start_ms: int) -> bytes | None:
        """Return the person under the window's key, or None if that window is over."""
        if window_start_ms != self._window_start_ms:
            if window_start_ms < self._window_start_ms:
                return None
            self.end(window_start_ms - 1)
            self._key[:] = self._draw_key()
            self._window_start_ms = window_start_ms
        elif not self._key:
            return None
        return blake2b(person.encode(), key=self._key, digest_size=HASH_BYTES).digest()

    def end(self, window_start_ms: int) -> None:
        """Destroy the key of this window and of all before."""
        if window_start_ms >= self._window_start_ms:
            self._key[:] = bytes(len(self._key))
            self._key.clear()


class SqlCheckInLog:
    """See ``nearby.store.base.CheckInLog``. Between ``start`` and ``close`` one task writes.

    Args:
        writer: Writes one batch after the other; closed with the log.
        events: Is told of batches and of what was dropped.
        draw_key: Returns 32 new random bytes at each call.
        max_waiting: Rows the queue holds; the newest are dropped beyond.
    """

    def __init__(
        self,
        writer: CheckInWriter,
        events: StoreEvents,
        *,
        draw_key: Callable[[], bytes],
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._writer = writer
        self._events = events
        self._keys = WindowKeys(draw_key)
        self._max_waiting = max_waiting
        self._waiting: list[Row] = []
        self._sorted: list[Row] = []
        self._written = self._dropped = 0
        self._is_fault_told = False
        self._known_cells: set[Cell] = set()
        self._known_days: set[int] = set()
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None

    def note(self, person: PersonId, cell: Cell, window_start_ms: int, *, is_established: bool) -> None:
        """See ``CheckInLog.note``."""
        person_hash = self._keys.hash(person, window_start_ms)
        if person_hash is None or self._count() >= self._max_waiting:
            self._dropped += 1
            self._events.dropped(DROP_POLICY, 1)
            return
        self._waiting.append((window_start_ms, cell, person_hash, is_established))

    def end_window(self, window_start_ms: int) -> None:
        """See ``CheckInLog.end_window``."""
        self._keys.end(window_start_ms)

    async def count(self, window_start_ms: int, counts: Mapping[Cell, int]) -> None:
        """See ``CheckInLog.count``."""
        rows = _counted(window_start_ms, counts)
        while some := sorted(islice(rows, min(self._writer.chunk, COUNTED_TOGETHER))):
            async with self._turn:
                await self._write_surely(some)
            self._written += len(some)
            self._events.committed("checkins", len(some), 0.0)

    def statistics(self) -> CheckInLogStatistics:
        """See ``CheckInLog.statistics``."""
        return CheckInLogStatistics(waiting=self._count(), written=self._written, dropped=self._dropped)

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Write what waits, if the database takes it at once, and stop."""
        self._is_closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        await self._writer.close()

    async def flush(self) -> None:
        """See ``CheckInLog.flush``."""
        async with self._turn:
            while self._count():
                await self._write_some()

    async def _run(self) -> None:
        while not self._is_closing or self._count():
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._wake.wait()
            try:
                await self.flush()
            except Exception as error:
                self._tell(error)
                if self._is_closing:
                    log.error("%d rows of the check-in log were not written", self._count())
                    return
                await asyncio.sleep(RETRY_S)

    def _tell(self, error: Exception) -> None:
        """Log what is not the database's being away; a statement it refuses, once until it accepts one."""
        if not isinstance(error, StoreDown):
            log.exception("the check-in log could not be written; trying again")
        elif isinstance(error, StatementRefused) and not self._is_fault_told:
            self._is_fault_told = True
            log.error("the check-in log could not be written: %s", error)

    async def _write_some(self) -> None:
        """Write some rows in one transaction; they stay in the queue until they are committed.

        Many are sorted by the key before a few are written: rows of one transaction then fall on few pages.
        """
        if not self._sorted:
            self._sorted = sorted(self._waiting[:SORTED_TOGETHER], reverse=True)
            del self._waiting[:SORTED_TOGETHER]
        rows = self._sorted[-self._writer.chunk :]
        began_s = asyncio.get_running_loop().time()
        try:
            await self._write_surely(rows)
        except RowRefused:
            self._dropped += len(rows)
            self._events.dropped(REFUSED_POLICY, len(rows))
            log.error("the database refused %d rows of the check-in log", len(rows))
        else:
            self._is_fault_told = False
            self._written += len(rows)
            self._events.committed("checkins", len(rows), asyncio.get_running_loop().time() - began_s)
        del self._sorted[-len(rows) :]

    def _count(self) -> int:
        return len(self._waiting) + len(self._sorted)

    async def _write_surely(self, rows: Sequence[Row]) -> None:
        try:
            await self._write(rows)
        except RowRefused:
            # A purge may have dropped the partition that we know of; make sure of everything once more.
            self._known_cells.clear()
            self._known_days.clear()
            await self._write(rows)

    async def _write(self, rows: Sequence[Row]) -> None:
        found_cells, days = {row[1] for row in rows}, {day_of(row[0]) for row in rows}
        await self._writer.write(rows, sorted(found_cells - self._known_cells), sorted(days - self._known_days))
        self._known_cells |= found_cells
        self._known_days |= days
