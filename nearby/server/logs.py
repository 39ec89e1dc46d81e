"""The log of a server: on standard error, and of what goes wrong again and again not every traceback."""

import logging
import sys

from nearby.core.rules import SECOND_MS

QUIET_MS = SECOND_MS
"""After a traceback so long none more like it: what every message of a flood sets off would fill a disk."""

MOST_PLACES = 1_000
"""Kinds of failure that are told apart; of more the policy is ``drop_oldest``."""

_Place = tuple[str, int, str]


class Sparing(logging.Filter):
    """Lets one traceback a second pass for each kind of failure, and counts the others.

    Failures are alike if they were logged at the same line for the same type of exception. The next one that passes
    says how many did not. Records without a traceback all pass.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[_Place, tuple[int, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is logged."""
        if not record.exc_info or record.exc_info[0] is None:
            return True
        place = record.pathname, record.lineno, record.exc_info[0].__qualname__
        at_ms = int(record.created * SECOND_MS)
        before_ms, left_out = self._seen.pop(place, (at_ms - QUIET_MS, 0))
        # A clock that was set back must not silence anything.
        if 0 <= at_ms - before_ms < QUIET_MS:
            self._seen[place] = before_ms, left_out + 1
            return False
        self._seen[place] = at_ms, 0
        if len(self._seen) > MOST_PLACES:
            del self._seen[next(iter(self._seen))]
        if left_out:
            record.msg, record.args = f"{record.getMessage()} ({left_out} more like it were not logged)", None
        return True


def log_to_stderr(level: str) -> None:
    """Log from now on, at ``level`` and above, to standard error. Call it once a process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Sparing())
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", handlers=[handler]
    )
