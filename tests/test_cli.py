"""The command as operators run it: real processes, real signals, real exit codes."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nearby import __version__
from nearby.server.auth import Verifier
from nearby.sim.child import own_server, serving
from nearby.testing.postgres import Server, running_postgres
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import KEY, http_call
from tests.forked import servers_start_at_once  # noqa: F401 (a fixture)
from tests.processes import run

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""

WHY = ("--reason", "a fair")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("NEARBY_")}


def nearby(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("nearby.cli", *arguments, environment=ENVIRONMENT | environment, timeout_s=150)


def test_version_prints_the_version() -> None:
    assert nearby("version").stdout.strip() == __version__


def test_what_only_servers_with_a_hub_or_postgresql_need_is_not_loaded_with_the_command() -> None:
    needless = ("redis", "nearby.hub.valkey", "geoalchemy2")
    asking = f"import sys, nearby.cli; print([name for name in {needless} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-P", "-c", asking], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_names_every_setting() -> None:
    from nearby.server.config import Settings

    text = nearby("serve", "--help", COLUMNS="200").stdout
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')}" in text
        if field.default not in ("", ()):
            assert f"[default: {field.default}]" in " ".join(text.replace("│", " ").split()), name


def test_a_token_is_signed_with_the_key_in_force_and_says_what_was_asked() -> None:
    flags = ("--established", "--verified", "--name", "Ana", "--scope", "operator", "--ttl", "2h")
    printed = nearby("token", "ana", *flags, NEARBY_KEY=KEY)
    claims = Verifier([KEY.encode()]).verify(printed.stdout.strip(), now_ms=0)
    assert (claims.caller.person, claims.caller.name, claims.scope) == ("ana", "Ana", "operator")
    assert claims.caller.established


@pytest.mark.parametrize(
    ("arguments", "setting"),
    [
        (("serve", "--port", "99999"), "port"),
        (("serve", "--key", "short"), "key"),
        (("serve", "--jwks", "/nowhere/keys.json"), "jwks"),
        (("serve", "--config", "/nowhere/nearby.toml"), "config"),
        (("check-config", "--window-s", "0"), "window_s"),
        (("token", "ana", "--ttl", "soon"), "ttl"),
        (("token", "an a"), "user"),
        (("serve", "--drain-s", "301"), "drain_s"),
        (("serve", "--database-url", "mysql://u:hunter2@host/db"), "database_url"),
        (("serve", "--database-url", "postgresql://u:hunter2@127.0.0.1:1/db"), "database_url"),
        (("serve", "--database-url", "sqlite:////nowhere/nearby.db", "--data-dir", "/proc/none"), "data_dir"),
        (("areas", "list", "--database-url", "sqlite:////proc/none/nearby.db"), "database_url"),
        (("db", "init", "--database-url", "postgresql://u:hunter2@127.0.0.1:1/db"), "database_url"),
        (("areas", "import", "/nowhere/areas.geojson", "--reason", "x"), "file"),
    ],
)
def test_a_wrong_setting_exits_2_with_one_sentence(arguments: tuple[str, ...], setting: str, tmp_path: Path) -> None:
    done = nearby(*arguments, NEARBY_DATA_DIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"nearby: {setting}: ")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_check_config_masks_secrets() -> None:
    done = nearby("check-config", NEARBY_KEY=KEY)
    assert done.returncode == 0
    assert "key = (set)" in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_check_config_shows_an_address_without_what_it_holds_of_secrets() -> None:
    done = nearby("check-config", NEARBY_JWKS="https://user:hunter2@issuer.example:444/keys?apikey=S3CRET")
    assert "jwks = https://issuer.example:444/keys?(set)" in done.stdout
    assert not {"hunter2", "S3CRET"} & set(re.split(r"\W", done.stdout))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://user:hunter2@db.example:5432/nearby", "postgresql://db.example:5432/nearby"),
        ("postgresql://db.example/nearby?password=hunter2", "postgresql://db.example/nearby?(set)"),
        ("postgresql://user:hun@ter2@db.example/nearby", "(set)"),
        ("postgresql://user:hun/ter2@db.example/nearby", "(set)"),
        ("sqlite:////var/lib/nearby.db", "sqlite:////var/lib/nearby.db"),
    ],
)
def test_check_config_shows_a_database_without_its_password(url: str, shown: str, tmp_path: Path) -> None:
    done = nearby("check-config", NEARBY_DATABASE_URL=url, NEARBY_DATA_DIR=str(tmp_path))
    assert (done.returncode, f"database_url = {shown}\n" in done.stdout) == (0, True)
    assert "ter2" not in done.stdout + done.stderr


def park(tmp_path: Path, **properties: str) -> str:
    """Return the path of a GeoJSON file with one square of about 1 km."""
    ring = [[8.53, 47.36], [8.54, 47.36], [8.54, 47.37], [8.53, 47.37], [8.53, 47.36]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    path = tmp_path / "park.geojson"
    path.write_text(json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}))
    return str(path)


def test_areas_are_imported_listed_and_removed(tmp_path: Path) -> None:
    data = {"NEARBY_DATA_DIR": str(tmp_path / "data")}
    imported = nearby("areas", "import", park(tmp_path, name="City Park"), *WHY, "--kind", "quiet", **data)
    cells = int(imported.stdout.removeprefix("city-park: quiet, ").split()[0])
    assert (imported.returncode, imported.stderr, 8 <= cells <= 30) == (0, "", True)
    assert nearby("areas", "list", **data).stdout == f"city-park: quiet, {cells} cells, City Park\n"
    assert nearby("areas", "remove", "city-park", "--reason", "over", **data).stdout == "city-park: removed\n"
    assert (nearby("areas", "list", **data).stdout, nearby("areas", "list", **data).returncode) == ("", 0)
    with closing(sqlite3.connect(tmp_path / "data" / "nearby.db")) as database:
        audit = database.execute("SELECT operator, action, detail FROM audit ORDER BY at_ms").fetchall()
    assert audit == [(None, "areas_put", "city-park: a fair"), (None, "area_remove", "city-park: over")]


def test_an_area_that_cannot_be_used_exits_2_with_one_sentence(tmp_path: Path) -> None:
    data = {"NEARBY_DATA_DIR": str(tmp_path / "data")}
    for arguments, sentence in (
        (("import", park(tmp_path, name="City Park"), *WHY), "nearby: City Park: its kind must be quiet or venue\n"),
        (("remove", "city-park", *WHY), "nearby: city-park: there is no such area; see nearby areas list\n"),
    ):
        done = nearby("areas", *arguments, **data)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence)
    assert nearby("areas", "list", **data).stdout == ""


def test_brakes_are_pulled_listed_and_released(tmp_path: Path) -> None:
    data = {"NEARBY_DATA_DIR": str(tmp_path / "data")}
    pulled = nearby("brakes", "pull", "placement", "--area", "871f8ed95ffffff", "--reason", "an accident", **data)
    assert (pulled.returncode, pulled.stdout) == (0, "placement in 871f8ed95ffffff: stopped\n")
    (line,) = nearby("brakes", "list", **data).stdout.splitlines()
    assert line.startswith("placement in 871f8ed95ffffff: since 2")
    assert line.endswith(", an accident")
    for arguments, sentence in (
        (("pull", "shake", "--area", "871f8ed95ffffff"), "shake: shake is switched off everywhere or nowhere"),
        (("release", "shake"), "shake: it is not stopped; see nearby brakes list"),
    ):
        done = nearby("brakes", *arguments, "--reason", "x", **data)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"nearby: {sentence}")
    assert nearby("brakes", "pull", "shake", "--reason", "", **data).returncode == 2
    released = nearby("brakes", "release", "placement", "--area", "871f8ed95ffffff", "--reason", "over", **data)
    assert released.stdout == "placement in 871f8ed95ffffff: goes on\n"
    assert nearby("brakes", "list", **data).stdout == ""


def test_a_database_is_made_once_for_its_owner_only_and_purged(tmp_path: Path) -> None:
    data = {"NEARBY_DATA_DIR": str(tmp_path / "data")}
    made = [nearby("db", "init", **data) for _ in range(2)]
    assert [done.returncode for done in made] == [0, 0]
    assert [done.stdout.split(", ")[1] for done in made] == ["was none\n", "as it was\n"]
    purged = nearby("db", "purge", **data)
    assert (purged.returncode, purged.stdout) == (0, "nothing was past its time\n")
    file = tmp_path / "data" / "nearby.db"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_database_of_a_newer_version_exits_2(tmp_path: Path) -> None:
    data = {"NEARBY_DATA_DIR": str(tmp_path)}
    nearby("db", "init", **data)
    connection = sqlite3.connect(tmp_path / "nearby.db")
    with connection:
        connection.execute("UPDATE markers SET value = 999 WHERE name = 'schema'")
    connection.close()
    for arguments in (("db", "init"), ("db", "purge"), ("areas", "list"), ("serve",)):
        done = nearby(*arguments, **data)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith("nearby: database_url: the database holds schema version 999")


def test_a_database_that_goes_away_meanwhile_exits_1_with_one_sentence(tmp_path: Path) -> None:
    data = {"NEARBY_DATA_DIR": str(tmp_path)}
    nearby("db", "init", **data)
    connection = sqlite3.connect(tmp_path / "nearby.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    done = nearby("areas", "import", park(tmp_path), *WHY, "--kind", "quiet", **data)
    connection.close()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "nearby: the database cannot be reached\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("db", "init"), ("PostgreSQL needs it before the first start", "--database-url")),
        (("db", "purge"), ("past its time", "--window-s")),
        (("areas", "import"), ("GeoJSON", "quiet|venue", "none is imported", "it is in the audit")),
        (("areas", "list"), ("number of cells",)),
        (("areas", "remove"), ("ID", "As nearby areas list prints it")),
        (("brakes", "pull"), ("WHAT", "it is in the audit")),
        (("brakes", "list"), ("since when and why",)),
    ],
)
def test_help_says_what_a_command_does_and_names_no_setting_it_has_no_use_for(
    command: tuple[str, ...], words: tuple[str, ...]
) -> None:
    text = " ".join(nearby(*command, "--help", COLUMNS="200").stdout.split())
    assert [word for word in words if word not in text] == []
    assert "--port" not in text


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """Yield the URL of an empty database: on the server ``NEARBY_TEST_DATABASE_URL`` names, or on one of our own."""
    given = os.environ.get("NEARBY_TEST_DATABASE_URL")
    if given is None:
        with running_postgres() as url:
            yield url
        return
    server = Server(given)
    url = asyncio.run(server.create())
    yield url
    asyncio.run(server.drop(url))


def test_the_same_commands_work_on_postgresql_once_it_is_initialised(tmp_path: Path, postgres_url: str) -> None:
    data = {"NEARBY_DATABASE_URL": postgres_url, "NEARBY_DATA_DIR": str(tmp_path / "data")}
    for early in (("areas", "list"), ("db", "purge"), ("serve",)):
        done = nearby(*early, **data)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.endswith("run nearby db init first\n")
    assert nearby("db", "init", **data).stdout.endswith("was none\n")
    imported = nearby("areas", "import", park(tmp_path, id="park", kind="venue"), *WHY, **data)
    assert (imported.returncode, imported.stdout.startswith("park: venue, ")) == (0, True)
    assert nearby("areas", "list", **data).stdout.startswith("park: venue, ")


async def test_a_port_that_is_taken_exits_2(tmp_path: Path) -> None:
    async with own_server("--log-level", "error", key=KEY) as child:
        port = child.url.rsplit(":", 1)[1]
        own = ("--metrics-port", "0", "--data-dir", str(tmp_path))
        done = await asyncio.to_thread(nearby, "serve", "--port", port, *own, NEARBY_KEY=KEY)
        assert (done.returncode, done.stderr.startswith("nearby: port: ")) == (2, True)


async def test_sigterm_sends_everybody_away_and_exits_0() -> None:
    async with own_server("--drain-s", "0", "--log-level", "error", key=KEY) as child:
        token = (await asyncio.to_thread(nearby, "token", "ana", NEARBY_KEY=KEY)).stdout.strip()
        phone = await RawPhone.connect(child.url, token=token)
        await phone.send({"type": "hello"})
        await phone.until("unplaced")
        child.process.send_signal(signal.SIGTERM)
        assert 0 <= (await phone.until("bye"))["reconnect_ms"] < 5_000
        assert await phone.close_code() == 3001
        assert await child.process.wait() == 0


async def test_after_sigkill_and_a_restart_a_resuming_phone_checks_in_again(tmp_path: Path) -> None:
    flags = ("--port", "0", "--metrics-port", "0", "--data-dir", str(tmp_path), "--log-level", "error")
    resume = None
    for _ in range(2):
        async with serving(flags) as child:
            guest = json.loads((await http_call(f"{child.url}/v1/guests", method="POST")).body)
            phone = await RawPhone.connect(child.url, token=guest["token"])
            await phone.send({"type": "hello", **({"resume": resume} if resume else {})})
            assert (await phone.until("unplaced"))["why"] == "none"
            await phone.send({"type": "checkin", "lat": 47.37, "lon": 8.54})
            placed = await phone.until("placed")
            resume = {"room": placed["room"]["id"], "epoch": placed["room"]["epoch"], "after": placed["seq"]}
            child.process.kill()
            assert await phone.close_code() == 1006
            assert await child.process.wait() == -signal.SIGKILL


async def test_a_guests_token_outlives_a_restart(tmp_path: Path) -> None:
    flags = (
        "--port",
        "0",
        "--metrics-port",
        "0",
        "--data-dir",
        str(tmp_path),
        "--drain-s",
        "0",
        "--log-level",
        "error",
    )
    async with serving(flags) as child:
        guest = json.loads((await http_call(f"{child.url}/v1/guests", method="POST")).body)
    async with serving(flags) as child:
        answer = await http_call(
            f"{child.url}/v1/checkins", method="POST", body=b'{"lat":1,"lon":2}', token=guest["token"]
        )
        assert answer.status == 200
