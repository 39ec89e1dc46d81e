"""How much may wait for one slow reader: the policy is ``disconnect_slow``.

The bytes wait in the socket's own write buffer; this only counts them. Dropping single messages would
break the log's promise of no gaps, and waiting would let one reader slow a room, so a
connection that falls too far behind is closed and may resume.
"""

MAX_MESSAGES = 256
MAX_BYTES = 256 * 1024


class Outbox:
    """The lengths of the frames that may still be unsent, oldest first."""

    __slots__ = ("_lengths", "_total")

    def __init__(self) -> None:
        self._lengths: list[int] = []
        self._total = 0

    def admit(self, length: int, unsent_bytes: int) -> bool:
        """Count one more frame; return False if the reader is too slow and the connection must close.

        Args:
            length: Bytes of the frame about to be written.
            unsent_bytes: What the socket's write buffer holds before that.
        """
        if not unsent_bytes:
            if self._total:
                self._lengths.clear()
                self._total = 0
        elif self._total > unsent_bytes:
            self._drop_sent(unsent_bytes)
        self._lengths.append(length)
        self._total += length
        return len(self._lengths) <= MAX_MESSAGES and unsent_bytes + length <= MAX_BYTES

    def _drop_sent(self, unsent_bytes: int) -> None:
        """Forget the oldest frames that have left the buffer whole; ``unsent_bytes`` is above 0."""
        sent = 0
        while self._total - self._lengths[sent] >= unsent_bytes:
            self._total -= self._lengths[sent]
            sent += 1
        del self._lengths[:sent]
