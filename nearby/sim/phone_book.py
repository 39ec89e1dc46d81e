"""What one phone received, written into the ledger of the run."""

from collections import defaultdict

from nearby.core import wire
from nearby.core.rules import Rules
from nearby.errors import ErrorCode
from nearby.sim.ledger import Ledger
from nearby.sim.stay import Arrival, Ending, Stay

CAPACITY = Rules().capacity
"""No room may hold more, whatever its server announces."""


ASKED_AGAIN = frozenset({ErrorCode.HUB_DOWN, ErrorCode.STORE_DOWN, ErrorCode.DRAINING})
"""Refused with one of these, a message is sent again under the same id, and that is answered too."""


class PhoneBook:
    """One phone's page. The phone hands over every message as it came, and says what it does itself."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stay: Stay | None = None
        self._members: set[str] = set()
        self._mine: defaultdict[str, set[str]] = defaultdict(set)
        self._answered: set[int | str] = set()
        self.placed: wire.Placed | None = None

    @property
    def size(self) -> int:
        """Return how many members the phone sees in its room, itself included; 0 without a room."""
        return len(self._members)

    def asked(self, text: str) -> bool:
        """The phone is about to say ``text``, which nobody else says; return False if it has no room to say it in."""
        if self._stay is None:
            return False
        self._ledger.asked[text] = self._stay
        self._ledger.unanswered.add(text)
        return True

    def acknowledged(self, text: str, seq: int) -> None:
        """The server acknowledged what was asked, at ``seq``."""
        asked, now = self._ledger.asked[text], self._stay
        # It may have been said later than asked: after a reconnect, in a new epoch, under a new pseudonym.
        stay = now if now is not None and now.room[0] == asked.room[0] else asked
        self._ledger.acknowledged(text, stay.room, seq, authors=frozenset(self._mine[asked.room[0]]))

    def refused(self, text: str) -> None:
        """The server refused it: nobody may ever hear it."""
        self._ledger.unanswered.discard(text)
        self._ledger.refused.add(text)

    def gave_up(self, text: str) -> None:
        """The phone no longer waits for the answer: it may have been said or not."""
        self._ledger.unanswered.discard(text)

    def dropped(self) -> None:
        """The connection is gone; what is said meanwhile is promised only by a resume."""
        self._answered.clear()
        if self._stay is not None:
            self._stay.is_dropped = True

    def left(self) -> None:
        """The server acknowledged that the phone left its room: what came before in the log is promised."""
        self._end_stay(Ending.SEAT)

    def took(self, message: wire.ServerMessage) -> None:
        """Write down one message of the server."""
        match message:
            case wire.Welcome(resumed=True):
                if self._stay is not None:
                    self._stay.is_dropped = False
            case wire.Placed():
                self._placed(message)
            case wire.Unplaced():
                self._end_stay(Ending.SEAT)
                self.placed = None
                self._members = set()
            case wire.Said() | wire.Joined() | wire.Left() | wire.Changed():
                self._event(message)
            case wire.Error(code=code) if code in ASKED_AGAIN:
                pass
            case wire.Ack(id=answered) | wire.Error(id=int() | str() as answered):
                self._ledger.duplicated += answered in self._answered
                self._answered.add(answered)

    def _placed(self, placed: wire.Placed) -> None:
        before = self._stay
        is_same_room = before is not None and before.room[0] == placed.room.id
        self._end_stay(Ending.SNAPSHOT if is_same_room else Ending.SEAT)
        key = (placed.room.id, placed.room.epoch)
        if before is not None and before.room == key and not before.is_dropped:
            before.owed_seq = placed.seq
        self._mine[placed.room.id].add(placed.you)
        self._stay = Stay(key, placed.you, placed.seq)
        self._ledger.begin(self._stay)
        self._ledger.contradictions += self._ledger.room(key).note_snapshot(placed)
        self.placed = placed
        self._members = {member.member for member in placed.members}
        self._note_crowd(len(placed.members), placed.seq)

    def _end_stay(self, ending: Ending) -> None:
        if self._stay is not None:
            self._stay.ending = ending
            self._stay = None

    def _event(self, event: wire.RoomEvent) -> None:
        stay, ledger = self._stay, self._ledger
        if stay is None or event.room != stay.room[0] or stay.is_dropped:
            ledger.out_of_order += 1
            return
        arrival = stay.receive(event.seq)
        ledger.out_of_order += arrival is Arrival.LATE
        ledger.duplicated += arrival is Arrival.AGAIN
        ledger.contradictions += not ledger.room(stay.room).note(event)
        if arrival is Arrival.AGAIN:
            return
        match event:
            case wire.Said():
                ledger.received += 1
            case wire.Joined(member=member):
                self._members.add(member.member)
                self._note_crowd(len(self._members), event.seq)
            case wire.Left(member=member_id):
                self._members.discard(member_id)

    def _note_crowd(self, people: int, seq: int) -> None:
        assert self._stay is not None
        assert self.placed is not None
        if people > min(CAPACITY, self.placed.room.capacity):
            self._ledger.room(self._stay.room).crowded.add(seq)
