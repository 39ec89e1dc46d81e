"""A PostgreSQL server of one's own: started on a free port, gone afterwards.

Needs the Debian packages of PostgreSQL 15 or newer with PostGIS. ``fsync`` is off: what such a server has said is
on disk survives its own crash and not the machine's, which is enough for everything but measuring a commit.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from nearby.sim.leash import leash
from nearby.store.sql import init_store
from nearby.store.sql.engine import make_engines
from nearby.testing.ports import free_port

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "timezone": "UTC",
    "logging_collector": "off",
}
UNIX_USER = "postgres"
"""PostgreSQL does not run as root; the packages make this user."""

START_WITHIN_S = "60"


class OwnPostgres:
    """One server that a test may stop and start as it likes. Made by ``own_postgres``.

    Its data and log are files under ``directory``, for tests that search them. ``url`` names its one database.
    """

    def __init__(self, directory: Path, settings: dict[str, str]) -> None:
        self.directory = directory
        self._port = free_port()
        self._options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._options += f" -c port={self._port} -c unix_socket_directories={directory}"
        self._programs = find_programs()
        self.url = f"postgresql://nearby@127.0.0.1:{self._port}/postgres"

    def make(self) -> None:
        """Make its files."""
        options = ("-U", "nearby", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        _run(self._programs / "initdb", "-D", self.directory / "data", *options)

    def start(self) -> None:
        """Start it, at the address it had before. Blocks until it takes connections."""
        self._control("-l", self.directory / "log", "-o", self._options, "start")
        # As ``stop`` does: the processes it started and the memory they share go with it.
        leash(int((self.directory / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)

    def stop(self, how: str = "immediate") -> None:
        """Stop it: ``immediate`` as a crash would, ``fast`` in order. Blocks until it is gone."""
        self._control("-m", how, "stop")

    def _control(self, *arguments: str | Path) -> None:
        _run(self._programs / "pg_ctl", "-D", self.directory / "data", "-w", "-t", START_WITHIN_S, *arguments)


@contextlib.contextmanager
def own_postgres(settings: dict[str, str] | None = None) -> Iterator[OwnPostgres]:
    """Yield a new, empty server that runs; it is stopped, if it still runs, and removed when the block ends.

    Args:
        settings: More settings, or other values for ``SETTINGS``.

    Raises:
        RuntimeError: PostgreSQL is not installed.
    """
    find_programs()
    directory = Path(tempfile.mkdtemp(prefix="nearby-postgres-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(directory, UNIX_USER)
        server = OwnPostgres(directory, {**SETTINGS, **(settings or {})})
        server.make()
        server.start()
        try:
            yield server
        finally:
            if (directory / "data" / "postmaster.pid").exists():
                server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def running_postgres(settings: dict[str, str] | None = None) -> Iterator[str]:
    """Yield the URL of a new, empty server's database; see ``own_postgres``."""
    with own_postgres(settings) as server:
        yield server.url


@contextlib.contextmanager
def postgres_with_schema(settings: dict[str, str] | None = None) -> Iterator[OwnPostgres]:
    """Yield a server as ``own_postgres`` does, whose database holds the schema: use it, or copy it by ``Server``."""
    with own_postgres(settings) as server:
        asyncio.run(init_store(server.url))
        yield server


def find_programs() -> Path:
    """Return the directory of the newest installed server's programs.

    Raises:
        RuntimeError: There is none.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql-15-postgis-3")
    return found[-1].parent


def _run(*command: str | Path) -> None:
    """Run one of the server's programs as a user it accepts; what it printed is in the error if it fails."""
    user = UNIX_USER if os.geteuid() == 0 else None
    done = subprocess.run(
        [str(part) for part in command],
        user=user,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if "initdb" in str(command[0]) else subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {(done.stdout or b'').decode(errors='replace')}")


class Server:
    """Databases on a PostgreSQL server, each made and dropped by name.

    Args:
        url: Of a database on it, as a user who may create others.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._count = 0

    async def create(self, *, like: str | None = None) -> str:
        """Return the URL of a new database: empty, or a copy of the one at ``like`` (nobody may be connected to it)."""
        self._count += 1
        name = f"nearby_test_{os.getpid()}_{self._count}"
        template = f' TEMPLATE "{_name_of(like)}"' if like else ""
        await self._execute(f'CREATE DATABASE "{name}"{template}')
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))

    async def drop(self, url: str) -> None:
        """Drop a database, whoever is connected to it."""
        await self._execute(f'DROP DATABASE IF EXISTS "{_name_of(url)}" WITH (FORCE)')

    async def _execute(self, sql: str) -> None:
        engines = await make_engines(self._url)
        try:
            async with engines.writer.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                await driver.execute(sql)
        finally:
            await engines.dispose()


def _name_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
