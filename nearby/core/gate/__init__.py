"""What unverified people may not say to strangers: ways to reach somebody outside, and the same text everywhere.

A stranger's text is a way out of the room before it is anything else: a link, an address, a number, a handle, a
wallet. ``found_in`` looks for these by their form alone. It is no judge of what people mean, and whoever wants to
spell a number in riddles can; what it takes away is what can be done a thousand times by a program. The rest is for
people in the room, and for an operator's own filter.

Nothing here raises, whatever the text; each look is linear in it.
"""

from collections.abc import Collection
from enum import StrEnum

from nearby.core.gate.domains import has_inner_dot, has_link, has_written_out_link
from nearby.core.gate.folding import alike, opened
from nearby.core.gate.handles import has_handle, has_wallet, has_written_out_handle
from nearby.core.gate.numbers import MANY_DIGITS, count_digits, has_number_words
from nearby.core.gate.plain import SUSPECT, is_plain

__all__ = ["MANY_DIGITS", "NO_TRAIL", "Held", "Trail", "alike", "found_in", "found_in_full", "is_plain", "trail_after"]


class Held(StrEnum):
    """Why a text was held, for operators: whoever sent it is not told which."""

    LINK = "link"
    HANDLE = "handle"
    WALLET = "wallet"
    NUMBER = "number"
    REPEATED = "repeated"
    FILTER = "filter"


Trail = tuple[int, ...]
"""How many digits each of somebody's last messages had that were little else, newest last."""

NO_TRAIL: Trail = ()


def found_in(text: str, trail: Trail = NO_TRAIL, names: Collection[str] = ()) -> tuple[Held | None, int]:
    """Return why a text must not be said, or None, and how many digits it adds to the trail.

    Args:
        text: What somebody wants to say.
        trail: What their messages before it in that room were, as ``trail_after`` keeps it.
        names: Who is there: to call one of them by ``@`` is no handle.
    """
    return (None, 0) if is_plain(text) else found_in_full(text, trail, names)


def found_in_full(text: str, trail: Trail = NO_TRAIL, names: Collection[str] = ()) -> tuple[Held | None, int]:
    """Return the same as ``found_in``, by every look there is."""
    shown = opened(text)
    low = shown.lower()
    if SUSPECT.isdisjoint(low) and not has_inner_dot(low):
        if has_written_out_link(low):
            return Held.LINK, 0
        if has_written_out_handle(low):
            return Held.HANDLE, 0
        return Held.NUMBER if has_number_words(low) else None, 0
    if has_link(shown, low):
        return Held.LINK, 0
    if has_handle(low, names):
        return Held.HANDLE, 0
    if has_wallet(shown):
        return Held.WALLET, 0
    counted = count_digits(low)
    if counted.is_number or (counted.alone and sum(trail) + counted.digits >= MANY_DIGITS) or has_number_words(low):
        return Held.NUMBER, 0
    return None, counted.digits if counted.alone else 0


def trail_after(trail: Trail, digits: int, messages: int) -> Trail:
    """Return the trail after one more message was said; a text is looked at with those ``messages - 1`` before it."""
    if messages <= 1 or not (digits or trail):
        return NO_TRAIL
    after = (*trail, digits)[1 - messages :]
    return after if any(after) else NO_TRAIL
