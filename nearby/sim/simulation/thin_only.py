"""Our policy, but for one thing: a thin room is merged with another thin room only, never into a fuller one.

Nobody of a room that is alive gets company that they did not ask for; the price is in docs/simulation.md.
"""

from typing import Any

from nearby.core.room import Room
from nearby.hub.memory import LiveState
from nearby.hub.memory.mender import Mender
from nearby.sim.simulation.ours import Ours


class _ThinMender(Mender):
    def _other_for(self, room: Room, now_ms: int) -> Room | None:
        for other in self._rooms.fullest(room.catchment, len(room.seats)):
            is_thin = 0 < other.size < self._rules.low_water
            if is_thin and other is not room and not self._seats.would_clash(room, other, now_ms):
                return other
        return None


class _ThinState(LiveState):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._mender = _ThinMender(
            self._rules, self._people, self._rooms, self.seats, agenda=self._agenda, records=self._records
        )


class ThinOnly(Ours):
    """Refill, rescue and lift as ours, and merges of thin rooms with thin rooms."""

    make_state = _ThinState
