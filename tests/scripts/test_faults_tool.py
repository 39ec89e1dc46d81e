"""Servers that share a hub are broken while a crowd talks: real processes, and every promise counted."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nearby.sim.child import bare_environment
from nearby.testing.waiting import eventually
from tests.processes import run

pytestmark = pytest.mark.timeout(180)

SMALL = ("--phones", "16", "--says", "10", "--ramp", "2", "--settle", "1", "--drain", "0.5", "--times", "1")
ZEROS = ("acks_lost", "seqs_used_twice", "cut_off")


def faults(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run("scripts.tools.faults", *arguments, environment=bare_environment() | {"COLUMNS": "120"}, timeout_s=150)


def keeps_its_promises(result: dict[str, Any]) -> None:
    assert result["broken"] == []
    assert [result[name] for name in ZEROS] == [0] * len(ZEROS)
    assert set(result["faults"].values()) == {0}
    assert result["hub_contradictions"] == []
    assert result["closed"] == {}
    assert result["acknowledged"] > 16
    (one,) = result["rounds"]
    assert len(one["talking"]["after_s"]) + one["talking"]["silent"] >= 16


def test_neither_a_gateway_nor_a_primary_nor_all_connections_at_once_take_anything_with_them(tmp_path: Path) -> None:
    done = faults(
        "gateway-kill", "stampede", "primary-kill", *SMALL, "--wait", "1", "--json", str(tmp_path / "figures")
    )
    assert (done.returncode, done.stderr) == (0, "")
    gateway, all_at_once, primary = json.loads((tmp_path / "figures").read_text())
    assert [one["fault"] for one in (gateway, all_at_once, primary)] == ["gateway-kill", "stampede", "primary-kill"]
    for result in (gateway, all_at_once):
        keeps_its_promises(result)
        assert result["rounds"][0]["away_s"]
        assert result["resumed"] > 0
    keeps_its_promises(primary)
    assert "talking again" in done.stdout


@pytest.mark.parametrize(
    "wrong", [("primary-kill", "--single"), ("stampede", "--single", "--wait", "1"), ("earthquake",)]
)
def test_what_cannot_be_done_is_a_wrong_argument(wrong: tuple[str, ...]) -> None:
    done = faults(*wrong)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


async def test_a_run_that_is_interrupted_reports_and_leaves_no_process_behind() -> None:
    command = (sys.executable, "-m", "scripts.tools.faults", "gateway-kill", *SMALL, "--single", "--ramp", "300")
    environment = bare_environment() | {"COLUMNS": "120"}
    with subprocess.Popen(  # noqa: ASYNC220
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            gateways = await eventually(
                lambda: asyncio.to_thread(gateways_of, process.pid), lambda found: len(found) == 2, what="the gateways"
            )
            process.send_signal(signal.SIGINT)
            out, err = await asyncio.to_thread(process.communicate)
        finally:
            process.terminate()
    assert process.returncode == 128 + signal.SIGINT, err
    assert "the run was interrupted by SIGINT" in err
    assert "All rounds" in out
    assert not any(Path(f"/proc/{pid}").exists() for pid in gateways)


def gateways_of(pid: int) -> list[str]:
    """Return the gateways a run has started that take phones."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in children if b"serve" in _words_of(child) and _listens(child)]


def _words_of(pid: str) -> list[bytes]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def _listens(pid: str) -> bool:
    return len(os.listdir(f"/proc/{pid}/fd")) > 15
