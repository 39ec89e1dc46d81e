"""Time as the test says."""


class ManualClock:
    """A clock that stands still until told otherwise.

    Args:
        now_ms: The time it starts at.
    """

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Return the time, in milliseconds since the Unix epoch."""
        return self._now_ms

    def advance(self, by_ms: int) -> int:
        """Go forward and return the new time.

        Raises:
            ValueError: If that would be back in time. The clock is unchanged.
        """
        if by_ms < 0:
            raise ValueError("a clock does not go back")
        self._now_ms += by_ms
        return self._now_ms
