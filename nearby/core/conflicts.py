"""Hard conflicts: who must not sit in a room with whom, whoever asked for it.

A conflict has an author, who blocked or reported the other. Of an established author it binds both alike. Of
anybody else it bars the author only: a fresh account must not keep others out of rooms. Where the other takes a seat in
the author's room, the author gives way.

Of two who blocked each other the one who did so later *answers*. Where one of them has to do without so that the
other sees nothing of it, as in a shake, it is the one who was first: else whoever is blocked could block in turn, and
find out by what they miss whether the first one is there.
"""

from collections import defaultdict
from collections.abc import Iterable, MutableMapping
from itertools import islice

from nearby.core.ids import PersonId


class Conflicts:
    """Who is in conflict with whom, by both sides.

    Args:
        keep: The newest conflicts kept of an author; the oldest one is forgotten beyond.
        by_author: What each author's are kept in, whether they answer one of the other's by the other; None for a
            ``dict``.
        by_other: The same from the other side, whether they bind both. Of both a key that is not there is an empty
            ``dict`` from then on.
    """

    def __init__(
        self,
        keep: int,
        by_author: MutableMapping[PersonId, dict[PersonId, bool]] | None = None,
        by_other: MutableMapping[PersonId, dict[PersonId, bool]] | None = None,
    ) -> None:
        self._keep = keep
        self._by_author = defaultdict(dict) if by_author is None else by_author
        self._by_other = defaultdict(dict) if by_other is None else by_other

    def add(self, author: PersonId, other: PersonId, *, is_mutual: bool) -> None:
        """Let ``author`` be in conflict with ``other``.

        An older one between the two is replaced, and what bound both still does: whoever blocks somebody and is not
        established any more when they report them must not meet them by that.
        """
        is_mutual = is_mutual or self._by_other.get(other, {}).get(author, False)
        before, theirs = self._by_author.get(author, {}).get(other), self._by_author.get(other, {}).get(author)
        answers = theirs is not None if before is None else before
        self.remove(author, other)
        own = self._by_author[author]
        if len(own) >= self._keep:
            self.remove(author, next(iter(own)))
        self._by_author[author][other] = answers
        self._by_other[other][author] = is_mutual
        if theirs is not None:
            self._by_author[other][author] = not answers

    def remove(self, author: PersonId, other: PersonId) -> None:
        """End the author's conflict with the other; none is no error. One that the other authored stays."""
        for side, person, counterpart in ((self._by_author, author, other), (self._by_other, other, author)):
            if counterpart in side.get(person, ()):
                del side[person][counterpart]
                if not side[person]:
                    del side[person]
        if author in self._by_author.get(other, ()):
            self._by_author[other][author] = False

    def concern(self, person: PersonId) -> bool:
        """Return whether ``person`` has any conflict, or is the other of one: most have none."""
        return person in self._by_author or person in self._by_other

    def newest_of(self, author: PersonId, most: int) -> list[PersonId]:
        """Return the others of the newest of an author's conflicts, the newest first."""
        own = self._by_author.get(author)
        return [] if own is None else list(islice(reversed(own), most))

    def bars(self, person: PersonId, others: Iterable[PersonId]) -> bool:
        """Return whether ``person`` must not sit down where ``others`` sit."""
        own, against = self._by_author.get(person), self._by_other.get(person)
        if own is None and against is None:
            return False
        own, against = own or {}, against or {}
        return any(other in own or against.get(other, False) for other in others)

    def clash(self, people: Iterable[PersonId], others: Iterable[PersonId]) -> bool:
        """Return whether anybody of the one has a conflict with anybody of the other, whoever it binds."""
        others = tuple(others)
        return any(
            other in side.get(person, ())
            for person in people
            for side in (self._by_author, self._by_other)
            for other in others
        )

    def yields(self, person: PersonId, others: Iterable[PersonId]) -> bool:
        """Return whether ``person`` is to do without, rather than one of ``others``: as an author who was first."""
        own = self._by_author.get(person)
        return own is not None and any(own.get(other) is False for other in others)

    def giving_way(self, person: PersonId, others: Iterable[PersonId]) -> list[PersonId]:
        """Return who of ``others`` must leave when ``person`` sits down: authors whom their own conflict bars."""
        against = self._by_other.get(person)
        if against is None:
            return []
        return [other for other in others if against.get(other) is False]
