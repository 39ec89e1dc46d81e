"""How fast newcomers are taken: a bucket of tokens, and a turn for each who finds it empty.

A crowd that lost its server is back within a second. To take it as it comes is to serve nobody in time, those who
stayed included; to turn it away without a time is to have it back at once.
"""

LONGEST_WAIT_MS = 30_000
"""Nobody is told to wait longer, however many stand before them: most of those will have given up."""

SPREAD_MS = 1_000
"""``Retry-After`` is in whole seconds: chance spreads those who would come in the same one."""


class Doorway:
    """Who may come in now, of a stream of newcomers.

    Args:
        per_s: So many a second, and so many at once after a quiet second; 0 takes everybody.
    """

    __slots__ = ("_at_ms", "_burst", "_per_ms", "_tokens", "_turn_ms")

    def __init__(self, per_s: float) -> None:
        self._per_ms = per_s / 1_000
        self._burst = max(1.0, per_s)
        self._tokens = self._burst
        self._at_ms = 0
        self._turn_ms = 0.0

    def knock(self, now_ms: int, chance: float) -> int:
        """Return 0 for whoever may come in, else after how many milliseconds to come again.

        Each who is turned away gets the turn behind the one before. A turn is no promise: whoever comes first is
        taken first.

        Args:
            now_ms: The time.
            chance: Drawn evenly from [0, 1).
        """
        if not self._per_ms:
            return 0
        passed_ms = max(0, now_ms - self._at_ms)
        self._tokens = min(self._burst, self._tokens + passed_ms * self._per_ms)
        self._at_ms = now_ms
        if self._tokens >= 1:
            self._tokens -= 1
            return 0
        self._turn_ms = min(max(self._turn_ms, now_ms) + 1 / self._per_ms, now_ms + LONGEST_WAIT_MS)
        return 1 + int(self._turn_ms - now_ms + chance * SPREAD_MS)
