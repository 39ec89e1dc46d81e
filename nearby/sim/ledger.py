"""What phones were promised and what was kept, from every message each of them received.

The rooms' logs are put together from all phones. A log has no gaps, so a phone that was connected
from its snapshot to the end of its seat must have received every position between, once and in
order, also one that nobody received; and what a position holds must be the same for everybody, in
events, snapshots and acknowledgements. A phone whose connection dropped is owed nothing more unless
it resumes, and is then owed what it missed; a snapshot instead must show what was said meanwhile.

What this cannot see: a change of members that reached nobody while nobody saw a later position.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass

from nearby.core import wire
from nearby.sim.room_log import RoomLog
from nearby.sim.stay import Ending, RoomKey, Stay


@dataclass(frozen=True, slots=True)
class Faults:
    """Broken promises. All zero is the only good result.

    Attributes:
        lost: Events that did not reach a phone they were for, and sayings that a snapshot left out.
        duplicated: Events and answers that came twice, and sayings that were said twice.
        out_of_order: Events that came after a later one, or to a phone that had no such room.
        contradictions: Positions at which two phones heard different things, snapshots that do not
            add up, what was heard after one's seat ended or before it began, and what was said though it was refused.
        acks_missing: Sayings that were never answered.
        acks_wrong: Acknowledgements that name another position or author than was heard, or of what nobody heard.
        over_capacity: Times a room held too many.
    """

    lost: int
    duplicated: int
    out_of_order: int
    contradictions: int
    acks_missing: int
    acks_wrong: int
    over_capacity: int

    def any(self) -> bool:
        """Return whether a promise was broken."""
        return any(astuple(self))


@dataclass(frozen=True, slots=True)
class _Ack:
    room: RoomKey
    member: str
    seq: int


class Ledger:
    """The book of one run."""

    def __init__(self) -> None:
        self.received = 0
        self.duplicated = self.out_of_order = self.contradictions = 0
        self.asked: dict[str, Stay] = {}
        self.unanswered: set[str] = set()
        self.refused: set[str] = set()
        self._acks: dict[str, _Ack] = {}
        self._rooms: dict[RoomKey, RoomLog] = defaultdict(RoomLog)
        self._stays: list[Stay] = []
        self._closed_at: dict[RoomKey, int] | None = None

    def room(self, key: RoomKey) -> RoomLog:
        """Return what is known of a room."""
        return self._rooms[key]

    def begin(self, stay: Stay) -> None:
        """Write down a stay."""
        self._stays.append(stay)

    def acknowledged(self, text: str, stay: Stay, seq: int) -> None:
        """The server acknowledged ``text`` at ``seq`` of the room it was said in, heard of during ``stay`` there."""
        self.unanswered.discard(text)
        self._acks[text] = _Ack(stay.room, stay.member, seq)

    def acks(self) -> int:
        """Return how many sayings were acknowledged."""
        return len(self._acks)

    def close(self) -> None:
        """Judge only what was heard of until now; what follows counts where it completes that.

        Without this, an event that just reached one phone and is on its way to another would look lost.
        """
        self._closed_at = {key: log.last_seq for key, log in self._rooms.items()}

    def faults(self) -> Faults:
        """Return the broken promises."""
        heard = self._heard()
        logs = self._rooms.values()
        incoherent = sum(log.shown_too_much() + log.wrong_members() for log in logs)
        overheard = sum(self._overheard(stay) for stay in self._stays)
        said_again = sum(len(places) - 1 for text, places in heard.items() if text in self.asked)
        acks_wrong = sum(not self._is_true(text, ack, heard.get(text, {})) for text, ack in self._acks.items())
        return Faults(
            lost=self.behind() + sum(log.left_out() for log in logs),
            duplicated=self.duplicated + said_again,
            out_of_order=self.out_of_order,
            contradictions=self.contradictions + incoherent + overheard + len(self.refused & heard.keys()),
            acks_missing=len(self.unanswered),
            acks_wrong=acks_wrong,
            over_capacity=sum(len(log.crowded) for log in logs),
        )

    def expected(self) -> int:
        """Return how many deliveries of sayings were promised."""
        said = {key: log.said() for key, log in self._rooms.items()}
        unheard = self._unheard()
        expected = 0
        for stay, last_seq in self._ends():
            expected += bisect_right(said[stay.room], last_seq) - bisect_right(said[stay.room], stay.first_seq)
            expected += sum(
                stay.first_seq < ack.seq <= last_seq or self._is_owed(stay, last_seq, ack) for ack in unheard[stay.room]
            )
        return expected

    def behind(self) -> int:
        """Return how many events are still to come to phones that are connected."""
        unheard = self._unheard()
        lost = 0
        for stay, last_seq in self._ends():
            lost += stay.missed(last_seq)
            lost += sum(self._is_owed(stay, last_seq, ack) for ack in unheard[stay.room])
            # Somebody saw its seat end and it still sits there: it was never told.
            lost += stay.ending is Ending.NONE and not stay.is_dropped and self._left(stay) is not None
        return lost

    def _ends(self) -> Iterator[tuple[Stay, int]]:
        """Yield each stay with the last seq that was for its phone, as far as anybody heard."""
        acked: dict[tuple[RoomKey, str], int] = {}
        for text, ack in self._acks.items():
            if self._is_at(text, ack):
                acked[ack.room, ack.member] = max(ack.seq, acked.get((ack.room, ack.member), 0))
        for stay in self._stays:
            left = self._left(stay)
            if stay.is_dropped or stay.ending is Ending.SNAPSHOT:
                yield stay, stay.last_seq
            elif left is not None:
                yield stay, left - 1
            elif stay.ending is Ending.SEAT:
                yield stay, max(stay.last_seq, acked.get((stay.room, stay.member), 0))
            else:
                yield stay, max(stay.last_seq, self._last(stay.room))

    def _is_owed(self, stay: Stay, last_seq: int, ack: _Ack) -> bool:
        """Return whether a saying nobody heard, acknowledged behind all that is known, was for this phone."""
        if ack.seq <= last_seq or stay.is_dropped or stay.ending is Ending.SNAPSHOT or self._left(stay) is not None:
            return False
        return stay.ending is Ending.NONE or stay.member == ack.member

    def _left(self, stay: Stay) -> int | None:
        return self._rooms[stay.room].left(stay.member, up_to=self._last(stay.room))

    def _last(self, room: RoomKey) -> int:
        return self._rooms[room].last_seq if self._closed_at is None else self._closed_at.get(room, 0)

    def _is_true(self, text: str, ack: _Ack, heard: Mapping[tuple[str, int], str]) -> bool:
        """Return whether an acknowledgement names the place and author of what was heard.

        It may have been said in another epoch of the room, unless in this one the place is another's.
        """
        is_taken = ack.seq in self._rooms[ack.room].events and not self._is_at(text, ack)
        return not is_taken and heard.get((ack.room[0], ack.seq)) == ack.member

    def _is_at(self, text: str, ack: _Ack) -> bool:
        event = self._rooms[ack.room].events.get(ack.seq)
        return isinstance(event, wire.Said) and event.text == text

    def _overheard(self, stay: Stay) -> bool:
        """Return whether a phone went on hearing a room after its seat there had ended."""
        left = self._rooms[stay.room].left(stay.member, up_to=stay.last_seq - 1)
        return left is not None

    def _heard(self) -> dict[str, dict[tuple[str, int], str]]:
        """Return where each text was heard, in any epoch, and from whom."""
        heard: dict[str, dict[tuple[str, int], str]] = defaultdict(dict)
        for (room, _), log in self._rooms.items():
            for event in log.events.values():
                if isinstance(event, wire.Said):
                    heard[event.text][room, event.seq] = event.from_
        return heard

    def _unheard(self) -> dict[RoomKey, list[_Ack]]:
        """Return the acknowledgements of what nobody heard, at positions of which nobody heard otherwise, by room."""
        heard = self._heard()
        unheard: dict[RoomKey, list[_Ack]] = defaultdict(list)
        for text, ack in self._acks.items():
            if text not in heard and ack.seq not in self._rooms[ack.room].events:
                unheard[ack.room].append(ack)
        return unheard
