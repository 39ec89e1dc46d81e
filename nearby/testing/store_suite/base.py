"""What every part of the suite stands on."""

from collections.abc import AsyncIterator

import pytest

from nearby.store.base import Store
from nearby.testing.store_suite.database import Database


class Heard:
    """Everything a store told, kept."""

    def __init__(self) -> None:
        self.commits: list[tuple[str, int]] = []
        self.drops: list[tuple[str, int]] = []
        self.reachable_was: list[bool] = []

    def committed(self, what: str, rows: int, took_s: float) -> None:
        """See ``StoreEvents.committed``."""
        assert took_s >= 0
        self.commits.append((what, rows))

    def dropped(self, policy: str, rows: int) -> None:
        """See ``StoreEvents.dropped``."""
        self.drops.append((policy, rows))

    def reachable(self, is_up: bool) -> None:
        """See ``StoreEvents.reachable``."""
        self.reachable_was.append(is_up)


class SuiteBase:
    """Fixtures of the suite. A database's test class overrides ``database``."""

    @pytest.fixture
    def database(self) -> Database:
        """Return an empty database that is up to date, or an SQLite file that is not there yet."""
        raise NotImplementedError

    @pytest.fixture
    def heard(self) -> Heard:
        """Return what the store of this test told."""
        return Heard()

    @pytest.fixture
    async def store(self, database: Database, heard: Heard) -> AsyncIterator[Store]:
        """Yield the store."""
        async with database.open(events=heard) as store:
            yield store
