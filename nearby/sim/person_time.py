"""How people's time was spent: room sizes as they saw them, and by rung of the ladder."""

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(slots=True)
class PersonTime:
    """Seconds of people's time in rooms, by the size they saw and by the resolution of the room's area."""

    by_size_s: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    by_resolution_s: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, size: int, resolution: int, seconds: float) -> None:
        """Count ``seconds`` of one person in a room of ``size``."""
        self.by_size_s[size] += seconds
        self.by_resolution_s[resolution] += seconds

    def share_in_company(self) -> float:
        """Return the share of time with at least one other person, 0 if there was no time."""
        total_s = sum(self.by_size_s.values())
        return 1 - self.by_size_s[1] / total_s if total_s else 0.0
