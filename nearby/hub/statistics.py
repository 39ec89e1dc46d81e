"""What is live, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ATTEMPT_OUTCOMES = ("done", "refused", "given_up")
"""What becomes of an attempt at changing a shared state: ``refused`` is one that was tried again, since somebody was
faster, ``given_up`` an operation after too many of these."""

MOVE_OUTCOMES = ("done", "put_off", "cut_short")
"""What becomes of a move from slice to slice: ``put_off`` is one that a sweep begins again, ``cut_short`` one of which
a slice could not be reached, and that a sweep brings to its end."""


@dataclass(frozen=True, slots=True)
class HubStatistics:
    """What is live now, without anybody's name or place."""

    people: int
    connections: int
    rooms_by_size: dict[int, int]
    held_seats: int
    open_catchments: dict[int, int]
    timers: int
    shaking: int = 0
    """People who shook and wait for what comes of it."""
    texts_held: Mapping[str, int] = field(default_factory=dict)
    """Texts that the content gate held since the start, by why."""
    texts_watched: int = 0
    """Texts that were seen in too few rooms to be refused."""
    texts_refused: int = 0
    texts_dropped: int = 0
    """Of both, texts forgotten before their time since the start because there were too many."""
    attempts: Mapping[str, int] = field(default_factory=dict)
    """Attempts of this server at changing a shared state since the start, by outcome; empty without one."""
    moves: Mapping[str, int] = field(default_factory=dict)
    """Moves of people from slice to slice by this server since the start, by outcome; empty without slices."""
