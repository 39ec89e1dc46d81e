"""Texts that are said everywhere: seen in a few rooms within an hour, they are refused in all for a day.

Whoever wrote them: a campaign has many accounts and one text. Kept are keyed hashes, never a text or its author. Both
maps are bounded, and the oldest goes first (policy ``drop_oldest``): who could flush a text out of the first with
others would have had to say a hundred thousand different ones meanwhile, at a rate of one in two seconds.
"""

import re
import string
from collections import OrderedDict
from collections.abc import Iterable, MutableMapping
from hashlib import blake2b

from nearby.core.gate import alike
from nearby.core.rules import Rules

MIN_CHARACTERS = 20
"""Shorter texts are what everybody says."""
MAX_WATCHED = 100_000
"""Texts seen in too few rooms so far: 30 MB."""
MAX_REFUSED = 100_000

TextHash = bytes

_IN_ASCII = bytes.maketrans(
    string.ascii_uppercase.encode() + string.digits.encode(), string.ascii_lowercase.encode() + b"0" * 10
)
_BETWEEN_IN_ASCII = bytes(code for code in range(128) if not chr(code).isalnum())
"""What ``alike`` and ``_BETWEEN`` do, at a tenth of the cost: most texts of most people are ASCII."""
_BETWEEN = re.compile(r"[\W_]+")


class Repeats:
    """Which texts were seen where of late, and which are refused.

    Args:
        rules: In how many rooms, within which span, and for how long.
        secret: Keys the hashes, 16 to 64 bytes.
        refused: What a process before refused, and until when.
        max_watched: How many texts are watched.
        max_refused: How many are refused.
        seen: What it is kept in where texts were seen, None for a collection of its own.
        refused_until_ms: The same of until when they are refused; ``refused`` is put into one of its own only.
    """

    def __init__(
        self,
        rules: Rules,
        secret: bytes,
        refused: Iterable[tuple[TextHash, int]] = (),
        *,
        max_watched: int = MAX_WATCHED,
        max_refused: int = MAX_REFUSED,
        seen: MutableMapping[TextHash, tuple[tuple[str, int], ...]] | None = None,
        refused_until_ms: MutableMapping[TextHash, int] | None = None,
    ) -> None:
        self._rules = rules
        self._keyed = blake2b(digest_size=16, key=secret)
        self._max_watched = max_watched
        self._max_refused = max_refused
        # Of a plain dict that loses its first again and again, the first stands behind all that it lost.
        self._seen = OrderedDict() if seen is None else seen
        known = OrderedDict(sorted(refused, key=lambda row: row[1])[-max_refused:])
        self._refused_until_ms = known if refused_until_ms is None else refused_until_ms
        self.dropped = 0
        """Texts that were forgotten before their time, because there were too many."""

    def hash_of(self, text: str) -> TextHash | None:
        """Return what stands for a text and all that say the same, None if it is too short to be watched.

        It is too short if it has fewer than 20 characters after NFKC; what is between letters and digits makes no
        difference.
        """
        if not self._rules.repeated_in:
            return None
        if text.isascii():
            if len(text) < MIN_CHARACTERS:
                return None
            plain = text.encode()
            key = plain.translate(_IN_ASCII, _BETWEEN_IN_ASCII) or plain
        else:
            same = alike(text)
            if len(same) < MIN_CHARACTERS:
                return None
            key = (_BETWEEN.sub("", same) or same).encode("utf-8", "surrogatepass")
        hashing = self._keyed.copy()
        hashing.update(key)
        return hashing.digest()

    def is_refused(self, text: TextHash, now_ms: int) -> bool:
        """Return whether a text is refused now."""
        until_ms = self._refused_until_ms.get(text)
        return until_ms is not None and until_ms > now_ms

    def saw(self, text: TextHash, room: str, now_ms: int) -> int | None:
        """Note that a text was said in a room; return until when it is refused from now on, None if it is not."""
        since_ms = now_ms - self._rules.hour_ms
        before = self._seen.pop(text, None)
        if before is None or (len(before) == 1 and before[0][0] == room):
            seen: tuple[tuple[str, int], ...] = ((room, now_ms),)
        else:
            seen = (*[(at, at_ms) for at, at_ms in before if at_ms > since_ms and at != room], (room, now_ms))
        if len(seen) < self._rules.repeated_in:
            self._seen[text] = seen
            if before is None:
                self._trim(since_ms)
            return None
        until_ms = now_ms + self._rules.day_ms
        self._refused_until_ms.pop(text, None)
        self._refused_until_ms[text] = until_ms
        self._trim_refused(now_ms)
        return until_ms

    @property
    def watched(self) -> int:
        """Return how many texts are watched."""
        return len(self._seen)

    @property
    def refused(self) -> int:
        """Return how many texts are refused, those included whose time is up and that nobody asked about."""
        return len(self._refused_until_ms)

    def _trim(self, since_ms: int) -> None:
        while True:  # The newest is not over, and one fits.
            oldest = next(iter(self._seen))
            is_over = self._seen[oldest][-1][1] <= since_ms
            if not is_over and len(self._seen) <= self._max_watched:
                return
            del self._seen[oldest]
            self.dropped += not is_over

    def _trim_refused(self, now_ms: int) -> None:
        while True:  # As above.
            oldest = next(iter(self._refused_until_ms))
            is_over = self._refused_until_ms[oldest] <= now_ms
            if not is_over and len(self._refused_until_ms) <= self._max_refused:
                return
            del self._refused_until_ms[oldest]
            self.dropped += not is_over
