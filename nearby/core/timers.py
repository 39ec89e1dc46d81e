"""Things to look at again at a time: at most one live entry a key, kept in rows of keys that are due at about a time.

A heap of entries costs a tuple and two numbers each, which for a city's people is as much as all else that is known
of them. Here a key waits in a row, and only a row that has come due is sorted.
"""

import heapq
from bisect import insort
from collections.abc import Hashable
from typing import Generic, TypeVar

from nearby.core.packed import trimmed

K = TypeVar("K", bound=Hashable)

ROW_MS = 1_000


class Timers(Generic[K]):
    """When to look at what. A key set twice keeps the earlier time: looking early does no harm.

    Setting one takes constant time, taking one the logarithm of what is due in the same second. A key takes about
    110 bytes beside itself.
    """

    __slots__ = ("_due_ms", "_first", "_numbers", "_rows", "_sorted")

    def __init__(self) -> None:
        self._due_ms: dict[K, int] = {}
        self._rows: dict[int, list[K]] = {}
        self._numbers: list[int] = []  # A heap of the rows' numbers.
        self._first = -1  # The row whose keys are in ``_sorted``, -1 if none is.
        self._sorted: list[tuple[int, int, K]] = []  # Latest first; among equals the one set last.

    def __len__(self) -> int:
        """Return how many keys wait."""
        return len(self._due_ms)

    def set(self, key: K, due_ms: int) -> None:
        """Ask for ``key`` at ``due_ms``, at least 0, or earlier if that was asked before."""
        known_ms = self._due_ms.get(key)
        if known_ms is not None and known_ms <= due_ms:
            return
        self._due_ms[key] = trimmed(due_ms)
        number = due_ms // ROW_MS
        if number <= self._first:
            insort(self._sorted, (-due_ms, -len(self._sorted), key), key=_by_time)
            return
        row = self._rows.get(number)
        if row is None:
            row = self._rows[number] = []
            heapq.heappush(self._numbers, number)
        row.append(key)

    def first_ms(self) -> int | None:
        """Return a time before which nothing is due, within a second of the next key's; None if nothing waits."""
        if self._sorted:
            return -self._sorted[-1][0]
        return self._numbers[0] * ROW_MS if self._numbers else None

    def next_ms(self, now_ms: int) -> int | None:
        """Return the time of the next key due by ``now_ms``, or None."""
        while True:
            while self._sorted:
                late_ms, _, key = self._sorted[-1]
                if self._due_ms.get(key) == -late_ms:
                    return -late_ms if -late_ms <= now_ms else None
                self._sorted.pop()
            if not self._numbers or self._numbers[0] * ROW_MS > now_ms:
                return None
            self._sort_next_row()

    def pop(self, now_ms: int) -> tuple[K, int] | None:
        """Return the next key due by ``now_ms`` with its time, in order of time, or None."""
        due_ms = self.next_ms(now_ms)
        if due_ms is None:
            return None
        key = self._sorted.pop()[2]
        del self._due_ms[key]
        return key, due_ms

    def _sort_next_row(self) -> None:
        """Sort the keys of the next row that are still due in it; others were set earlier since, or came up."""
        number = heapq.heappop(self._numbers)
        keys = self._rows.pop(number)
        live = ((self._due_ms.get(key, -1), -place, key) for place, key in enumerate(keys))
        due = [(-due_ms, place, key) for due_ms, place, key in live if due_ms // ROW_MS == number]
        due.sort(key=_by_time)
        self._first, self._sorted = number, due


def _by_time(entry: tuple[int, int, object]) -> tuple[int, int]:
    return entry[:2]
