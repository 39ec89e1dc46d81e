"""One phone's time in one room, and which positions of its log it received."""

from dataclasses import dataclass, field
from enum import Enum

RoomKey = tuple[str, int]
"""A room and an epoch of its log."""


class Ending(Enum):
    """How a stay ended: not yet, by a newer snapshot of the same room, or because the seat did."""

    NONE = "none"
    SNAPSHOT = "snapshot"
    SEAT = "seat"


class Arrival(Enum):
    """What an event is to the phone that receives it."""

    NEW = "new"
    LATE = "late"
    """Something behind it came first."""
    AGAIN = "again"


@dataclass(slots=True)
class Stay:
    """From a snapshot at ``first_seq`` on. ``is_dropped``: the connection is gone and nothing resumed it.

    ``owed_seq`` is where the next snapshot of the same log stands, if it came over the same connection: a lift.
    """

    room: RoomKey
    member: str
    first_seq: int
    last_seq: int = field(init=False)
    is_dropped: bool = False
    ending: Ending = Ending.NONE
    owed_seq: int = 0
    _holes: list[range] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Begin behind the snapshot."""
        self.last_seq = self.first_seq

    def receive(self, seq: int) -> Arrival:
        """Note that an event arrived and return what it is to the phone."""
        if seq > self.last_seq:
            if seq > self.last_seq + 1:
                self._holes.append(range(self.last_seq + 1, seq))
            self.last_seq = seq
            return Arrival.NEW
        for index, hole in enumerate(self._holes):
            if seq in hole:
                self._holes[index : index + 1] = [range(hole.start, seq), range(seq + 1, hole.stop)]
                return Arrival.LATE
        return Arrival.AGAIN

    def missed(self, up_to: int) -> int:
        """Return how many positions after the snapshot, up to and with ``up_to``, never arrived."""
        within = sum(max(0, min(hole.stop, up_to + 1) - hole.start) for hole in self._holes)
        return within + max(0, up_to - self.last_seq)
