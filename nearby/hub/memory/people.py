"""Everybody known: presence with its moments, the seat and connection, and what bounds them."""

from collections.abc import Callable, Iterable, Sequence

from nearby.core import presence as rule
from nearby.core.catchment import fill_levels
from nearby.core.cell import FINEST_RESOLUTION, Ladder, resolution_of, rungs_above
from nearby.core.ids import Cell, ConnectionId, PersonId
from nearby.core.packed import trimmed
from nearby.core.presence import Presence
from nearby.core.rules import Rules
from nearby.core.venue import CatchmentId, Venue
from nearby.core.window import Windows
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import Refused, Superseded
from nearby.hub.base import Caller
from nearby.hub.memory.agenda import Kind
from nearby.hub.memory.limits import Limits
from nearby.hub.memory.moving import arrive, checked_ms, note_checked
from nearby.hub.memory.person import Attached, Lifted, Person, claims_of
from nearby.hub.memory.records import Records
from nearby.hub.memory.tables import Tables


class People:
    """Everybody by id, and the windows, counts and catchments their presence feeds.

    Args:
        rules: The product's numbers.
        windows: The common windows.
        tables: What everything is kept in.
        records: Are told what changes, or None.
    """

    def __init__(self, rules: Rules, windows: Windows, tables: Tables, records: Records | None) -> None:
        self._rules = rules
        self._records = records
        self._windows = windows
        self._agenda = tables.agenda
        self._people = tables.people
        self._census = tables.census
        self.limits = Limits(rules, windows)
        self.catchments = tables.catchments
        self.venues = tables.venues
        self.rosters = tables.rosters
        self.present = 0
        self.connected = 0

    def get(self, person: PersonId) -> Person | None:
        """Return the person's record, or None."""
        return self._people.get(person)

    def mine(self, person_id: PersonId, connection: ConnectionId) -> Person:
        """Return the person whose newest connection this is, else raise ``Superseded``."""
        person = self._people.get(person_id)
        if person is None or person.attached is None or person.attached.connection != connection:
            raise Superseded
        return person

    def meet(self, caller: Caller, now_ms: int) -> Person:
        """Return the caller's record, a new one if need be, and record that they called."""
        person = self.known(caller)
        if self._records is not None:
            self._records.seen(person, caller, now_ms)
        return person

    def known(self, caller: Caller) -> Person:
        """Return the caller's record, a new one if need be. Until ``meet`` nothing that is recorded may name them."""
        person = self._people.get(caller.person)
        if person is None:
            person = self._people[caller.person] = Person.of(caller)
        return person

    def recall(self, person: Person, now_ms: int) -> None:
        """Take in the record of somebody who was known before a restart; they count from now on."""
        self._people[person.id] = person
        person.seen_day = 0
        if person.presence is not None:
            self._count(person, person.presence.ladder)
            self._wake_later(person, person.presence)
        # What they wished for is not kept: whoever sits in a venue is off it until they name it again.
        self.note_ladder(person, now_ms)
        if person.seat is not None and person.seat.held_since_ms is not None:
            self._agenda.set(Kind.HOLD, person.id, person.seat.held_since_ms + self._rules.seat_hold_ms)
        self.forget_later(person)

    def claim(self, person: Person, caller: Caller) -> None:
        """Let what a token says of the person be in force: whether they count, and what rooms will show.

        Somebody who was established for part of a window counts for it.
        """
        person.claims = claims_of(caller)
        if person.presence is not None and caller.established != person.is_counted:
            person.is_counted = caller.established
            note = self._census.enter if person.is_counted else self._census.leave
            note(person.id, person.presence.ladder)
            if self._records is not None:
                self._records.presence(person)

    def check_in(
        self, person: Person, caller: Caller, ladder: Ladder, now_ms: int, wishes: Wishes, *, counts_ms: int
    ) -> None:
        """Refresh a presence, or begin one. What ``caller`` claims is in force only if no connection claims otherwise.

        It counts in the window of ``counts_ms``; limits, and how fast somebody went, are by ``now_ms``. Of other wishes
        than before the person's room is not told yet.

        Raises:
            Refused: ``rate_limited``. Nothing changed.
        """
        tat_ms = self.limits.check_rate(person, now_ms)
        if person.attached is not None and not person.has_seat and not person.is_displaced:
            self.limits.check_joins(person, now_ms)
        if person.presence is None:
            self._count_cell(person, now_ms)
        since_ms, person.checkin_tat_ms = checked_ms(person, self._rules), trimmed(tat_ms)
        if self._records is not None and tat_ms - now_ms > self._rules.checkin.period_ms:
            # Who keeps to the rate owes one period at most, and a restart may forget that.
            self.note_recent(person, now_ms)
        if person.attached is None:
            self.claim(person, caller)
        before = person.presence
        if before is None:
            after = rule.first_check_in(ladder, counts_ms, self._windows)
            self._enter(person, ladder)
            person.has_lapsed = False
            note_checked(person, now_ms, self._rules)
        else:
            after, wishes = arrive(
                person, ladder, wishes, since_ms, now_ms, counts_ms=counts_ms, rules=self._rules, windows=self._windows
            )
        person.presence = after
        if after is not before:
            if self._records is not None:
                self._records.presence(person)
            self._wake_later(person, after)
        if wishes is not NO_WISHES or person.wishes is not NO_WISHES:
            self._wish(person, wishes, now_ms)

    def choose_listed(self, person_id: PersonId, *, is_listed: bool) -> None:
        """Note whether somebody, known or not, wants to be on nearby lists."""
        self.rosters.choose(person_id, is_listed=is_listed)
        person = self._people.get(person_id)
        if person is not None and person.presence is not None:
            self._put_on_rosters(person, person.presence.ladder)

    def catchment_of(self, person: Person, now_ms: int) -> CatchmentId:
        """Return where a present person's next seat is: in the venue they named if it is open, else the finest cell.

        Somebody who was lifted lately is not placed finer than that.
        """
        lifted = person.rare.lifted
        if lifted is None or self._windows.at(now_ms) > lifted.until_window:
            return self.area_of(person)
        return self.area_of(person, lifted.resolution)

    def area_of(self, person: Person, at_most: int = FINEST_RESOLUTION) -> CatchmentId:
        """Return a present person's finest open catchment, a cell of resolution ``at_most`` or coarser."""
        assert person.presence is not None
        venue = person.wishes.venue
        if venue is not None and self.venues.is_open(venue):
            return venue
        return self.catchments.finest_open(person.presence.ladder, at_most)

    def fill_levels(self, catchment: CatchmentId) -> Sequence[int]:
        """Return to how many seats the rooms of a catchment are filled; see ``core.catchment.fill_levels``."""
        if not isinstance(catchment, Venue):
            return self.catchments.fill_levels(catchment)
        return fill_levels(self.venues.counted(catchment), self._rules)

    def next_open_rung(self, catchment: CatchmentId) -> Cell | None:
        """Return the next coarser open cell, None above the last rung and for a venue."""
        if isinstance(catchment, Venue):
            return None
        return next((cell for cell in rungs_above(catchment) if self.catchments.is_open(cell)), None)

    def lift(self, person: Person, cell: Cell, now_ms: int) -> None:
        """Note that the person's room was lifted to ``cell``."""
        person.lifted = Lifted(resolution_of(cell), self._windows.at(now_ms) + self._rules.lifted_windows)
        self.note_recent(person, now_ms)

    def at_moment(self, person: Person, now_ms: int, *, lapse: Callable[[Person], None]) -> bool:
        """Do what is due at the person's moments; return whether their seat must be given up for another.

        ``lapse`` is called if the presence ends, before it does.
        """
        if person.presence is None:
            return False
        after = rule.at_moment(person.presence, person.id, now_ms, self._windows)
        if after is None:
            lapse(person)
            person.has_lapsed = True
            self.note_recent(person, now_ms)
            self.end_presence(person)
            return False
        if after is not person.presence:
            try:
                self._count_cell(person, now_ms)
            except Refused:
                # Nobody sees the difference between this and a check-in that came a window later.
                person.presence = rule.put_off(person.presence, person.id, now_ms, self._windows)
                self._wake_later(person, person.presence)
                if self._records is not None:
                    self._records.presence(person)
                return self.must_move(person, now_ms)
            self._exit(person, person.presence.ladder)
            self._enter(person, after.ladder)
            person.presence = after
            self.note_ladder(person, now_ms)
            if self._records is not None:
                self._records.presence(person)
                self._records.seat(person)
        self._wake_later(person, after)
        return self.must_move(person, now_ms)

    def must_move(self, person: Person, now_ms: int) -> bool:
        """Return whether a connected person must have another seat; if not yet, look again in time."""
        if person.is_displaced:
            return person.attached is not None
        seat = person.seat
        if person.off_window is None or seat is None or person.attached is None:
            return False
        due_ms = max(self._moves_at_ms(person), seat.spoke_ms + self._rules.settle_ms)
        if now_ms >= due_ms:
            return True
        self._agenda.set(Kind.MOMENT, person.id, due_ms)
        return False

    def note_ladder(self, person: Person, now_ms: int) -> None:
        """Note since when the room's catchment is off the person's ladder. Call it when either changed."""
        if person.room is None or person.presence is None or self._is_on_ladder(person, person.room.catchment):
            if person.has_rare:
                person.rare.off_window = None
        elif person.off_window is None:
            person.off_window = self._windows.at(now_ms)
            self._agenda.set(Kind.MOMENT, person.id, self._moves_at_ms(person))

    def end_presence(self, person: Person) -> None:
        """Forget where the person is. No presence is no error."""
        # Whoever comes back may have been erased meanwhile, and must be seen before they are named.
        person.seen_day = -1
        if person.presence is not None:
            self._exit(person, person.presence.ladder)
            self.rosters.remove(person.id)
            person.presence = None
            person.wishes = NO_WISHES
            person.off_window, person.is_displaced = None, False
            if self._records is not None:
                self._records.presence(person)

    def visited(self, person: Person, owns: Callable[[Cell], bool] | None) -> tuple[Ladder, ...]:
        """Return where somebody counts in this window that is not our own, but for where they were all of it."""
        return self._census.visited(person.id, owns) if person.is_counted and owns is not None else ()

    def come(self, person: Person, presence: Presence, wishes: Wishes, visited: Iterable[Ladder]) -> None:
        """Let somebody who has no presence here have one that they bring from another slice, in the same window.

        They count where they are, and where they ``visited`` before.
        """
        person.presence, person.wishes = presence, wishes
        for ladder in visited:
            self._census.enter(person.id, ladder)
            self._census.leave(person.id, ladder)
        self._enter(person, presence.ladder)
        if wishes.venue is not None and person.claims.established:
            self.venues.name(wishes.venue, person.id)
        self._wake_later(person, presence)
        if self._records is not None:
            self._records.presence(person)

    def go(self, person: Person, owns: Callable[[Cell], bool] | None) -> None:
        """End somebody's presence here, who is in another slice: in cells that are not our own they never counted."""
        is_counted = person.is_counted and person.presence is not None
        self.end_presence(person)
        if is_counted and owns is not None:
            self._census.take_back(person.id, owns)

    def attach(self, person: Person, attached: Attached | None) -> Attached | None:
        """Set the person's newest connection, None for no more; return the one before."""
        before, person.attached = person.attached, attached
        self.connected += (attached is not None) - (before is not None)
        return before

    def note_recent(self, person: Person, now_ms: int) -> None:
        """Record what binds the person, if anything does or did. Call it when a seat, a lapse or a limit changed it.

        Of somebody who was not seen since they cleared their location nothing is recorded: they may be erased.
        """
        if self._records is not None and person.seen_day >= 0:
            until_ms = self.limits.matter_until_ms(person)
            if until_ms > now_ms or person.has_recent_row:
                self._records.recent(person, until_ms)

    def forget_later(self, person: Person) -> None:
        """Ask for ``forget`` when nothing about an absent person matters any more."""
        if person.is_absent:
            self._agenda.set(Kind.FORGET, person.id, self.limits.matter_until_ms(person))

    def forget(self, person: Person, now_ms: int) -> None:
        """Drop the record of somebody who has not come back, or look again when it no longer matters."""
        if person.is_absent and now_ms >= self.limits.matter_until_ms(person):
            del self._people[person.id]
            if person.has_recent_row and self._records is not None:
                self._records.recent_ended(person)
        else:
            self.forget_later(person)

    def end_window(self, window: int) -> None:
        """Freeze the window's counts and let catchments open and close by them."""
        self.catchments.end_window(window, self._census.end_window())
        self.venues.end_window()
        self.rosters.end_window()
        if self._records is not None:
            self._records.window(window, self.catchments.rows())

    def _wish(self, person: Person, wishes: Wishes, now_ms: int) -> None:
        """Let what a check-in named be in force."""
        person.wishes = wishes
        if wishes.venue is not None and person.claims.established:
            self.venues.name(wishes.venue, person.id)
        if person.seat is not None:
            person.seat.wishes = wishes
        if person.presence is not None:
            self._put_on_rosters(person, person.presence.ladder)
        self.note_ladder(person, now_ms)

    def _is_on_ladder(self, person: Person, catchment: CatchmentId) -> bool:
        assert person.presence is not None
        return catchment == person.wishes.venue or catchment in person.presence.ladder

    def _count_cell(self, person: Person, now_ms: int) -> None:
        """Count one more cell that comes into force.

        Raises:
            Refused: ``rate_limited``, if that would be one too many in an hour. It was not counted.
        """
        person.cells_ms = self.limits.check_cells(person, now_ms)
        if len(person.cells_ms) > 1:
            # Most people have one in an hour, and that one a restart may forget.
            self.note_recent(person, now_ms)

    def _enter(self, person: Person, ladder: Ladder) -> None:
        person.is_counted = person.claims.established
        self._count(person, ladder)

    def _count(self, person: Person, ladder: Ladder) -> None:
        self.present += 1
        self._put_on_rosters(person, ladder)
        if person.is_counted:
            self._census.enter(person.id, ladder)

    def _put_on_rosters(self, person: Person, ladder: Ladder) -> None:
        venue = person.wishes.venue
        self.rosters.put(person.id, ladder if venue is None else (*ladder, venue))

    def _exit(self, person: Person, ladder: Ladder) -> None:
        self.present -= 1
        if person.is_counted:
            self._census.leave(person.id, ladder)

    def _wake_later(self, person: Person, presence: Presence) -> None:
        self._agenda.set(Kind.MOMENT, person.id, rule.due_ms(presence, person.id, self._windows))

    def _moves_at_ms(self, person: Person) -> int:
        assert person.off_window is not None
        return rule.moves_at_ms(person.off_window, person.id, self._windows)
