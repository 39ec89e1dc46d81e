"""Where people are, for the baselines: counted and opened by our own catchments, so that placement alone differs.

Kinder to baselines than to ours: a cell is in force from the check-in on, and not from a moment.
"""

from hashlib import blake2b

from nearby.core.catchment import Catchments
from nearby.core.cell import resolution_of
from nearby.core.census import Census
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.sim.simulation.events import START_MS, Place


class Ground:
    """The catchments of one run, and everybody's place."""

    def __init__(self, rules: Rules, seed: int) -> None:
        secret = blake2b(f"simulated ground {seed}".encode(), digest_size=32).digest()
        self._windows = Windows(rules.window_ms, secret)
        self._catchments = Catchments(rules, self._windows)
        self._census = Census()
        self._window = self._windows.at(START_MS)
        self._places: dict[PersonId, Place] = {}

    def place(self, person: PersonId) -> Place:
        """Return where somebody who is there is."""
        return self._places[person]

    def enter(self, person: PersonId, place: Place) -> None:
        """Somebody is there now, or elsewhere than before."""
        before = self._places.get(person)
        self._places[person] = place
        if before is not None and before.ladder == place.ladder:
            return
        if before is not None:
            self._census.leave(person, before.ladder)
        self._census.enter(person, place.ladder)

    def leave(self, person: PersonId) -> None:
        """Somebody is gone."""
        self._census.leave(person, self._places.pop(person).ladder)

    def catch_up(self, now_ms: int) -> None:
        """End the windows that ended by ``now_ms``."""
        while self._window < self._windows.at(now_ms):
            self._catchments.end_window(self._window, self._census.end_window())
            self._window += 1

    def catchment(self, person: PersonId) -> Cell:
        """Return the finest open cell of somebody's ladder."""
        return self._catchments.finest_open(self._places[person].ladder)

    def is_on_ladder(self, person: PersonId, cell: Cell) -> bool:
        """Return whether somebody may stay in a room of that catchment."""
        return cell in self._places[person].ladder


def resolution(cell: Cell | None) -> int:
    """Return the resolution of a room's catchment, 0 for a room that has none."""
    return 0 if cell is None else resolution_of(cell)
