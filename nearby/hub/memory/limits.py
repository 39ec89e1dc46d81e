"""How much a person may do, and until when it binds them."""

from nearby.core.limits import gcra, rolling
from nearby.core.packed import count_packed, first_packed, last_packed, packed_with
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
        limit, span_ms = self._joins_per_hour(person), self._rules.hour_ms
        joins_ms, wait_ms = rolling(person.joins_ms, now_ms, limit=limit, span_ms=span_ms)
        if wait_ms:
            raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="joins")
        return joins_ms

    def has_join_left(self, person: Person, now_ms: int) -> bool:
        """Return whether ``check_joins`` lets one more pass. Of most people their number tells."""
        limit = self._joins_per_hour(person)
        if count_packed(person.joins) < limit:
            return True
        return not rolling(person.joins_ms, now_ms, limit=limit, span_ms=self._rules.hour_ms)[1]

    def count_join(self, person: Person, now_ms: int) -> None:
        """Count one more join of somebody who has one left. Most people's are all of the last hour."""
        joins, limit, span_ms = person.joins, self._joins_per_hour(person), self._rules.hour_ms
        if limit and (not joins or first_packed(joins) > now_ms - span_ms):
            person.joins = packed_with(joins, now_ms)
        else:
            person.joins_ms, _ = rolling(person.joins_ms, now_ms, limit=limit, span_ms=span_ms)

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
        hour_ms, until_ms = self._rules.hour_ms, person.checkin_tat_ms
        for packed in (person.joins, person.cells):
            if packed:
                until_ms = max(until_ms, last_packed(packed) + hour_ms)
        if person.has_rare:
            rare = person.rare
            until_ms = max(
                *(until_ms, rare.say_tat_ms, rare.change_tat_ms, rare.shake_tat_ms),
                *(rare.greet_tat_ms, rare.block_tat_ms),
            )
            if rare.shunned:
                until_ms = max(until_ms, *rare.shunned.values())
            if rare.forced_ms:
                until_ms = max(until_ms, rare.forced_ms + self._rules.forced_every_ms)
            if rare.lifted is not None:
                until_ms = max(until_ms, self._windows.start_ms(rare.lifted.until_window + 1))
            if rare.reach is not None:
                until_ms = max(until_ms, rare.reach.last_ms + hour_ms)
            if rare.gone is not None:
                until_ms = max(until_ms, rare.gone.until_ms)
            if rare.lost is not None:
                until_ms = max(until_ms, rare.lost.at_ms + self._rules.return_ms)
        return until_ms

    def _joins_per_hour(self, person: Person) -> int:
        return self._rules.joins_per_hour_verified if person.claims.verified else self._rules.joins_per_hour
