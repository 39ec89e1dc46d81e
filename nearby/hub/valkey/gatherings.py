"""Who shook and waits: one value a gathering, one a person, and all by the time they end."""

from collections.abc import Iterator, MutableMapping
from typing import cast

from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.core.shake import Gathering, Gatherings
from nearby.core.venue import CatchmentId
from nearby.hub.valkey import rows
from nearby.hub.valkey.commands import Command, Query
from nearby.hub.valkey.working import Table, Working

GATHERINGS = "gz"
"""The key of all gatherings by the time they end: a sorted set."""


class SharedGatherings(Gatherings):
    """See ``Gatherings``; how many people wait, nobody knows without asking.

    Args:
        working: The attempt.
        rules: The product's numbers.
    """

    def __init__(self, working: Working, rules: Rules) -> None:
        self.gatherings: Table[str, Gathering] = Table(
            working, "g:", name_of=str, decode=_gathering_in, encode=_gathering_row
        )
        self.people: Table[PersonId, Gathering] = Table(
            working, "go:", name_of=str, decode=lambda _, stored: self._named(stored), encode=_name_row
        )
        self.newest: Table[CatchmentId, Gathering] = Table(
            working,
            "gn:",
            name_of=rows.catchment_name,
            decode=lambda _, stored: self._named(stored),
            encode=_name_row,
        )
        self.in_order = _InOrder(working, self.gatherings)
        self._working = working
        super().__init__(rules, self.people, self.newest, self.in_order)

    def begin(self, now_ms: int) -> None:
        """Begin an attempt at a time."""
        self.in_order.now_ms = now_ms
        self.in_order.commands.clear()

    @property
    def change(self) -> int:
        """Return how many more people wait than before the attempt."""
        return sum((now is not None) - self._waited(person) for person, now in self.people.here.items())

    def _waited(self, person: PersonId) -> bool:
        return bool(self._working.value(self.people.key_of(person)))

    def _named(self, stored: bytes) -> Gathering:
        return self.gatherings[rows.any_of(stored)]


class _InOrder(MutableMapping[Gathering, None]):
    """All gatherings, of which an attempt sees the one that was over first."""

    def __init__(self, working: Working, gatherings: Table[str, Gathering]) -> None:
        self._working = working
        self._gatherings = gatherings
        self.now_ms = 0
        self.commands: list[Command] = []

    def __iter__(self) -> Iterator[Gathering]:
        """Yield the first of those that are over."""
        for name in cast(list[bytes], self._working.answer(Query("due", GATHERINGS, (self.now_ms, 1)))):
            found = self._gatherings.find(name.decode())
            if found is not None:
                yield found

    def __setitem__(self, gathering: Gathering, nothing: None) -> None:
        """Put a new one in."""
        name = _name(gathering)
        self._gatherings[name] = gathering
        self.commands.append(Command("lower", GATHERINGS, (name, gathering.ends_ms)))

    def __delitem__(self, gathering: Gathering) -> None:
        """Take one out."""
        name = _name(gathering)
        del self._gatherings[name]
        self.commands.append(Command("take", GATHERINGS, (name, gathering.ends_ms)))

    def __getitem__(self, gathering: Gathering) -> None:
        """Return nothing: it is there."""

    def __len__(self) -> int:
        """Fail: nobody has all of them."""
        raise TypeError("gatherings are looked up one by one")


def _name(gathering: Gathering) -> str:
    return f"{rows.catchment_name(gathering.catchment)}|{gathering.ends_ms}"


def _name_row(gathering: Gathering) -> bytes:
    return rows.encode(_name(gathering))


def _gathering_row(gathering: Gathering) -> bytes:
    return rows.encode((rows.catchment_row(gathering.catchment), gathering.ends_ms, list(gathering.people)))


def _gathering_in(_: str, stored: bytes) -> Gathering:
    catchment, ends_ms, people = rows.any_of(stored)
    where = catchment if isinstance(catchment, int) else tuple(catchment)
    return Gathering(rows.catchment_in(where), ends_ms, dict.fromkeys(people))
