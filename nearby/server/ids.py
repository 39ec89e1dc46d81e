"""Opaque ids for everything that is shown: random, and drawn many at a time."""

from base64 import urlsafe_b64encode
from collections.abc import Callable

ID_BYTES = 9
"""72 bits: of a thousand million ids two are alike with a chance of one in ten thousand, and nobody guesses one."""

IDS_AT_ONCE = 512


class RandomIds:
    """Returns a new opaque id of 12 characters at each call.

    Asking the system for bytes lets another thread have the interpreter, for 5 ms if it is the database's: when a
    crowd was seated, that took more time than anything else about a seat. So it is asked once for many ids.

    Args:
        draw_bytes: Returns so many random bytes.
    """

    def __init__(self, draw_bytes: Callable[[int], bytes]) -> None:
        self._draw_bytes = draw_bytes
        self._left: list[str] = []

    def __call__(self) -> str:
        """Return the next one."""
        if not self._left:
            drawn = urlsafe_b64encode(self._draw_bytes(ID_BYTES * IDS_AT_ONCE)).decode()
            width = len(drawn) // IDS_AT_ONCE
            self._left = [drawn[start : start + width] for start in range(0, len(drawn), width)]
        return self._left.pop()
