"""What a shared room remembers: a list of events and one of messages, read only by who asks, and ids as keys."""

from typing import cast

import msgspec

from nearby.core import wire
from nearby.core.ids import RoomId
from nearby.core.past import TRIMMED_WITHIN, Key, Past, Remembered
from nearby.core.rules import Rules
from nearby.hub.valkey.commands import Command, Query
from nearby.hub.valkey.keys import ttl_of
from nearby.hub.valkey.rows import encode
from nearby.hub.valkey.working import ABSENT, VERSION_BYTES, Working

_read_event = msgspec.msgpack.Decoder(tuple[int, wire.RoomEvent]).decode
_read_remembered = msgspec.msgpack.Decoder(tuple[str, int, int]).decode


class SharedPast(Past):
    """The past of one room in one attempt. What happens is appended without a look at what was before.

    Args:
        working: The attempt.
        room: The room.
        seq: The last seq of what is stored; 0 of a new room.
        newest_id_ms: When the newest remembered id was used, or None.
        rules: The product's numbers.
    """

    __slots__ = (
        "_has_events",
        "_has_said",
        "_new",
        "_new_ids",
        "_newest_id_ms",
        "_room",
        "_rules",
        "_seq",
        "_working",
    )  # fmt: skip

    def __init__(self, working: Working, room: RoomId, *, seq: int, newest_id_ms: int | None, rules: Rules) -> None:
        super().__init__()
        self._working = working
        self._room = room
        self._seq = seq
        self._newest_id_ms = newest_id_ms
        self._rules = rules
        self._has_events = self._has_said = seq == 0
        self._new: list[tuple[wire.RoomEvent, int]] = []
        self._new_ids: dict[Key, Remembered] = {}

    @property
    def newest_id(self) -> int | None:
        """Return when the newest remembered id was used, or None."""
        return self._newest_id_ms

    def __len__(self) -> int:
        """See ``Past``."""
        self._read_events()
        return super().__len__()

    @property
    def is_over(self) -> bool:
        """Return False: what is over is deleted with its room."""
        return False

    def append(self, event: wire.RoomEvent, now_ms: int, rules: Rules) -> None:
        """See ``Past``."""
        self._new.append((event, now_ms))
        if self._has_events:
            super().append(event, now_ms, rules)

    def last(self, count: int, room: RoomId, seq: int) -> list[wire.RoomEvent]:
        """See ``Past``."""
        self._read_events()
        return super().last(count, room, seq)

    def keep_said(self, said: wire.Said, rules: Rules) -> None:
        """See ``Past``."""
        if self._has_said:
            super().keep_said(said, rules)

    def said_after(self, seq: int) -> list[wire.Said]:
        """See ``Past``. Of what nobody said since the position nothing is read."""
        if seq < self._seq:
            self._read_said()
            return super().said_after(seq)
        return [event for event, _ in self._new if type(event) is wire.Said and event.seq > seq]

    def remember(self, key: Key, what: Remembered, rules: Rules) -> None:
        """See ``Past``."""
        self._new_ids[key] = what
        self._newest_id_ms = what.at_ms

    def remembered(self, key: Key) -> Remembered | None:
        """See ``Past``. An id nothing is known of is taken to be new, which the write checks."""
        if key in self._new_ids:
            return self._new_ids[key]
        name = _id_key(self._room, key)
        self._working.assume(name)
        stored = self._working.value(name)
        if stored == ABSENT:
            return None
        return Remembered(*_read_remembered(stored[VERSION_BYTES:]))

    def newest_id_ms(self) -> int | None:
        """See ``Past``."""
        return self._newest_id_ms

    def trim(self, now_ms: int, rules: Rules) -> int | None:
        """See ``Past``. The server does it at once, whatever becomes of the attempt; no event is read for it."""
        oldest_ms = cast(int, self._working.answer(trim_of(self._room, now_ms, rules)))
        if self._has_events:
            super().trim(now_ms, rules)
        if not oldest_ms and self._new:
            oldest_ms = self._new[0][1]
        return max(oldest_ms + rules.log_ms, now_ms + rules.log_ms // TRIMMED_WITHIN) if oldest_ms else None

    def commands(self) -> list[Command]:
        """Return what is to be written of it."""
        found = []
        for event, at_ms in self._new:
            row = encode((at_ms, event))
            found.append(Command("push", f"e:{self._room}", (ttl_of("e:", self._rules), self._rules.log_events, row)))
            if type(event) is wire.Said:
                found.append(
                    Command("push", f"s:{self._room}", (ttl_of("s:", self._rules), self._rules.snapshot_messages, row))
                )
        return found

    def ids(self) -> list[tuple[str, bytes, int]]:
        """Return the remembered ids that are new as keys, their values, and how long they are kept in ms."""
        return [
            (_id_key(self._room, key), encode((what.text, what.seq, what.at_ms)), self._rules.repeat_ms)
            for key, what in self._new_ids.items()
        ]

    def _read_events(self) -> None:
        if self._has_events:
            return
        rows = cast(list[bytes], self._working.answer(Query("range", f"e:{self._room}")))
        self._has_events = True
        for at_ms, event in map(_read_event, rows):
            super().append(event, at_ms, self._rules)
        for event, at_ms in self._new:
            super().append(event, at_ms, self._rules)

    def _read_said(self) -> None:
        if self._has_said:
            return
        rows = cast(list[bytes], self._working.answer(Query("range", f"s:{self._room}")))
        self._has_said = True
        for event in (*(_read_event(row)[1] for row in rows), *(event for event, _ in self._new)):
            if type(event) is wire.Said:
                super().keep_said(event, self._rules)


def trim_of(room: RoomId, now_ms: int, rules: Rules) -> Query:
    """Return what has a room's events forgotten whose time is over: when the oldest happened that is left, or 0."""
    return Query("trim", f"e:{room}", (now_ms - rules.log_ms,))


def _id_key(room: RoomId, key: Key) -> str:
    person, message_id = key
    kind = "n" if isinstance(message_id, int) else "t"
    return f"i:{room}:{person}:{kind}{message_id}"
