import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from msgspec import structs

from nearby.errors import ConfigError, StoreDown
from nearby.server.auth import mint_token
from nearby.sim.child import bare_environment, serving
from nearby.store.base import Store
from nearby.testing.proxy import Proxy, running_proxy
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import FAR_FUTURE_S, KEY, http_call
from nearby.testing.store_suite import Database
from nearby.testing.store_suite.given import ANA, NOW_MS, RULES, room, said, seen
from nearby.testing.store_suite.journal import commit
from nearby.testing.waiting import eventually
from tests.processes import run


def through(url: str, port: int) -> Database:
    address = urlsplit(url)
    return Database(urlunsplit(address._replace(netloc=f"{address.username}@127.0.0.1:{port}")))


@pytest.fixture
async def proxy(migrated_postgres_url: str) -> AsyncIterator[Proxy]:
    address = urlsplit(migrated_postgres_url)
    async with running_proxy(str(address.hostname), address.port or 5432) as proxy:
        yield proxy


@contextlib.asynccontextmanager
async def deaf_proxy(url: str) -> AsyncIterator[tuple[int, list[asyncio.StreamWriter]]]:
    """Yield a port and the phones' ends of what passes through it; the database never hears that one was cut."""
    address = urlsplit(url)
    near: list[asyncio.StreamWriter] = []
    far: list[asyncio.StreamWriter] = []

    async def flow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # uvloop raises RuntimeError where a transport that was aborted is written to.
        with contextlib.suppress(OSError, RuntimeError):
            while data := await reader.read(65_536):
                writer.write(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, there_writer = await asyncio.open_connection(address.hostname, address.port)
        near.append(writer)
        far.append(there_writer)
        await asyncio.gather(flow(reader, there_writer), flow(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], near
    finally:
        server.close()
        for writer in (*near, *far):
            writer.transport.abort()
        await server.wait_closed()


async def all_written(store: Store) -> None:
    async def look() -> int:
        return store.journal.statistics().waiting

    await eventually(look, lambda waiting: waiting == 0, what="changes that wait")


async def test_an_owner_that_was_cut_off_owns_again_what_nobody_took(proxy: Proxy, migrated_postgres_url: str) -> None:
    async with through(migrated_postgres_url, proxy.port).open() as store:
        await store.take_over(NOW_MS, RULES)
        await commit(store, seen(ANA), room(), said(ANA, 1))
        proxy.cut()
        store.journal.record(said(ANA, 2))
        proxy.heal()
        await all_written(store)
        async with Database(migrated_postgres_url).open(patience_s=0.1) as other:
            with pytest.raises(ConfigError):
                await other.take_over(NOW_MS, RULES)


async def test_an_owner_that_lost_the_live_state_while_it_was_cut_off_never_writes_a_row_of_it(
    proxy: Proxy, migrated_postgres_url: str
) -> None:
    async with through(migrated_postgres_url, proxy.port).open() as store:
        await store.take_over(NOW_MS, RULES)
        await commit(store, seen(ANA), room(), said(ANA, 1))
        proxy.cut()
        async with Database(migrated_postgres_url).open() as other:
            await other.take_over(NOW_MS, RULES)
            proxy.heal()
            with pytest.raises(StoreDown, match="another server owns the database"):
                await commit(store, said(ANA, 2))
            assert not store.journal.has_room
            await store.disowned()
            await commit(other, structs.replace(said(ANA, 2, "of the other"), epoch=2))
        # Not even when the other is gone: what it holds in memory is out of date.
        with pytest.raises(StoreDown, match="another server owns the database"):
            await commit(store, said(ANA, 3))
        assert store.journal.statistics().is_down
    rows = await Database(migrated_postgres_url).rows("room_log")
    assert [(row["seq"], row["text"]) for row in rows] == [(1, "hello"), (2, "of the other")]


async def test_a_session_of_ours_that_postgresql_still_believes_in_does_not_lock_us_out(
    migrated_postgres_url: str,
) -> None:
    async with (
        deaf_proxy(migrated_postgres_url) as (port, ends),
        through(migrated_postgres_url, port).open() as store,
    ):
        await store.take_over(NOW_MS, RULES)
        await commit(store, seen(ANA), room(), said(ANA, 1))
        for writer in ends:
            writer.transport.abort()
        async with Database(migrated_postgres_url).open(patience_s=0.1) as other:
            with pytest.raises(ConfigError):
                await other.take_over(NOW_MS, RULES)
        await commit(store, said(ANA, 2))
    assert [row["seq"] for row in await Database(migrated_postgres_url).rows("room_log")] == [1, 2]


@pytest.fixture(params=["sqlite", "postgresql"])
def flags(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, ...]:
    """Return the settings of a server on a database of either kind."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "migrated_postgres_url")
    return ("--port", "0", "--metrics-port", "0", "--data-dir", str(tmp_path), "--database-url", url)


async def nearby(*words: str) -> tuple[int, str]:
    """Return the exit code of a command and what it said on standard error."""
    done = await asyncio.to_thread(run, "nearby.cli", *words, environment=bare_environment(), timeout_s=150)
    return done.returncode, done.stderr


@pytest.mark.timeout(180)  # Three servers and three commands, one after the other.
async def test_a_second_server_on_a_database_exits_with_2_until_the_first_is_killed(flags: tuple[str, ...]) -> None:
    quiet = (*flags, "--log-level", "error", "--drain-s", "0")
    async with serving(quiet, key=KEY) as first:
        code, said = await nearby("serve", *quiet)
        assert (code, said.count("\n")) == (2, 1)
        assert "another server owns this database; stop it first" in said
        places = flags[4:]
        assert [await nearby(*command, *places) for command in (("areas", "list"), ("db", "purge"))] == [
            (0, ""),
            (0, ""),
        ]
        async with serving((*quiet, "--keep", "off"), key=KEY):
            pass  # It writes nothing of the live state.
        first.process.kill()
        async with serving(quiet, key=KEY) as next_one:
            assert next_one.port != first.port


async def started(*flags: str) -> tuple[asyncio.subprocess.Process, str]:
    """Start a server whose standard error can be read; return it and where it takes phones."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nearby.cli", "serve", *flags,
        env=bare_environment() | {"NEARBY_KEY": KEY}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    announced = (await process.stdout.readline()).decode()
    return process, announced.split()[3]


async def test_a_server_that_was_disowned_says_goodbye_to_its_phones_and_exits_with_1(
    proxy: Proxy, migrated_postgres_url: str, tmp_path: Path
) -> None:
    quiet = ("--port", "0", "--metrics-port", "0", "--data-dir", str(tmp_path), "--drain-s", "0")
    through_proxy = through(migrated_postgres_url, proxy.port).url
    first, url = await started(*quiet, "--log-level", "error", "--database-url", through_proxy)
    try:
        phone = await RawPhone.connect(url, token=mint_token(KEY.encode(), "ana", expires_s=FAR_FUTURE_S))
        await phone.send({"type": "hello"})
        await phone.until("welcome")
        proxy.cut()
        async with serving(
            (*quiet, "--log-level", "error", "--database-url", migrated_postgres_url), key=KEY
        ) as next_one:
            proxy.heal()
            assert (await phone.until("bye"))["reconnect_ms"] >= 0
            assert await phone.close_code() == 3001
            _, said = await first.communicate()
            assert first.returncode == 1
            lines = said.decode().splitlines()
            assert len([line for line in lines if "CRITICAL" in line]) == 1
            assert lines[-1] == "nearby: another server owns the database now: this one writes nothing any more"
            assert (await http_call(f"{next_one.url}/readyz")).status == 200
    finally:
        if first.returncode is None:
            first.kill()
        await first.wait()
