"""A server whose database cannot be used does not start: one sentence, exit 2, and nothing was changed."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from nearby.store.sql import init_store
from nearby.store.sql.engine import make_engines
from nearby.store.tables import SCHEMA_VERSION, markers
from nearby.testing.postgres import OwnPostgres, own_postgres
from nearby.testing.serving import KEY
from nearby.testing.store_suite import Database
from tests.processes import run

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("NEARBY_")}


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server


def sentence_of_a_server_that_does_not_start(url: str, data_dir: Path) -> str:
    """Return what ``nearby serve`` says before it exits with 2."""
    flags = ("--port", "0", "--metrics-port", "0", "--data-dir", str(data_dir), "--database-url", url)
    done = run("nearby.cli", "serve", *flags, environment={**ENVIRONMENT, "NEARBY_KEY": KEY}, timeout_s=150)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith("nearby: database_url: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


async def make_it_of(url: str, version: int) -> None:
    """Write into a database that its schema is of this version."""
    engines = await make_engines(url)
    async with engines.writer.begin() as connection:
        await connection.execute(update(markers).where(markers.c.name == "schema").values(value=version))
    await engines.dispose()


def test_a_server_does_not_start_while_postgresql_is_down_and_does_when_it_is_back(
    postgres: OwnPostgres, tmp_path: Path
) -> None:
    postgres.stop()
    try:
        said = sentence_of_a_server_that_does_not_start(postgres.url, tmp_path)
    finally:
        postgres.start()
    assert "cannot be reached" in said
    assert sentence_of_a_server_that_does_not_start(postgres.url, tmp_path).endswith("run nearby db init first\n")


def test_an_address_that_takes_connections_and_never_answers_is_a_database_that_is_down(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://nearby:hunter2@127.0.0.1:{silent.getsockname()[1]}/nearby"
        said = sentence_of_a_server_that_does_not_start(url, tmp_path)
    assert "cannot be reached" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_schema_of_a_later_version_is_left_alone(kind: str, postgres: OwnPostgres, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/nearby.db" if kind == "sqlite" else postgres.url
    await init_store(url)
    await make_it_of(url, SCHEMA_VERSION + 1)
    before = await Database(url).rows("markers")
    said = sentence_of_a_server_that_does_not_start(url, tmp_path)
    assert f"holds schema version {SCHEMA_VERSION + 1}" in said
    assert said.endswith("use a newer nearby\n")
    assert await Database(url).rows("markers") == before
    assert not await Database(url).rows("rooms")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "nearby.db"
    file.write_bytes(b"a letter to my grandmother, of more than a hundred bytes " * 20)
    before = file.read_bytes()
    assert "cannot be used" in sentence_of_a_server_that_does_not_start(f"sqlite:///{file}", tmp_path)
    assert file.read_bytes() == before
