"""What phones were promised and what was kept, from every message each of them received.

The rooms' logs are put together from all phones: what any member saw at a position is there for
everybody seated over that position. A phone that was connected from its snapshot to the end of its
seat must have received every event between, once, in order, and the same as the others.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from nearby.core import wire

RoomKey = tuple[str, int]
"""A room and an epoch of its log."""


@dataclass(slots=True)
class Stay:
    """One phone's time in one room, from a snapshot on. ``ended`` by placed or unplaced, else by the end of the run."""

    room: RoomKey
    member: str
    first_seq: int
    last_seq: int
    said: int = 0
    was_dropped: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Faults:
    """Broken promises. All zero is the only good result."""

    lost: int
    duplicated: int
    out_of_order: int
    contradictions: int
    acks_missing: int
    acks_wrong: int
    over_capacity: int

    def any(self) -> bool:
        """Return whether a promise was broken."""
        return any(
            (
                self.lost,
                self.duplicated,
                self.out_of_order,
                self.contradictions,
                self.acks_missing,
                self.acks_wrong,
                self.over_capacity,
            )
        )


@dataclass(slots=True)
class _RoomLog:
    said: dict[int, tuple[str, str]] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    last_seq: int = 0


class Ledger:
    """The book of one run."""

    def __init__(self) -> None:
        self._rooms: dict[RoomKey, _RoomLog] = defaultdict(_RoomLog)
        self._stays: list[Stay] = []
        self._acked: dict[str, tuple[str, int]] = {}
        self._unanswered: set[str] = set()
        self._duplicated = self._out_of_order = self._contradictions = self._over_capacity = 0
        self.received = 0

    def phone(self) -> "PhoneBook":
        """Return the book of one more phone."""
        return PhoneBook(self)

    def asked(self, text: str) -> None:
        """A phone is about to say ``text``, which nobody else says."""
        self._unanswered.add(text)

    def acknowledged(self, text: str, room: str, seq: int) -> None:
        """The server acknowledged it, in ``room`` at ``seq``."""
        self._unanswered.discard(text)
        self._acked[text] = (room, seq)

    def refused(self, text: str) -> None:
        """The server refused it, or its phone was closed: nothing was promised."""
        self._unanswered.discard(text)

    def faults(self) -> Faults:
        """Return the broken promises. Call it when all is quiet."""
        where = {(room, seq): text for (room, _), log in self._rooms.items() for seq, (_, text) in log.said.items()}
        return Faults(
            lost=self.expected() - sum(stay.said for stay in self._stays) + self._missing_events(),
            duplicated=self._duplicated + len(where) - len(set(where.values())),
            out_of_order=self._out_of_order,
            contradictions=self._contradictions,
            acks_missing=len(self._unanswered),
            acks_wrong=sum(where.get(place) != text for text, place in self._acked.items()),
            over_capacity=self._over_capacity,
        )

    def expected(self) -> int:
        """Return how many deliveries of sayings were promised."""
        return sum(
            sum(stay.first_seq < seq <= last_seq for seq in self._rooms[stay.room].said)
            for stay, last_seq in self._ends()
        )

    def acks(self) -> int:
        """Return how many sayings were acknowledged."""
        return len(self._acked)

    def _missing_events(self) -> int:
        """Return how many events other than sayings did not reach somebody they were for."""
        missing = 0
        for stay, last_seq in self._ends():
            unsaid = sum(stay.last_seq < seq <= last_seq for seq in self._rooms[stay.room].said)
            missing += max(0, last_seq - stay.last_seq - unsaid)
        return missing

    def _ends(self) -> Iterator[tuple[Stay, int]]:
        """Yield each stay with the last seq its phone had to receive."""
        for stay in self._stays:
            log = self._rooms[stay.room]
            if stay.was_dropped:
                yield stay, stay.last_seq
            elif stay.ended:
                yield stay, log.left.get(stay.member, stay.last_seq + 1) - 1
            else:
                yield stay, log.last_seq


class PhoneBook:
    """What one phone received."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stay: Stay | None = None
        self._members: set[str] = set()
        self.placed: wire.Placed | None = None

    @property
    def size(self) -> int:
        """Return how many members the phone sees in its room, itself included; 0 without a room."""
        return len(self._members)

    def dropped(self) -> None:
        """The connection is gone; what is said meanwhile is promised only by a resume."""
        if self._stay is not None:
            self._stay.was_dropped = True

    def left(self) -> None:
        """The server acknowledged that the phone left its room: what came before in the log is promised."""
        self._end_stay()

    def took(self, message: wire.ServerMessage) -> None:
        """Write down one message of the server."""
        match message:
            case wire.Welcome():
                if message.resumed and self._stay is not None:
                    self._stay.was_dropped = False
            case wire.Placed():
                self._end_stay()
                key = (message.room.id, message.room.epoch)
                self._stay = Stay(key, message.you, message.seq, message.seq)
                self._ledger._stays.append(self._stay)
                self.placed = message
                self._members = {member.member for member in message.members}
                for said in message.messages:
                    self._compare(self._ledger._rooms[key], said)
            case wire.Unplaced():
                self._end_stay()
                self.placed = None
                self._members = set()
            case wire.Said() | wire.Joined() | wire.Left() | wire.Changed():
                self._event(message)

    def _end_stay(self) -> None:
        if self._stay is not None:
            self._stay.ended = True
            self._stay = None

    def _event(self, event: wire.RoomEvent) -> None:
        stay, ledger = self._stay, self._ledger
        if stay is None or event.room != stay.room[0]:
            ledger._out_of_order += 1
            return
        if event.seq <= stay.last_seq:
            ledger._duplicated += 1
            return
        if event.seq > stay.last_seq + 1:
            ledger._out_of_order += 1
        stay.last_seq = event.seq
        log = ledger._rooms[stay.room]
        log.last_seq = max(log.last_seq, event.seq)
        match event:
            case wire.Said():
                stay.said += 1
                ledger.received += 1
                self._compare(log, event)
            case wire.Joined(member=member):
                self._members.add(member.member)
                if self.placed is not None and len(self._members) > self.placed.room.capacity:
                    ledger._over_capacity += 1
            case wire.Left(member=member_id):
                self._members.discard(member_id)
                log.left[member_id] = event.seq

    def _compare(self, log: _RoomLog, said: wire.Said) -> None:
        """Note what stands at a position, or that two phones saw different things there."""
        what = (said.from_, said.text)
        if log.said.setdefault(said.seq, what) != what:
            self._ledger._contradictions += 1
