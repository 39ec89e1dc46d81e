"""Things to look at again at a time: a heap of due times with at most one live entry a key."""

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Timers(Generic[K]):
    """When to look at what. A key set twice keeps the earlier time: looking early does no harm."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, K]] = []
        self._due_ms: dict[K, int] = {}
        self._count = 0

    def __len__(self) -> int:
        """Return how many keys wait."""
        return len(self._due_ms)

    def set(self, key: K, due_ms: int) -> None:
        """Ask for ``key`` at ``due_ms``, or earlier if that was asked before."""
        known_ms = self._due_ms.get(key)
        if known_ms is not None and known_ms <= due_ms:
            return
        self._due_ms[key] = due_ms
        self._count += 1
        heapq.heappush(self._heap, (due_ms, self._count, key))

    def pop(self, now_ms: int) -> tuple[K, int] | None:
        """Return the next key due by ``now_ms`` with its time, in order of time, or None."""
        while self._heap and self._heap[0][0] <= now_ms:
            due_ms, _, key = heapq.heappop(self._heap)
            if self._due_ms.get(key) == due_ms:
                del self._due_ms[key]
                return key, due_ms
        return None
