"""What several attempts would write, as the arguments of one call of ``functions/commit.lua``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nearby.hub.valkey.commands import Argument, Command
from nearby.hub.valkey.working import VERSION_BYTES

Set = tuple[str, bytes, int]
"""A key, what its value is to be without a version, ``ABSENT`` to delete it, and how long it is kept in ms."""


class Written(NamedTuple):
    """What became of one attempt's writes: the values that are others now, of which none means that it took effect.

    ``told`` are the ids of the entries that were added for the whole call, by the key of their stream.
    """

    stale: Mapping[str, bytes] | None
    told: Mapping[str, bytes]


class Batch:
    """Attempts whose writes go out in one call, each by itself done or refused, in order."""

    def __init__(self) -> None:
        self._indices: dict[str, int] = {}
        self._arguments: list[Argument] = []
        self.count = 0
        """How many attempts it has."""

    def index(self, key: str) -> int:
        """Return the number of a key among all that are named, from 1."""
        return self._indices.setdefault(key, len(self._indices) + 1)

    def add(self, version: bytes, read: Mapping[str, bytes], sets: Sequence[Set], commands: Iterable[Command]) -> None:
        """Add an attempt's writes.

        Args:
            version: Begins every value that it sets.
            read: What it was decided by: it is refused unless these still are the values.
            sets: What values are to be.
            commands: What is to be written beside values.
        """
        indices, arguments = self._indices, self._arguments
        start = len(arguments)
        arguments += (0, version, len(read))
        for key, value in read.items():
            arguments += (indices.setdefault(key, len(indices) + 1), value[:VERSION_BYTES])
        arguments.append(len(sets))
        for key, value, ttl_ms in sets:
            arguments += (indices.setdefault(key, len(indices) + 1), value, ttl_ms)
        for what, key, more in commands:
            arguments += (what, indices.setdefault(key, len(indices) + 1), len(more), *more)
        arguments[start] = len(arguments) - start - 1
        self.count += 1

    @property
    def keys(self) -> list[str]:
        """Return every key that is named, in the order of their numbers."""
        return list(self._indices)

    def arguments(self, backstop_ms: int, heard: tuple[str, bytes] | None = None) -> list[Argument]:
        """Return the arguments of the call.

        Args:
            backstop_ms: How long that is kept what nobody deletes and commands write.
            heard: The key of a stream and the id up to which it was read: what follows is returned. None: nothing is.
        """
        stream, after = (0, b"") if heard is None else (self.index(heard[0]), heard[1])
        return [backstop_ms, stream, after, *self._arguments]

    def read(self, answers: Sequence[Any], added: Sequence[Any]) -> list[Written]:
        """Return what became of each attempt, of what the call returned."""
        keys = self.keys
        told = {keys[int(added[at]) - 1]: added[at + 1] for at in range(0, len(added), 2)}
        return [
            Written(
                None if answer == 1 else {keys[int(answer[at]) - 1]: answer[at + 1] for at in range(0, len(answer), 2)},
                told,
            )
            for answer in answers
        ]
