"""The live state of one process: people, rooms and time, changed by methods that never suspend."""

from collections.abc import Callable, Collection

from nearby.core import wire
from nearby.core.cell import Ladder
from nearby.core.changes import Change
from nearby.core.conflicts import Conflicts
from nearby.core.ids import Cell, ConnectionId, PersonId, RoomId
from nearby.core.kept import Kept
from nearby.core.rules import Rules
from nearby.core.window import Windows
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Caller, HubStatistics, Listener, RoomSize, Standing
from nearby.hub.memory.agenda import Kind
from nearby.hub.memory.avoiding import Avoiding
from nearby.hub.memory.company import Company
from nearby.hub.memory.crossing import Crossing
from nearby.hub.memory.lists import Lists
from nearby.hub.memory.members import Members
from nearby.hub.memory.mender import Mender
from nearby.hub.memory.networks import Networks
from nearby.hub.memory.people import People
from nearby.hub.memory.person import Attached, Person
from nearby.hub.memory.placing import Placing
from nearby.hub.memory.records import Records
from nearby.hub.memory.restore import restore
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.seats import Seats
from nearby.hub.memory.servers import MemoryServers
from nearby.hub.memory.shakes import Shakes
from nearby.hub.memory.stops import Stops
from nearby.hub.memory.tables import Tables, in_memory
from nearby.hub.memory.words import Words
from nearby.hub.slices import Owns


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
        tables: What everything is kept in, None for empty ones of this process.
        owns: Which cells of resolution 5 are this live state's, if it is a slice; None: all of them.
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
        tables: Tables | None = None,
        owns: Owns | None = None,
    ) -> None:
        self._rules = rules
        self._windows = Windows(rules.window_ms, secret)
        if tables is None:
            refused = kept.refused_texts if kept is not None else ()
            tables = in_memory(rules, self._windows, secret=secret, refused=refused)
        self._agenda = tables.agenda
        self._records = records = Records(record) if record is not None else None
        self._people = People(rules, self._windows, tables, records)
        self._rooms = Rooms(rules, draw_id=draw_id, publish=self._publish, tables=tables, records=records)
        self._listeners: list[Listener] = []
        self.servers = MemoryServers(self._listeners)
        self.window = self._windows.at(now_ms)  # The number of the one under way.
        self._to_move = tables.to_move
        self._thin: list[RoomId] = []
        conflicts = Conflicts(rules.conflicts, tables.by_author, tables.by_other)
        self.lists = Lists(self._windows, self._people, conflicts, tables)
        self.stops = Stops(self._people.get, tables)
        self.members = Members(rules, self._people, self._rooms, conflicts=conflicts, tables=tables, records=records)
        self.seats = Seats(
            rules,
            self._people,
            self._rooms,
            conflicts=conflicts,
            members=self.members,
            agenda=self._agenda,
            records=records,
            call_for=self._to_move.append,
            stops=self.stops,
        )
        avoiding = Avoiding(rules, self._windows, self._people, self._rooms, seats=self.seats)
        self.company = Company(self._people, avoiding, self.stops)
        self._mender = Mender(rules, self._people, self._rooms, self.seats, agenda=self._agenda, records=records)
        self.shakes = Shakes(rules, self._people, self._rooms, self.seats, self.stops, gatherings=tables.gatherings)
        self.crossing = Crossing(
            self._people, self._rooms, self.seats, self.shakes, owns=owns, call_for=self._to_move.append
        )
        self.placing = Placing(
            rules,
            self._people,
            self.crossing,
            avoiding=avoiding,
            seats=self.seats,
            stops=self.stops,
            catch_up=self.catch_up,
        )
        self.words = Words(rules, self._people, self._rooms, self.members, tables=tables, records=records)
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
        self.catch_up(now_ms, caller.person)
        person = self._people.meet(caller, now_ms)
        self.crossing.check_here(person)
        self._people.claim(person, caller)
        before = self._people.attach(person, attached)
        if before is not None:
            before.listener.replaced(before.connection)
        if person.room is not None:
            self.seats.take_up(person, now_ms)
        elif resume is not None:
            self.seats.return_to(person, RoomId(resume.room), now_ms)
        resumed, then = self.seats.after_welcome(person, resume, now_ms)
        attached.listener.welcomed(attached.connection, resumed=resumed, then=then)

    def detach(self, person_id: PersonId, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.detach``."""
        person = self._people.get(person_id)
        if person is None or person.attached is None or person.attached.connection != connection:
            return
        self._people.attach(person, None)
        if person.room is not None and person.seat is not None:
            self._rooms.hold(person.room, person.seat, now_ms, now_ms)
            self._agenda.set(Kind.HOLD, person_id, now_ms + self._rules.seat_hold_ms)
        self._people.forget_later(person)

    def renew(self, caller: Caller, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.renew``."""
        self.catch_up(now_ms, caller.person)
        person = self._people.mine(caller.person, connection)
        self._people.meet(caller, now_ms)
        self._people.claim(person, caller)
        self.seats.show_when_it_may(person, now_ms)

    def check_in(self, caller: Caller, ladder: Ladder, now_ms: int, wishes: Wishes = NO_WISHES) -> Standing:
        """See ``Hub.check_in``."""
        self.catch_up(now_ms, caller.person)
        person = self._people.meet(caller, now_ms)
        self.crossing.check_here(person)
        before = person.wishes
        counts_ms = max(now_ms, self._windows.start_ms(self.window))
        self._people.check_in(person, caller, ladder, now_ms, wishes, counts_ms=counts_ms)
        if person.wishes is not before and person.room is not None:
            self._rooms.note_wishes(person.room, now_ms)
        area, wish = self._people.area_of(person), None
        if person.attached is not None and not person.has_seat:
            wish = "new"
        elif person.attached is not None and wishes.venue not in (None, before.venue) and area == wishes.venue:
            wish = "venue"
        return self.crossing.standing(person, Standing(area, self.window, wish))

    def clear(self, person_id: PersonId, connection: ConnectionId | None, now_ms: int, *, why: str) -> bool:
        """See ``Hub.clear``."""
        self.catch_up(now_ms, person_id)
        person = self._people.get(person_id) if connection is None else self._people.mine(person_id, connection)
        if why == "quiet_area":
            # Somebody unknown is known from now on: their check-ins have a rate. Nothing of it is recorded.
            person = person or self._people.known(Caller(person_id))
            person.checkin_tat_ms = self._people.limits.check_rate(person, now_ms)
            if not person.has_or_awaits_seat and person.attached is not None and connection is None:
                person.attached.listener.unseated(person.attached.connection, why)
        if person is None:
            return False
        had_seat = person.has_or_awaits_seat
        self.shakes.take_back(person_id)
        self.seats.end(person, now_ms, why=why, asked_by=connection)
        person.lost, person.has_lapsed = None, False
        self._people.note_recent(person, now_ms)
        self._people.end_presence(person)
        self._people.forget_later(person)
        return had_seat

    def separate(self, author_id: PersonId, other_id: PersonId, now_ms: int, *, is_mutual: bool) -> None:
        """See ``Hub.separate``."""
        self.catch_up(now_ms)
        self.seats.conflicts.add(author_id, other_id, is_mutual=is_mutual)
        author, other = self._people.get(author_id), self._people.get(other_id)
        if author is not None and other is not None and author.room is not None and author.room is other.room:
            self.seats.displace(author, now_ms)

    def reconcile(self, author_id: PersonId, other_id: PersonId) -> None:
        """See ``Hub.reconcile``."""
        self.seats.conflicts.remove(author_id, other_id)

    def ask_block(self, person_id: PersonId, now_ms: int) -> None:
        """See ``Hub.ask_block``."""
        person = self._people.known(Caller(person_id))
        self._people.limits.check_block(person, now_ms)
        self._people.forget_later(person)

    def move_away(self, person_id: PersonId, now_ms: int) -> None:
        """See ``Hub.move_away``."""
        self.catch_up(now_ms)
        person = self._people.get(person_id)
        if person is not None and person.room is not None:
            self.seats.shun(person, person.room, now_ms)
            self.seats.displace(person, now_ms)

    def ask_next(self, person_id: PersonId, connection: ConnectionId, room_id: RoomId | None, now_ms: int) -> None:
        """See ``Hub.ask_next``."""
        self.catch_up(now_ms)
        person = self._people.mine(person_id, connection)
        person.room_named(room_id)
        if self.stops.concern(person):
            raise Refused(ErrorCode.OFF)
        self._people.limits.check_joins(person, now_ms)

    def shake(self, person_id: PersonId, connection: ConnectionId, now_ms: int) -> None:
        """See ``Hub.shake``."""
        self.catch_up(now_ms)
        self.shakes.shake(self._people.mine(person_id, connection), now_ms)

    def meet(self, now_ms: int, *, settles: bool = True) -> bool:
        """See ``Hub.meet``. Without ``settles`` the rooms that people leave are settled when it is over, or needed."""
        self.catch_up(now_ms)
        is_step = self.shakes.meet(now_ms)
        if settles or not is_step:
            self._rooms.settle()
        return is_step

    def say(self, person_id: PersonId, connection: ConnectionId, text: str, now_ms: int) -> tuple[int, int]:
        """See ``Speech.say``."""
        person = self.mine(person_id, connection)
        return self.words.say(person, text, now_ms, room_id=None, message_id=None, is_unfit=False)

    def mine(self, person_id: PersonId, connection: ConnectionId) -> Person:
        """Return the person whose newest connection this is, else raise ``Superseded``."""
        return self._people.mine(person_id, connection)

    def room_of(self, person_id: PersonId) -> RoomSize | None:
        """See ``Hub.room_of``."""
        person = self._people.get(person_id)
        if person is None or person.room is None or person.attached is None:
            return None
        return RoomSize(person.room.id, len(person.room.seats), person.room.capacity)

    def cell_of(self, person_id: PersonId) -> Cell | None:
        """See ``Hub.cell_of``."""
        person = self._people.get(person_id)
        return None if person is None or person.presence is None else person.presence.ladder.res7

    def sweep(self, now_ms: int) -> list[PersonId]:
        """See ``Hub.sweep``."""
        self.catch_up(now_ms)
        # A crowd may be meeting just now, step by step: rooms that it left are not thin but empty.
        self._rooms.settle()
        thin, self._thin = self._thin, []
        # In an order that a restart does not change.
        for room in sorted(set(thin)):
            self._mender.look_at(room, now_ms)
        let_go = self.stops.take_let_go()
        due = dict.fromkeys((*self._to_move, *let_go))
        self._to_move.clear()
        # What was due when another call looked may be over: they spoke, left or took another room since.
        people = (person for one in due if (person := self._people.get(one)) is not None)
        return [
            person.id
            for person in people
            if self._people.must_move(person, now_ms)
            or (person.lacks_seat and person.id in let_go)
            or self.crossing.may_go(person)
        ]

    def catch_up(self, now_ms: int, acting: PersonId | None = None) -> None:
        """Do everything that was due by ``now_ms``, in order of time; what is of somebody ``acting`` in any case."""
        window = self._windows.at(now_ms)
        if window == self.window and now_ms < self._agenda.idle_until_ms:
            return
        # A clock that jumps by days needs no more window ends than open or close every catchment.
        self.window = max(self.window, window - 2 * self._rules.streak)
        while self.window < window:
            end_ms = self._windows.start_ms(self.window + 1)
            self._run_timers(end_ms - 1)
            self._people.end_window(self.window)
            self.lists.end_window()
            self.stops.tidy()
            self.window += 1
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
            shaking=len(self.shakes),
            texts_held=self.words.statistics(),
            texts_watched=self.words.repeats.watched,
            texts_refused=self.words.repeats.refused,
            texts_dropped=self.words.repeats.dropped,
        )

    def _restore(self, kept: Kept, now_ms: int) -> None:
        """Go on from what survived; what was due meanwhile is done by the first ``catch_up``."""
        if kept.window is not None:
            self.window = kept.window + 1
        for conflict in kept.conflicts:
            self.seats.conflicts.add(conflict.author, conflict.other, is_mutual=conflict.is_mutual)
        for person in restore(kept, self._people, self._rooms, self.members, self._rules, now_ms):
            if person.seat is not None and person.presence is None:
                # It lapsed while nobody ran, and was purged.
                person.has_lapsed = True
                self.seats.lose(person, now_ms)
                self._people.forget_later(person)

    def _run_timers(self, now_ms: int) -> None:
        while (due := self._agenda.pop(now_ms)) is not None:
            kind, key, due_ms = due
            if kind is Kind.ROOM:
                # As it is now, however long that was due: else the look would soon be due again, and before now.
                if self._rooms.look_at(RoomId(key), now_ms):
                    self.members.forget(RoomId(key))
                continue
            if kind is Kind.THIN:
                # Mended by the sweep: what comes of it is heard on the common tick.
                self._thin.append(RoomId(key))
                continue
            person = self._people.get(PersonId(key))
            if person is None:
                continue
            if kind is Kind.FORGET:
                self._people.forget(person, due_ms)
            elif kind is Kind.HOLD:
                self._look_at_held(person, due_ms)
            elif kind is Kind.CLAIMS:
                self.seats.show_when_it_may(person, due_ms)
            else:
                self._look_at_moment(person, due_ms)

    def _look_at_held(self, person: Person, now_ms: int) -> None:
        if person.seat is None or person.seat.held_since_ms is None:
            return
        ends_ms = person.seat.held_since_ms + self._rules.seat_hold_ms
        if now_ms < ends_ms:
            self._agenda.set(Kind.HOLD, person.id, ends_ms)
            return
        self.seats.lose(person, now_ms)
        self._people.forget_later(person)

    def _look_at_moment(self, person: Person, now_ms: int) -> None:
        must_move = self._people.at_moment(person, now_ms, lapse=lambda lapsing: self.seats.lose(lapsing, now_ms))
        if must_move or self.crossing.may_go(person):
            self._to_move.append(person.id)
        self._people.forget_later(person)

    def _publish(
        self, event: wire.RoomEvent, unheard_by: ConnectionId | None, skipped_by: Collection[ConnectionId]
    ) -> None:
        for listener in self._listeners:
            listener.room_event(event, unheard_by=unheard_by, skipped_by=skipped_by)
