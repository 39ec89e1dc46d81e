"""What of the live state is written down, and when: every change to the journal, presences to the check-in log.

The journal is for a restart: it holds what is so now. The check-in log is for counting: a row for each person, window
and cell in force, under a key that dies with the window.
"""

import asyncio
import logging

from nearby.core.changes import Change, PresenceRow, WindowEnded
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.errors import StoreDown
from nearby.server.clock import SteadyClock
from nearby.store.base import JournalStatistics, Store

log = logging.getLogger(__name__)

PURGE_EVERY_S = 600.0
"""What is past its time is gone from the database at most this much later."""


class Keeping:
    """Hands the live state's changes to the store.

    Args:
        store: Where they go.
        windows: Say in which window a presence counts.
        clock: The time.
    """

    def __init__(self, store: Store, windows: Windows, clock: SteadyClock) -> None:
        self._journal = store.journal
        self._checkins = store.checkins
        self._windows = windows
        self._clock = clock

    def record(self, change: Change) -> None:
        """Take one change. Never suspends, never raises."""
        self._journal.record(change)
        if type(change) is PresenceRow:
            # A presence is written when it begins, with its first check-in of a window and when its cell
            # changes: just when there may be a row to count.
            window = self._windows.at(self._clock.now_ms())
            start_ms = self._windows.start_ms(window)
            self._checkins.note(change.person, change.cell, start_ms, is_established=change.is_counted)
        elif type(change) is WindowEnded:
            self._checkins.end_window(self._windows.start_ms(change.window))


class NothingKept:
    """The journal of a server that keeps nothing: whatever is recorded is as durable as it ever will be."""

    has_room = True

    def record(self, change: Change) -> None:
        """Forget it."""

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
        except StoreDown:
            log.warning("the database could not be purged; trying again later")
