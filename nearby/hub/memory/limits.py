"""How much a person may do, and until when it binds them."""

from nearby.core.limits import gcra, rolling
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.errors import ErrorCode, Refused
from nearby.hub.memory.person import Person


class Limits:
    """Checks a person's own limits, and counts against them where it says so.

    Args:
        rules: The product's numbers.
        windows: The common windows.
    """

    def __init__(self, rules: Rules, windows: Windows) -> None:
        self._rules = rules
        self._windows = windows

    def check_rate(self, person: Person, now_ms: int) -> int:
        """Return ``checkin_tat_ms`` with one more check-in at ``now_ms``.

        Raises:
            Refused: ``rate_limited``, if that would be one too many.
        """
        tat_ms, wait_ms = gcra(person.checkin_tat_ms, now_ms, self._rules.checkin)
        if wait_ms:
            raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="checkin")
        return tat_ms

    def check_block(self, person: Person, now_ms: int) -> None:
        """Count one more block.

        Raises:
            Refused: ``rate_limited``, if that would be one too many. It was not counted.
        """
        tat_ms, wait_ms = gcra(person.block_tat_ms, now_ms, self._rules.block)
        if wait_ms:
            raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="block")
        person.block_tat_ms = tat_ms

    def check_joins(self, person: Person, now_ms: int) -> tuple[int, ...]:
        """Return the joins of the last hour with one more at ``now_ms``.

        Raises:
            Refused: ``rate_limited``, if that would be one too many.
        """
        rules = self._rules
        limit = rules.joins_per_hour_verified if person.claims.verified else rules.joins_per_hour
        joins_ms, wait_ms = rolling(person.joins_ms, now_ms, limit=limit, span_ms=rules.hour_ms)
        if wait_ms:
            raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="joins")
        return joins_ms

    def check_cells(self, person: Person, now_ms: int) -> tuple[int, ...]:
        """Return the cells of the last hour with one more that comes into force at ``now_ms``.

        Raises:
            Refused: ``rate_limited``, if that would be one too many.
        """
        rules = self._rules
        cells_ms, wait_ms = rolling(person.cells_ms, now_ms, limit=rules.cells_per_hour, span_ms=rules.hour_ms)
        if wait_ms:
            raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="cells")
        return cells_ms

    def wait_to_change(self, person: Person, now_ms: int) -> int:
        """Return how long the person must wait before their room may see another name or badge.

        0 means now, and it is counted.
        """
        person.change_tat_ms, wait_ms = gcra(person.change_tat_ms, now_ms, self._rules.change)
        return wait_ms

    def matter_until_ms(self, person: Person) -> int:
        """Return until when limits, shunned rooms or a lost seat of an absent person still count."""
        until_ms = [person.checkin_tat_ms]
        for times_ms in (person.joins_ms, person.cells_ms):
            if times_ms:
                until_ms.append(times_ms[-1] + self._rules.hour_ms)
        if person.has_rare:
            rare = person.rare
            until_ms += (rare.say_tat_ms, rare.change_tat_ms, rare.shake_tat_ms, rare.greet_tat_ms, rare.block_tat_ms)
            until_ms += rare.shunned.values()
            if rare.forced_ms:
                until_ms.append(rare.forced_ms + self._rules.forced_every_ms)
            if rare.lifted is not None:
                until_ms.append(self._windows.start_ms(rare.lifted.until_window + 1))
            if rare.reach is not None:
                until_ms.append(rare.reach.last_ms + self._rules.hour_ms)
            if rare.lost is not None:
                until_ms.append(rare.lost.at_ms + self._rules.return_ms)
        return max(until_ms)
