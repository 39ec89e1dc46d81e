"""What people say, and what unverified people may not: the one way from a ``say`` to a room's log."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from nearby.core.gate import NO_TRAIL, Held, Trail, found_in_full, is_plain, trail_after
from nearby.core.ids import PersonId, RoomId
from nearby.core.limits import gcra
from nearby.core.reach import Reach
from nearby.core.repeats import TextHash
from nearby.core.room import Room
from nearby.core.rules import Rules
from nearby.errors import ErrorCode, Refused
from nearby.hub.memory.members import Members
from nearby.hub.memory.people import People
from nearby.hub.memory.person import Person
from nearby.hub.memory.records import Records
from nearby.hub.memory.rooms import Rooms
from nearby.hub.memory.tables import Tables
from nearby.hub.speech import Weighed

MAX_PLACES = 10_000
"""Authors outside rooms whose last texts had numbers; the oldest is forgotten first (policy ``drop_oldest``)."""

NOTED_AGAIN = 6
"""Of an hour the part after which it is written down again when the same strangers heard somebody: a restart takes
what it finds to be younger by so much."""


_NOBODY_YET = Reach()
"""Never added to."""


class Words:
    """Carries out what is said. No method suspends.

    Args:
        rules: The product's numbers.
        people: Everybody.
        rooms: All rooms.
        members: Say who hears whom.
        tables: What everything is kept in.
        records: Are told what changes, or None.
    """

    def __init__(
        self,
        rules: Rules,
        people: People,
        rooms: Rooms,
        members: Members,
        *,
        tables: Tables,
        records: Records | None,
    ) -> None:
        self._rules = rules
        self._people = people
        self._rooms = rooms
        self._members = members
        self._records = records
        self.repeats = tables.repeats
        self._places = tables.trails
        self.held: Counter[str] = Counter(dict.fromkeys(Held, 0))
        """Texts that were not said, by why."""
        self.are_known: Callable[[PersonId, PersonId], bool] | None = None
        """Returns whether two know each other, so that what one says to the other reaches no stranger; None: nobody."""

    def say(
        self,
        person: Person,
        text: str,
        now_ms: int,
        *,
        room_id: RoomId | None,
        message_id: int | str | None,
        is_unfit: bool,
    ) -> tuple[int, int]:
        """See ``Speech.say``."""
        repeat = self._repeat_of(person, text, now_ms, room_id, message_id)
        if repeat is not None:
            return repeat
        room, seat = person.room_named(room_id), person.seat
        assert seat is not None
        skipped_by = self._members.deaf_to(room, seat.member)
        if person.claims.verified:
            said = self._rooms.say(room, seat, text, message_id, now_ms, skipped_by=skipped_by)
            return said.seq, said.at_ms
        new = self._new_audience(person, room)
        say_tat_ms = self._check_limits(person, new, now_ms)
        before = _trail_in(person, room)
        try:
            digits, text_hash = self._look_at(text, before, room.names, now_ms, is_unfit=is_unfit)
        except Refused:
            seat.say_tat_ms = say_tat_ms
            raise
        said = self._rooms.say(room, seat, text, message_id, now_ms, skipped_by=skipped_by, say_tat_ms=say_tat_ms)
        if text_hash is not None:
            self._keep(text_hash, room.id, now_ms)
        if digits or person.rare.trail is not None:
            trail = trail_after(before, digits, self._rules.number_messages)
            person.trail = (room.id, trail) if trail else None
        self._note_reach(person, room, new, now_ms)
        return said.seq, said.at_ms

    def weigh(
        self, person: Person, text: str, now_ms: int, *, room_id: RoomId | None, message_id: int | str | None
    ) -> Weighed:
        """See ``Speech.weigh``."""
        repeat = self._repeat_of(person, text, now_ms, room_id, message_id)
        if repeat is not None:
            return Weighed(repeat)
        self._check_limits(person, self._new_audience(person, person.room_named(room_id)), now_ms)
        return Weighed(is_open=not person.claims.verified, lang=person.wishes.lang)

    def screen(self, place: str, text: str, now_ms: int, author: PersonId | None) -> None:
        """See ``Speech.screen``."""
        trail = NO_TRAIL if author is None else self._places.get((author, place), NO_TRAIL)
        digits, text_hash = self._look_at(text, trail, tuple, now_ms, is_unfit=False)
        if text_hash is not None:
            self._keep(text_hash, place, now_ms)
        if author is not None and (digits or trail):
            self._places.pop((author, place), None)
            self._places[(author, place)] = trail_after(trail, digits, self._rules.number_messages)
            if len(self._places) > MAX_PLACES:
                del self._places[next(iter(self._places))]

    def _repeat_of(
        self, person: Person, text: str, now_ms: int, room_id: RoomId | None, message_id: int | str | None
    ) -> tuple[int, int] | None:
        if message_id is None:
            return None
        named = person.room
        if room_id is not None and (named is None or named.id != room_id):
            named = self._rooms.get(room_id)
        repeat = named and named.repeat_of(person.id, message_id, text, now_ms, self._rules)
        return (repeat.seq, repeat.at_ms) if repeat else None

    def _new_audience(self, person: Person, room: Room) -> list[PersonId] | None:
        """Return the strangers who hear the person there, None if they are the very ones who heard the last words.

        Held seats count: whoever comes back gets what was missed.
        """
        own, are_known, reach = person.id, self.are_known, person.rare.reach
        if are_known is not None:
            return [other for other in room.audience() if other != own and not are_known(own, other)]
        audience = room.audience()
        return None if reach is not None and reach.is_of(audience) else [other for other in audience if other != own]

    def _check_limits(self, person: Person, new: list[PersonId] | None, now_ms: int) -> int:
        """Return the state of the say limit after one more; raises ``rate_limited``. ``new`` as ``_new_audience``."""
        rules = self._rules
        say_tat_ms, wait_ms = gcra(person.tat_of_say_ms, now_ms, rules.say)
        if wait_ms:
            raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="say")
        if new is not None and rules.strangers_per_hour and not person.claims.verified:
            reach = person.reach or _NOBODY_YET
            wait_ms = reach.wait_ms(new, now_ms, limit=rules.strangers_per_hour, span_ms=rules.hour_ms)
            if wait_ms:
                raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="reach")
        return say_tat_ms

    def _look_at(
        self, text: str, trail: Trail, names: Callable[[], Iterable[str]], now_ms: int, *, is_unfit: bool
    ) -> tuple[int, TextHash | None]:
        """Return what is kept of a text that may be said: digits, and a hash if it has one; else raise ``held``."""
        because: Held | None = Held.FILTER if is_unfit else None
        digits, text_hash = 0, None
        if self._rules.has_gate and because is None:
            if not is_plain(text):
                may_call = "@" in text or not text.isascii()
                because, digits = found_in_full(text, trail, tuple(names()) if may_call else ())
            text_hash = self.repeats.hash_of(text)
            if because is None and text_hash is not None and self.repeats.is_refused(text_hash, now_ms):
                because = Held.REPEATED
        if because is not None:
            self.held[because] += 1
            raise Refused(ErrorCode.HELD)
        return digits, text_hash

    def _keep(self, text_hash: TextHash, place: str, now_ms: int) -> None:
        """Note where a text was seen."""
        until_ms = self.repeats.saw(text_hash, place, now_ms)
        if until_ms is not None and self._records is not None:
            self._records.text_refused(text_hash, until_ms)

    def _note_reach(self, person: Person, room: Room, new: list[PersonId] | None, now_ms: int) -> None:
        """Note that a person was heard; ``new`` as ``_new_audience``."""
        reach, has_new = person.rare.reach, False
        if new is None:
            assert reach is not None
            reach.again(now_ms)
        elif new and self._rules.strangers_per_hour:
            if reach is None:
                reach = person.reach = Reach()
            has_new = reach.add(new, now_ms, room.audience() if self.are_known is None else None)
        else:
            return
        if has_new or now_ms >= reach.noted_ms + self._rules.hour_ms // NOTED_AGAIN:
            reach.noted_ms = now_ms
            self._people.note_recent(person, now_ms)

    def statistics(self) -> Mapping[str, int]:
        """Return how many texts were held so far, by why."""
        return dict(self.held)


def restored_reach(times_ms: Iterable[int], now_ms: int, rules: Rules) -> Reach | None:
    """Return what survived of whom somebody reached: when, each taken to be as young as it may be."""
    times = [min(now_ms, at_ms + rules.hour_ms // NOTED_AGAIN) for at_ms in times_ms]
    return Reach(times) if times else None


def _trail_in(person: Person, room: Room) -> Trail:
    trail = person.rare.trail
    return trail[1] if trail is not None and trail[0] == room.id else NO_TRAIL
