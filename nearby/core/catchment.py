"""Which cells are open, so that rooms can gather people of that size of area.

A cell opens after three windows in a row at or above k and closes after three below. Counts carry
noise and are frozen at the window's end, so no single person opens or closes anything visibly.
Resolution 5 is always open: everybody has somewhere to be.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from nearby.core.cell import COARSEST_RESOLUTION, FINEST_RESOLUTION, Ladder, resolution_of
from nearby.core.changes import CatchmentRow
from nearby.core.ids import Cell
from nearby.core.rules import Rules
from nearby.core.window import Windows


def fill_levels(counted: float, rules: Rules) -> Sequence[int]:
    """Return to how many seats the rooms of a catchment are filled that counted so many people.

    All of them to the first level, and then to the next, before a room is begun: so there are seats for longer.
    """
    return (rules.target - 1, rules.target) if counted > rules.busy_above else (rules.capacity,)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the end of a window changed."""

    opened: tuple[Cell, ...]
    closed: tuple[Cell, ...]


@dataclass(slots=True)
class _State:
    is_open: bool = False
    run: int = 0  # Windows in a row that speak against the present state.
    fill: Sequence[int] = ()  # Beside what tells whether it is open: whoever is to be seated asks for both.


class Catchments:
    """The open cells of all rungs, and the counts of the window before."""

    def __init__(self, rules: Rules, windows: Windows) -> None:
        self._rules = rules
        self._windows = windows
        self._states: dict[Cell, _State] = {}
        self._counts: dict[Cell, float] = {}
        self._calm, self._busy = fill_levels(0.0, rules), fill_levels(inf, rules)

    def end_window(self, window: int, counts: Mapping[Cell, int]) -> Turn:
        """Freeze the counts of ``window`` and return the cells that opened or closed by them.

        A cell nobody was in counts 0 without noise: it has no state to reveal.
        """
        self._counts = {
            cell: count + self._windows.noise(window, cell, self._rules.noise_scale) for cell, count in counts.items()
        }
        opened: list[Cell] = []
        closed: list[Cell] = []
        for cell in self._states.keys() | self._counts.keys():
            threshold = self._threshold(cell)
            if threshold is None:
                continue
            enough = self._counts.get(cell, 0.0) >= threshold
            state = self._states.setdefault(cell, _State())
            state.fill = self._fill_of(cell)
            state.run = state.run + 1 if enough != state.is_open else 0
            if state.run >= self._rules.streak:
                state.is_open, state.run = enough, 0
                (opened if enough else closed).append(cell)
            if not state.is_open and not state.run:
                del self._states[cell]
        return Turn(tuple(sorted(opened)), tuple(sorted(closed)))

    def rows(self) -> tuple[CatchmentRow, ...]:
        """Return the state of every cell that has one or was counted in the window before."""
        return tuple(
            CatchmentRow(cell, self.is_open(cell), self._run(cell), self._counts.get(cell, 0.0))
            for cell in self._states.keys() | self._counts.keys()
        )

    def restore(self, rows: Iterable[CatchmentRow]) -> None:
        """Go on from what ``rows`` returned when the last window ended. Call it on new catchments."""
        for row in rows:
            self._counts[row.cell] = row.counted
            if self._threshold(row.cell) is not None and (row.is_open or row.run):
                self._states[row.cell] = _State(row.is_open, row.run, self._fill_of(row.cell))

    def is_open(self, cell: Cell) -> bool:
        """Return whether new seats may be taken in ``cell``."""
        state = self._states.get(cell)
        return state.is_open if state is not None else resolution_of(cell) == COARSEST_RESOLUTION

    def finest_open(self, ladder: Ladder, at_most: int = FINEST_RESOLUTION) -> Cell:
        """Return the finest open cell of ``ladder`` of resolution ``at_most`` or coarser; there always is one."""
        for cell in ladder if at_most == FINEST_RESOLUTION else ladder[FINEST_RESOLUTION - at_most :]:
            state = self._states.get(cell)
            if state is not None and state.is_open:
                return cell
        return ladder.res5

    def fill_levels(self, cell: Cell) -> Sequence[int]:
        """Return to how many seats the rooms of ``cell`` are filled, by the window before; see ``fill_levels``."""
        state = self._states.get(cell)
        return state.fill if state is not None else self._fill_of(cell)

    def open_by_resolution(self) -> dict[int, int]:
        """Return how many cells of resolution 7 and 6 are open."""
        tally = {7: 0, 6: 0}
        for cell, state in self._states.items():
            tally[resolution_of(cell)] += state.is_open
        return tally

    def _fill_of(self, cell: Cell) -> Sequence[int]:
        return self._busy if self._counts.get(cell, 0.0) > self._rules.busy_above else self._calm

    def _run(self, cell: Cell) -> int:
        state = self._states.get(cell)
        return state.run if state is not None else 0

    def _threshold(self, cell: Cell) -> int | None:
        match resolution_of(cell):
            case 7:
                return self._rules.open_res7
            case 6:
                return self._rules.open_res6
            case _:
                return None
