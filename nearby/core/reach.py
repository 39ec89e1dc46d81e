"""How many different strangers somebody's words reach.

What is said in a room is heard by who has a seat there at that moment, held seats included: whoever comes back to one
within the minute gets what was missed. Whoever takes a seat later gets nothing that was said before, so that waiting
for newcomers reaches them with the next words only, and these count. Nothing else spreads words to strangers in rooms.

Of each stranger the last time is kept: those heard by in any span that ends now are those whose last time is within.

Most words are heard by the same people as the words before. Their time is kept once for all of them, and nobody is
looked up: an audience is known by the object that stands for it, which its room replaces when somebody comes or goes.
"""

from collections.abc import Collection, Iterable
from heapq import nsmallest

from nearby.core.ids import PersonId

_BEFORE = "?"
"""No id begins with this: whom somebody reached before a restart is not known any more, only how many and when."""


class Reach:
    """Whom one person's words reached of late. At most as many are kept as may be reached; the rest is refused."""

    __slots__ = ("_again_ms", "_audience", "_heard_ms", "_strangers", "noted_ms")

    def __init__(self, times_ms: Iterable[int] = ()) -> None:
        self._heard_ms: dict[str, int] = {f"{_BEFORE}{number}": at_ms for number, at_ms in enumerate(times_ms)}
        self._audience: Collection[PersonId] | None = None
        self._strangers: Iterable[PersonId] = ()
        self._again_ms = 0
        self.noted_ms = 0
        """When ``times_ms`` was last written down."""

    def wait_ms(self, strangers: Collection[PersonId], now_ms: int, *, limit: int, span_ms: int) -> int:
        """Return how long until words may reach ``strangers``, 0 for now.

        If there are more of them than ``limit`` that is never, and the span is returned. What is past its time is
        forgotten on the way, when it would matter.
        """
        self._settle()
        heard = self._heard_ms
        if len(heard) + len(strangers) <= limit or len(heard.keys() | strangers) <= limit:
            return 0
        self._forget(now_ms - span_ms)
        excess = len(heard.keys() | strangers) - limit
        if excess <= 0:
            return 0
        present = frozenset(strangers)
        absent_ms = nsmallest(excess, (at_ms for person, at_ms in heard.items() if person not in present))
        return absent_ms[-1] + span_ms - now_ms if len(absent_ms) == excess else span_ms

    def add(self, strangers: Collection[PersonId], now_ms: int, audience: Collection[PersonId] | None = None) -> bool:
        """Note that ``strangers`` heard something now; return whether one of them is new.

        Args:
            strangers: Who.
            now_ms: When.
            audience: What stands for them from now on; never changed. None: nothing.
        """
        self._settle()
        before = len(self._heard_ms)
        self._heard_ms.update(dict.fromkeys(strangers, now_ms))
        self._audience, self._strangers = audience, strangers
        return len(self._heard_ms) > before

    def is_of(self, audience: Collection[PersonId]) -> bool:
        """Return whether this very audience heard the last words: then it may hear more, and nobody in it is new."""
        return audience is self._audience

    def again(self, now_ms: int) -> None:
        """Note that those who heard the last words heard something now."""
        self._again_ms = now_ms

    @property
    def heard_ms(self) -> dict[str, int]:
        """Return when each stranger last heard the person, by their id, in the order of first hearing."""
        self._settle()
        return dict(self._heard_ms)

    @classmethod
    def of(cls, heard_ms: dict[str, int], noted_ms: int) -> "Reach":
        """Return what ``heard_ms`` and ``noted_ms`` told."""
        reach = cls()
        reach._heard_ms, reach.noted_ms = dict(heard_ms), noted_ms
        return reach

    def times_ms(self) -> tuple[int, ...]:
        """Return when strangers last heard the person, one for each, oldest first; and not who."""
        self._settle()
        return tuple(sorted(self._heard_ms.values()))

    @property
    def last_ms(self) -> int:
        """Return when words last reached anybody, 0 if they never did."""
        self._settle()
        return max(self._heard_ms.values(), default=0)

    def _settle(self) -> None:
        """Write down for each of those who heard the last words when they did."""
        if self._again_ms:
            self._heard_ms.update(dict.fromkeys(self._strangers, self._again_ms))
            self._again_ms = 0

    def _forget(self, until_ms: int) -> None:
        for person in [person for person, at_ms in self._heard_ms.items() if at_ms <= until_ms]:
            del self._heard_ms[person]
