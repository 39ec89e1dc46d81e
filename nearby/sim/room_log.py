"""One epoch of a room's log, put together from everything that anybody heard of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from nearby.core import wire
from nearby.core.rules import Rules

SHOWN_MESSAGES = Rules().snapshot_messages
"""A snapshot shows the newest so many."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a snapshot at ``seq`` showed one member of what had been said."""

    member: str
    seq: int
    messages: frozenset[int]


@dataclass(slots=True)
class RoomLog:
    """Events by position, and what snapshots said of them.

    ``last_seq`` is the last position anybody heard of, as an event or by a snapshot.
    """

    events: dict[int, wire.RoomEvent] = field(default_factory=dict)
    last_seq: int = 0
    crowded: set[int] = field(default_factory=set)
    """Positions at which somebody saw more people than a room may hold."""
    _members: dict[int, frozenset[str]] = field(default_factory=dict)
    _shown: list[Shown] = field(default_factory=list)
    _joined: dict[str, int] = field(default_factory=dict)
    _left: dict[str, int] = field(default_factory=dict)

    def note(self, event: wire.RoomEvent) -> bool:
        """Write down what somebody heard; return False if somebody else heard another thing there."""
        self.last_seq = max(self.last_seq, event.seq)
        match event:
            case wire.Joined(member=member):
                self._joined.setdefault(member.member, event.seq)
            case wire.Left(member=member_id):
                self._left.setdefault(member_id, event.seq)
        return self.events.setdefault(event.seq, event) == event

    def note_snapshot(self, placed: wire.Placed) -> int:
        """Write down what a snapshot says; return in how many ways it contradicts what was known, or itself."""
        self.last_seq = max(self.last_seq, placed.seq)
        members = frozenset(member.member for member in placed.members)
        seqs = [said.seq for said in placed.messages]
        wrong = [
            self._members.setdefault(placed.seq, members) != members,
            placed.you not in members,
            len(members) != len(placed.members),
            seqs != sorted(set(seqs)) or any(seq > placed.seq for seq in seqs),
            *(not self._note_older(said) for said in placed.messages),
        ]
        self._shown.append(Shown(placed.you, placed.seq, frozenset(seqs)))
        return sum(wrong)

    def left(self, member: str, *, up_to: int) -> int | None:
        """Return where a member's seat ended; None if nobody heard of it up to that position."""
        seq = self._left.get(member)
        return seq if seq is not None and seq <= up_to else None

    def said(self) -> list[int]:
        """Return the positions of sayings, in order."""
        return sorted(seq for seq, event in self.events.items() if isinstance(event, wire.Said))

    def holds(self, seqs: Iterable[int]) -> bool:
        """Return whether all these positions are known."""
        return all(seq in self.events for seq in seqs)

    def shows(self, seq: int, text: str, members: Collection[str]) -> bool | None:
        """Return whether ``text`` stands at ``seq``, by what is known and by what snapshots showed these members.

        None if none of them was shown a piece of the log that reaches back so far.
        """
        event = self.events.get(seq)
        if isinstance(event, wire.Said) and event.text == text:
            return True
        for shown in self._shown:
            if shown.member in members and (len(shown.messages) < SHOWN_MESSAGES or min(shown.messages) <= seq):
                return False
        return None

    def left_out(self) -> int:
        """Return how many sayings snapshots should have shown and did not."""
        said = self.said()
        return sum(
            len(set([seq for seq in said if since < seq <= shown.seq][-SHOWN_MESSAGES:]) - shown.messages)
            for shown, since in self._since_joined()
        )

    def shown_too_much(self) -> int:
        """Return how many sayings snapshots showed to somebody who had not joined yet."""
        return sum(
            sum(seq <= self._joined[shown.member] for seq in shown.messages)
            for shown in self._shown
            if shown.member in self._joined
        )

    def wrong_members(self) -> int:
        """Return how many snapshots name other members than the one before and the events since add up to."""
        wrong, at, members = 0, 0, None
        for seq in sorted(self._members):
            if members is not None:
                members = self._members_after(members, at, seq)
            wrong += members is not None and members != self._members[seq]
            at, members = seq, self._members[seq]
        return wrong

    def _note_older(self, said: wire.Said) -> bool:
        return self.events.setdefault(said.seq, said) == said

    def _since_joined(self) -> Iterable[tuple[Shown, int]]:
        """Yield what was shown, and from where on it was for that member: its ``joined``, or its first snapshot."""
        first: dict[str, int] = {}
        for shown in self._shown:
            first.setdefault(shown.member, shown.seq)
            yield shown, self._joined.get(shown.member, first[shown.member])

    def _members_after(self, members: Collection[str], at: int, seq: int) -> frozenset[str] | None:
        """Return the members at ``seq``, from those at ``at``; None if an event between is not known."""
        between = range(at + 1, seq + 1)
        if len(between) > len(self.events) or not self.holds(between):
            return None
        now = set(members)
        for position in between:
            match self.events[position]:
                case wire.Joined(member=member):
                    now.add(member.member)
                case wire.Left(member=member_id):
                    now.discard(member_id)
        return frozenset(now)
