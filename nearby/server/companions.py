"""Whom a check-in means by ``with``: handles of people one knows, looked up once."""

from collections.abc import Sequence

from nearby.core.ids import PersonId
from nearby.store.base import Store

MOST = 10_000
"""People whose last answer is remembered; the one looked up first is dropped first."""

_NOBODY: frozenset[PersonId] = frozenset()


class Companions:
    """Looks handles up, and remembers for each person what it found last.

    Args:
        store: Knows who is meant; None if nothing is kept of people.
    """

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._found: dict[PersonId, tuple[tuple[str, ...], frozenset[PersonId]]] = {}

    async def of(self, person: PersonId, handles: Sequence[str] | None) -> frozenset[PersonId]:
        """Return who is meant; handles that name nobody are passed over. Costs nothing without handles.

        Raises:
            StoreDown: It could not be looked up.
        """
        if not handles or self._store is None:
            return _NOBODY
        asked = tuple(handles)
        before = self._found.get(person)
        if before is not None and before[0] == asked:
            return before[1]
        found = frozenset((await self._store.relations.resolve(person, asked)).values())
        self.forget(person)
        if len(self._found) >= MOST:
            del self._found[next(iter(self._found))]
        self._found[person] = asked, found
        return found

    def forget(self, person: PersonId) -> None:
        """Look up again what this person's handles mean: they know somebody no more."""
        self._found.pop(person, None)
