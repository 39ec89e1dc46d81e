"""What the live state waits to look at."""

from enum import IntEnum

from nearby.core.ids import PersonId, RoomId
from nearby.core.timers import Timers


class Kind(IntEnum):
    """What to look at."""

    MOMENT = 0
    HOLD = 1
    ROOM = 2
    FORGET = 3
    CLAIMS = 4
    THIN = 5


Key = tuple[Kind, PersonId | RoomId]

Agenda = Timers[Key]
