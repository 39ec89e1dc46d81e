"""A client's mirror of its room: a snapshot, and every event after it in order.

The same fact the server rests on, from the other end: snapshot plus events equals a later snapshot.
A gap is never guessed over; it raises, and the client resumes to mend it.
"""

from nearby.core import wire
from nearby.core.ids import MemberId
from nearby.errors import GapInLog


class RoomView:
    """One room as its member sees it. Make it from ``placed``; then ``apply`` what follows.

    Args:
        placed: The snapshot.
        keep_messages: At most this many of the newest messages are kept.
    """

    def __init__(self, placed: wire.Placed, *, keep_messages: int = 50) -> None:
        self.room = placed.room
        self.area = placed.area
        self.you = MemberId(placed.you)
        self.why = placed.why
        self.seq = placed.seq
        self.members = {member.member: member for member in placed.members}
        self.messages = list(placed.messages)
        self._keep_messages = keep_messages

    def apply(self, event: wire.HeardEvent) -> bool:
        """Take in the next event; return False, and change nothing, for one that is not news.

        Raises:
            GapInLog: Events before this one are missing. The view is unchanged.
        """
        if event.room != self.room.id or event.seq <= self.seq:
            return False
        if event.seq != self.seq + 1:
            raise GapInLog(expected=self.seq + 1, got=event.seq)
        self.seq = event.seq
        match event:
            case wire.Said():
                self.messages.append(event)
                if len(self.messages) > self._keep_messages:
                    del self.messages[0]
            case wire.Joined(member=member) | wire.Changed(member=member):
                self.members[member.member] = member
            case wire.Left(member=member_id):
                self.members.pop(member_id, None)
            case _:
                pass  # It was said by somebody I muted.
        return True

    def position(self) -> wire.Resume:
        """Return where in the log this view is, as ``hello`` takes it."""
        return wire.Resume(room=self.room.id, epoch=self.room.epoch, after=self.seq)
