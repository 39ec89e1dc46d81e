"""Shares and rates of a stretch of time, from the integrals at its two ends."""

from collections.abc import Mapping
from typing import Any

from nearby.core.rules import HOUR_MS
from nearby.sim.simulation.density import FEW
from nearby.sim.simulation.gauges import Key


def over(value: float, of: float) -> float:
    """Return a share, 0 of nothing."""
    return value / of if of else 0.0


class Span:
    """The integrals of a stretch of time, by the keys of ``tally``; what is not there is 0.

    Args:
        before: At its beginning.
        after: At its end.
        has_big_rooms: Whether distances were not followed.
    """

    def __init__(self, before: Mapping[Key, float], after: Mapping[Key, float], has_big_rooms: bool) -> None:
        self._has_big_rooms = has_big_rooms
        self._of = {key: total - before.get(key, 0.0) for key, total in after.items()}

    def __getitem__(self, key: str | Key) -> float:
        """Return one integral; a name alone means that of everybody."""
        return self._of.get((key, None) if isinstance(key, str) else key, 0.0)

    def by(self, name: str) -> dict[Any, float]:
        """Return the integrals of a name that are not 0, by what they are of."""
        return {of: value for (of_what, of), value in self._of.items() if of_what == name and value}

    def shares(self, name: str) -> dict[Any, float]:
        """Return the same as shares of their sum."""
        values = self.by(name)
        return {of: value / sum(values.values()) for of, value in values.items()}

    def share(self, name: str, of: str) -> float | None:
        """Return one integral over another, None over nothing."""
        return self[name] / self[of] if self[of] else None

    def thin(self) -> float:
        """Return person-time in rooms of fewer than 3."""
        return sum(value for size, value in self.by("size").items() if size < FEW)

    def share_thin(self) -> float:
        """Return that over all person-time in rooms."""
        return over(self.thin(), sum(self.by("size").values()))

    def share_alone(self) -> float:
        """Return person-time alone in a room or without any over all person-time present."""
        return over(self["waiting"] + self["size", 1], self["present"])

    def moves_per_h(self) -> float:
        """Return placements nobody asked for per person-hour."""
        return over((self["placed", "moved"] + self["placed", "merged"]) * HOUR_MS, self["present"])

    def share_by_rung(self) -> dict[str, float]:
        """Return shares of person-time in rooms by resolution, "none" for rooms that have none."""
        return {str(rung) if rung else "none": share for rung, share in sorted(self.shares("rung").items())}

    def distance_m(self) -> float | None:
        """Return the mean distance of two people in a room, None if there were none or it was not followed."""
        return None if self._has_big_rooms else self.share("metres", "pairs")

    def in_company(self, limit_s: int, density: int | None = None) -> float:
        """Return the share of arrivals, of one class of density or of all, that had company within ``limit_s``."""
        name = f"company within {limit_s} s"
        if density is not None:
            return over(self[name, density], self["arrived", density])
        return over(sum(self.by(name).values()), sum(self.by("arrived").values()))
