"""Where people are, for the baselines: by our own rules of presence and catchments, so that placement alone differs."""

from hashlib import blake2b

from nearby.core import presence as rule
from nearby.core.catchment import Catchments
from nearby.core.cell import resolution_of
from nearby.core.census import Census
from nearby.core.ids import Cell, PersonId
from nearby.core.presence import Presence
from nearby.core.rules import Rules
from nearby.core.timers import Timers
from nearby.core.window import Windows
from nearby.sim.simulation.events import START_MS, Place


def secret_of(seed: int) -> bytes:
    """Return the service's secret of a run: moments and noise are the same under every policy."""
    return blake2b(f"simulated secret {seed}".encode(), digest_size=32).digest()


class Ground:
    """The catchments of one run, and everybody's place and cell in force."""

    def __init__(self, rules: Rules, seed: int) -> None:
        self._windows = Windows(rules.window_ms, secret_of(seed))
        self._catchments = Catchments(rules, self._windows)
        self._census = Census()
        self._window = self._windows.at(START_MS)
        self._moments: Timers[PersonId] = Timers()
        self._places: dict[PersonId, Place] = {}
        self._presences: dict[PersonId, Presence] = {}

    def place(self, person: PersonId) -> Place:
        """Return where somebody who is there is."""
        return self._places[person]

    def enter(self, person: PersonId, place: Place, now_ms: int) -> None:
        """Somebody checks in: their first cell is in force at once, another one from their moment on."""
        self._places[person] = place
        before = self._presences.get(person)
        if before is None:
            self._presences[person] = rule.first_check_in(place.ladder, now_ms, self._windows)
            self._census.enter(person, place.ladder)
            return
        after = rule.check_in(before, person, place.ladder, now_ms, self._windows)
        self._presences[person] = after
        if after.pending is not None:
            self._moments.set(person, after.due_ms)

    def leave(self, person: PersonId) -> None:
        """Somebody is gone."""
        del self._places[person]
        self._census.leave(person, self._presences.pop(person).ladder)

    def catch_up(self, now_ms: int) -> list[PersonId]:
        """Do what was due by ``now_ms`` and return whose cell in force changed."""
        changed: list[PersonId] = []
        while self._window < self._windows.at(now_ms):
            self._run_moments(self._windows.start_ms(self._window + 1) - 1, changed)
            self._catchments.end_window(self._window, self._census.end_window())
            self._window += 1
        self._run_moments(now_ms, changed)
        return changed

    def catchment(self, person: PersonId) -> Cell:
        """Return the finest open cell of somebody's ladder."""
        return self._catchments.finest_open(self._presences[person].ladder)

    def is_on_ladder(self, person: PersonId, cell: Cell) -> bool:
        """Return whether a cell is one of somebody's ladder."""
        return cell in self._presences[person].ladder

    def moves_at_ms(self, person: PersonId, now_ms: int) -> int:
        """Return when somebody whose room's catchment is off their ladder from now on is placed anew."""
        return rule.moves_at_ms(self._windows.at(now_ms), person, self._windows)

    def _run_moments(self, now_ms: int, changed: list[PersonId]) -> None:
        while (due := self._moments.pop(now_ms)) is not None:
            person, due_ms = due
            before = self._presences.get(person)
            # Phones with a seat check in in time: None, a lapse, does not happen.
            after = before and rule.at_moment(before, person, due_ms, self._windows)
            if before is None or after is None or after is before:
                continue
            self._census.leave(person, before.ladder)
            self._census.enter(person, after.ladder)
            self._presences[person] = after
            changed.append(person)


def resolution(cell: Cell | None) -> int:
    """Return the resolution of a room's catchment, 0 for a room that has none."""
    return 0 if cell is None else resolution_of(cell)
