"""Finding a point from what answers said of it: by distances, by who met whom, by where an answer flips."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from typing import Any

Spot = tuple[float, float]
"""A point of a plane, in metres."""

STEPS = 12


def by_distances(probes: Sequence[Spot], distances_m: Sequence[float], start: Spot) -> Spot:
    """Return the point whose distances from the probes fit best, by least squares (Gauss and Newton, damped).

    Args:
        probes: Where the attacker claimed to be, at least three.
        distances_m: What was told there.
        start: The first guess.
    """
    x, y = start
    damping = 1.0
    error = _misfit(probes, distances_m, x, y)
    for _ in range(STEPS):
        xx = xy = yy = gx = gy = 0.0
        for (px, py), told_m in zip(probes, distances_m, strict=True):
            away = hypot(x - px, y - py) or 1e-9
            ux, uy, off = (x - px) / away, (y - py) / away, away - told_m
            xx, xy, yy = xx + ux * ux, xy + ux * uy, yy + uy * uy
            gx, gy = gx + ux * off, gy + uy * off
        xx, yy = xx + damping, yy + damping
        scale = xx * yy - xy * xy
        to_x, to_y = x - (yy * gx - xy * gy) / scale, y - (xx * gy - xy * gx) / scale
        to_error = _misfit(probes, distances_m, to_x, to_y)
        if to_error < error:
            moved, x, y, error, damping = hypot(to_x - x, to_y - y), to_x, to_y, to_error, damping / 10
            if moved < 0.01:
                break
        else:
            damping *= 10
    return x, y


def weighted_middle(spots: Sequence[Spot], weights: Sequence[float], otherwise: Spot) -> Spot:
    """Return the spots' middle by weight, or ``otherwise`` if nothing weighs anything."""
    total = sum(weights)
    if total <= 0:
        return otherwise
    return (
        sum(weight * x for weight, (x, _) in zip(weights, spots, strict=True)) / total,
        sum(weight * y for weight, (_, y) in zip(weights, spots, strict=True)) / total,
    )


@dataclass(frozen=True, slots=True)
class Flip:
    """Two points as close together as was asked, between which the answer changes."""

    inner: Spot
    outer: Spot
    answers: tuple[Any, Any]


class Bisection:
    """Asks its way to where an answer flips; any number of them may go on side by side.

    Args:
        inner: One end of the way.
        outer: The other.
        within_m: How close the two points of the flip are in the end.
    """

    def __init__(self, inner: Spot, outer: Spot, *, within_m: float) -> None:
        self._ends = [inner, outer]
        self._said: list[Any] = []
        self._within_m = within_m

    @property
    def asks(self) -> Spot | None:
        """Return where to ask next, None if it is over."""
        (x, y), (to_x, to_y) = self._ends
        if len(self._said) < 2:
            return self._ends[len(self._said)]
        if self._said[0] == self._said[1] or hypot(to_x - x, to_y - y) <= self._within_m:
            return None
        return (x + to_x) / 2, (y + to_y) / 2

    def tell(self, answer: Any) -> None:
        """Take the answer at ``asks``."""
        asked = self.asks
        assert asked is not None
        if len(self._said) < 2:
            self._said.append(answer)
            return
        end = 0 if answer == self._said[0] else 1
        self._ends[end], self._said[end] = asked, answer

    def flip(self) -> Flip | None:
        """Return where the answer flips, None if both ends get the same. Call it when it is over."""
        if self._said[0] == self._said[1]:
            return None
        return Flip(self._ends[0], self._ends[1], (self._said[0], self._said[1]))


def numbers_in(answer: Any, path: str = "") -> dict[str, float]:
    """Return every number of a decoded JSON answer by where it stands; truth counts as 0 and 1."""
    if isinstance(answer, bool | int | float):
        return {path: float(answer)}
    found: dict[str, float] = {}
    parts = answer.items() if isinstance(answer, dict) else enumerate(answer) if isinstance(answer, list) else ()
    for name, part in parts:
        found |= numbers_in(part, f"{path}/{name}")
    if isinstance(answer, list):
        found[f"{path}#"] = float(len(answer))
    return found


def _misfit(probes: Sequence[Spot], distances_m: Sequence[float], x: float, y: float) -> float:
    return sqrt(sum((hypot(x - px, y - py) - told) ** 2 for (px, py), told in zip(probes, distances_m, strict=True)))
