import pytest

from nearby.testing.store_suite import Database, StoreSuite


class TestSqlite(StoreSuite):
    @pytest.fixture
    def database(self, sqlite_url: str) -> Database:
        return Database(sqlite_url)


class TestPostgresql(StoreSuite):
    @pytest.fixture
    def database(self, migrated_postgres_url: str) -> Database:
        return Database(migrated_postgres_url)
