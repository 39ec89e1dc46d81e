"""One person's presence: which cell is in force, and what happens at their moments.

A check-in says where somebody is; the *cell in force* is what the system acts on. It changes only at
the person's own moment of a window, so that others cannot time a border crossing. A first
check-in, or one after a lapse or a clearing, takes effect at once: there was nothing to compare with.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from nearby.core.cell import Ladder
from nearby.core.ids import PersonId
from nearby.core.window import Windows

SECOND_WINDOW_AFTER = 2
"""Presence lapses, and a seat off the ladder is given up, at the moment of the second window after."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Where a person counts.

    ``last_window`` is that of the last check-in. ``pending`` is the ladder that comes into force at
    ``due_ms``; None, and 0, if the last check-in was in the cell in force.
    """

    ladder: Ladder
    last_window: int
    pending: Ladder | None = None
    due_ms: int = 0


def first_check_in(ladder: Ladder, now_ms: int, windows: Windows) -> Presence:
    """Return the presence of somebody who had none; ``ladder`` is in force at once."""
    return _settled(ladder, windows.at(now_ms))


def check_in(
    presence: Presence, person: PersonId, ladder: Ladder, now_ms: int, windows: Windows, *, is_late: bool = False
) -> Presence:
    """Return the presence after one more check-in: refreshed, a new cell pending until the moment.

    If it ``is_late``, a new cell waits for the moment of a window more.
    """
    window = max(windows.at(now_ms), presence.last_window)
    if ladder == presence.ladder:
        if window == presence.last_window and presence.pending is None:
            return presence
        return _settled(ladder, window)
    due_ms = presence.due_ms or _next_moment_ms(person, now_ms, windows)
    if is_late:
        due_ms = max(due_ms, windows.moment_ms(windows.at(_next_moment_ms(person, now_ms, windows)) + 1, person))
    return Presence(presence.ladder, window, ladder, due_ms)


def lapses_at_ms(presence: Presence, person: PersonId, windows: Windows) -> int:
    """Return when the presence ends unless another check-in comes."""
    return windows.moment_ms(presence.last_window + SECOND_WINDOW_AFTER, person)


def due_ms(presence: Presence, person: PersonId, windows: Windows) -> int:
    """Return when ``at_moment`` has something to do: a cell comes into force, or the presence ends."""
    ends_ms = lapses_at_ms(presence, person, windows)
    return ends_ms if presence.pending is None else min(ends_ms, presence.due_ms)


def moves_at_ms(off_window: int, person: PersonId, windows: Windows) -> int:
    """Return when a seat is given up whose catchment left the person's ladder in ``off_window``."""
    return windows.moment_ms(off_window + SECOND_WINDOW_AFTER, person)


def at_moment(presence: Presence, person: PersonId, now_ms: int, windows: Windows) -> Presence | None:
    """Return the presence after the moments up to ``now_ms``, or None if it lapsed.

    The same object if nothing was due. Idempotent.
    """
    if lapses_at_ms(presence, person, windows) <= now_ms:
        return None
    if presence.pending is not None and presence.due_ms <= now_ms:
        return replace(presence, ladder=presence.pending, pending=None, due_ms=0)
    return presence


def put_off(presence: Presence, person: PersonId, now_ms: int, windows: Windows) -> Presence:
    """Return the presence with the pending cell to come into force at the next moment instead."""
    return replace(presence, due_ms=_next_moment_ms(person, now_ms, windows))


@lru_cache(maxsize=1 << 16)
def _settled(ladder: Ladder, window: int) -> Presence:
    """Return the presence of somebody who stays; those who do so in the same cell share one, 80 bytes a person less."""
    return Presence(ladder, window)


def _next_moment_ms(person: PersonId, now_ms: int, windows: Windows) -> int:
    """Return the person's first moment after ``now_ms``."""
    window = windows.at(now_ms)
    moment_ms = windows.moment_ms(window, person)
    return moment_ms if moment_ms > now_ms else windows.moment_ms(window + 1, person)
