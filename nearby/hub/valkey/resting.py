"""Who checked in once more where they were, which the server hears of a little later.

Such a check-in changes nothing but the state of its own limit, so nobody waits for it to be written. What makes it
safe to decide it alone is that nobody's row is changed through another gateway than that of their connection without
telling this one, and that this one decides nothing alone unless it hears from the server.
"""

from nearby.core.ids import PersonId

RESTS_S = 1.0
"""How long it rests."""

MOST = 10_000
"""People of whom something rests; the next one's check-in is written at once (policy ``write_through``)."""


class Resting:
    """People of whom something rests, those of whom it has done so for longest first."""

    def __init__(self) -> None:
        self._since_s: dict[PersonId, float] = {}

    @property
    def is_full(self) -> bool:
        """Return whether no more may rest."""
        return len(self._since_s) >= MOST

    def put(self, person: PersonId, now_s: float) -> None:
        """Note that something of somebody rests; if something does already, it is written no later."""
        self._since_s.setdefault(person, now_s)

    def clear(self) -> None:
        """Forget all."""
        self._since_s.clear()

    def take(self, now_s: float) -> list[PersonId]:
        """Return of whom something has rested long enough; nothing of them rests any more."""
        due = []
        for person, since_s in self._since_s.items():
            if since_s > now_s - RESTS_S:
                break
            due.append(person)
        for person in due:
            del self._since_s[person]
        return due
