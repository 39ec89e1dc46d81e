"""The tools as operators run them: real processes, a real server, real exit codes."""

import asyncio
import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from nearby.sim.child import bare_environment, own_server
from nearby.testing.postgres import running_postgres
from nearby.testing.waiting import eventually
from tests.processes import run
from tests.scripts.crowds import write_crowd

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""

KEY = "a shared secret of at least thirty-two bytes"
OTHER_KEY = "another secret of at least thirty-two bytes!"
FAST = ("--speed", "600", "--says", "20")


def tool(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    environment = bare_environment() | {"COLUMNS": "120"} | environment
    return run(f"scripts.tools.{name}", *arguments, environment=environment, timeout_s=150)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_crowd(tmp_path_factory.mktemp("crowd") / "checkins.csv"))


@pytest.fixture
async def foreign() -> AsyncIterator[str]:
    """A server that somebody else runs, at 600 times the speed, and its address."""
    async with own_server("--speed", "600", "--drain-s", "0", "--log-level", "error", key=KEY) as child:
        yield child.url


def figures_of(path: Path) -> dict[str, Any]:
    figures = json.loads(path.read_text())
    assert isinstance(figures, dict)
    return figures


def test_a_run_that_keeps_every_promise_exits_0_and_reports_it(crowd: str, tmp_path: Path) -> None:
    done = tool("replay", crowd, *FAST, "--json", str(tmp_path / "figures.json"))
    assert (done.returncode, "broken" in done.stderr) == (0, False), done.stderr
    figures = figures_of(tmp_path / "figures.json")
    assert figures["broken"] == []
    assert set(figures["faults"].values()) == {0}
    assert (figures["phones"], figures["share_placed"], figures["never_placed"]) == (80, 1, 0)
    assert figures["checkins"] == len(Path(crowd).read_text().splitlines()) - 1
    assert figures["deliveries_received"] == figures["deliveries_expected"] > figures["said"] > 0
    assert 0 < figures["delivery_p50_ms"] <= figures["delivery_p99_ms"] <= figures["delivery_max_ms"]
    assert figures["share_of_time_by_resolution"]["7"] > 0
    assert sum(figures["share_of_time_by_size"].values()) == pytest.approx(1)
    assert 0.5 < figures["share_in_company"] <= 1
    assert 0 < figures["established"] < 80
    assert figures["server_peak_mib"] > 0


MANY = 20
"""A quarter of the crowd."""


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_check_in_log_of_a_run_is_what_the_model_computes(
    kind: str, crowd: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = ("--database-url", request.getfixturevalue("postgres_url")) if kind == "postgresql" else ()
    done = tool("replay", crowd, *FAST, *url, "--check-log", "--json", str(tmp_path / "figures.json"))
    assert done.returncode == 0, done.stderr
    assert "The check-in log, against the model" in done.stdout
    found = figures_of(tmp_path / "figures.json")["checkin_log"]
    assert (found["missing"], found["surplus"]) == (0, 0)
    # Whose connection a busy machine cut may have been heard twice: few, or the log would be held against nothing.
    assert found["unsure_people"] < MANY
    assert found["rows"] > 300
    if kind == "postgresql":
        done = tool("replay", crowd, *FAST, *url)
        assert (done.returncode, done.stdout) == (2, "")
        assert "give the run one of its own" in done.stderr


def test_the_report_names_every_figure(crowd: str) -> None:
    done = tool("replay", crowd, *FAST, "--to", "1970-01-01T00:00", "--fold", "day")
    assert done.returncode == 2
    done = tool("replay", crowd, *FAST, "--fold", "day", "--from", "19:00", "--to", "19:10", "--established", "0")
    assert done.returncode == 0, done.stderr
    for words in (
        "check-ins",
        "phones placed",
        "longest wait for a room",
        "time in company",
        "Room sizes as people saw them",
        "time by rung",
        "deliveries",
        "lost",
        "duplicated",
        "out of order",
        "acks missing",
        "over capacity",
        "delivery p50 / p99 / max",
        "reconnects",
        "server CPU",
    ):
        assert words in done.stdout


def test_a_slice_too_short_for_resolution_7_to_open_exits_1_and_says_so(crowd: str, tmp_path: Path) -> None:
    flags = ("--fold", "day", "--from", "19:00", "--to", "19:10", "--established", "1", "--phones", "12")
    done = tool("replay", crowd, *FAST, *flags, "--json", str(tmp_path / "figures.json"))
    assert (done.returncode, "broken: no time at all was spent at resolution 7" in done.stderr) == (1, True)
    figures = figures_of(tmp_path / "figures.json")
    assert (figures["phones"], figures["established"]) == (12, 12)
    assert figures["broken"] == ["no time at all was spent at resolution 7"]


def test_a_replay_against_a_foreign_server_needs_its_key_and_leaves_it_running(crowd: str, foreign: str) -> None:
    flags = ("--fold", "week", "--from", "19:00", "--to", "19:10", "--established", "0", "--server", foreign)
    for _ in range(2):
        done = tool("replay", crowd, *FAST, *flags, "--key", KEY)
        assert done.returncode == 0, done.stderr
        assert "server CPU" not in done.stdout
    assert tool("replay", crowd, *FAST, *flags, NEARBY_KEY=KEY).returncode == 0


@pytest.mark.parametrize("shape", ["stadium", "evening", "reconnect"])
def test_a_generated_crowd_of_each_shape_keeps_every_promise(shape: str, tmp_path: Path) -> None:
    flags = ("--shape", shape, "--phones", "30", "--ramp", "1", "--duration", "5", "--established", "0")
    done = tool("load", *FAST, *flags, "--json", str(tmp_path / "figures.json"))
    assert done.returncode == 0, done.stderr
    figures = figures_of(tmp_path / "figures.json")
    assert figures["phones"] >= 30
    assert figures["deliveries_received"] == figures["deliveries_expected"] > 0
    assert (figures["reconnects"] > 30) == (shape == "reconnect")


@pytest.mark.parametrize("name", ["replay", "load"])
def test_help_says_what_the_exit_codes_mean(name: str) -> None:
    done = tool(name, "--help")
    assert done.returncode == 0
    assert "Exit code 1" in done.stdout
    for option in ("--server", "--key", "--json", "--speed", "--says", "--established", "--seed"):
        assert option in done.stdout


WRONG = [
    (("--fold", "month"), "month"),
    (("--speed", "0"), "speed"),
    (("--speed", "601"), "speed"),
    (("--established", "1.1"), "established"),
    (("--phones", "0"), "phones"),
    (("--from", "noon"), "YYYY-MM-DDTHH:MM"),
    (("--fold", "day", "--from", "noon"), "HH:MM"),
    (("--from", "2030-01-01T00:00"), "no check-in lies between"),
    (("--server", "http://127.0.0.1:1"), "key: "),
    (("--server", "127.0.0.1:8080", "--key", KEY), "server: "),
    (("--server", "http://127.0.0.1:1", "--key", KEY, "--check-log"), "check_log: "),
    (("--server", "http://127.0.0.1:1", "--key", KEY, "--database-url", "sqlite:///file"), "database_url: "),
    (("--database-url", "mysql://127.0.0.1/nearby"), "database_url: "),
    (("--key", "short"), "key: "),
    (("--json", "/nowhere/at/all.json"), "json: "),
    (("--json", "/"), "json"),
    (("--loud",), "--loud"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_a_wrong_argument_exits_2_and_is_named(arguments: tuple[str, ...], words: str, crowd: str) -> None:
    done = tool("replay", crowd, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["", "nothing of the kind\n", "user_id,timestamp_utc,lat,lon\n", "\x1f\x8b broken"])
def test_a_file_that_holds_no_check_ins_exits_2(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(text.encode("latin-1"))
    done = tool("replay", str(path))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_file_that_cannot_be_read_exits_2(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        done = tool("replay", str(path))
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_lines_that_cannot_be_read_are_counted_and_not_shown(crowd: str, tmp_path: Path) -> None:
    path = tmp_path / "checkins.csv"
    path.write_text(Path(crowd).read_text() + "somebody,some day,47.123456,8.654321\nmore,2024-05-06T18:00:01Z,91,0\n")
    done = tool("replay", str(path), "--from", "2030-01-01T00:00")
    assert "passed over 1 lines: not of the format" in done.stderr
    assert "passed over 1 lines: no such position" in done.stderr
    assert "47.123456" not in done.stderr


def test_a_wrong_key_is_told_at_once(crowd: str, foreign: str) -> None:
    done = tool("replay", crowd, "--server", foreign, "--key", OTHER_KEY)
    assert done.returncode == 2
    assert "key: the server refuses tokens signed with it" in done.stderr
    assert done.stderr.count("\n") <= 2


def test_a_server_that_does_not_answer_is_told_within_seconds(crowd: str) -> None:
    done = tool("load", "--server", "http://127.0.0.1:1", "--key", KEY)
    assert (done.returncode, "no server answered" in done.stderr) == (1, True)


def test_more_phones_than_files_may_be_open_are_refused_before_anything_starts() -> None:
    limits = "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)); "
    start = "from scripts.tools.load import app; from scripts.tools.common import main; main(app, 'scripts/load')"
    done = subprocess.run(
        [sys.executable, "-c", limits + start, "--phones", "2000"],
        capture_output=True,
        text=True,
        env=bare_environment(),
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "phones: 2,000 connections need 2,250 open files and 256 are allowed" in done.stderr


class Run:
    """A tool that is running beside the test."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    async def server_pid(self) -> int:
        """Return the process id of the server it started, once there are phones connected to it."""

        async def look() -> list[int]:
            return await asyncio.to_thread(servers_of, self.process.pid)

        return (await eventually(look, bool, what="servers with phones"))[0]

    async def ended(self) -> tuple[int, str, str]:
        out, err = await asyncio.to_thread(self.process.communicate, timeout=40)
        return self.process.returncode, out, err


def servers_of(pid: int) -> list[int]:
    """Return the children of a process that hold more than a few sockets."""
    children = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return [child for child in children if sockets_of(child) > 15]


def sockets_of(pid: int) -> int:
    sockets = 0
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # Closed since it was listed.
            sockets += "socket" in os.readlink(file)
    return sockets


@pytest.fixture
def load() -> Iterator[Run]:
    """A load that would go on for minutes."""
    command = (sys.executable, "-m", "scripts.tools.load", *FAST, "--phones", "20", "--ramp", "1", "--duration", "300")
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=bare_environment() | {"COLUMNS": "120"},
    ) as process:
        try:
            yield Run(process)
        finally:
            process.terminate()


async def test_a_server_that_dies_ends_the_run_with_a_report_and_exit_1(load: Run) -> None:
    os.kill(await load.server_pid(), signal.SIGKILL)
    code, out, err = await load.ended()
    assert (code, "Promises" in out) == (1, True), err
    assert "broken: the server ended by itself, with exit code -9" in err
    assert "phones could not come back" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_run_that_is_interrupted_reports_what_was_so_far(load: Run, number: signal.Signals) -> None:
    server = await load.server_pid()
    load.process.send_signal(number)
    code, out, err = await load.ended()
    assert (code, "Promises" in out) == (128 + number, True), err
    assert f"the run was interrupted by {number.name}" in err
    assert "Traceback" not in err
    assert not Path(f"/proc/{server}").exists()


def test_the_limit_of_open_files_is_raised_as_far_as_needed() -> None:
    code = (
        "import resource; from nearby.sim.files import allow_connections; limit = resource.RLIMIT_NOFILE; "
        "hard = resource.getrlimit(limit)[1]; resource.setrlimit(limit, (256, hard)); "
        "allow_connections(1_000, setting='phones'); print(resource.getrlimit(limit)[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert int(done.stdout) == 1_250
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 1_250
