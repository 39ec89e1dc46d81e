"""Which room a person is seated in: decided from plain values, without any distance.

Scattering at random keeps a position secret (everything depends on the cell), refilling keeps rooms
alive, and the points for thin rooms rescue those who would sit alone. The noise is keyed by window,
person and room, so asking again cannot sort the rooms.
"""

from collections.abc import Sequence
from zlib import crc32

from msgspec import Struct

from nearby.core.ids import PersonId, RoomId
from nearby.core.rules import Rules
from nearby.core.window import WORDS, Windows
from nearby.core.wishes import NO_WISHES, Wishes

CANDIDATES_READ = WORDS
CANDIDATES_SCORED = 8

_THIN_POINTS = 4.0
_SIZE_POINTS = 2.0
_NOISE_POINTS = 3.0
_TAGS_POINTS = 0.5
_LANGUAGE_POINTS = 1.0


_TO_UNIT = 2.0**-64


class Candidate(Struct, frozen=True, gc=False):
    """A room with a free seat. ``size`` counts connected members; held seats are not company.

    ``tags`` are those that any of its people named, ``lang`` the language that most who named one did.
    """

    room: RoomId
    size: int
    opened_ms: int
    tags: frozenset[str] = frozenset()
    lang: str | None = None


class Choice(Struct, frozen=True, gc=False):
    """Where to sit: ``room``, or a new one if None; ``rescue`` if that room was thin.

    ``score`` is the room's, noise included, and ``margin`` by how much it beat the next; 0 without one.
    """

    room: RoomId | None
    rescue: bool = False
    score: float = 0.0
    margin: float = 0.0


NEW_ROOM = Choice(None)


def decide(
    person: PersonId,
    candidates: Sequence[Candidate],
    now_ms: int,
    *,
    rules: Rules,
    windows: Windows,
    wishes: Wishes = NO_WISHES,
) -> Choice:
    """Return the room for ``person``; a pure function of its arguments.

    Args:
        person: Who is seated.
        candidates: Rooms of the catchment with a seat and no conflict, thin ones first.
        now_ms: The time of the decision.
        rules: Sizes.
        windows: The keyed noise.
        wishes: What the person would like.
    """
    if not candidates:
        return NEW_ROOM
    factor = windows.draw_bits(windows.at(now_ms), "score", person) * _TO_UNIT
    target, low_water, old_after_ms = rules.target, rules.low_water, rules.old_after_ms
    best, best_score, next_score = candidates[0], float("-inf"), float("-inf")
    for candidate in candidates[:CANDIDATES_SCORED]:
        score = _NOISE_POINTS * noise(factor, candidate.room)
        # Written out: a call for each of eight rooms and each term is a third of the decision.
        size = candidate.size
        score += _SIZE_POINTS * size / target
        if 0 < size < low_water:
            score += _THIN_POINTS
        else:
            age = (now_ms - candidate.opened_ms) / old_after_ms
            score -= age if age < 1.0 else 1.0
        if wishes is not NO_WISHES:
            score += _fit(candidate, wishes)
        if score > best_score:
            best, best_score, next_score = candidate, score, best_score
        elif score > next_score:
            next_score = score
    margin = best_score - next_score if len(candidates) > 1 else 0.0
    return Choice(best.room, 0 < best.size < low_water, best_score, margin)


def noise(factor: float, room: RoomId) -> float:
    """Return a number in [0, 1) for a room, by the factor drawn for the window and the person, itself in [0, 1).

    A multiplication hashes the room's number (as in Knuth, TAOCP 3, 6.4): over factors each room's fraction is even,
    to 21 bits, and those of different rooms have no more to do with each other than their numbers. It hides the
    factor from nobody who sees the result: only for what is compared and never shown.
    """
    return crc32(room.encode()) * factor % 1.0


def _fit(candidate: Candidate, wishes: Wishes) -> float:
    """Return the points of what a person and a room have in common."""
    points = _LANGUAGE_POINTS if wishes.lang is not None and wishes.lang == candidate.lang else 0.0
    if wishes.tags and candidate.tags:
        points += _TAGS_POINTS * len(wishes.tags & candidate.tags) / len(wishes.tags | candidate.tags)
    return points
