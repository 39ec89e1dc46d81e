"""The store's port: what outlives a process, and what callers may rely on.

Guarantees, kept on SQLite and on PostgreSQL alike and tested by ``nearby.testing.store_suite``:

* **Journal.** ``record`` takes a change to the live state at once and never suspends. Changes reach the database
  in the order in which they were recorded, as if one by one, in groups: a group is there wholly or not at all.
  When ``durable`` returns, every change recorded before the call survives the death of the process and of the
  machine. A crash loses at most what was recorded since; what it loses is the newest, without holes.
* **One owner.** One process at a time has taken over, and the journal of no other that ever did writes a row.
* **A log position is forever.** ``take_over`` opens a new epoch in every room before it returns anything, so that
  no (epoch, seq) is ever used twice, whatever was told to phones and lost by the crash.
* **Nothing is dropped silently.** While the database is away the journal holds what it was told: rows that are
  overwritten are held once, and a room's membership events beyond the bound are dropped (policy
  ``drop_membership_events``, counted). What was said is never dropped: ask ``has_room`` before you carry out a
  ``say``, and answer ``store_down`` without it. The check-in log has a queue of its own and drops its newest
  rows (policy ``drop_newest``, counted).
* **Rows the database refuses** (somebody erased meanwhile, or a bug of ours) are left out one by one and counted;
  the others of their group are committed, and ``durable`` raises for that group.

How a server uses it::

    async with open_store(url, events=metrics) as store:
        kept = await store.take_over(now_ms, rules)     # warm start; every seat without a connection is held from now
        state = LiveState(..., kept=kept, record=store.journal.record)
        # on say: refuse with store_down unless store.journal.has_room
        seq, at_ms = await hub.say(...)                 # the others hear it now
        await store.journal.durable()                   # StoreDown -> error store_down with its retry_ms
        # every ten minutes: await store.purge(now_ms, rules); every 2 s: store.areas_revision()

Costs: ``record`` about 3 µs; ``durable`` one group commit, at most the gathering time (5 ms) plus one sync of the
disk; everything else one or a few round trips. All calls may be cancelled; a cancelled write happened wholly or
not at all. Calls other than the journal's raise ``StoreDown`` while the database cannot be reached.
"""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nearby.core.area import Area, AreaId
from nearby.core.changes import Change
from nearby.core.crowd import WindowCount
from nearby.core.ids import Cell, PersonId
from nearby.core.kept import Kept
from nearby.core.likeness import Likeness
from nearby.core.profile import ProfileChange
from nearby.core.rules import Rules
from nearby.errors import StoreDown
from nearby.store.bottles import Bottles, Threads
from nearby.store.moderation import Moderation
from nearby.store.operations import Operations
from nearby.store.relations import Relations

DISOWNED = "another server owns the database now: this one writes nothing any more"
"""What is said, and raised, once ``Store.disowned`` has returned."""


@dataclass(frozen=True, slots=True)
class Account:
    """What the store knows of somebody who called. Days are UTC."""

    person: PersonId
    is_guest: bool
    created_ms: int
    active_days: int
    name: str | None
    lang: str | None
    tags: tuple[str, ...]
    is_listed: bool


@dataclass(frozen=True, slots=True)
class Shadow:
    """What stays in force against an erased person: a block by ``owner``, or an operator's ban or suspension."""

    handle: str
    kind: str
    owner: PersonId | None
    until_ms: int


ExportPiece = tuple[str, Sequence[Mapping[str, Any]]]
"""Some of a person's rows: the table's name, and rows by column."""


@dataclass(frozen=True, slots=True)
class JournalStatistics:
    """``waiting`` changes and ``waiters`` for them now; the others since the start.

    ``is_down`` from a failed look or commit, or the first caller of ``durable`` that was not answered in time, until a
    look or commit succeeds.
    """

    waiting: int
    waiters: int
    commits: int
    committed: int
    dropped: int
    refused: int
    is_down: bool


@dataclass(frozen=True, slots=True)
class CheckInLogStatistics:
    """``waiting`` rows now; the others since the start."""

    waiting: int
    written: int
    dropped: int


class StoreEvents(Protocol):
    """What the store tells a metric. Calls must return at once and must not raise."""

    def committed(self, what: str, rows: int, took_s: float) -> None:
        """``what`` ("journal" or "checkins") wrote ``rows`` in one transaction."""

    def dropped(self, policy: str, rows: int) -> None:
        """A full queue gave up ``rows``, by the policy of this name; ``refused`` is what the database refused."""

    def reachable(self, is_up: bool) -> None:
        """The database went away, or came back."""


class Journal(Protocol):
    """The group commit of the live state's changes. See the module for what it guarantees."""

    @property
    def has_room(self) -> bool:
        """Return whether a message may be said now: False when too much waits for the database."""

    def record(self, change: Change) -> None:
        """Take one change. Never suspends, never raises."""

    def when_durable(self, then: Callable[[StoreDown | None], None]) -> None:
        """Have ``then`` called once everything recorded so far is on disk, at once if it is; never suspends.

        It is given None, or what ``durable`` would raise. A call must return at once and must not raise. Costs a
        tenth of ``durable``: no task has to wait.
        """

    async def durable(self) -> None:
        """Return when everything recorded so far is on disk; at once if it is.

        Raises:
            StoreDown: Not within the patience (2 s), or some row was refused. What was recorded stays in the
                journal and is written when the database is back.
        """

    def statistics(self) -> JournalStatistics:
        """Return what waits and what was done."""


class CheckInLog(Protocol):
    """The check-in log: rows that can be counted, and joined to nothing once their window has ended."""

    def note(self, person: PersonId, cell: Cell, window_start_ms: int, *, is_established: bool) -> None:
        """Take one row: the person's cell in force in a window. Never suspends; about 4 µs.

        Call it once per person, window and cell; repeats are written once. The person is hashed here with the
        window's key, which no other process has and no disk: after a crash somebody may be counted twice
        in the window of the crash. Noting a later window destroys the keys of earlier ones.
        """

    def end_window(self, window_start_ms: int) -> None:
        """Destroy the key of this window and of all before it."""

    async def count(self, window_start_ms: int, counts: Mapping[Cell, int]) -> None:
        """Write so many rows of established people for each cell of a window that is over; all are there on return.

        For servers that share a live state, which counts people once for all of them. A row is under a hash of its
        own, drawn from its cell, window and number, and tells nothing of anybody: the same call again, by whichever
        process, adds none.

        Raises:
            StoreDown: Some may be there; once more is safe.
        """

    async def flush(self) -> None:
        """Return when everything noted so far is written, or dropped."""

    def statistics(self) -> CheckInLogStatistics:
        """Return what waits and what was done."""


class Store(Protocol):
    """One process's handle on what outlives it."""

    @property
    def journal(self) -> Journal:
        """Return the group commit."""

    @property
    def checkins(self) -> CheckInLog:
        """Return the check-in log."""

    @property
    def bottles(self) -> Bottles:
        """Return the drift bottles."""

    @property
    def threads(self) -> Threads:
        """Return the threads of bottles that were answered."""

    @property
    def moderation(self) -> Moderation:
        """Return reports, and what operators decide."""

    @property
    def operations(self) -> Operations:
        """Return brakes, areas as operators change them, and the audit."""

    @property
    def relations(self) -> Relations:
        """Return what people are to each other."""

    async def check(self) -> None:
        """Return if the database answers.

        Raises:
            StoreDown: It does not.
        """

    async def take_over(self, now_ms: int, rules: Rules) -> Kept:
        """Open a new epoch in every room and return the live state as it survived.

        Rooms past their end are left out. From now on this process owns the live state, until the store is closed or
        the process dies, which frees it at once. A process that is cut off from PostgreSQL long enough for another
        to take over is no owner any more: its journal writes nothing again, has no room and is never durable, and
        ``disowned`` returns.

        Raises:
            ConfigError: Another process owns the live state, and still did after the patience. Nothing was changed.
        """

    async def standing(self, now_ms: int) -> Kept:
        """Return what is in force whoever runs: conflicts, lasting mutes, who is listed, and texts that are refused.

        Nothing is changed, and nobody becomes the owner: for servers that share a live state, which stands elsewhere.
        """

    async def disowned(self) -> None:
        """Return once another process owns the live state that this one had taken over; until then, never.

        Nothing undoes it: what is in memory is out of date, so send everybody away and end. It is noticed with the
        next commit, or at most 5 s after the database can be reached again. Safe to cancel, and to call twice.
        """

    async def account(self, person: PersonId) -> Account | None:
        """Return what is known of somebody, or None."""

    async def change_profile(self, person: PersonId, change: ProfileChange, now_ms: int, *, is_guest: bool) -> Account:
        """Change what somebody says of themselves and return all that is known of them, on disk when it returns.

        An account is made if there is none; ``is_guest`` counts for a new one only. Counts as a call: the day is
        one on which the person was active. What ``change`` does not name stays, also under changes at the same time.
        """

    async def is_name_free(self, person: PersonId, looks: Collection[str]) -> bool:
        """Return whether nobody but ``person`` has a verified name whose skeleton is one of ``looks``."""

    async def claim_name(self, person: PersonId, name: str, likeness: Likeness, now_ms: int) -> bool:
        """Make a verified name a person's, in place of their former one; return whether it is theirs.

        On disk when it returns. It is not theirs if somebody else's verified name looks like it: whoever claimed first
        keeps it, until erased. Nor a guest's. Then nothing changed but that an account is made if there is none.
        """

    async def put_area(self, area: Area, now_ms: int) -> None:
        """Add an area, or replace the one with its id; the revision grows in the same transaction."""

    async def remove_area(self, area: AreaId) -> bool:
        """Remove an area; return whether there was one. The revision grows if so."""

    async def areas(self) -> Sequence[Area]:
        """Return all areas with their cells, by id."""

    async def areas_revision(self) -> int:
        """Return a number that grows with every change of the areas: cheap, to be asked every 2 s."""

    async def window_counts(self, from_ms: int, to_ms: int) -> Sequence[WindowCount]:
        """Return how many established people each res-7 cell had in each window that began in a span.

        For ``nearby.core.crowd`` only, which says what an operator may see of it.
        """

    async def purge(self, now_ms: int, rules: Rules) -> Mapping[str, int]:
        """Delete what is past its time by ``nearby.store.retention``; return how many rows by table.

        Idempotent and safe beside a running server. On SQLite the WAL is truncated afterwards.
        """

    def export(self, person: PersonId) -> AsyncGenerator[ExportPiece, None]:
        """Yield the rows that are the person's own doing, as JSON takes them, with all that was recorded before.

        Of nobody else's: columns that name others are left out, and rows about the person too. A piece holds at
        most 200 rows; those of one table follow one another, in the order of its key; a table without rows is left
        out. It holds a connection to the database: read it to the end at once, or close it
        (``contextlib.aclosing``). If the database goes away in the middle it raises, and what came is not all.
        """

    async def erase(self, person: PersonId, now_ms: int) -> bool:
        """Leave no row that carries the id; return whether there was one.

        Open bans, and blocks against the person, stay for 90 days under HMAC(sub) alone. What the person said
        in rooms loses its text and keeps its seq. End the person's presence and seat in the hub before, and
        record nothing about them afterwards.
        """

    async def in_force_against(self, person: PersonId, now_ms: int) -> Sequence[Shadow]:
        """Return what an erasure left in force against whoever comes back under this id."""
