"""What a crowd does: a stream of events in order of time, the same for every policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from nearby.core.cell import Ladder
from nearby.core.ids import PersonId
from nearby.core.rules import HOUR_MS, Rules

START_MS = 1_800_000_000_000
"""When every simulated world begins: the start of a window."""


class Do(IntEnum):
    """What somebody does."""

    ARRIVE = 0
    CHECK_IN = 1
    LEAVE = 2
    SAY = 3
    NEXT = 4
    BLOCK = 5


class Place(NamedTuple):
    """A position and the ladder that ``core.cell`` makes of it. Only baselines look at the position."""

    lat_deg: float
    lon_deg: float
    ladder: Ladder


class Event(NamedTuple):
    """One thing somebody does. ``place`` is given to arrive and to check in, ``other`` to block."""

    at_ms: int
    do: Do
    person: PersonId
    place: Place | None = None
    other: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Traits:
    """What a person brings: a language, and the people they came with, who name them too."""

    language: str | None = None
    companions: tuple[PersonId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """A crowd and the world it lives in.

    Attributes:
        name: What tables call it.
        events: In order of time, from ``START_MS`` on.
        measured_from_ms: What happens before is lived through and not measured.
        ends_ms: The end of the world.
        rules: The product's numbers, which crowds of one catchment pin.
        traits: Of those who have any.
        spammer: Somebody who stays the whole time and asks for the next room as often as allowed.
    """

    name: str
    events: Sequence[Event]
    measured_from_ms: int
    ends_ms: int
    rules: Rules = field(default_factory=Rules)
    traits: Mapping[PersonId, Traits] = field(default_factory=dict)
    spammer: PersonId | None = None

    @property
    def hours(self) -> float:
        """Return how long is measured."""
        return (self.ends_ms - self.measured_from_ms) / HOUR_MS
