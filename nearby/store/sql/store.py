"""The store on SQLite or PostgreSQL."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial

from sqlalchemy import and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nearby.core.area import Area, AreaId
from nearby.core.crowd import WindowCount
from nearby.core.ids import PersonId
from nearby.core.kept import Kept
from nearby.core.likeness import Likeness
from nearby.core.profile import ProfileChange
from nearby.core.rules import Rules
from nearby.errors import ConfigError, StoreDown
from nearby.store.base import Account, CheckInLog, ExportPiece, Journal, Shadow, StoreEvents
from nearby.store.bottles import Bottles, Threads
from nearby.store.moderation import Moderation
from nearby.store.operations import Operations
from nearby.store.relations import Relations
from nearby.store.sql import areas, names, profile, rights, warm
from nearby.store.sql.bottle_counts import settle
from nearby.store.sql.bottles import SqlBottles
from nearby.store.sql.checkin_writer import CheckInWriter, PostgresqlCheckIns, SqliteCheckIns
from nearby.store.sql.checkins import SqlCheckInLog
from nearby.store.sql.drawn import new_key, new_random
from nearby.store.sql.engine import Engines, RowRefused, StatementRefused, connect_sqlite, make_engines, translated
from nearby.store.sql.journal import GATHER_S, MAX_LOG_ROWS, PATIENCE_S, SqlJournal
from nearby.store.sql.migrate import migrate, version_of
from nearby.store.sql.moderation import SqlModeration
from nearby.store.sql.operations import SqlOperations
from nearby.store.sql.postgresql_writer import PostgresqlWriter
from nearby.store.sql.purge import purge
from nearby.store.sql.relations import SqlRelations
from nearby.store.sql.sqlite_writer import SqliteWriter
from nearby.store.sql.threads import SqlThreads
from nearby.store.sql.turn import Turn
from nearby.store.sql.writer import Writer
from nearby.store.tables import SCHEMA_VERSION, checkins

OWNED = "another server owns this database; stop it first, or name another database"
UNREACHABLE = "the database cannot be reached; is it running, and the URL right?"


class Unheard:
    """Events that nobody listens to."""

    def committed(self, what: str, rows: int, took_s: float) -> None:
        """See ``StoreEvents.committed``."""

    def dropped(self, policy: str, rows: int) -> None:
        """See ``StoreEvents.dropped``."""

    def reachable(self, is_up: bool) -> None:
        """See ``StoreEvents.reachable``."""


class SqlStore:
    """See ``nearby.store.base.Store``. Made by ``open_store``."""

    def __init__(
        self, engines: Engines, turn: Turn, journal: SqlJournal, checkin_log: SqlCheckInLog, secret: bytes
    ) -> None:
        self._engines = engines
        self._turn = turn
        self._journal = journal
        self._checkins = checkin_log
        self._secret = secret
        self._bottles = SqlBottles(self._reading, self._writing, secret, new_random())
        self._threads = SqlThreads(self._reading, self._writing, secret)
        self._relations = SqlRelations(self._reading, self._writing, secret)
        self._operations = SqlOperations(self._reading, self._writing)
        self._moderation = SqlModeration(self._reading, self._writing, secret)

    @property
    def journal(self) -> Journal:
        """See ``Store.journal``."""
        return self._journal

    @property
    def checkins(self) -> CheckInLog:
        """See ``Store.checkins``."""
        return self._checkins

    @property
    def bottles(self) -> Bottles:
        """See ``Store.bottles``."""
        return self._bottles

    @property
    def threads(self) -> Threads:
        """See ``Store.threads``."""
        return self._threads

    @property
    def moderation(self) -> Moderation:
        """See ``Store.moderation``."""
        return self._moderation

    @property
    def operations(self) -> Operations:
        """See ``Store.operations``."""
        return self._operations

    @property
    def relations(self) -> Relations:
        """See ``Store.relations``."""
        return self._relations

    async def check(self) -> None:
        """See ``Store.check``."""
        async with self._reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def take_over(self, now_ms: int, rules: Rules) -> Kept:
        """See ``Store.take_over``."""
        if not await self._journal.own():
            raise ConfigError("database_url", OWNED)
        async with self._writing() as connection:
            await warm.open_new_epochs(connection)
        await self._relations.note_shadows()
        async with self._reading() as connection:
            return await warm.read_kept(connection, now_ms, rules)

    async def standing(self, now_ms: int) -> Kept:
        """See ``Store.standing``."""
        async with self._reading() as connection:
            return await warm.read_standing(connection, now_ms)

    async def disowned(self) -> None:
        """See ``Store.disowned``."""
        await self._journal.disowned()

    async def account(self, person: PersonId) -> Account | None:
        """See ``Store.account``."""
        async with self._reading() as connection:
            return await profile.read_account(connection, person)

    async def change_profile(self, person: PersonId, change: ProfileChange, now_ms: int, *, is_guest: bool) -> Account:
        """See ``Store.change_profile``."""
        async with self._writing() as connection:
            return await profile.change_profile(connection, person, change, now_ms, is_guest=is_guest)

    async def is_name_free(self, person: PersonId, looks: Collection[str]) -> bool:
        """See ``Store.is_name_free``."""
        async with self._reading() as connection:
            return await names.is_name_free(connection, person, looks)

    async def claim_name(self, person: PersonId, name: str, likeness: Likeness, now_ms: int) -> bool:
        """See ``Store.claim_name``."""
        try:
            async with self._writing() as connection:
                return await names.claim_name(connection, person, name, likeness, now_ms)
        except RowRefused:
            # Somebody claimed the same skeleton at the same time, and was first.
            return False

    async def put_area(self, area: Area, now_ms: int) -> None:
        """See ``Store.put_area``."""
        async with self._writing() as connection:
            await areas.put_area(connection, area, now_ms)

    async def remove_area(self, area: AreaId) -> bool:
        """See ``Store.remove_area``."""
        async with self._writing() as connection:
            return await areas.remove_area(connection, area)

    async def areas(self) -> Sequence[Area]:
        """See ``Store.areas``."""
        async with self._reading() as connection:
            return await areas.read_areas(connection)

    async def areas_revision(self) -> int:
        """See ``Store.areas_revision``."""
        async with self._reading() as connection:
            return await areas.areas_revision(connection)

    async def window_counts(self, from_ms: int, to_ms: int) -> Sequence[WindowCount]:
        """See ``Store.window_counts``."""
        window, cell = checkins.c.window_start_ms, checkins.c.cell
        in_span = and_(window >= from_ms, window < to_ms, checkins.c.is_established)
        query = select(window, cell, func.count()).where(in_span).group_by(window, cell).order_by(window, cell)
        async with self._reading() as connection:
            return [WindowCount(*row) for row in await connection.execute(query)]

    async def purge(self, now_ms: int, rules: Rules) -> Mapping[str, int]:
        """See ``Store.purge``."""
        async with self._writing() as connection:
            await settle(connection, now_ms, rules)
        return await purge(self._engines, self._turn, now_ms, rules)

    async def export(self, person: PersonId) -> AsyncGenerator[ExportPiece, None]:
        """See ``Store.export``."""
        await self._journal.durable()
        async with self._reading() as connection, aclosing(rights.export(connection, person)) as pieces:
            async for piece in pieces:
                yield piece

    async def erase(self, person: PersonId, now_ms: int) -> bool:
        """See ``Store.erase``."""
        await self._journal.durable()
        async with self._writing() as connection:
            is_erased = await rights.erase(connection, person, now_ms, self._secret)
        self._relations.note_erased(person)
        return is_erased

    async def in_force_against(self, person: PersonId, now_ms: int) -> Sequence[Shadow]:
        """See ``Store.in_force_against``."""
        async with self._reading() as connection:
            return await rights.in_force_against(connection, person, now_ms, self._secret)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        with translated():
            async with self._engines.reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        with translated():
            async with self._turn.of(self._engines.writer) as connection:
                yield connection


@asynccontextmanager
async def open_store(
    url: str,
    *,
    secret: bytes,
    events: StoreEvents | None = None,
    gather_s: float = GATHER_S,
    patience_s: float = PATIENCE_S,
    max_log_rows: int = MAX_LOG_ROWS,
    draw_key: Callable[[], bytes] = new_key,
) -> AsyncIterator[SqlStore]:
    """Open the store at ``url`` until the block ends; what was recorded is written then.

    An SQLite file is made, or brought up to date, at once. A PostgreSQL database must hold this version's schema.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://USER@HOST/NAME``.
        secret: Keys what stays in force against erased people; the same in every process, for good.
        events: Is told what a metric wants to know.
        gather_s: How long a group commit waits for company.
        patience_s: How long ``durable`` waits, and ``take_over`` for another process to be gone.
        max_log_rows: How many events of rooms' logs may wait for a database that is away.
        draw_key: Returns 32 new random bytes at each call.

    Raises:
        ConfigError: The database cannot be reached, holds no schema, or one of another version.
    """
    engines = await make_engines(url)
    try:
        await _prepare(engines)
        events = events or Unheard()
        turn = Turn(is_needed=engines.is_sqlite)
        writer, checkin_writer = _writers(engines, turn)
        journal = SqlJournal(writer, events, gather_s=gather_s, patience_s=patience_s, max_log_rows=max_log_rows)
        checkin_log = SqlCheckInLog(checkin_writer, events, draw_key=draw_key)
        journal.start()
        checkin_log.start()
        try:
            yield SqlStore(engines, turn, journal, checkin_log, secret)
        finally:
            await checkin_log.close()
            await journal.close()
    finally:
        await engines.dispose()


async def init_store(url: str) -> tuple[int, int]:
    """Bring the database to this version's schema and return the versions before (0 for none) and after.

    Raises:
        ConfigError: It cannot be reached, or holds a newer schema.
    """
    engines = await make_engines(url)
    try:
        return await migrate(engines)
    except StoreDown as error:
        raise ConfigError("database_url", _why_unusable(error)) from error
    finally:
        await engines.dispose()


async def _prepare(engines: Engines) -> None:
    try:
        if engines.is_sqlite:
            await migrate(engines)
        version = await version_of(engines)
    except StoreDown as error:
        raise ConfigError("database_url", _why_unusable(error)) from error
    if version < SCHEMA_VERSION:
        raise ConfigError("database_url", "the database does not hold this version's schema; run nearby db init first")


def _why_unusable(error: StoreDown) -> str:
    return str(error) if isinstance(error, StatementRefused) else UNREACHABLE


def _writers(engines: Engines, turn: Turn) -> tuple[Writer, CheckInWriter]:
    """Return what writes the journal's groups and the check-in log.

    On SQLite a group is on disk when it is written; a power cut may take the newest rows of the check-in log.
    """
    file = engines.file
    if file is None:
        return PostgresqlWriter(engines.writer), PostgresqlCheckIns(engines.writer)
    owner_file = file.with_name(f"{file.name}-owner")
    journal, log = (
        SqliteWriter(partial(connect_sqlite, file, synchronous), owner_file, turn.lock)
        for synchronous in ("FULL", "NORMAL")
    )
    return journal, SqliteCheckIns(log)
