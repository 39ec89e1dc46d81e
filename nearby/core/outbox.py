"""How much may wait for one slow reader: the policy is ``disconnect_slow``.

The bytes wait in the socket's own write buffer; this only counts them. Dropping single messages would
break the log's promise of no gaps, and waiting would let one reader slow a room, so a
connection that falls too far behind is closed and may resume.
"""

from collections.abc import Iterable

MAX_MESSAGES = 256
MAX_BYTES = 256 * 1024


class Outbox:
    """The lengths of the frames that may still be unsent, oldest first."""

    __slots__ = ("_lengths", "_total")

    def __init__(self) -> None:
        self._lengths: list[int] = []
        self._total = 0

    def admit(self, frames: Iterable[bytes], unsent_bytes: int) -> bool:
        """Count frames that were just written and did not leave whole; return False if the reader is too slow.

        Args:
            frames: In the order they were written.
            unsent_bytes: What the socket's write buffer holds with them, above 0. While that stays 0
                there is nothing to count, and no need to call.
        """
        for frame in frames:
            self._lengths.append(len(frame))
            self._total += len(frame)
        sent = 0
        while self._total - self._lengths[sent] >= unsent_bytes:
            self._total -= self._lengths[sent]
            sent += 1
        del self._lengths[:sent]
        return len(self._lengths) <= MAX_MESSAGES and unsent_bytes <= MAX_BYTES
