"""The service's one clock: it never goes back, whatever is done to the machine's."""

from collections.abc import Callable

ADOPT_MS = 1_000
"""A machine clock further ahead than this was set, or the machine slept: we go along at once."""


class SteadyClock:
    """Milliseconds since the Unix epoch that only grow.

    Set forward, the machine's clock is followed at once. Set back, ours runs at half speed until
    the two meet again: windows and limits take longer for a while, and nothing happens twice.

    Args:
        wall_ms: Returns the machine's idea of the time.
        monotonic_ms: Returns a count that no setting of the clock changes.
    """

    def __init__(self, *, wall_ms: Callable[[], int], monotonic_ms: Callable[[], int]) -> None:
        self._wall_ms = wall_ms
        self._monotonic_ms = monotonic_ms
        self._now_ms = wall_ms()
        self._looked_ms = monotonic_ms()

    def now_ms(self) -> int:
        """Return the time; costs two reads of clocks, under 1 µs."""
        looked_ms = self._monotonic_ms()
        passed_ms = looked_ms - self._looked_ms
        ahead_ms = self._wall_ms() - (self._now_ms + passed_ms)
        if ahead_ms > ADOPT_MS:
            self._now_ms += passed_ms + ahead_ms
        elif ahead_ms < -ADOPT_MS:
            # Half speed: the odd millisecond stays for the next look.
            self._now_ms += passed_ms // 2
            looked_ms -= passed_ms % 2
        else:
            self._now_ms += passed_ms
        self._looked_ms = looked_ms
        return self._now_ms
