"""A room is a log: an epoch and a gapless ``seq``, with members as what the log adds up to.

Every change appends one event and returns it; a snapshot plus the events after it equals a later
snapshot. Resume, tests and reports all use that one fact. Positions are ``(epoch, seq)``: within an
epoch a seq is never reused (as in Centrifuge's stream positions).
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from msgspec import Struct, field

from nearby.core import wire
from nearby.core.ids import MemberId, PersonId, RoomId
from nearby.core.kept import KeptRoom
from nearby.core.limits import gcra
from nearby.core.log import event_of, message_id_of
from nearby.core.mending import Party
from nearby.core.past import Key, Past, Remembered, messages_after
from nearby.core.rules import Rules
from nearby.core.shelves import Shelf
from nearby.core.venue import CatchmentId, is_last_rung, shown_area
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import ErrorCode, Refused

_NO_TAGS: frozenset[str] = frozenset()
"""Of most rooms, and shared by them: an empty set of its own takes 216 bytes."""


class Seat(Struct, eq=False, gc=False):
    """A person's place in a room. ``held_since_ms`` is None while a connection sits on it.

    Of somebody who came by a merge, ``came`` is the room before and the pseudonym there. Of no interest to the
    collector: it refers to nothing that refers to it, and a city has millions.
    """

    member: MemberId
    person: PersonId
    name: str
    verified: bool
    joined_seq: int
    why: str
    is_name_drawn: bool = True
    held_since_ms: int | None = None
    spoke_ms: int = 0
    say_tat_ms: int = 0
    wishes: Wishes = NO_WISHES
    came: tuple[RoomId, MemberId] | None = None

    @property
    def came_from(self) -> RoomId | None:
        """Return the room before a merge, or None."""
        return None if self.came is None else self.came[0]

    @property
    def was(self) -> MemberId | None:
        """Return the pseudonym before a merge, or None."""
        return None if self.came is None else self.came[1]

    def shown(self) -> wire.Member:
        """Return the seat as the others see it."""
        return wire.Member(member=self.member, name=self.name, verified=self.verified)

    def shown_to(self, other: "Seat") -> wire.Member:
        """Return the seat as ``other`` sees it, who may have known it in the room before."""
        if self.came is None or self.came_from != other.came_from:
            return self.shown()
        return wire.Member(member=self.member, name=self.name, verified=self.verified, was=self.came[1])


@dataclass(frozen=True, slots=True)
class Repeat:
    """A ``say`` that was already carried out: its place in the log."""

    seq: int
    at_ms: int


class Room(Struct, kw_only=True, eq=False, gc=False):
    """The state of one room, equal to itself alone. Owned by one task; every method is atomic."""

    id: RoomId
    catchment: CatchmentId
    opened_ms: int
    capacity: int
    epoch: int = 1
    seq: int = 0
    lifted_seq: int = -1
    """The log cannot say that the catchment changed: who has seen no event after this one needs a snapshot."""
    thin_since_ms: int | None = None
    lonely_since_ms: int | None = None
    """Since when the thin room has nobody to merge with, or None if it had at the last look."""
    tags: frozenset[str] = _NO_TAGS
    """Named by any of its people."""
    lang: str | None = None
    """Named by most of its people who named one."""
    seats: dict[MemberId, Seat] = field(default_factory=dict)
    """Changed by ``join``, ``take_back`` and ``leave``, and what is held by ``hold``."""
    held: int = 0
    """Seats without a connection."""
    place: int = -1
    """See ``nearby.core.shelves.Shelved``."""
    tallied: int = 0
    """The size by which its owner has counted it."""
    empty_since_ms: int | None = None
    heard_by: tuple[PersonId, ...] | None = None
    """What ``audience`` returned since somebody came or went, or None."""
    past: Past | None = None
    """None while there is nothing to remember. Only the room's own methods use it."""

    def restore(self, kept: KeptRoom, rules: Rules) -> None:
        """Go on from the log and the messages that survived. Call it on a room without events.

        What was said by somebody erased since has no text and is in no snapshot; the log begins after it, so that
        nothing is resumed across it. Ids of ``say`` are remembered of authors who are still known.
        """
        rows = {row.seq: row for row in (*kept.said, *kept.log)}
        events = {seq: event_of(row) for seq, row in rows.items()}
        for row in kept.log:
            event = events[row.seq]
            if event is None:
                self._kept().clear_events()
            else:
                self._append(event, row.at_ms, rules)
        for seq, row in sorted(rows.items()):
            event = events[seq]
            if type(event) is not wire.Said:
                continue
            self._kept().keep_said(event, rules)
            author, message_id = kept.authors.get(row.member), message_id_of(row)
            if author is not None and message_id is not None:
                said = Remembered(event.text, event.seq, event.at_ms)
                self._kept().remember((author, message_id), said, rules)

    @property
    def size(self) -> int:
        """Return how many members are connected; held seats are no company."""
        return len(self.seats) - self.held

    def audience(self) -> tuple[PersonId, ...]:
        """Return who has a seat, held ones included; the very same object while that does not change."""
        if self.heard_by is None:
            self.heard_by = tuple(seat.person for seat in self.seats.values())
        return self.heard_by

    def names(self) -> Collection[str]:
        """Return the names in use."""
        return {seat.name for seat in self.seats.values()}

    def join(self, seat: Seat, now_ms: int, rules: Rules) -> wire.Joined:
        """Seat somebody and return the event.

        Raises:
            ValueError: If every seat is taken or held. The room is unchanged.
        """
        if len(self.seats) >= self.capacity:
            raise ValueError("every seat is taken")
        self.seats[seat.member] = seat
        self.empty_since_ms = self.heard_by = None
        event = wire.Joined(room=self.id, seq=self._next_seq(), member=seat.shown())
        seat.joined_seq = event.seq
        self._append(event, now_ms, rules)
        return event

    def leave(self, member: MemberId, now_ms: int, rules: Rules) -> wire.Left:
        """End a seat and return the event."""
        self.held -= self.seats.pop(member).held_since_ms is not None
        self.heard_by = None
        if not self.seats:
            self.empty_since_ms = now_ms
        event = wire.Left(room=self.id, seq=self._next_seq(), member=member)
        self._append(event, now_ms, rules)
        return event

    def take_back(self, seat: Seat) -> None:
        """Let a seat that survived be there again, without an event."""
        self.seats[seat.member] = seat
        self.heard_by = None
        self.held += seat.held_since_ms is not None

    def hold(self, seat: Seat, since_ms: int | None) -> int:
        """Hold one of its seats, or with None no longer; return by how many more seats are held."""
        more = (since_ms is not None) - (seat.held_since_ms is not None)
        seat.held_since_ms = since_ms
        self.held += more
        return more

    def change(self, member: MemberId, *, name: str, verified: bool, now_ms: int, rules: Rules) -> wire.Changed:
        """Show a member by another name or badge from now on and return the event."""
        seat = self.seats[member]
        seat.name, seat.verified = name, verified
        event = wire.Changed(room=self.id, seq=self._next_seq(), member=seat.shown())
        self._append(event, now_ms, rules)
        return event

    def repeat_of(self, person: PersonId, message_id: int | str, text: str, now_ms: int, rules: Rules) -> Repeat | None:
        """Return where the same person said this before by the same id, or None if they did not.

        Raises:
            Refused: ``id_reused`` if that id was another text.
        """
        known = None if self.past is None else self.past.remembered((person, message_id))
        if known is None or known.at_ms <= now_ms - rules.repeat_ms:
            return None
        if known.text != text:
            raise Refused(ErrorCode.ID_REUSED)
        return Repeat(known.seq, known.at_ms)

    def remembers_until_ms(self, rules: Rules) -> int:
        """Return until when a repeat of something said here may be asked for; 0 if nothing was said with an id."""
        newest_ms = None if self.past is None else self.past.newest_id_ms()
        return 0 if newest_ms is None else newest_ms + rules.repeat_ms

    def say(
        self,
        member: MemberId,
        text: str,
        message_id: int | str | None,
        now_ms: int,
        rules: Rules,
        *,
        say_tat_ms: int | None = None,
    ) -> wire.Said:
        """Append what a member says and return the event.

        Args:
            member: Who.
            text: What.
            message_id: By which id, if any.
            now_ms: When.
            rules: The product's numbers.
            say_tat_ms: What ``gcra`` returned for it, if it was asked already.

        Raises:
            Refused: ``rate_limited`` with the wait. The room is unchanged.
        """
        seat = self.seats[member]
        if say_tat_ms is None:
            say_tat_ms, wait_ms = gcra(seat.say_tat_ms, now_ms, rules.say)
            if wait_ms:
                raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="say")
        seat.say_tat_ms = say_tat_ms
        seat.spoke_ms = now_ms
        event = wire.Said(room=self.id, seq=self._next_seq(), from_=member, text=text, at_ms=now_ms)
        past = self._kept()
        past.append(event, now_ms, rules)
        past.keep_said(event, rules)
        if message_id is not None:
            key: Key = (seat.person, message_id)
            past.remember(key, Remembered(text, event.seq, now_ms), rules)
        return event

    def after(self, epoch: int, seq: int, now_ms: int, rules: Rules) -> list[wire.RoomEvent] | None:
        """Return the events after a position, oldest first, or None if a snapshot is needed instead.

        None means another epoch, a position ahead of the log or before the room was lifted, more missed events than
        ``rules.resume_events`` or more bytes of them than ``rules.resume_bytes``, or events that are no longer kept.

        A log may hold more than a connection's outbox: a phone that got it all at once would be closed as
        too slow, come back, and be closed again. Costs an encoding of each missed event.
        """
        missed = self.seq - seq
        if epoch != self.epoch or not 0 <= missed <= rules.resume_events or seq <= self.lifted_seq:
            return None
        if not missed:
            return []
        self.trim(now_ms, rules)
        if self.past is None or missed > len(self.past):
            return None
        events = self.past.last(missed, self.id, self.seq)
        if sum(len(wire.encode(event)) for event in events) > rules.resume_bytes:
            return None
        return events

    def snapshot(self, member: MemberId, why: str, rules: Rules) -> wire.Placed:
        """Return the room as one member sees it: only what was said since they joined."""
        own = self.seats[member]
        return self._placed(own, [seat.shown_to(own) for seat in self.seats.values()], why)

    def first_snapshots(self, why: str) -> list[wire.Placed]:
        """Return a new room as each of its members sees it, in the order in which they came."""
        members = [seat.shown() for seat in self.seats.values()]
        return [self._placed(seat, members, why) for seat in self.seats.values()]

    def _placed(self, own: Seat, members: list[wire.Member], why: str) -> wire.Placed:
        return wire.Placed(
            room=wire.RoomInfo(id=self.id, epoch=self.epoch, capacity=self.capacity, opened_ms=self.opened_ms),
            area=shown_area(self.catchment),
            you=own.member,
            quiet=is_last_rung(self.catchment) and len(self.seats) == 1,
            members=members,
            messages=messages_after(self.past, own.joined_seq),
            seq=self.seq,
            why=why,
        )

    def shelf(self, rules: Rules) -> Shelf | None:
        """Return where the room stands among those with a free seat, or None if it has none to offer."""
        taken = len(self.seats)
        if not taken or taken >= self.capacity:
            return None
        return Shelf(self.is_thin(rules), taken)

    def is_thin(self, rules: Rules) -> bool:
        """Return whether one or two people are there, and nobody else."""
        return 0 < self.size < rules.low_water

    @property
    def is_alone(self) -> bool:
        """Return whether one person is there and no seat is held: nobody is to come back to them."""
        return len(self.seats) == 1 and not self.held

    def note_wishes(self) -> None:
        """Work out what its people have in common. Call it when a member or what one wishes for changed."""
        wishes = [seat.wishes for seat in self.seats.values() if seat.wishes is not NO_WISHES]
        if not wishes:
            self.tags, self.lang = _NO_TAGS, None
            return
        self.tags = frozenset[str]().union(*(one.tags for one in wishes))
        langs = Counter(one.lang for one in wishes if one.lang is not None)
        most = langs.most_common(1)
        self.lang = most[0][0] if most and 2 * most[0][1] > langs.total() else None

    def lift(self, catchment: CatchmentId, why: str) -> None:
        """Gather people of another catchment from now on; it keeps its id, epoch, log and members."""
        self.catchment, self.lifted_seq, self.lonely_since_ms = catchment, self.seq, None
        for seat in self.seats.values():
            seat.why = why

    def party(self, forced_ms: int, rules: Rules) -> Party:
        """Return the room's people as a merge sees them; ``forced_ms`` as in ``Party``."""
        spoke_ms = max(seat.spoke_ms for seat in self.seats.values())
        return Party(self.opened_ms, self.is_thin(rules), spoke_ms, forced_ms, self.id, self.is_alone)

    def trim(self, now_ms: int, rules: Rules) -> int | None:
        """Forget events and ids past their time; return when to do it again, or None if no event is left."""
        if self.past is None:
            return None
        again_ms = self.past.trim(now_ms, rules)
        if self.past.is_over:
            self.past = None
        return again_ms

    def _kept(self) -> Past:
        """Return what the room remembers, from now on something."""
        if self.past is None:
            self.past = Past()
        return self.past

    def _append(self, event: wire.RoomEvent, now_ms: int, rules: Rules) -> None:
        self._kept().append(event, now_ms, rules)

    def _next_seq(self) -> int:
        self.seq += 1
        return self.seq
