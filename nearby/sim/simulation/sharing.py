"""Whose finest open catchment is which cell, at all times: the same under every policy."""

from collections.abc import Iterable

from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.sim.simulation.events import START_MS, Place
from nearby.sim.simulation.ground import Ground
from nearby.sim.simulation.history import History


class Sharing:
    """Writes down when somebody's finest open catchment becomes another cell.

    By the cells in force and the counts of everybody there, whoever seats them; a lift changes nothing about it.
    """

    def __init__(self, history: History, rules: Rules, seed: int) -> None:
        self._history = history
        self._width_ms = rules.window_ms
        self._window = START_MS // rules.window_ms
        self._ground = Ground(rules, seed)
        self._finest: dict[PersonId, Cell] = {}

    def check_in(self, person: PersonId, place: Place, now_ms: int) -> None:
        """Somebody comes, or is elsewhere."""
        self._ground.enter(person, place, now_ms)
        if person not in self._finest:
            self._note([person])

    def leave(self, person: PersonId) -> None:
        """Somebody is gone."""
        self._ground.leave(person)
        del self._finest[person]

    def tick(self, now_ms: int) -> None:
        """Let time pass."""
        self._note(self._ground.catch_up(now_ms))
        if now_ms // self._width_ms != self._window:
            # Cells may have opened or closed.
            self._window = now_ms // self._width_ms
            self._note(list(self._finest))

    def _note(self, people: Iterable[PersonId]) -> None:
        for person in people:
            cell = self._ground.catchment(person)
            if self._finest.get(person) != cell:
                self._finest[person] = cell
                self._history.belongs(person, cell)
