"""Every kind of key of a shared live state, and how long one is kept that nobody writes to.

A kind is what a key begins with, up to a colon or the number of a window. What is still needed is written to, or
touched by its people's check-ins, before its time is up; ``nearby.store.retention`` has a line for each kind.
"""

from collections.abc import Callable
from dataclasses import dataclass

from nearby.core.rules import DAY_MS, HOUR_MS, MINUTE_MS, Rules
from nearby.hub.servers import FIGURES_KEPT_MS

BACKSTOP_MS = 2 * DAY_MS
"""Of what all share: it is touched at the end of each window."""

PERSON_MS = DAY_MS + HOUR_MS
"""Of a person's record: that somebody was removed from a room matters for a day."""

CHOICE_MS = 62 * DAY_MS
"""Of what somebody chose or was told for good, after they were last there: a guest does not come back later."""

OUTBOX_MS = 10 * MINUTE_MS
"""Of what a gateway is to be told: one that does not read for so long is long buried."""

LEASE_TTL_MS = HOUR_MS
"""Of what belongs to a gateway after it was last heard of, if nobody buries it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of key: what it begins with, and how long it is kept by some rules after the last write or touch."""

    name: str
    ttl_ms: Callable[[Rules], int]


def _always(ttl_ms: int) -> Callable[[Rules], int]:
    return lambda rules: ttl_ms


def _three_windows(rules: Rules) -> int:
    return 3 * rules.window_ms


def _while_present(ttl_ms: int) -> Callable[[Rules], int]:
    """Return a time that outlasts a presence, of two windows at most, however wide windows are."""
    return lambda rules: max(ttl_ms, _three_windows(rules))


def _kinds() -> tuple[Kind, ...]:
    shared = ("run", "w", "c", "stop", "n", "cp", "cs", "t", "mv", "ho", "lg")
    by_window = ("cf", "cv", "lf", "lg", "lk")
    return (
        *(Kind(name, _always(BACKSTOP_MS)) for name in shared),
        *(Kind(f"{name}#", _three_windows) for name in by_window),
        *(Kind(name, _always(LEASE_TTL_MS)) for name in ("gw", "gl:", "pg:", "ng:")),
        *(Kind(name, _while_present(PERSON_MS)) for name in ("p:", "la:", "ln:", "h:")),
        *(Kind(name, _while_present(HOUR_MS)) for name in ("r:", "mm:", "mg:", "s:")),
        *(Kind(name, _always(PERSON_MS)) for name in ("no:", "at:")),
        *(Kind(name, _always(CHOICE_MS)) for name in ("ka:", "ko:", "dt:", "dh:", "ll:")),
        Kind("o:", _always(OUTBOX_MS)),
        Kind("e:", lambda rules: rules.log_ms),
        Kind("i:", lambda rules: rules.repeat_ms),
        Kind("v:", _three_windows),
        Kind("ns:", lambda rules: rules.hour_ms + rules.window_ms),
        Kind("xs:", lambda rules: rules.hour_ms + rules.window_ms),
        Kind("xr:", lambda rules: rules.day_ms),
        Kind("tr:", lambda rules: rules.hour_ms),
        *(Kind(name, lambda rules: rules.shake_wait_ms + MINUTE_MS) for name in ("g:", "go:", "gn:")),
        Kind("gz", _always(HOUR_MS)),
        Kind("mark:", _always(BACKSTOP_MS)),
        Kind("nt:", _always(MINUTE_MS)),
        Kind("fg:", _always(FIGURES_KEPT_MS)),
    )


KINDS = {kind.name: kind for kind in _kinds()}

KEPT_BY_WINDOWS = ("run", "c", "stop", "n", "cp", "cs", "t", "mv", "ho", "lg")
"""Keys that the end of each window touches."""


def ttl_of(kind: str, rules: Rules) -> int:
    """Return how long a key of a kind is kept after the last write or touch, in ms."""
    return KINDS[kind].ttl_ms(rules)


def is_touched(kind: str, before: int | None, window: int, rules: Rules) -> bool:
    """Return whether somebody's first check-in in a window touches the keys of a kind that are kept for people present.

    It does once in as many windows as are a third of the time such a key is kept, or in each. A presence ends at the
    end of the window after its last check-in, so that what was touched outlasts it.

    Args:
        kind: The kind.
        before: The window of their check-in before, None if they were not present.
        window: The window.
        rules: The product's numbers.
    """
    span = max(1, ttl_of(kind, rules) // _three_windows(rules))
    return before is None or before // span != window // span


def kind_of(key: str) -> str | None:
    """Return the kind of a key without its tag, or None if there is no such kind."""
    head, colon, _ = key.partition(":")
    if head in KINDS and not colon:
        return head
    by_window = head.rstrip("0123456789") + "#"
    if head[-1:].isdigit() and by_window in KINDS:
        return by_window
    return head + colon if head + colon in KINDS else None
