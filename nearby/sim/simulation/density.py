"""How many people are in each cell, and how those fare who have few or many around them."""

from collections import Counter
from math import ceil

from nearby.core.ids import Cell
from nearby.sim.simulation.events import Place
from nearby.sim.simulation.gauges import Gauges

DENSITIES = ((1, 2), (3, 9), (10, 39), (40, 149), (150, None))
"""Classes of people present in a res-7 cell, both ends included."""

FEW = 3
"""Fewer people than this cannot make a room that is not thin."""


def density_of(people: int) -> int:
    """Return the number of the class that so many people in a cell belong to."""
    return next(number for number, (_, most) in enumerate(DENSITIES) if most is None or people <= most)


def density_name(number: int) -> str:
    """Return what tables call a class."""
    least, most = DENSITIES[number]
    return f"{least}+" if most is None else f"{least}-{most}"


class Densities:
    """People by cell, kept as integrals: "present by density" and "alone by density" by their res-7 cell's class.

    Besides, by res-5 cell, since no room of ours crosses one: "too few" is people in cells with so few of them that
    no policy could seat them in a room that is not thin; "fewest rooms" is how many rooms the cells need at least.
    """

    def __init__(self, gauges: Gauges, capacity: int) -> None:
        self._gauges = gauges
        self._capacity = capacity
        self._present: Counter[Cell] = Counter()
        self._alone: Counter[Cell] = Counter()

    def enter(self, place: Place, *, is_alone: bool, now_ms: int) -> int:
        """Count somebody in and return the class of their res-7 cell with them in it."""
        self._shift(place, 1, int(is_alone), now_ms)
        return density_of(self._present[place.ladder.res7])

    def leave(self, place: Place, *, is_alone: bool, now_ms: int) -> None:
        """Count somebody out, as they were."""
        self._shift(place, -1, -int(is_alone), now_ms)

    def be_alone(self, place: Place, is_alone: bool, now_ms: int) -> None:
        """Somebody there has no company any more, or has some now."""
        self._shift(place, 0, 1 if is_alone else -1, now_ms)

    def _shift(self, place: Place, people: int, alone: int, now_ms: int) -> None:
        fine, coarse = place.ladder.res7, place.ladder.res5
        self._weigh(fine, -1, now_ms)
        self._bound(coarse, -1, now_ms)
        self._alone[fine] += alone
        self._present[fine] += people
        self._present[coarse] += people
        self._bound(coarse, 1, now_ms)
        self._weigh(fine, 1, now_ms)

    def _weigh(self, cell: Cell, sign: int, now_ms: int) -> None:
        if self._present[cell]:
            density = density_of(self._present[cell])
            self._gauges.add(("present by density", density), sign * self._present[cell], now_ms)
            self._gauges.add(("alone by density", density), sign * self._alone[cell], now_ms)

    def _bound(self, cell: Cell, sign: int, now_ms: int) -> None:
        people = self._present[cell]
        self._gauges.add(("fewest rooms", None), sign * ceil(people / self._capacity), now_ms)
        if people < FEW:
            self._gauges.add(("too few", None), sign * people, now_ms)
