"""Runs commands as processes that start at once."""

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


def forking() -> "subprocess.Popen[bytes]":
    """Return a process that forks for us; it ends when our end of its standard input is closed, as we end."""
    forking = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "forking.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,  # Of two lines the second is not taken off the pipe with the first: ``select`` must see it.
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    atexit.register(forking.kill)
    return forking


_forking = cache(forking)


def run(
    module: str, *arguments: str, environment: Mapping[str, str], timeout_s: float, imports: str | None = None
) -> "subprocess.CompletedProcess[str]":
    """Return how ``python -m module`` ended and what it wrote. Not for use by two threads at once.

    Args:
        module: What is run.
        arguments: Its command line.
        environment: All of its environment.
        timeout_s: After so long it is killed.
        imports: What is imported for it before it starts; the module itself without.

    Raises:
        TimeoutExpired: It was killed.
    """
    forking = _forking()
    assert forking.stdin is not None
    assert forking.stdout is not None
    with tempfile.TemporaryDirectory() as directory:
        out, err = Path(directory, "out"), Path(directory, "err")
        out.touch()
        err.touch()
        asked = {
            "module": module,
            "imports": imports or module,
            "arguments": arguments,
            "environment": {"PYTHONPATH": str(ROOT), **environment},
            "out": str(out),
            "err": str(err),
            "is_alone": False,
        }
        forking.stdin.write(json.dumps(asked).encode() + b"\n")
        child = int(forking.stdout.readline())
        is_in_time = bool(select.select([forking.stdout], [], [], timeout_s)[0])
        if not is_in_time:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        code = int(forking.stdout.readline().split()[1])
        done = subprocess.CompletedProcess([module, *arguments], code, out.read_text(), err.read_text())
    if not is_in_time:
        raise subprocess.TimeoutExpired(done.args, timeout_s, done.stdout, done.stderr)
    return done
