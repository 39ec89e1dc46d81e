"""What of the live state is written down, and when: every change to the journal, presences to the check-in log.

The journal is for a restart: it holds what is so now. The check-in log is for counting: a row for each person, window
and cell in force, under a key that dies with the window.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from nearby.core.changes import Change, PresenceEnded, PresenceRow, WindowEnded
from nearby.core.ids import Cell, PersonId
from nearby.core.kept import Kept
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.errors import StoreDown
from nearby.server.clock import SteadyClock
from nearby.store.base import JournalStatistics, Store

log = logging.getLogger(__name__)

PURGE_EVERY_S = 600.0
"""What is past its time is gone from the database at most this much later."""


CARRY_AT_ONCE = 4
"""People noted for a window they were already present in, with each change. Who is present checks in every three
windows or lapses, so that two would do for a crowd that neither grows nor shrinks."""


_OF_PRESENCE = frozenset({PresenceRow, PresenceEnded, WindowEnded})
"""What the check-in log is made of; of ten changes one at most."""


class _Place(NamedTuple):
    """What the log says of somebody in one window."""

    cell: Cell
    is_counted: bool


@lru_cache(maxsize=1 << 16)
def _place(cell: Cell, is_counted: bool) -> _Place:
    """Return one value for everybody of a cell."""
    return _Place(cell, is_counted)


class Keeping:
    """Hands the live state's changes to the store.

    The check-in log gets a row for each person, window and cell in force at any moment of the window: when the
    cell comes into force, and in each later window, before it ends, whether the person checks in or not. That is whom
    catchments count. Which window it is, the changes tell: what was due in one window may be done in the next.

    Args:
        store: Where they go.
        windows: Say when a window starts.
        clock: The time.
        kept: What the live state goes on from, or None. Without it, people who were present before a restart
            are noted from their next check-in on.
    """

    def __init__(self, store: Store, windows: Windows, clock: SteadyClock, kept: Kept | None = None) -> None:
        self._journal = store.journal
        self._checkins = store.checkins
        self._windows = windows
        self._window = windows.at(clock.now_ms())
        self._noted: dict[PersonId, _Place] = {}
        self._due: dict[PersonId, _Place] = {}
        if kept is not None:
            if kept.window is not None:
                self._window = kept.window + 1
            for row in kept.presences:
                # Who checked in in this window was noted by the process before.
                people = self._noted if row.last_window >= self._window else self._due
                people[row.person] = _place(row.cell, row.is_counted)

    def record(self, change: Change) -> None:
        """Take one change. Never suspends, never raises."""
        self._journal.record(change)
        if type(change) in _OF_PRESENCE:
            self._note_change(change)
        if self._due:
            self._carry(CARRY_AT_ONCE)

    def _note_change(self, change: Change) -> None:
        if type(change) is PresenceRow:
            self._present(change)
        elif type(change) is PresenceEnded:
            self._carry_one(change.person)
            self._noted.pop(change.person, None)
        elif type(change) is WindowEnded:
            self._end_window(change.window)

    def _present(self, row: PresenceRow) -> None:
        self._carry_one(row.person)
        before, place = self._noted.get(row.person), _place(row.cell, row.is_counted)
        self._noted[row.person] = place
        if before is None or before.cell != place.cell or place.is_counted > before.is_counted:
            self._note(row.person, place)

    def _carry_one(self, person: PersonId) -> None:
        """Note somebody whose cell has been in force since an earlier window, if that is still to be done."""
        place = self._due.pop(person, None)
        if place is not None:
            self._noted[person] = place
            self._note(person, place)

    def _carry(self, most: int) -> None:
        """Do the same for up to so many others."""
        for _ in range(min(most, len(self._due))):
            person, place = self._due.popitem()
            self._noted[person] = place
            self._note(person, place)

    def _note(self, person: PersonId, place: _Place) -> None:
        start_ms = self._windows.start_ms(self._window)
        self._checkins.note(person, place.cell, start_ms, is_established=place.is_counted)

    def _end_window(self, window: int) -> None:
        if window < self._window:
            return
        self._carry(len(self._due))
        self._checkins.end_window(self._windows.start_ms(window))
        self._window = window + 1
        self._due, self._noted = self._noted, {}


class NothingKept:
    """The journal of a server that keeps nothing: whatever is recorded is as durable as it ever will be."""

    has_room = True

    def record(self, change: Change) -> None:
        """Forget it."""

    def when_durable(self, then: Callable[[StoreDown | None], None]) -> None:
        """Call it at once."""
        then(None)

    async def durable(self) -> None:
        """Return at once."""

    def statistics(self) -> JournalStatistics:
        """Return that nothing waits."""
        return JournalStatistics(waiting=0, waiters=0, commits=0, committed=0, dropped=0, refused=0, is_down=False)


async def keep_clean(store: Store, rules: Rules, clock: SteadyClock) -> None:
    """Delete what is past its time every ten minutes until cancelled; a database that is away is tried again later."""
    while True:
        await asyncio.sleep(PURGE_EVERY_S)
        try:
            await store.purge(clock.now_ms(), rules)
        except StoreDown as down:
            log.warning("the database could not be purged (%s); trying again later", down)
