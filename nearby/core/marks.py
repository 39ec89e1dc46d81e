"""Marks that people put on members of their room: whom somebody muted there, whom they greeted."""

from collections.abc import Collection, MutableMapping

from nearby.core.ids import MemberId, PersonId

MOST = 512
"""Marks of one kind that a room keeps, those on the member marked first dropped first: eight people who each mark all
others need 56."""


class Marks:
    """Who marked which members of one room, in one way.

    Args:
        most: So many are kept.
    """

    __slots__ = ("_count", "_most", "_owners")

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._owners: dict[MemberId, dict[PersonId, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        """Return how many marks there are."""
        return self._count

    def add(self, owner: PersonId, member: MemberId) -> None:
        """Mark a member. Twice is once."""
        if self.has(owner, member):
            return
        if self._count >= self._most:
            first = next(iter(self._owners))
            self.remove(next(iter(self._owners[first])), first)
        self._owners.setdefault(member, {})[owner] = None
        self._count += 1

    def remove(self, owner: PersonId, member: MemberId) -> None:
        """Take the owner's mark off; none is no error."""
        if self.has(owner, member):
            self._count -= 1
            del self._owners[member][owner]
            if not self._owners[member]:
                del self._owners[member]

    def has(self, owner: PersonId, member: MemberId) -> bool:
        """Return whether the owner marked the member."""
        return owner in self._owners.get(member, ())

    def owners(self, member: MemberId) -> Collection[PersonId]:
        """Return who marked the member, oldest first."""
        return tuple(self._owners.get(member, ()))

    def all(self) -> list[tuple[MemberId, list[PersonId]]]:
        """Return every member that is marked, the one marked first first, with who marked them, oldest first."""
        return [(member, list(owners)) for member, owners in self._owners.items()]

    def by(self, owner: PersonId) -> Collection[MemberId]:
        """Return whom the owner marked. Looks at every member that is marked."""
        return frozenset(member for member, owners in self._owners.items() if owner in owners)


class Deaf:
    """Who never wants to hear whom, wherever they sit, by both sides.

    Args:
        to: What the others of each owner are kept in, None for a ``dict``.
        heard_by: The same from the other side.
    """

    def __init__(
        self,
        to: MutableMapping[PersonId, set[PersonId]] | None = None,
        heard_by: MutableMapping[PersonId, set[PersonId]] | None = None,
    ) -> None:
        self._to = {} if to is None else to
        self._heard_by = {} if heard_by is None else heard_by

    def add(self, owner: PersonId, other: PersonId) -> None:
        """Let ``owner`` hear ``other`` no more. Twice is once."""
        self._to.setdefault(owner, set()).add(other)
        self._heard_by.setdefault(other, set()).add(owner)

    def remove(self, owner: PersonId, other: PersonId) -> None:
        """Let them hear again; if they did, it is no error."""
        for side, person, counterpart in ((self._to, owner, other), (self._heard_by, other, owner)):
            if counterpart in side.get(person, ()):
                side[person].discard(counterpart)
                if not side[person]:
                    del side[person]

    def concern(self, person: PersonId) -> bool:
        """Return whether the person is deaf to anybody, or anybody to them: most have no part in it."""
        return person in self._to or person in self._heard_by

    def is_to(self, owner: PersonId, other: PersonId) -> bool:
        """Return whether ``owner`` does not hear ``other``."""
        return other in self._to.get(owner, ())
