"""``scripts/run`` as a newcomer runs it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nearby.sim.child import bare_environment

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""

COMMAND = (sys.executable, "-m", "scripts.tools.run", "--port", "0", "--metrics-port", "0", "--drain-s", "0")


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=bare_environment() | {"COLUMNS": "120"},
    )


def test_it_shows_where_the_server_is_and_drains_on_ctrl_c(tmp_path: Path) -> None:
    with start("--data-dir", str(tmp_path)) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=40)
    assert lines[0].startswith("phones:  http://127.0.0.1:")
    assert lines[1].startswith("metrics: http://127.0.0.1:")
    assert lines[2].startswith("console: http://127.0.0.1:")
    assert "60 generated people" in lines[3]
    assert "people present" in lines[4]
    assert (process.returncode, out.endswith("drained\n"), "Traceback" in err) == (0, True, False), err


def test_a_wrong_setting_exits_2(tmp_path: Path) -> None:
    with start("--data-dir", str(tmp_path), "--window-s", "0") as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("nearby: window_s: ")


def test_a_crowd_cannot_live_without_a_secret_to_sign_its_tokens(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": []}))
    with start("--data-dir", str(tmp_path), "--jwks", str(keys)) as process:
        _, err = process.communicate(timeout=30)
    assert (process.returncode, "--no-demo" in err) == (2, True)
