"""Which room a person is seated in: decided from plain values, without any distance.

Scattering at random keeps a position secret (everything depends on the cell), refilling keeps rooms
alive, and the points for thin rooms rescue those who would sit alone. The noise is keyed by window,
person and room, so asking again cannot sort the rooms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from nearby.core.ids import PersonId, RoomId
from nearby.core.rules import Rules
from nearby.core.window import Windows

CANDIDATES_READ = 16
CANDIDATES_SCORED = 8

_THIN_POINTS = 4.0
_SIZE_POINTS = 2.0
_NOISE_POINTS = 3.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A room with a free seat. ``size`` counts connected members; held seats are not company."""

    room: RoomId
    size: int
    opened_ms: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Where to sit: ``room``, or a new one if None; ``rescue`` if that room was thin."""

    room: RoomId | None
    rescue: bool = False


def decide(person: PersonId, candidates: Sequence[Candidate], now_ms: int, *, rules: Rules, windows: Windows) -> Choice:
    """Return the room for ``person``; a pure function of its arguments.

    Args:
        person: Who is seated.
        candidates: Rooms of the catchment with a seat and no conflict, thin ones first.
        now_ms: The time of the decision.
        rules: Sizes.
        windows: The keyed noise.
    """
    window = windows.at(now_ms)
    best, best_score = None, float("-inf")
    for candidate in candidates[:CANDIDATES_SCORED]:
        noise = _NOISE_POINTS * windows.draw(window, "score", person, candidate.room)
        score = noise + _merit(candidate, now_ms, rules)
        if score > best_score:
            best, best_score = candidate, score
    if best is None:
        return Choice(None)
    return Choice(best.room, rescue=_is_thin(best, rules))


def _merit(candidate: Candidate, now_ms: int, rules: Rules) -> float:
    """Return the points of a room before noise."""
    size_points = _SIZE_POINTS * candidate.size / rules.target
    if _is_thin(candidate, rules):
        return _THIN_POINTS + size_points
    return size_points - min((now_ms - candidate.opened_ms) / rules.old_after_ms, 1.0)


def _is_thin(candidate: Candidate, rules: Rules) -> bool:
    return 0 < candidate.size < rules.low_water
