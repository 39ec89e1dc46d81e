"""The pages, built as ``scripts/run`` and ``scripts/test`` build them: only if their sources changed."""

import subprocess
from pathlib import Path

from tests.documents import ROOT

WEB = ROOT / "web"
DIST = WEB / "dist"


def installed() -> Path:
    """Return the directory of the packages that the lock lists, after installing them if they are others."""
    # The same lock as of a build: two runs in one tree would install over each other.
    _run('( flock 8; web_packages all ) 8>"$root/.venv/.pages.lock"')
    return WEB / "node_modules"


def built() -> Path:
    """Return the directory of the built pages, after building them if they are of other sources."""
    installed()
    _run("build_pages")
    return DIST


def _run(function: str) -> None:
    script = f"source scripts/_env.sh && prepare_node && {function}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"the pages could not be built: {done.stdout}{done.stderr}"
