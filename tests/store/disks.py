"""A small disk of one's own, to be filled: a tmpfs mounted for a test."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

FILLER = "filler"


class SmallDisk:
    """A mounted file system of a few megabytes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, *, but_bytes: int = 0) -> None:
        """Take all the space there is, but for some bytes."""
        chunk = bytes(4096)
        with (self.path / FILLER).open("ab", buffering=0) as file:
            try:
                while file.write(chunk) == len(chunk):
                    pass
            except OSError:
                pass
            file.truncate(max(0, file.tell() - but_bytes))

    def free(self) -> None:
        """Give it back."""
        (self.path / FILLER).unlink()


@contextlib.contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount one at ``path`` until the block ends; the test is skipped where that is not permitted."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "nearby-test", str(path)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
