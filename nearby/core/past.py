"""What a room remembers: its last events, what was said last, and the ids it was said by.

Most rooms are silent most of the time, and a city has a hundred thousand: a room has a ``Past`` only while there is
something to remember, and an event is kept as no more than what its room and its place do not tell.
"""

from array import array
from bisect import bisect_right

from msgspec import Struct

from nearby.core import wire
from nearby.core.ids import PersonId, RoomId
from nearby.core.rules import Rules

REMEMBERED_IDS = 512
"""Ids of ``say`` a room remembers, oldest dropped first: eight people at the say limit need 520 in two
minutes, and only a retry within that time asks for one."""


FORGOTTEN_AFTER = 16
"""Ids past their time are looked for once in so many: a look walks over all that was dropped before."""

TRIMMED_WITHIN = 60
"""The part of an event's time by which it may stay longer, 10 s: what a busy room heard meanwhile goes in one look. A
look for each event was a quarter of the work that a ``say`` made. Nobody is given such an event: whoever asks has the
log trimmed first."""


class Remembered(Struct, frozen=True, gc=False):
    """What was said by an id: its place in the log and its words."""

    text: str
    seq: int
    at_ms: int


Key = tuple[PersonId, int | str]
"""Who said something, by which id."""

_Entry = wire.Member | str | wire.Said | wire.Changed
"""Who joined, who left by their pseudonym alone, and anything else as it is."""


class Past:
    """The last events of one room, gapless, with their times; the last messages; and their ids."""

    __slots__ = ("_at_ms", "_events", "_ids", "_said")

    def __init__(self) -> None:
        self._events: list[_Entry] = []
        self._at_ms: array[int] = array("q")
        self._said: list[wire.Said] = []
        self._ids: dict[Key, Remembered] = {}

    def __len__(self) -> int:
        """Return how many events are kept."""
        return len(self._events)

    @property
    def is_over(self) -> bool:
        """Return whether nothing is left to remember."""
        return not (self._events or self._said or self._ids)

    def append(self, event: wire.RoomEvent, now_ms: int, rules: Rules) -> None:
        """Keep the newest event; the oldest of too many is dropped."""
        if type(event) is wire.Said or type(event) is wire.Changed:
            self._events.append(event)
        else:
            assert type(event) is wire.Joined or type(event) is wire.Left
            self._events.append(event.member)
        # A clock that went back must not put a log out of order: its times are searched.
        last_ms = self._at_ms[-1] if self._at_ms else now_ms
        self._at_ms.append(now_ms if now_ms > last_ms else last_ms)
        if len(self._events) > rules.log_events:
            del self._events[0], self._at_ms[0]

    def clear_events(self) -> None:
        """Drop all events kept so far; messages and ids stay."""
        del self._events[:], self._at_ms[:]

    def last(self, count: int, room: RoomId, seq: int) -> list[wire.RoomEvent]:
        """Return the last ``count`` events, at most as many as are kept; ``seq`` is that of the last one."""
        entries = self._events[len(self._events) - count :]
        return [_event(entry, room, at) for at, entry in enumerate(entries, start=seq - count + 1)]

    def keep_said(self, said: wire.Said, rules: Rules) -> None:
        """Keep a message for snapshots; the oldest of too many is dropped."""
        self._said.append(said)
        if len(self._said) > rules.snapshot_messages:
            del self._said[0]

    def said_after(self, seq: int) -> list[wire.Said]:
        """Return the messages kept that were said after ``seq``."""
        return [said for said in self._said if said.seq > seq]

    def remember(self, key: Key, what: Remembered, rules: Rules) -> None:
        """Remember by which id something was said, in order of time."""
        self._ids.pop(key, None)
        self._ids[key] = what
        if len(self._ids) % FORGOTTEN_AFTER == 0 or len(self._ids) > REMEMBERED_IDS:
            self._forget_ids(what.at_ms - rules.repeat_ms)

    def remembered(self, key: Key) -> Remembered | None:
        """Return what the person said by that id, or None if it is not remembered."""
        return self._ids.get(key)

    def newest_id_ms(self) -> int | None:
        """Return when the newest of the remembered ids was used, or None if there is none."""
        newest = next(reversed(self._ids.values()), None)
        return None if newest is None else newest.at_ms

    def trim(self, now_ms: int, rules: Rules) -> int | None:
        """Forget events and ids past their time; return when to do it again, or None if no event is left."""
        gone = bisect_right(self._at_ms, now_ms - rules.log_ms)
        del self._events[:gone], self._at_ms[:gone]
        self._forget_ids(now_ms - rules.repeat_ms)
        if not self._events:
            return None
        return max(self._at_ms[0] + rules.log_ms, now_ms + rules.log_ms // TRIMMED_WITHIN)

    def _forget_ids(self, oldest_ms: int) -> None:
        """Drop ids up to ``oldest_ms`` and beyond the bound; they stand in order of time."""
        while self._ids:
            key = next(iter(self._ids))
            if len(self._ids) <= REMEMBERED_IDS and self._ids[key].at_ms > oldest_ms:
                break
            del self._ids[key]


def messages_after(past: Past | None, seq: int) -> list[wire.Said]:
    """Return the messages of a past, or of none, that were said after ``seq``."""
    return [] if past is None else past.said_after(seq)


def _event(entry: _Entry, room: RoomId, seq: int) -> wire.RoomEvent:
    if type(entry) is wire.Member:
        return wire.Joined(room=room, seq=seq, member=entry)
    if type(entry) is str:
        return wire.Left(room=room, seq=seq, member=entry)
    assert isinstance(entry, wire.Said | wire.Changed)
    return entry
