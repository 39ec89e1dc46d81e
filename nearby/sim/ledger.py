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
from nearby.sim.epochs import Epochs
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
    authors: frozenset[str]
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

    def acknowledged(self, text: str, room: RoomKey, seq: int, *, authors: frozenset[str]) -> None:
        """The server acknowledged ``text`` at ``seq`` of a room, from a pseudonym that its author has had there."""
        self.unanswered.discard(text)
        self._acks[text] = _Ack(room, authors, seq)

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
        epochs = self._epochs()
        logs = self._rooms.values()
        incoherent = sum(log.shown_too_much() + log.wrong_members() for log in logs)
        overheard = sum(self._overheard(stay) for stay in self._stays)
        said_again = sum(
            epochs.count(text, places) - 1 for text, places in heard.items() if text in self.asked and len(places) > 1
        )
        false = sum(not self._is_true(text, ack, heard.get(text, {})) for text, ack in self._acks.items())
        return Faults(
            lost=self.behind() + sum(log.left_out() for log in logs),
            duplicated=self.duplicated + said_again,
            out_of_order=self.out_of_order,
            contradictions=self.contradictions + incoherent + overheard + len(self.refused & heard.keys()),
            acks_missing=len(self.unanswered),
            acks_wrong=false - self.said_to_nobody(),
            over_capacity=sum(len(log.crowded) for log in logs),
        )

    def lost_with_epochs(self) -> set[str]:
        """Return what was acknowledged in an epoch that ended, and is not in the one after it.

        No fault of a hub that lost its newest writes with a machine; in any other case one.
        """
        epochs = self._epochs()
        return {text for text, ack in self._acks.items() if epochs.is_lost(text, ack.room, ack.seq)}

    def seqs_used_twice(self) -> int:
        """Return how many positions of an epoch stand for two sayings, as heard or as acknowledged."""
        texts: dict[tuple[RoomKey, int], set[str]] = defaultdict(set)
        for text, ack in self._acks.items():
            texts[ack.room, ack.seq].add(text)
        for room, log in self._rooms.items():
            for seq in log.said():
                event = log.events[seq]
                if (room, seq) in texts and isinstance(event, wire.Said):
                    texts[room, seq].add(event.text)
        return sum(len(said) - 1 for said in texts.values())

    def expected(self) -> int:
        """Return how many deliveries of sayings were promised."""
        said = {key: log.said() for key, log in self._rooms.items()}
        heard = sum(
            bisect_right(said[stay.room], last_seq) - bisect_right(said[stay.room], stay.first_seq)
            for stay, last_seq in self._ends()
        )
        return heard + sum(self._owed_to().values())

    def said_to_nobody(self) -> int:
        """Return how many sayings were acknowledged when nobody was there to hear them.

        All phones of the room, the author's too, had lost their connections and none resumed. That breaks
        no promise, but also nothing shows that it was kept.
        """
        return sum(not phones for phones in self._owed_to().values())

    def behind(self) -> int:
        """Return how many events are still to come to phones that are connected."""
        lost = sum(self._owed_to(behind_all=True).values())
        for stay, last_seq in self._ends():
            lost += stay.missed(last_seq)
            # Somebody saw its seat end and it still sits there: it was never told.
            lost += stay.ending is Ending.NONE and not stay.is_dropped and self._left(stay) is not None
        return lost

    def _ends(self) -> Iterator[tuple[Stay, int]]:
        """Yield each stay with the last seq that was for its phone, as far as anybody heard."""
        acked: dict[tuple[RoomKey, str], int] = {}
        for text, ack in self._acks.items():
            event = self._rooms[ack.room].events.get(ack.seq)
            if isinstance(event, wire.Said) and event.text == text:
                acked[ack.room, event.from_] = max(ack.seq, acked.get((ack.room, event.from_), 0))
        for stay in self._stays:
            left = self._left(stay)
            if stay.is_dropped or stay.ending is Ending.SNAPSHOT:
                yield stay, max(stay.last_seq, stay.owed_seq)
            elif left is not None:
                yield stay, left - 1
            elif stay.ending is Ending.SEAT:
                yield stay, max(stay.last_seq, acked.get((stay.room, stay.member), 0))
            else:
                yield stay, max(stay.last_seq, self._last(stay.room))

    def _owed_to(self, *, behind_all: bool = False) -> dict[str, int]:
        """Return how many should have heard each acknowledged text that nobody heard.

        One whose place is another's in the log is not among them. With ``behind_all`` only those count to
        whom it was owed behind everything they are known to be owed.
        """
        heard = self._heard()
        unheard: dict[RoomKey, dict[str, _Ack]] = defaultdict(dict)
        for text, ack in self._acks.items():
            if text not in heard and ack.seq not in self._rooms[ack.room].events:
                unheard[ack.room][text] = ack
        owed = {text: 0 for acks in unheard.values() for text in acks}
        for stay, last_seq in self._ends() if owed else ():
            for text, ack in unheard.get(stay.room, {}).items():
                is_within = stay.first_seq < ack.seq <= last_seq
                owed[text] += self._reaches_to(stay, last_seq, ack) or (is_within and not behind_all)
        return owed

    def _reaches_to(self, stay: Stay, last_seq: int, ack: _Ack) -> bool:
        """Return whether a saying behind all that is known of a stay was for its phone."""
        if ack.seq <= last_seq or stay.is_dropped or stay.ending is Ending.SNAPSHOT or self._left(stay) is not None:
            return False
        return stay.ending is Ending.NONE or stay.member in ack.authors

    def _left(self, stay: Stay) -> int | None:
        return self._rooms[stay.room].left(stay.member, up_to=self._last(stay.room))

    def _last(self, room: RoomKey) -> int:
        return self._rooms[room].last_seq if self._closed_at is None else self._closed_at.get(room, 0)

    def _is_true(self, text: str, ack: _Ack, heard: Mapping[tuple[str, int], str]) -> bool:
        """Return whether an acknowledgement names the place and author of what was heard.

        It may have been said in another epoch of the room, unless in this one the place is another's.
        """
        event = self._rooms[ack.room].events.get(ack.seq)
        is_taken = event is not None and not (isinstance(event, wire.Said) and event.text == text)
        return not is_taken and heard.get((ack.room[0], ack.seq), "") in ack.authors

    def _overheard(self, stay: Stay) -> bool:
        """Return whether a phone went on hearing a room after its seat there had ended."""
        left = self._rooms[stay.room].left(stay.member, up_to=stay.last_seq - 1)
        return left is not None

    def _epochs(self) -> Epochs:
        return Epochs(self._rooms, self._stays)

    def _heard(self) -> dict[str, dict[tuple[str, int], str]]:
        """Return where each text was heard, in any epoch, and from whom."""
        heard: dict[str, dict[tuple[str, int], str]] = defaultdict(dict)
        for (room, _), log in self._rooms.items():
            for event in log.events.values():
                if isinstance(event, wire.Said):
                    heard[event.text][room, event.seq] = event.from_
        return heard
