"""Telling that two pseudonyms are one person, from whatever was seen of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen of one pseudonym on one day at one place.

    Attributes:
        member: Its id.
        name: The name shown.
        room: The room's id.
        place: Where it stood in the list of members, from 0.
        arrived: Which of the day's pseudonyms it was, from 0.
        came_share: When in a window it came, in [0, 1).
        left_share: When in a window it left, in [0, 1); None if nobody saw.
    """

    member: str
    name: str
    room: str
    place: int
    arrived: int
    came_share: float
    left_share: float | None


Likeness = Callable[[Sighting, Sighting], float]


def apart(one_share: float, other_share: float) -> float:
    """Return how far two moments are apart in a window that begins again where it ends, in [0, 0.5]."""
    away = abs(one_share - other_share) % 1.0
    return min(away, 1.0 - away)


def _shared(one: str, other: str) -> int:
    """Return with how many equal letters two ids begin."""
    return next((place for place, pair in enumerate(zip(one, other, strict=False)) if len(set(pair)) > 1), len(one))


def _left_together(one: Sighting, other: Sighting) -> float:
    if one.left_share is None or other.left_share is None:
        return -1.0
    return -apart(one.left_share, other.left_share)


LINKERS: Mapping[str, Likeness] = {
    "ids": lambda one, other: _shared(one.member, other.member),
    "names": lambda one, other: len(set(one.name.split()) & set(other.name.split())),
    "rooms": lambda one, other: _shared(one.room, other.room),
    "places in the list": lambda one, other: -abs(one.place - other.place),
    "order of arrival": lambda one, other: -abs(one.arrived - other.arrived),
    "moments of coming": lambda one, other: -apart(one.came_share, other.came_share),
    "moments of leaving": _left_together,
}
"""By what they compare."""


def most_alike(one: Sighting, others: Sequence[Sighting], likeness: Likeness, random: Random) -> Sighting:
    """Return which of some other day's sightings is the same person, by likeness; a guess among equals."""
    scores = [likeness(one, other) for other in others]
    best = max(scores)
    return random.choice([other for other, score in zip(others, scores, strict=True) if score == best])
