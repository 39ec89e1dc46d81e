"""Who asked to be told when company comes: each once for an asking, and no more than once in a while.

An asking lasts until its person was told, takes it back or has no presence any more. Somebody is told when two looks
in a row find company: one that finds it while a phone changes networks is too early.

Memory: an entry for each asking, and one for each person told lately; both are bounded.
"""

from collections.abc import Sequence

from nearby.core.ids import PersonId

MAX_ASKED = 10_000
"""Askings at a time, and people told lately. The policy is ``refuse_new``: one more is refused; who cannot be
remembered as told is told later."""


class Waiting:
    """The askings of one server.

    Args:
        rest_ms: Nobody is told twice within this time, whatever they ask.
        at_most: Askings at a time, and people told within ``rest_ms``.
    """

    def __init__(self, *, rest_ms: int, at_most: int = MAX_ASKED) -> None:
        self._rest_ms = rest_ms
        self._at_most = at_most
        self._asked: dict[PersonId, bool] = {}  # Whether the last look found company.
        self._told_ms: dict[PersonId, int] = {}  # Oldest first.

    def __len__(self) -> int:
        """Return how many askings there are."""
        return len(self._asked)

    def __contains__(self, person: PersonId) -> bool:
        """Return whether the person asked, and was not told yet."""
        return person in self._asked

    def ask(self, person: PersonId) -> bool:
        """Note that the person asks; again is no more than once. False if there are too many, and nothing is noted."""
        if person not in self._asked and len(self._asked) >= self._at_most:
            return False
        self._asked.setdefault(person, False)
        return True

    def take_back(self, person: PersonId) -> None:
        """End the person's asking; none is no error."""
        self._asked.pop(person, None)

    def forget(self, person: PersonId) -> None:
        """Drop all that is known of somebody."""
        self.take_back(person)
        self._told_ms.pop(person, None)

    def people(self) -> Sequence[PersonId]:
        """Return who asked."""
        return list(self._asked)

    def looked(self, person: PersonId, now_ms: int, *, has_company: bool | None) -> bool:
        """Note what a look found, None if the person has no presence; return whether to tell them now.

        Then the asking is over.
        """
        had_company = self._asked.get(person)
        if had_company is None:
            return False
        if has_company is None:
            self.take_back(person)
            return False
        self._asked[person] = has_company
        if not (had_company and has_company) or not self._may_tell(person, now_ms):
            return False
        self.take_back(person)
        self._told_ms[person] = now_ms
        return True

    def _may_tell(self, person: PersonId, now_ms: int) -> bool:
        while self._told_ms:
            oldest, told_ms = next(iter(self._told_ms.items()))
            if now_ms < told_ms + self._rest_ms:
                break
            del self._told_ms[oldest]
        return person not in self._told_ms and len(self._told_ms) < self._at_most
