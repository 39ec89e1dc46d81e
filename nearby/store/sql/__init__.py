"""The store on SQLAlchemy Core: SQLite through aiosqlite, PostgreSQL with PostGIS through asyncpg."""

from nearby.store.sql.store import SqlStore, init_store, open_store

__all__ = ["SqlStore", "init_store", "open_store"]
