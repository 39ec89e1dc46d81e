"""What the speed of a check-in comes to; the rule is ``nearby.core.movement``."""

from dataclasses import replace

from nearby.core import presence as rule
from nearby.core.cell import Ladder
from nearby.core.movement import Pace, pace_between
from nearby.core.presence import Presence
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.core.wishes import Wishes
from nearby.hub.memory.person import Person


def checked_ms(person: Person, rules: Rules) -> int:
    """Return when the person's last check-in was that had an effect; of no meaning without a presence.

    Of most people the check-in limit's state tells: it is one period ahead of a check-in that kept to the rate.
    """
    return person.checked_ms or person.checkin_tat_ms - rules.checkin.period_ms


def note_checked(person: Person, at_ms: int, rules: Rules) -> None:
    """Note when the last check-in was that had an effect. Call it once the check-in is counted by its limit."""
    person.checked_ms = 0 if person.checkin_tat_ms - rules.checkin.period_ms == at_ms else at_ms


def arrive(
    person: Person,
    ladder: Ladder,
    wishes: Wishes,
    since_ms: int,
    now_ms: int,
    *,
    counts_ms: int,
    rules: Rules,
    windows: Windows,
) -> tuple[Presence, Wishes]:
    """Return the presence and the wishes of a present person after one more check-in, which is counted already.

    Args:
        person: Whose.
        ladder: Where they say they are.
        wishes: What they named.
        since_ms: What ``checked_ms`` was before.
        now_ms: When.
        counts_ms: The same, or later, in the window in which it counts.
        rules: The product's numbers.
        windows: The common windows.
    """
    before = person.presence
    assert before is not None
    last = before.ladder if before.pending is None else before.pending
    pace = pace_between(last.res7, ladder.res7, now_ms - since_ms, rules)
    if pace is Pace.IMPOSSIBLE:
        note_checked(person, since_ms, rules)
        return before, person.wishes
    note_checked(person, now_ms, rules)
    if pace is Pace.FAST and wishes.venue is not None:
        # Whoever may not be in the cell yet is not in a place inside it either.
        wishes = replace(wishes, venue=None)
    return rule.check_in(before, person.id, ladder, counts_ms, windows, is_late=pace is Pace.FAST), wishes
