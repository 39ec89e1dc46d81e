"""Check-ins that only count: what a gateway does of them by itself, with a person as it keeps them."""

from nearby.core.cell import Ladder
from nearby.core.limits import gcra
from nearby.core.packed import trimmed
from nearby.core.rules import DAY_MS, Rules
from nearby.core.window import Windows
from nearby.core.wishes import NO_WISHES
from nearby.hub.memory.moving import note_checked
from nearby.hub.memory.person import Person


def count_alone(
    person: Person, ladder: Ladder, now_ms: int, *, rules: Rules, windows: Windows, has_record: bool
) -> bool:
    """Count one more check-in without wishes of somebody connected, if ``LiveState.check_in`` would do nothing else.

    It is of somebody who has a seat, wishes for nothing, checked in within the window already and is where they were,
    within their limit; and with a record, who called today and owes no more than one period.

    Returns:
        False: It would do more, or refuse it; nothing changed.
    """
    presence = person.presence
    if presence is None or presence.pending is not None or presence.ladder != ladder:
        return False
    if presence.last_window < windows.at(now_ms) or person.wishes is not NO_WISHES or not person.has_seat:
        return False
    tat_ms, wait_ms = gcra(person.checkin_tat_ms, now_ms, rules.checkin)
    is_recorded = has_record and (person.seen_day != now_ms // DAY_MS or tat_ms - now_ms > rules.checkin.period_ms)
    if wait_ms or is_recorded:
        return False
    person.checkin_tat_ms = trimmed(tat_ms)
    note_checked(person, now_ms, rules)
    return True
