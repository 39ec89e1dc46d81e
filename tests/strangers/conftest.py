"""A server that takes guests, and the Node packages the strangers use."""

import fcntl
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nearby.testing.serving import LiveServer, live_server
from tests.forked import servers_start_at_once  # noqa: F401 (a fixture)
from tests.strangers.programs import HERE, path_of

LOCK = HERE / "package-lock.json"
INSTALLED = HERE / "node_modules" / ".package-lock.json"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    """A server as a stranger finds it: a guest token is there for the asking, nothing else is known."""
    async with live_server(tmp_path, guests="on") as running:
        yield running


@pytest.fixture(scope="session")
def node_modules() -> None:
    """The packages of package-lock.json are installed beside it, and no others."""
    npm = path_of("npm")
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Two runs in one tree would install over each other.
        if _packages(INSTALLED) != _packages(LOCK):
            flags = ("--ignore-scripts", "--no-audit", "--no-fund")
            done = subprocess.run([npm, "ci", *flags], cwd=HERE, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"npm ci could not install what {LOCK} lists: {done.stderr}"


def _packages(lock: Path) -> dict[str, Any]:
    """Return the hash of every package in a lock, by its place; none if there is no lock."""
    if not lock.exists():
        return {}
    packages = json.loads(lock.read_text())["packages"]
    return {place: package["integrity"] for place, package in packages.items() if place}
