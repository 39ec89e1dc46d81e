"""Which room a person is seated in: decided from plain values, without any distance.

Scattering at random keeps a position secret (everything depends on the cell), refilling keeps rooms
alive, and the points for thin rooms rescue those who would sit alone. The noise is keyed by window,
person and room, so asking again cannot sort the rooms.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import overload
from zlib import crc32

from msgspec import Struct

from nearby.core.ids import RoomId
from nearby.core.rules import Rules
from nearby.core.window import WORDS
from nearby.core.wishes import NO_WISHES, Wishes

CANDIDATES_READ = WORDS - 1
"""One digest draws everything about a decision: a word for each room that is looked at, and one for ``luck_of``."""

CANDIDATES_SCORED = 8

_THIN_POINTS = 4.0
_SIZE_POINTS = 2.0
_NOISE_POINTS = 3.0
_TAGS_POINTS = 0.5
_LANGUAGE_POINTS = 1.0

_LEAST = float("-inf")
_LARGEST_SIZE = 255
"""As large a size as a card holds."""


class Candidate(Struct, frozen=True, gc=False):
    """A room with a free seat. ``size`` counts connected members; held seats are not company.

    ``tags`` are those that any of its people named, ``lang`` the language that most who named one did.
    """

    room: RoomId
    size: int
    opened_ms: int
    tags: frozenset[str] = frozenset()
    lang: str | None = None


Card = tuple[int, int, int, bytes]
"""A candidate as a decision reads it: a number of its room (see ``card_of``), ``opened_ms``, ``size``, ``room``."""

Likes = tuple[frozenset[str], str | None]
"""A candidate's ``tags`` and ``lang``."""

NO_LIKES: Likes = (frozenset(), None)


class Hand(Sequence[Candidate]):
    """Candidates as cards; each is made when it is asked for, since a decision asks for none.

    Args:
        cards: What they are, in their order.
        likes: What their people like, in the same order; None if nobody named anything.
    """

    __slots__ = ("cards", "likes")

    def __init__(self, cards: Sequence[Card], likes: Sequence[Likes] | None = None) -> None:
        self.cards = cards
        self.likes = likes

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> "Hand":
        """Return the same candidates as cards."""
        candidates = list(candidates)
        return cls([card_of(one) for one in candidates], [(one.tags, one.lang) for one in candidates])

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.cards)

    @overload
    def __getitem__(self, place: int) -> Candidate: ...

    @overload
    def __getitem__(self, place: slice) -> list[Candidate]: ...

    def __getitem__(self, place: int | slice) -> Candidate | list[Candidate]:
        """Return one or several, as of any sequence."""
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        _, opened_ms, size, room = self.cards[place]
        tags, lang = NO_LIKES if self.likes is None else self.likes[place]
        return Candidate(RoomId(room.decode()), size, opened_ms, tags, lang)


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
    candidates: Sequence[Candidate], luck: float, now_ms: int, *, rules: Rules, wishes: Wishes = NO_WISHES
) -> Choice:
    """Return the room for somebody; a pure function of its arguments.

    Args:
        candidates: Rooms of the catchment with a seat and no conflict, thin ones first.
        luck: The person's in the window of the decision; see ``luck_of``.
        now_ms: The time of the decision.
        rules: Sizes.
        wishes: What the person would like.
    """
    hand = candidates if isinstance(candidates, Hand) else Hand.of(candidates)
    cards = hand.cards
    if not cards:
        return NEW_ROOM
    fits = None
    if wishes is not NO_WISHES and hand.likes is not None:
        fits = iter([_fit(likes, wishes) for likes in hand.likes])
    low_water, old_after_ms = rules.low_water, rules.old_after_ms
    points = _points_by_size(rules.target, low_water)
    best, best_score, next_score = cards[0], _LEAST, _LEAST
    for card in cards[:CANDIDATES_SCORED]:
        # Written out: a call for each of eight rooms and each term is a third of the decision.
        number, opened_ms, size, _ = card
        score = _NOISE_POINTS * (number * luck % 1.0) + points[size]
        if size >= low_water or not size:
            age = (now_ms - opened_ms) / old_after_ms
            score -= age if age < 1.0 else 1.0
        if fits is not None:
            score += next(fits)
        if score > best_score:
            best, best_score, next_score = card, score, best_score
        elif score > next_score:
            next_score = score
    margin = best_score - next_score if len(cards) > 1 else 0.0
    _, _, size, room = best
    return Choice(RoomId(room.decode()), 0 < size < low_water, best_score, margin)


def luck_of(word: int) -> float:
    """Return a person's luck in a window, in [0, 1), as 32 keyed bits draw it: what makes each room's noise."""
    return word * 2.0**-32


def card_of(candidate: Candidate) -> Card:
    """Return a candidate as a card.

    Times the person's luck in the window, the room's number has a fraction that is the noise: a multiplication hashes
    it (as in Knuth, TAOCP 3, 6.4). Over persons each room's fraction is even, to 21 bits, and those of different rooms
    have no more to do with each other than their numbers. It hides the luck from nobody who sees the result: only for
    what is compared and never shown.
    """
    room = candidate.room.encode()
    return crc32(room), candidate.opened_ms, candidate.size, room


@lru_cache(maxsize=16)
def _points_by_size(target: int, low_water: int) -> tuple[float, ...]:
    """Return the points of a room for its size, thin or not, for every size."""
    return tuple(
        _SIZE_POINTS * size / target + (_THIN_POINTS if 0 < size < low_water else 0.0)
        for size in range(_LARGEST_SIZE + 1)
    )


def _fit(likes: Likes, wishes: Wishes) -> float:
    """Return the points of what a person and a room have in common."""
    tags, lang = likes
    points = _LANGUAGE_POINTS if wishes.lang is not None and wishes.lang == lang else 0.0
    if wishes.tags and tags:
        points += _TAGS_POINTS * len(wishes.tags & tags) / len(wishes.tags | tags)
    return points
