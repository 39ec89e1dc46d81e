"""Our server without the check-in log: ``python -m scripts.benches.unlogged serve ...`` for ``nearby serve ...``.

No setting switches the log off alone. What is left out is all of it: taking rows, remembering who was noted, writing.
"""

from nearby import cli
from nearby.core.changes import Change
from nearby.core.kept import Kept
from nearby.core.window import Windows
from nearby.server import assembly
from nearby.server.clock import SteadyClock
from nearby.store.base import Store


class JournalOnly:
    """Stands where ``nearby.server.keeping.Keeping`` does, and hands changes to the journal alone."""

    def __init__(self, store: Store, windows: Windows, clock: SteadyClock, kept: Kept | None = None) -> None:
        self._record = store.journal.record

    def record(self, change: Change) -> None:
        """Take one change."""
        self._record(change)


if __name__ == "__main__":
    assembly.Keeping = JournalOnly  # type: ignore[attr-defined, assignment]
    cli.main()
