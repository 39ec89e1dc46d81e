"""What became of sayings when the epoch of their room ended: whether the next one still has them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from nearby.core import wire
from nearby.sim.room_log import RoomLog
from nearby.sim.stay import RoomKey, Stay


class Epochs:
    """The epochs of all rooms of a run, by what their members heard and were shown.

    Args:
        rooms: The logs.
        stays: Who was where.
    """

    def __init__(self, rooms: Mapping[RoomKey, RoomLog], stays: Iterable[Stay]) -> None:
        self._rooms = rooms
        self._numbers: dict[str, list[int]] = defaultdict(list)
        for room, epoch in sorted(rooms):
            self._numbers[room].append(epoch)
        self._stays: dict[RoomKey, list[Stay]] = defaultdict(list)
        for stay in stays:
            self._stays[stay.room].append(stay)

    def is_lost(self, text: str, room: RoomKey, seq: int) -> bool:
        """Return whether what was said at ``seq`` is missing from what members were shown of a later epoch."""
        name, epoch = room
        later = [number for number in self._numbers[name] if number > epoch]
        members = {stay.member for stay in self._stays[room] if stay.first_seq < seq} if later else ()
        for number in later:
            is_shown = self._rooms[name, number].shows(seq, text, members)
            if is_shown is not None:
                return not is_shown
        return False

    def count(self, text: str, places: Iterable[tuple[str, int]]) -> int:
        """Return how often a text was said: at each of these places, but for those that were lost with an epoch."""
        return max(1, sum(not self._is_lost_everywhere(text, room, seq) for room, seq in places))

    def _is_lost_everywhere(self, text: str, name: str, seq: int) -> bool:
        """Return whether no epoch that had a text at this place has handed it on."""
        had = [number for number in self._numbers[name] if _has(self._rooms[name, number], seq, text)]
        return all(self.is_lost(text, (name, number), seq) for number in had)


def _has(log: RoomLog, seq: int, text: str) -> bool:
    event = log.events.get(seq)
    return isinstance(event, wire.Said) and event.text == text
