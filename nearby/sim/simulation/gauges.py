"""Integrals over time of numbers that change: how much person-time was spent how."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

Key = tuple[str, Any]
"""What is measured, and of which size, rung or class; the second is None for what has none."""


class Gauges:
    """Numbers by key, each with its integral up to now. Costs something only when a number changes."""

    def __init__(self) -> None:
        self._value: defaultdict[Key, float] = defaultdict(float)
        self._since_ms: dict[Key, int] = {}
        self._total: defaultdict[Key, float] = defaultdict(float)

    def add(self, key: Key, change: float, now_ms: int) -> None:
        """Let a number be greater by ``change`` from now on."""
        value = self._value[key]
        if value:
            self._total[key] += value * (now_ms - self._since_ms[key])
        self._since_ms[key] = now_ms
        self._value[key] = value + change

    def count(self, key: Key, times: int = 1) -> None:
        """Count something that happens at once and takes no time."""
        self._total[key] += times

    def totals(self, now_ms: int) -> Mapping[Key, float]:
        """Return every integral up to ``now_ms``, in units times milliseconds, and every count."""
        for key in list(self._value):
            self.add(key, 0.0, now_ms)
        return dict(self._total)
