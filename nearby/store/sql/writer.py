"""What writes groups of rows, one after the other, on a connection of its own: the drivers without SQLAlchemy.

SQLAlchemy's bookkeeping, and with aiosqlite a change of threads for each statement, cost more than a commit's own work.
"""

from collections.abc import Sequence
from typing import Protocol

from nearby.store.sql.statements import Step


class Writer(Protocol):
    """One connection to the database, made again when it is lost. Calls take turns.

    A call that is cancelled has written its group wholly or not at all.
    """

    async def write(self, steps: Sequence[Step]) -> None:
        """Write a group in one transaction.

        Raises:
            RowRefused: Nothing was written.
            StoreDown: The database went away; the group may be there, and may be written again.
            Disowned: Another process owns the live state. Nothing was written, nor ever will be.
        """

    async def write_what_is_accepted(self, steps: Sequence[Step]) -> int:
        """Write a group of which ``write`` refused something, row by row, and return how many were refused.

        Raises:
            StoreDown, Disowned: As ``write``.
        """

    async def own(self) -> bool:
        """Let no other process own the live state as long as this one does; return whether nobody else did.

        From then on nothing is written but as its owner. ``close`` gives it up, and so does the end of the process,
        however it comes.

        Raises:
            StoreDown: The database cannot be reached.
        """

    async def check(self) -> None:
        """Return if groups can be written.

        Raises:
            StoreDown: The database cannot be reached.
            Disowned: As ``write``.
        """

    async def close(self) -> None:
        """End the connection."""
