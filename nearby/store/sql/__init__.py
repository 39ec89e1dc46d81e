"""The store on SQLAlchemy Core: SQLite through aiosqlite, PostgreSQL with PostGIS through asyncpg."""

from nearby.store.sql.store import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
