"""Who asked to be told when company comes.

An asking lasts until its person was told, takes it back or has no presence any more. Somebody is told when two looks
in a row find company: one that finds it while a phone changes networks is too early.
"""

from collections.abc import Sequence

from nearby.core.ids import PersonId

MAX_ASKED = 10_000
"""Askings at a time. The policy is ``refuse_new``."""


class Waiting:
    """The askings made to one server.

    Args:
        at_most: So many at a time.
    """

    def __init__(self, at_most: int = MAX_ASKED) -> None:
        self._at_most = at_most
        self._asked: dict[PersonId, bool] = {}  # Whether the last look found company.

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

    def end(self, person: PersonId) -> None:
        """End the person's asking: they were told, or take it back. None is no error."""
        self._asked.pop(person, None)

    def people(self) -> Sequence[PersonId]:
        """Return who asked."""
        return list(self._asked)

    def looked(self, person: PersonId, *, has_company: bool | None) -> bool:
        """Note what a look found, None if the person has no presence; return whether it is time to tell them.

        Their asking goes on until ``end``: it may be too soon after the last time.
        """
        had_company = self._asked.get(person)
        if had_company is None:
            return False
        if has_company is None:
            self.end(person)
            return False
        self._asked[person] = has_company
        return had_company and has_company
