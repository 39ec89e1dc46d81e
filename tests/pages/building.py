"""The pages, built as an operator builds them, once for all tests and only if their sources changed."""

import fcntl
import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.documents import ROOT
from tests.strangers.programs import path_of

WEB = ROOT / "web"
DIST = WEB / "dist"
LOCK = WEB / "package-lock.json"
INSTALLED = WEB / "node_modules" / ".package-lock.json"
BUILT_FROM = WEB / "node_modules" / ".built-from"
"""Holds the hash of the sources that ``dist`` was built from."""

SOURCES = ("src", "public", "build", "console")
FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund")


def installed() -> Path:
    """Return the directory of the packages that the lock lists, after installing them if they are others."""
    with _alone():
        _install()
    return WEB / "node_modules"


def built() -> Path:
    """Return the directory of the built pages, after building them if they are of other sources."""
    with _alone():
        _install()
        now = _hash_of_sources()
        if not BUILT_FROM.exists() or BUILT_FROM.read_text() != now or not (DIST / "index.html").exists():
            _run("run", "build")
            BUILT_FROM.write_text(now)
    return DIST


@contextmanager
def _alone() -> Iterator[None]:
    """Two runs in one tree would install and build over each other."""
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install() -> None:
    if _packages(INSTALLED) != _packages(LOCK):
        _run("ci", *FLAGS)


def _run(*arguments: str) -> None:
    done = subprocess.run([path_of("npm"), *arguments], cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"npm {arguments[0]} failed in {WEB}: {done.stdout}{done.stderr}"


def _packages(lock: Path) -> dict[str, Any]:
    """Return the hash of every package in a lock that is for this machine, by its place; none if there is no lock."""
    if not lock.exists():
        return {}
    packages = json.loads(lock.read_text())["packages"]
    return {place: package["integrity"] for place, package in packages.items() if place and not package.get("optional")}


def _hash_of_sources() -> str:
    digest = hashlib.sha256(LOCK.read_bytes())
    files = [*WEB.glob("*.*"), *(path for name in SOURCES for path in (WEB / name).rglob("*"))]
    for path in sorted(path for path in files if path.is_file() and ".test." not in path.name):
        digest.update(path.relative_to(WEB).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
