"""A database that somebody else writes to."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Let nobody write to the SQLite database in ``data_dir`` until the block ends."""
    connection = sqlite3.connect(data_dir / "nearby.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()
