"""The live state of one process: people, rooms and time, changed by methods that never suspend."""

from collections.abc import Callable

from nearby.core import wire
from nearby.core.cell import Ladder
from nearby.core.changes import Change
from nearby.core.ids import Cell, ConnectionId, PersonId, RoomId
from nearby.core.kept import Kept
from nearby.core.room import Room, Seat
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.errors import Refused, Superseded
from nearby.hub.base import Caller, HubStatistics, Listener, Offer, RoomSize, Standing
from nearby.hub.memory.agenda import Agenda, Kind
from nearby.hub.memory.networks import Networks
from nearby.hub.memory.people import People
from nearby.hub.memory.person import Attached, LostSeat, Person
from nearby.hub.memory.records import Records
from nearby.hub.memory.restore import restore
from nearby.hub.memory.rooms import Rooms, is_shown

_JOIN_REASONS = frozenset({"new", "next"})


class LiveState:
    """Everything live. Share one among the ``MemoryHub`` handles of a process.

    Args:
        rules: The product's numbers.
        secret: Keys all draws, 16 to 64 bytes.
        draw_id: Returns a new opaque id of at most 64 characters at each call.
        now_ms: The time it starts at.
        record: Is told every change within the call that makes it, so that a later ``kept`` has it. None: nothing
            is recorded, and recording costs nothing.
        kept: What survived of a former process; every seat is held from now.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        secret: bytes,
        draw_id: Callable[[], str],
        now_ms: int,
        record: Callable[[Change], None] | None = None,
        kept: Kept | None = None,
    ) -> None:
        self._rules = rules
        self._windows = Windows(rules.window_ms, secret)
        self._agenda: Agenda = Agenda()
        self._records = records = Records(record) if record is not None else None
        self._people = People(rules, self._windows, self._agenda, records)
        self._rooms = Rooms(rules, draw_id=draw_id, publish=self._publish, agenda=self._agenda, records=records)
        self._listeners: list[Listener] = []
        self._window = self._windows.at(now_ms)
        self._to_move: list[PersonId] = []
        self.networks = Networks()
        if kept is not None:
            self._restore(kept, now_ms)

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` every room event from now on."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Tell it nothing any more."""
        self._listeners.remove(listener)

    def attach(self, caller: Caller, attached: Attached, resume: wire.Resume | None, now_ms: int) -> None:
        """See ``Hub.attach``."""
        self.catch_up(now_ms)
        person = self._people.meet(caller, now_ms)
        self._people.claim(person, caller)
        before = self._people.attach(person, attached)
        if before is not None:
            before.listener.replaced(before.connection)
        if person.room is not None:
            self._take_up(person, now_ms)
        elif resume is not None:
            self._return_to(person, RoomId(resume.room), now_ms)
        resumed, then = self._where(person, resume, now_ms)
        attached.listener.welcomed(attached.connection, resumed=resumed, then=then)

    def detach(self, person_id: PersonId, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.detach``."""
        person = self._people.get(person_id)
        if person is None or person.attached is None or person.attached.connection != connection:
            return
        self._people.attach(person, None)
        if person.room is not None and person.seat is not None:
            self._rooms.hold(person.room, person.seat, now_ms)
            self._agenda.set((Kind.HOLD, person_id), now_ms + self._rules.seat_hold_ms)
        self._people.forget_later(person)

    def renew(self, caller: Caller, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.renew``."""
        person = self._mine(caller.person, connection)
        self._people.meet(caller, now_ms)
        self._people.claim(person, caller)
        self._show_when_it_may(person, now_ms)

    def check_in(self, caller: Caller, ladder: Ladder, now_ms: int) -> Standing:
        """See ``Hub.check_in``."""
        self.catch_up(now_ms)
        person = self._people.meet(caller, now_ms)
        self._people.check_in(person, caller, ladder, now_ms)
        assert person.presence is not None
        area = self._people.catchments.finest_open(person.presence.ladder)
        return Standing(area, seat_wanted=person.attached is not None and person.seat is None)

    def clear(self, person_id: PersonId, connection: ConnectionId | None, now_ms: int, *, why: str) -> bool:
        """See ``Hub.clear``."""
        self.catch_up(now_ms)
        person = self._people.get(person_id) if connection is None else self._mine(person_id, connection)
        if why == "quiet_area":
            # Somebody unknown gets a record too: their check-ins have a rate.
            person = person or self._people.meet(Caller(person_id), now_ms)
            person.checkin_tat_ms = self._people.check_rate(person, now_ms)
            if person.seat is None and person.attached is not None and connection is None:
                person.attached.listener.unseated(person.attached.connection, why)
        if person is None:
            return False
        had_seat = person.seat is not None
        self._end_seat(person, now_ms, why=why, asked_by=connection)
        self._people.end_presence(person)
        person.lost, person.has_lapsed = None, False
        self._people.note_recent(person, now_ms)
        self._people.forget_later(person)
        return had_seat

    def offer(self, person_id: PersonId, now_ms: int) -> Offer | None:
        """See ``Hub.offer``."""
        self.catch_up(now_ms)
        person = self._people.get(person_id)
        if person is None or person.presence is None or person.attached is None:
            return None
        catchment = self._people.catchments.finest_open(person.presence.ladder)
        key = self._windows.draw_bits(self._window, "candidates", person_id)
        candidates = self._rooms.candidates(catchment, key, self._people.catchments.fill_level(catchment))
        return Offer(catchment, [one for one in candidates if not self._conflicts(person, one.room, now_ms)])

    def seat(self, person_id: PersonId, room_id: RoomId, why: str, now_ms: int) -> bool:
        """See ``Hub.seat``."""
        person = self._people.get(person_id)
        room = self._rooms.with_a_seat(room_id, now_ms)
        if person is None or room is None or self._conflicts(person, room_id, now_ms):
            return False
        return self._sit(person, lambda: room, why, now_ms)

    def open_room(self, person_id: PersonId, catchment: Cell, why: str, now_ms: int) -> bool:
        """See ``Hub.open_room``."""
        person = self._people.get(person_id)
        return person is not None and self._sit(person, lambda: self._rooms.open(catchment, now_ms), why, now_ms)

    def ask_next(self, person_id: PersonId, connection: ConnectionId, room_id: RoomId | None, now_ms: int) -> None:
        """See ``Hub.ask_next``."""
        self.catch_up(now_ms)
        person = self._mine(person_id, connection)
        person.room_named(room_id)
        self._people.check_joins(person, now_ms)

    def say(
        self,
        person_id: PersonId,
        connection: ConnectionId,
        text: str,
        now_ms: int,
        *,
        room_id: RoomId | None,
        message_id: int | str | None,
    ) -> tuple[int, int]:
        """See ``Hub.say``."""
        person = self._mine(person_id, connection)
        if message_id is not None:
            named = person.room if room_id is None else self._rooms.get(room_id)
            repeat = named and named.repeat_of(person_id, message_id, text, now_ms, self._rules)
            if repeat:
                return repeat.seq, repeat.at_ms
        room = person.room_named(room_id)
        assert person.seat is not None
        said = self._rooms.say(room, person.seat, text, message_id, now_ms)
        return said.seq, said.at_ms

    def room_of(self, person_id: PersonId) -> RoomSize | None:
        """See ``Hub.room_of``."""
        person = self._people.get(person_id)
        if person is None or person.room is None or person.attached is None:
            return None
        return RoomSize(person.room.id, len(person.room.seats), person.room.capacity)

    def sweep(self, now_ms: int) -> list[PersonId]:
        """See ``Hub.sweep``."""
        self.catch_up(now_ms)
        due, self._to_move = self._to_move, []
        # What was due when another call looked may be over: they spoke, left or took another room since.
        people = (self._people.get(person) for person in due)
        return [person.id for person in people if person is not None and self._people.must_move(person, now_ms)]

    def catch_up(self, now_ms: int) -> None:
        """Do everything that was due by ``now_ms``, in order of time."""
        window = self._windows.at(now_ms)
        # A clock that jumps by days needs no more window ends than open or close every catchment.
        self._window = max(self._window, window - 2 * self._rules.streak)
        while self._window < window:
            end_ms = self._windows.start_ms(self._window + 1)
            self._run_timers(end_ms - 1)
            self._people.end_window(self._window)
            self._window += 1
            self.networks.forget(now_ms)
        self._run_timers(now_ms)

    def statistics(self) -> HubStatistics:
        """See ``Hub.statistics``."""
        return HubStatistics(
            people=self._people.present,
            connections=self._people.connected,
            rooms_by_size=dict(self._rooms.by_size()),
            held_seats=self._rooms.held,
            open_catchments=self._people.catchments.open_by_resolution(),
            timers=len(self._agenda),
        )

    def _restore(self, kept: Kept, now_ms: int) -> None:
        """Go on from what survived; what was due meanwhile is done by the first ``catch_up``."""
        if kept.window is not None:
            self._window = kept.window + 1
        for person in restore(kept, self._people, self._rooms, self._rules, now_ms):
            if person.seat is not None and person.presence is None:
                # It lapsed while nobody ran, and was purged.
                person.has_lapsed = True
                self._lose_seat(person, now_ms)
                self._people.forget_later(person)

    def _mine(self, person_id: PersonId, connection: ConnectionId) -> Person:
        """Return the person whose newest connection this is, else raise ``Superseded``."""
        person = self._people.get(person_id)
        if person is None or person.attached is None or person.attached.connection != connection:
            raise Superseded
        return person

    def _where(
        self, person: Person, resume: wire.Resume | None, now_ms: int
    ) -> tuple[RoomId | None, list[wire.ServerMessage]]:
        """Return what follows a welcome, as ``Listener.welcomed`` takes it."""
        if person.room is None or person.seat is None:
            return None, [wire.Unplaced(why="expired" if person.has_lapsed else "none")]
        why = "resynced"
        if resume is not None and resume.room == person.room.id and resume.after >= person.seat.joined_seq:
            missed = person.room.after(resume.epoch, resume.after, now_ms, self._rules)
            if missed is not None:
                return person.room.id, list(missed)
        elif resume is not None and resume.room != person.room.id:
            why = person.seat.why
        return None, [person.room.snapshot(person.seat.member, why, self._rules)]

    def _take_up(self, person: Person, now_ms: int) -> None:
        """A new connection sits down on the person's seat."""
        assert person.room is not None
        assert person.seat is not None
        self._release(person)
        self._show_when_it_may(person, now_ms)
        if person.off_window is not None:
            # A move that came due meanwhile had nobody to tell.
            self._agenda.set((Kind.MOMENT, person.id), now_ms)

    def _show_when_it_may(self, person: Person, now_ms: int) -> None:
        """Let the person's room see the token in force, later if it saw too many changes."""
        if person.room is None or person.seat is None or is_shown(person.seat, person.caller):
            return
        wait_ms = self._people.wait_to_change(person, now_ms)
        if wait_ms:
            self._agenda.set((Kind.CLAIMS, person.id), now_ms + wait_ms)
        else:
            self._rooms.show(person.room, person.seat, person.caller, now_ms)
            if self._records is not None:
                self._records.seat(person)

    def _return_to(self, person: Person, room_id: RoomId, now_ms: int) -> None:
        """Give a resuming person their lost room back, if it has a seat."""
        lost = person.lost
        if lost is None or lost.room != room_id or now_ms > lost.at_ms + self._rules.return_ms:
            return
        room = self._rooms.with_a_seat(room_id, now_ms)
        if person.presence is not None and room is not None and not self._conflicts(person, room_id, now_ms):
            self._take_seat(person, room, "resynced", now_ms)

    def _sit(self, person: Person, find: Callable[[], Room], why: str, now_ms: int) -> bool:
        """Seat a connected person in another room and tell them, then let the old room know."""
        attached = person.attached
        if attached is None or person.presence is None:
            return False
        if person.seat is None:
            # A wish for another room, or a move, was about a seat that is gone: what it gives now is a first one.
            why = "new"
        elif why == "new" or (why == "moved" and not self._people.must_move(person, now_ms)):
            return True
        if why in _JOIN_REASONS:
            try:
                person.joins_ms = self._people.check_joins(person, now_ms)
            except Refused:
                return False
        room = find()
        old_room, old_seat = person.room, person.seat
        if old_room is not None and why == "next":
            person.shunned = {room_id: ms for room_id, ms in person.shunned.items() if ms > now_ms}
            person.shunned[old_room.id] = now_ms + self._rules.shun_ms
        seat = self._take_seat(person, room, why, now_ms)
        if why in _JOIN_REASONS:
            self._people.note_recent(person, now_ms)
        attached.listener.seated(attached.connection, room.snapshot(seat.member, why, self._rules))
        if old_room is not None and old_seat is not None:
            self._rooms.leave(old_room, old_seat, now_ms, unheard_by=None)
        return True

    def _take_seat(self, person: Person, room: Room, why: str, now_ms: int) -> Seat:
        """Sit down in a room that has a seat; the say limit goes along."""
        before = person.seat
        seat = self._rooms.join(room, person.caller, why, now_ms)
        seat.say_tat_ms = before.say_tat_ms if before is not None else person.say_tat_ms
        seat.spoke_ms = before.spoke_ms if before is not None else 0
        person.room, person.seat, person.lost, person.off_window = room, seat, None, None
        self._people.note_ladder(person, now_ms)
        if self._records is not None:
            self._records.seat(person)
        return seat

    def _lose_seat(self, person: Person, now_ms: int) -> None:
        """End a seat that its person did not give up: a resuming phone may have the room back."""
        room = person.room
        self._end_seat(person, now_ms, why="expired")
        if room is not None:
            person.lost = LostSeat(room.id, now_ms)
            self._people.note_recent(person, now_ms)

    def _release(self, person: Person) -> None:
        """The person's seat, if it was held, no longer is."""
        if person.room is not None and person.seat is not None and person.seat.held_since_ms is not None:
            self._rooms.hold(person.room, person.seat, None)

    def _end_seat(self, person: Person, now_ms: int, *, why: str, asked_by: ConnectionId | None = None) -> None:
        """End a seat, if there is one, and tell the person's connection unless it asked for it."""
        room, seat = person.room, person.seat
        if room is None or seat is None:
            return
        self._release(person)
        person.room = person.seat = None
        person.off_window = None
        person.say_tat_ms = seat.say_tat_ms
        attached = person.attached
        self._rooms.leave(room, seat, now_ms, unheard_by=attached.connection if attached is not None else None)
        if attached is not None and attached.connection != asked_by:
            attached.listener.unseated(attached.connection, why)

    def _conflicts(self, person: Person, room_id: RoomId, now_ms: int) -> bool:
        """Return whether the person must not be seated there: their own room, or one they left by ``next``."""
        if person.room is not None and person.room.id == room_id:
            return True
        return person.shunned.get(room_id, 0) > now_ms

    def _run_timers(self, now_ms: int) -> None:
        while (due := self._agenda.pop(now_ms)) is not None:
            (kind, key), due_ms = due
            if kind is Kind.ROOM:
                self._rooms.look_at(RoomId(key), due_ms)
                continue
            person = self._people.get(PersonId(key))
            if person is None:
                continue
            if kind is Kind.FORGET:
                self._people.forget(person, due_ms)
            elif kind is Kind.HOLD:
                self._look_at_held(person, due_ms)
            elif kind is Kind.CLAIMS:
                self._show_when_it_may(person, due_ms)
            else:
                self._look_at_moment(person, due_ms)

    def _look_at_held(self, person: Person, now_ms: int) -> None:
        if person.seat is None or person.seat.held_since_ms is None:
            return
        ends_ms = person.seat.held_since_ms + self._rules.seat_hold_ms
        if now_ms < ends_ms:
            self._agenda.set((Kind.HOLD, person.id), ends_ms)
            return
        self._lose_seat(person, now_ms)
        self._people.forget_later(person)

    def _look_at_moment(self, person: Person, now_ms: int) -> None:
        if self._people.at_moment(person, now_ms, lapse=lambda lapsing: self._lose_seat(lapsing, now_ms)):
            self._to_move.append(person.id)
        self._people.forget_later(person)

    def _publish(self, event: wire.RoomEvent, unheard_by: ConnectionId | None) -> None:
        for listener in self._listeners:
            listener.room_event(event, unheard_by=unheard_by)
