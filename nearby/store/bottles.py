"""The store's part for drift bottles and their threads: another two faces of ``nearby.store.base.Store``.

Guarantees, kept on SQLite and on PostgreSQL alike:

* **One holder.** A bottle has at most one lease at a time, whatever number of people catch at once, in however many
  processes, and whoever dies in between. Each call is one transaction: it happened wholly or not at all.
* **Nobody waits for a clock.** A lease is a time in the row. Once it is over the bottle is afloat for everybody who
  looks, and counted so; ``purge`` only writes down what has been so since.
* **Fenced.** Each lease has a number. An answer or a release under another one than the newest changes nothing.
* **Sums.** At all times thrown = afloat + leased + frozen + threaded + sunk, over the bottles that are kept.
* **Who never meets.** No bottle reaches its author, an earlier catcher, or somebody in conflict with its author: a
  block either way, also one that outlived an erasure, or a report either way. A thread between two in conflict is gone
  for both, and nothing tells that from one whose other side was erased.

Whatever is gone, was never there, or is somebody else's gets the one answer, ``Refused`` with ``gone``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nearby.core.bottle import BottleId, ThreadId
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules


@dataclass(frozen=True, slots=True)
class Drifter:
    """Who throws or catches, as their token says."""

    person: PersonId
    is_guest: bool = False
    is_verified: bool = False
    is_established: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """A caught bottle: the catcher's until ``until_ms``, under the number ``fence``."""

    bottle: BottleId
    text: str
    fence: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class BottleCounts:
    """How many bottles are kept, and where they are."""

    thrown: int
    afloat: int
    leased: int
    frozen: int
    threaded: int
    sunk: int


@dataclass(frozen=True, slots=True)
class Thread:
    """A two-person thread as one of the two sees it. ``origin`` is the res-4 cell in which its bottle was thrown."""

    thread: ThreadId
    bottle: BottleId
    origin: Cell
    created_ms: int
    is_thrower: bool


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One text of a thread, numbered from 1 (the bottle's own) without gaps."""

    seq: int
    is_mine: bool
    text: str
    at_ms: int


class Bottles(Protocol):
    """Drift bottles. See the module for what every call guarantees."""

    async def throw(
        self, author: Drifter, bottle: BottleId, text: str, origin: Cell, now_ms: int, rules: Rules
    ) -> None:
        """Put a new bottle afloat.

        Raises:
            Refused: ``rate_limited``, over the author's bottles of a day. Nothing was thrown.
        """

    async def catch(self, catcher: Drifter, now_ms: int, rules: Rules) -> Lease | None:
        """Lease one bottle to the catcher, or return None if none is afloat that may reach them.

        Chosen as ``nearby.core.bottle.in_order`` says, among ``SAMPLE`` bottles from a random moment of throwing on.
        Passed over are bottles of authors in doubt: reported, in a way that counts, by one person within
        ``Rules.doubt_ms`` before the bottle was thrown or since, or by two within ``Rules.doubt_repeated_ms``.

        Raises:
            Refused: ``rate_limited``, over the catcher's catches of a day. Nothing was caught.
        """

    async def reply(
        self, catcher: PersonId, bottle: BottleId, fence: int, text: str, thread: ThreadId, now_ms: int
    ) -> Thread:
        """Answer a bottle that one holds: a thread begins with its text and the answer.

        The same answer by the same person once more, as after one that was lost, returns the thread of the first.

        Raises:
            Refused: ``gone``. Nothing happened.
        """

    async def release(self, catcher: PersonId, bottle: BottleId, fence: int, now_ms: int, rules: Rules) -> None:
        """Give back a bottle that one holds.

        Raises:
            Refused: ``gone``. Nothing happened.
        """

    async def counts(self, now_ms: int, rules: Rules) -> BottleCounts:
        """Return how many bottles are where now, by one look. Reads an index from end to end."""


class Threads(Protocol):
    """What two people write to each other once a bottle was answered."""

    async def of(self, person: PersonId, now_ms: int) -> Sequence[Thread]:
        """Return a person's threads, the newest 200, newest first. One that is gone for them is not among them."""

    async def lines(self, person: PersonId, thread: ThreadId, after: int, now_ms: int) -> Sequence[ThreadLine]:
        """Return the first 200 lines with a seq above ``after``.

        Raises:
            Refused: ``gone``.
        """

    async def write(self, person: PersonId, thread: ThreadId, text: str, now_ms: int, rules: Rules) -> ThreadLine:
        """Add a line and return it, on disk.

        Raises:
            Refused: ``gone``, or ``rate_limited`` over ``Rules.lines_per_minute``. Nothing was written.
        """
