"""The check-in log of servers that share a hub: what its census counted in a window, once for all of them."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from nearby.core.cell import FINEST_RESOLUTION, resolution_of
from nearby.core.ids import Cell
from nearby.core.rules import SECOND_MS
from nearby.core.window import Windows
from nearby.errors import HubDown, StoreDown
from nearby.store.base import CheckInLog

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0

LATE_WINDOWS = 2
"""So many windows before the last one may still be written: the hub keeps counts for three."""

CLAIMED_MS = 30 * SECOND_MS
"""So long others leave a window to the server that began to write it. Two would write the same rows."""


class SharedCensus(Protocol):
    """What a hub that servers share knows of windows that are over. Any call may raise ``HubDown``."""

    async def ended_window(self) -> int:
        """Return the number of the last window that ended."""

    async def logged_window(self) -> int:
        """Return the last window whose counts are in the check-in log: at first the one under way, which is never."""

    async def note_logged(self, window: int) -> None:
        """Note that a window's counts are in the check-in log."""

    async def counted(self, window: int) -> Mapping[Cell, int]:
        """Return how many established people each cell counted in a window that ended lately."""

    async def mark_first(self, name: str, for_ms: int) -> bool:
        """Set a mark unless it is set; return whether it was not."""

    async def unmark(self, name: str) -> None:
        """Take a mark back."""


class Counting:
    """Writes the check-in log for one server.

    Args:
        hub: Counts people.
        checkins: The log.
        windows: Say when a window starts.
    """

    def __init__(self, hub: SharedCensus, checkins: CheckInLog, windows: Windows) -> None:
        self._hub = hub
        self._checkins = checkins
        self._windows = windows

    async def run(self) -> None:
        """Write whatever is to be written until cancelled; while the hub or the database is away, later."""
        while True:
            await asyncio.sleep(min(LOOK_EVERY_S, self._windows.width_ms / 20 / SECOND_MS))
            try:
                await self.look()
            except (HubDown, StoreDown) as down:
                log.warning("writing the check-in log: %s; trying again", down)
            except Exception:
                log.exception("writing the check-in log")

    async def look(self) -> None:
        """Write the windows that are over and of which nobody wrote yet, the oldest first.

        Raises:
            HubDown: The next look does what is left.
            StoreDown: The same, within three windows. After that they are left out, and the next are written.
        """
        ended = await self._hub.ended_window()
        logged = await self._hub.logged_window()
        for window in range(max(logged + 1, ended - LATE_WINDOWS), ended + 1):
            if not await self._hub.mark_first(f"log:{window}", CLAIMED_MS):
                return
            try:
                counts = await self._hub.counted(window)
                finest = {cell: people for cell, people in counts.items() if resolution_of(cell) == FINEST_RESOLUTION}
                await self._checkins.count(self._windows.start_ms(window), finest)
                await self._hub.note_logged(window)
            except BaseException:
                await self._hub.unmark(f"log:{window}")
                raise

    async def settled_ms(self) -> int:
        """Return up to when the log is whole and does not change any more.

        Raises:
            HubDown: Nobody knows.
        """
        return self._windows.start_ms(await self._hub.logged_window() + 1)
