"""Every statement the store executes: the whole port is used once, and the databases themselves say what they ran."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast, get_args

import asyncpg  # type: ignore[import-untyped]
import sqlalchemy as sa

from nearby.core.area import Area, AreaId, outline_of
from nearby.core.bottle import BottleId, ThreadId
from nearby.core.cell import LOOKUP_RESOLUTION
from nearby.core.cell import origin_of as bottle_origin
from nearby.core.changes import (
    CatchmentRow,
    Change,
    MarkEnded,
    MarkRow,
    PersonSeen,
    PresenceEnded,
    RecentEnded,
    TextRefused,
    WindowEnded,
)
from nearby.core.ids import Cell, PersonId
from nearby.core.likeness import likeness_of
from nearby.core.profile import ProfileChange
from nearby.core.rules import Rules
from nearby.errors import StoreDown
from nearby.store.base import Store
from nearby.store.moderation import By
from nearby.store.sql import open_store
from nearby.testing.store_suite import Database
from nearby.testing.store_suite.bottles import caught, drifter, report, throw
from nearby.testing.store_suite.database import SECRET
from nearby.testing.store_suite.given import (
    ANA,
    BEN,
    EVE,
    HERE,
    NOW_MS,
    ROOM,
    joined,
    member_of,
    present,
    recent,
    room,
    said,
    seat,
    seen,
)
from nearby.testing.store_suite.journal import commit
from nearby.testing.waiting import eventually
from tests.store.moderated import use_moderation

RULES = Rules()
RES9 = Cell(0x891F1D48963FFFF)


class Unused(AssertionError):
    """A part of the port that ``use_all`` does not use: what it executes was not looked at."""


class _Watched:
    """A store that remembers which of its parts were used."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.used: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.used.add(name)
        return getattr(self._store, name)


async def use_all(database: Database, port: type = Store) -> None:
    """Use every call of the port, with rows for each of its queries to find.

    Raises:
        Unused: ``port`` has a call, or the journal a kind of change, that is not used here.
    """
    async with _opened(database) as store:
        watched = _Watched(store)
        await _use(cast(Store, watched), database)
    # The same rows once more, as after an answer that was lost.
    async with _opened(database) as store:
        store.checkins.note(ANA, HERE.res7, NOW_MS, is_established=True)
        await store.checkins.flush()
    missing = {name for name in vars(port) if not name.startswith("_")} - watched.used
    if missing:
        raise Unused(f"calls of the port that are not used: {sorted(missing)}")


def _opened(database: Database) -> Any:
    return open_store(database.url, secret=SECRET, gather_s=0, draw_key=lambda: bytes(32))


CHANGES: tuple[Change, ...] = (
    *(seen(person) for person in (ANA, BEN, EVE)),
    room(),
    seat(ANA),
    seat(BEN, joined_seq=2),
    joined(ANA, 1),
    joined(BEN, 2),
    said(ANA, 3),
    *(present(person) for person in (ANA, BEN, EVE)),
    *(recent(person) for person in (ANA, BEN)),
    PresenceEnded(EVE),
    RecentEnded(BEN),
    MarkRow(ANA, member_of(BEN), "mute", NOW_MS),
    TextRefused(bytes(16), NOW_MS),
    MarkEnded(BEN, member_of(ANA), "mute"),
    WindowEnded(1, (CatchmentRow(HERE.res7, True, 0, 12.5),)),
)


async def _use(store: Store, database: Database) -> None:
    kinds = {type(change) for change in CHANGES} | {CatchmentRow}
    if set(get_args(Change)) - kinds:
        raise Unused(f"kinds of changes that are not written: {set(get_args(Change)) - kinds}")
    await commit(store, *CHANGES)
    await commit(store, PersonSeen(EVE, True, NOW_MS, 1), WindowEnded(2, ()))
    try:
        await commit(store, present(PersonId("nobody")), said(BEN, 4))
    except StoreDown:
        assert store.journal.statistics().refused == 1
    store.checkins.note(ANA, HERE.res7, NOW_MS, is_established=True)
    await store.checkins.flush()
    await store.check()
    area = Area(AreaId("park"), "quiet", "Park", outline_of(RES9), frozenset({RES9}))
    assert LOOKUP_RESOLUTION == 9
    await store.put_area(area, NOW_MS)
    await store.areas()
    await store.areas_revision()
    await store.remove_area(area.id)
    by = By(EVE, "a reason")
    await store.operations.put_areas([area], by, NOW_MS)
    await store.operations.remove_area(area.id, by, NOW_MS)
    await store.operations.pull("shake", "", by, NOW_MS)
    await store.operations.brakes()
    await store.operations.release("shake", "", by, NOW_MS)
    await store.operations.note("room_close", "room r", by, NOW_MS)
    (entry,) = await store.operations.audit(limit=1)
    await store.operations.audit(limit=100, before=(entry.at_ms, entry.entry))
    await store.operations.audit(limit=100, person=EVE)
    await store.take_over(NOW_MS, RULES)
    await store.standing(NOW_MS)
    asyncio.ensure_future(store.disowned()).cancel()  # Nobody disowns it.
    await store.account(ANA)
    await store.change_profile(ANA, ProfileChange(name="Ana", tags=("chess",)), NOW_MS, is_guest=False)
    assert await store.claim_name(ANA, "Ana", likeness_of("Ana"), NOW_MS)
    assert not await store.is_name_free(BEN, likeness_of("Ana").looks)
    await store.window_counts(NOW_MS - 3_600_000, NOW_MS + 1)
    await _use_relations(store)
    await _use_bottles(store)
    await use_moderation(store)
    await database.insert("relations", {"owner": BEN, "kind": "block", "subject": ANA, "handle": "h", "created_ms": 0})
    await database.insert("bans", {"ban": "b", "person": ANA, "kind": "ban", "since_ms": 0, "until_ms": None})
    async for _ in store.export(ANA):
        pass
    await store.erase(ANA, NOW_MS)
    await store.in_force_against(ANA, NOW_MS)
    await store.purge(NOW_MS, RULES)


async def _use_relations(store: Store) -> None:
    relations, ana = store.relations, drifter(ANA)
    for named in (ROOM, None):
        await relations.member_of(ANA, named, member_of(BEN), NOW_MS)
    both = await relations.make_known(ANA, EVE, ("of-eve", "of-ana"), NOW_MS)
    assert both is not None
    assert not relations.may_be_shadowed(EVE)
    await relations.known(ANA)
    await relations.resolve(ANA, ["of-eve"])
    await relations.put(ana, "follow", "of-eve", "follows", NOW_MS)
    await relations.drop(ana, "follow", "of-eve", NOW_MS)
    for other in (EVE, EVE, None):
        await relations.block(ana, other, "m", f"blocks-{other}", NOW_MS, most=5)
    await relations.blocks(ANA, NOW_MS)
    await relations.unblock(ana, "blocks-None", NOW_MS)
    await relations.unblock_person(ana, "of-eve", NOW_MS)
    await relations.withdraw(ana, "of-eve", NOW_MS)


async def _use_bottles(store: Store) -> None:
    thread, bottle = ThreadId("used"), await throw(store)
    lease = await caught(store, at_ms=NOW_MS)
    await store.bottles.release(BEN, bottle, lease.fence, NOW_MS, RULES)
    lease = await caught(store, EVE)
    await store.bottles.reply(EVE, bottle, lease.fence, "hi", thread, NOW_MS)
    await store.bottles.reply(EVE, bottle, lease.fence, "hi", ThreadId("again"), NOW_MS)
    await store.threads.of(ANA, NOW_MS)
    await store.threads.write(ANA, thread, "hello", NOW_MS, RULES)
    await store.threads.lines(ANA, thread, 0, NOW_MS)
    for reporter in (ANA, BEN):
        await report(store, reporter, bottle, rules=RULES)
    await store.bottles.throw(drifter(ANA), BottleId("limited"), "x", bottle_origin(HERE.res7), NOW_MS, RULES)
    await store.bottles.catch(drifter(EVE), NOW_MS, RULES)
    await store.bottles.counts(NOW_MS, RULES)


class Statement(NamedTuple):
    """What a database executed; ``arguments`` as SQL writes them, None if they are not known."""

    sql: str
    arguments: Sequence[str] | None


NOT_PLANNED = re.compile(
    r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|SHOW|RESET|PRAGMA|DISCARD|CLOSE|UNLISTEN|DEALLOCATE"
    r"|COPY \"checkins\"|CREATE TABLE|CREATE INDEX|CREATE UNIQUE INDEX|DROP TABLE checkins_"
    r"|SELECT pg_catalog\.version|select pg_catalog\.version|select current_schema|SELECT pg_advisory|-- )",
    re.IGNORECASE,
)
"""Statements without a plan, and those of the drivers about themselves."""

LOGGED = ("log_statement = 'all'", "auto_explain.log_min_duration = 0", "auto_explain.log_nested_statements = on")
LOGGING_SERVER = {
    "logging_collector": "on",
    "log_destination": "jsonlog",
    "shared_preload_libraries": "auto_explain",
}
"""Settings of a PostgreSQL server whose log tells ``executed_on_postgresql``."""

_OF_A_KEY = re.compile(r"Query Text: ((?:SELECT 1 FROM ONLY|DELETE FROM ONLY|UPDATE ONLY) [^\n]*)")
"""What a foreign key executes by itself: seen as a plan only, for no client sent it."""

_ARGUMENT = re.compile(r"\$\d+ = (NULL|'(?:[^']|'')*')")


async def executed_on_postgresql(directory: Path, url: str) -> list[Statement]:
    """Use all of the port on a database and return what the server's log says was executed, each statement once.

    Args:
        directory: Of a server that runs with ``LOGGING_SERVER``.
        url: An empty database with the schema.
    """
    name = url.rpartition("/")[2]
    connection = await asyncpg.connect(url)
    for setting in LOGGED:
        await connection.execute(f'ALTER DATABASE "{name}" SET {setting}')
    await connection.close()
    await use_all(Database(url))
    last = await asyncpg.connect(url)
    await last.execute("SELECT 'that was all'")
    await last.close()

    async def logged() -> list[Statement]:
        return await asyncio.to_thread(_read_all, directory / "data" / "log", name)

    def is_whole(found: list[Statement]) -> bool:
        return any("that was all" in statement.sql for statement in found)

    found = await eventually(logged, is_whole, what="the server's log")
    once = {statement.sql: statement for statement in reversed(found) if "that was all" not in statement.sql}
    return [statement for statement in once.values() if not NOT_PLANNED.match(statement.sql)]


def _read_all(directory: Path, database: str) -> list[Statement]:
    return [found for log in sorted(directory.glob("*.json")) for found in _read(log, database)]


def _read(log: Path, database: str) -> list[Statement]:
    found: list[Statement] = []
    for line in log.read_text().splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            break  # The line is being written.
        if entry.get("dbname") != database:
            continue
        message, detail = entry.get("message", ""), entry.get("detail", "")
        sent = re.match(r"(?:statement|execute [^:]*): (.*)", message, re.DOTALL)
        if sent:
            found.append(Statement(sent[1].strip(), _ARGUMENT.findall(detail)))
        found.extend(Statement(sql, None) for sql in _OF_A_KEY.findall(message))
    return found


class _Connection(Protocol):
    def run_async(self, work: Any) -> Any: ...


@asynccontextmanager
async def traced() -> AsyncIterator[list[str]]:
    """Yield a list that gets every statement SQLite begins, its arguments written in, on any connection made inside."""
    found: list[str] = []

    def watch(connection: _Connection, record: object) -> None:
        connection.run_async(lambda driver: driver.set_trace_callback(found.append))

    sa.event.listen(sa.Pool, "connect", watch)
    try:
        yield found
    finally:
        sa.event.remove(sa.Pool, "connect", watch)


async def executed_on_sqlite(url: str) -> list[str]:
    """Use all of the port on a new file and return what was executed, each statement once."""
    async with traced() as found:
        await use_all(Database(url))
    return [sql for sql in dict.fromkeys(map(str.strip, found)) if not NOT_PLANNED.match(sql)]
