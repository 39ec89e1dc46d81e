"""What becomes of a thin room: it goes on, moves into another one, or is lifted to where more people are.

A merge moves people who did not ask for it, so it has to be worth it: the room was thin for a while, nobody in it
is talking or was moved lately. Whoever is alone has nobody to lose and moves soon; two have each other, and stay
as long as their room has the last seats for whoever comes. A lift moves nobody. It changes from where newcomers are
sent, and waits until there was no room to merge with for long, whatever kept a merge from happening meanwhile.
"""

from dataclasses import dataclass
from enum import Enum

from nearby.core.rules import Rules


@dataclass(frozen=True, slots=True)
class Party:
    """The people of a room as a merge sees them.

    ``is_alone`` if there is one person, and no held seat: whoever left for a moment comes back to company.
    ``spoke_ms`` is when one of them last spoke, ``forced_ms`` when one of them was last moved by a merge; 0 for never.
    ``room`` decides between rooms that opened at the same time, so that it does not matter which is looked at.
    """

    opened_ms: int
    is_thin: bool
    spoke_ms: int
    forced_ms: int
    room: str = ""
    is_alone: bool = False


class Mending(Enum):
    """What to do about a thin room."""

    WAIT = "wait"
    MERGE = "merge"
    """Its people move into the other room."""
    TAKE_IN = "take in"
    """The other room's people move into it: both are thin, and it is the older one."""
    LIFT = "lift"


def mend(
    room: Party,
    other: Party | None,
    now_ms: int,
    *,
    thin_since_ms: int,
    lonely_since_ms: int,
    leaves_seats: bool,
    rules: Rules,
) -> Mending:
    """Return what to do about a thin room; a pure function of its arguments.

    Args:
        room: The thin room.
        other: The fullest room of its catchment that has the seats and no conflict, None if there is none.
        now_ms: The time of the decision.
        thin_since_ms: Since when it is thin.
        lonely_since_ms: Since when there was no such other room at every look; not read if there is one.
        leaves_seats: Whether the catchment keeps seats for newcomers when one of the two rooms is gone.
        rules: The product's numbers.
    """
    if other is None:
        return Mending.LIFT if now_ms - lonely_since_ms >= rules.lift_after_ms else Mending.WAIT
    if now_ms - thin_since_ms < (rules.merge_alone_after_ms if room.is_alone else rules.merge_after_ms):
        return Mending.WAIT
    stays = other.is_thin and _who_stays(room) < _who_stays(other)
    movers = other if stays else room
    if not movers.is_alone and not leaves_seats:
        return Mending.WAIT
    if _was(movers.spoke_ms, now_ms, within_ms=rules.settle_ms) or _was(
        movers.forced_ms, now_ms, within_ms=rules.forced_every_ms
    ):
        return Mending.WAIT
    return Mending.TAKE_IN if stays else Mending.MERGE


def _who_stays(room: Party) -> tuple[bool, int, str]:
    """Return what the lesser of two thin rooms is by that takes in the other: two before one, the older before."""
    return room.is_alone, room.opened_ms, room.room


def _was(at_ms: int, now_ms: int, *, within_ms: int) -> bool:
    """Return whether something happened less than ``within_ms`` ago; at 0 it never did."""
    return at_ms > 0 and now_ms - at_ms < within_ms
