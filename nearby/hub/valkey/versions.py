"""What every value of the shared state begins with: drawn anew at each write, so that no two are taken for one."""

import os

VERSION_BYTES = 8
"""How many bytes that are."""


def new_version() -> bytes:
    """Return a version that the value it replaces does not have, but for one chance in 2^64."""
    return os.urandom(VERSION_BYTES)
