"""How much of something a test does: what shows that it holds, and in a full run what finds the rare."""

import os


def size(ci: int, full: int) -> int:
    """Return ``ci``, or ``full`` in a run of ``scripts/test --full``."""
    return full if os.environ.get("NEARBY_TEST_PROFILE", "ci") == "full" else ci
