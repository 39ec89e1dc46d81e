"""What somebody installs: a wheel made of this tree, with the pages if they are built and without Node if not."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "schema.sql", "migrations", "nearby")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what a wheel is made of; the pages are not built in it."""
    copy = tmp_path / "tree"
    copy.mkdir()
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    return copy


def wheel_of(tree: Path) -> tuple[set[str], str]:
    """Return the names in the wheel of a tree, and what its build said."""
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tree / "out"))
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tree / "out").glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist()), done.stderr


def test_a_wheel_carries_the_pages_that_are_built(tree: Path) -> None:
    for name in ("index.html", "assets/phone-12345678.js"):
        path = tree / "web" / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("built")
    names, _ = wheel_of(tree)
    assert {"nearby/server/web/index.html", "nearby/server/web/assets/phone-12345678.js"} <= names


def test_without_them_there_is_a_wheel_too_and_the_build_says_what_it_lacks(tree: Path) -> None:
    names, said = wheel_of(tree)
    assert "nearby/server/pages.py" in names
    assert not [name for name in names if name.startswith("nearby/server/web/")]
    assert "without pages" in said
