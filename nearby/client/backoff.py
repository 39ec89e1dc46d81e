"""When to come back: full jitter, so that a crowd that lost its server does not return as one."""

from random import Random


class Backoff:
    """Delays between attempts: uniform in [0, min(cap, base * 2^n)) (Brooker, AWS, 2015: "full jitter").

    Args:
        base_s: Upper end of the first delay.
        cap_s: No delay is longer.
        random: The source of chance.
    """

    def __init__(self, *, base_s: float, cap_s: float, random: Random) -> None:
        self._base_s = base_s
        self._cap_s = cap_s
        self._random = random
        self._attempts = 0

    def next_s(self) -> float:
        """Return the delay before the next attempt."""
        delay_s = self._random.uniform(0, self._ceiling_s())
        self._attempts += 1
        return delay_s

    def lasted(self, connected_s: float) -> None:
        """A connection held for ``connected_s``: start over if that is longer than the next delay may be.

        A server that welcomes and drops at once is not asked again and again at the shortest delay.
        """
        if connected_s >= self._ceiling_s():
            self._attempts = 0

    def _ceiling_s(self) -> float:
        return min(self._cap_s, self._base_s * 2.0 ** min(self._attempts, 32))


def next_check_in_s(window_s: float, random: Random) -> float:
    """Return when a phone with a seat checks in again: 0.5 to 0.8 windows from now."""
    return window_s * random.uniform(0.5, 0.8)
