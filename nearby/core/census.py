"""How many different people had each cell in force at any moment of a window.

Exact without keeping a set of people per cell: those who stayed put the whole window are a plain
number per cell, and only who came, left or moved during the window is remembered until it ends.
"""

from collections import Counter
from collections.abc import Callable, Iterable, MutableMapping
from functools import lru_cache

from nearby.core.cell import Ladder
from nearby.core.ids import Cell, PersonId


class Census:
    """The running count of one window, over every cell of every rung.

    Callers report each change of a person's cell in force, and a change of whether they count at all as if
    the cell came into force or ended; somebody who moves within a window counts in both cells, and once in a
    parent that the two share.

    Args:
        present: What is counted now is kept in, by cell, 0 where nobody is; None for a ``Counter``.
        seen: The same of everybody counted in the window.
        visited: What the ladders that each person had in force in the window are kept in, None for a ``dict``.
    """

    def __init__(
        self,
        present: MutableMapping[Cell, int] | None = None,
        seen: MutableMapping[Cell, int] | None = None,
        visited: MutableMapping[PersonId, tuple[Ladder, ...]] | None = None,
    ) -> None:
        self._present = Counter() if present is None else present
        self._seen = Counter() if seen is None else seen
        # A tuple of ladders, most often of one, which all people of a cell share: a set of cells takes 216 bytes.
        self._visited = {} if visited is None else visited

    def enter(self, person: PersonId, ladder: Ladder) -> None:
        """``ladder`` comes into force for ``person``, who had none."""
        visited = self._visited.get(person, ())
        for cell in ladder:
            self._present[cell] += 1
            if not any(cell in other for other in visited):
                self._seen[cell] += 1
        self._visit(person, ladder)

    def leave(self, person: PersonId, ladder: Ladder) -> None:
        """``ladder``, in force until now, no longer is."""
        self._visit(person, ladder)
        for cell in ladder:
            self._present[cell] -= 1
            if not self._present[cell]:
                del self._present[cell]

    def visited(self, person: PersonId, owns: Callable[[Cell], bool]) -> tuple[Ladder, ...]:
        """Return what ``take_back`` would take back, but for a ladder that was in force the whole window."""
        return tuple(ladder for ladder in self._visited.get(person, ()) if not owns(ladder.res5))

    def take_back(self, person: PersonId, owns: Callable[[Cell], bool]) -> None:
        """Let ``person``, who has no ladder in force any more, count in this window only in cells that are our own.

        ``owns`` tells that of the coarsest cell of a ladder: ladders that do not share it share none.
        """
        for cell in {cell for ladder in self.visited(person, owns) for cell in ladder}:
            self._seen[cell] -= 1
            if not self._seen[cell]:
                del self._seen[cell]
        self._visited[person] = tuple(ladder for ladder in self._visited.get(person, ()) if owns(ladder.res5))

    def _visit(self, person: PersonId, ladder: Ladder) -> None:
        visited = self._visited.get(person)
        if visited is None:
            self._visited[person] = _alone(ladder)
        elif ladder not in visited:
            self._visited[person] = (*visited, ladder)

    def end_window(self) -> dict[Cell, int]:
        """Return the people counted per cell, and start the next window with who is present."""
        counts = dict(self._seen)
        self._seen = Counter(self._present)
        self._visited.clear()
        return counts

    def present(self, cells: Iterable[Cell]) -> int:
        """Return how many people have one of ``cells`` in force now; cells of one rung only."""
        return sum(self._present[cell] for cell in cells)


@lru_cache(maxsize=1 << 16)
def _alone(ladder: Ladder) -> tuple[Ladder, ...]:
    """Return the ladder in a tuple that everybody of the cell shares."""
    return (ladder,)
