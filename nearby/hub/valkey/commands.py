"""What an attempt asks the server for beside plain values: questions, and writes that need no look before.

Both name a key without its tag; the link adds that, so that all keys of a live state are in one slot.
"""

from typing import NamedTuple

Argument = str | int | bytes


class Query(NamedTuple):
    """A question: ``range`` of a list, ``sample`` or ``fullest`` of a catchment's rooms, ``field`` of a hash ..."""

    what: str
    key: str
    arguments: tuple[Argument, ...] = ()


class Command(NamedTuple):
    """A write: see ``functions/commit.lua`` for each."""

    what: str
    key: str
    arguments: tuple[Argument, ...] = ()
