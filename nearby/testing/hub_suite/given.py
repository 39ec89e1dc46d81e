"""What the tests of the suite take as given: numbers, a start, places."""

from nearby.core import wire
from nearby.core.cell import ladder_of
from nearby.core.ids import PersonId, RoomId
from nearby.core.rules import Rules
from nearby.hub.base import Caller

RULES = Rules(noise_scale=0.0, impossible_m_per_s=0)
"""The product's numbers, without noise on counts; people may be in another town at once."""

START_MS = 2_833_333 * RULES.window_ms
"""The first millisecond of a window in November 2023."""

HERE = ladder_of(52.52, 13.40)
BESIDE = ladder_of(52.50, 13.38)
"""Another res-7 cell under the same parents as ``HERE``."""

AWAY = ladder_of(48.85, 2.35)
"""Shares no rung with ``HERE``."""


def unknown_position(room: RoomId) -> wire.Resume:
    """Return a position in ``room`` whose epoch no log has: it asks for the room, not for its events."""
    return wire.Resume(room=room, epoch=1_000, after=1)


def verified(person: str, name: str) -> Caller:
    """Return what the token of a verified person says."""
    return Caller(PersonId(person), name=name, verified=True)
