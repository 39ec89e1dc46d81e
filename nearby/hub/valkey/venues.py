"""Who named which venue of late: one value a venue, brought up to date by whoever looks at it."""

from dataclasses import dataclass, field

from nearby.core.area_index import AreaId
from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.core.venue import Venue, Venues
from nearby.hub.valkey import rows
from nearby.hub.valkey.working import Table, Working


@dataclass(slots=True)
class _Named:
    """Who named a venue in ``window`` and the one before, as far as it matters how many they are."""

    window: int
    now: dict[PersonId, None] = field(default_factory=dict)
    before: dict[PersonId, None] = field(default_factory=dict)
    is_open: bool = False

    def go_to(self, window: int, enough: int) -> None:
        """End the windows up to ``window``: below ``enough`` different people in two of them the venue closes."""
        while self.window < window:
            if len(self.now.keys() | self.before.keys()) < enough:
                self.is_open = False
            self.before, self.now = self.now, {}
            # After two windows without anybody nothing changes any more.
            self.window = self.window + 1 if self.before else window


class SharedVenues(Venues):
    """See ``Venues``. So many people are kept of a window as its thresholds ask for, and one more.

    Args:
        working: The attempt.
        window: The present window.
        rules: The product's numbers.
    """

    def __init__(self, working: Working, window: int, rules: Rules) -> None:
        super().__init__(rules)
        self._window = window
        self._most = max(rules.open_venue, rules.busy_above) + 1
        self.table: Table[AreaId, _Named] = Table(
            working, "v:", name_of=str, decode=self._decode, encode=_encode, make=lambda: _Named(window)
        )

    def name(self, venue: Venue, person: PersonId) -> bool:
        """See ``Venues``."""
        named = self.table[venue.id]
        if len(named.now) < self._most:
            named.now[person] = None
        if named.is_open or len(named.now.keys() | named.before.keys()) < self._rules.open_venue:
            return False
        named.is_open = True
        return True

    def is_open(self, venue: Venue) -> bool:
        """See ``Venues``."""
        named = self.table.find(venue.id)
        return named is not None and named.is_open

    def counted(self, venue: Venue) -> int:
        """See ``Venues``; more than the thresholds is as many as are kept."""
        named = self.table.find(venue.id)
        return 0 if named is None else len(named.before)

    def _decode(self, venue: AreaId, stored: bytes) -> _Named:
        window, now, before, is_open = rows.any_of(stored)
        named = _Named(window, dict.fromkeys(now), dict.fromkeys(before), is_open)
        named.go_to(self._window, self._rules.open_venue)
        return named


def _encode(named: _Named) -> bytes | None:
    if not (named.now or named.before or named.is_open):
        return None
    return rows.encode((named.window, list(named.now), list(named.before), named.is_open))
