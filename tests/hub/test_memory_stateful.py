from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from nearby.core import wire
from nearby.core.cell import Ladder
from nearby.core.ids import PersonId, RoomId
from nearby.core.rules import HOUR_MS, MINUTE_MS, Rules
from nearby.core.venue import shown_area
from nearby.core.view import RoomView
from nearby.core.wishes import Wishes
from nearby.errors import ErrorCode, Refused, Superseded
from nearby.hub.base import Caller
from nearby.testing.hub_suite.given import AWAY, BESIDE, HERE, RULES
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.live import Live, MemoryLive
from nearby.testing.recorder import Heard
from tests.hub.stopping import EVERYBODY, PEOPLE, REASONS, Stopping, run

SMALL_ROOMS = replace(RULES.unlimited(), capacity=3, target=2, low_water=2)
LADDERS = st.sampled_from([HERE, BESIDE, AWAY])
WAITS_MS = st.sampled_from([1, 5_000, MINUTE_MS // 2, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS])


async def start_memory(rules: Rules, now_ms: int) -> Live:
    return MemoryLive(rules, now_ms)


@dataclass(frozen=True)
class Held:
    """A held seat: what its phone knew last, and where the seat is now, which a merge may have moved."""

    view: RoomView
    until_ms: int
    room: RoomId
    member: str


class Hub(Stopping):
    def __init__(self) -> None:
        super().__init__()
        self.world = run(World.start(start_memory, gateways=2, rules=SMALL_ROOMS))
        self.phones: dict[PersonId, Phone] = {}
        self.replaced: list[Phone] = []
        self.held: dict[PersonId, Held] = {}
        self.last_window: dict[PersonId, int] = {}
        self.shunned_until_ms: dict[tuple[PersonId, RoomId], int] = {}
        self.lost: dict[PersonId, RoomView] = {}
        self.lifted_seq: dict[RoomId, int] = {}
        self.conflicts: dict[tuple[PersonId, PersonId], bool] = {}
        self.displaced: set[PersonId] = set()

    def seats(self) -> Iterator[tuple[PersonId, RoomId]]:
        yield from ((person, phone.room) for person, phone in self.phones.items() if phone.sits)
        yield from ((person, held.room) for person, held in self.held.items())

    def room_of(self, person: PersonId) -> RoomId | None:
        return dict(self.seats()).get(person)

    def people_in(self, room: RoomId) -> set[PersonId]:
        return {person for person, taken in self.seats() if taken == room}

    def is_shunned(self, person: PersonId, room: RoomId) -> bool:
        return self.shunned_until_ms.get((person, room), 0) > self.world.now_ms

    def is_barred(self, person: PersonId, room: RoomId) -> bool:
        return any(
            (person, other) in self.conflicts or self.conflicts.get((other, person), False)
            for other in self.people_in(room)
        )

    def end_seat(self, person: PersonId) -> None:
        """Note that somebody had to give way; a connected one is to have another seat for it."""
        if self.held.pop(person, None) is None:
            self.displaced.add(person)
            assert not self.phones[person].sits

    @contextmanager
    def giving_way(self, person: PersonId) -> Iterator[None]:
        """Note who has to give way to the person because of what is done meanwhile."""
        before = list(self.seats())
        yield
        taken = self.phones[person].room if self.phones[person].sits else None
        for other, room in before:
            if room == taken and self.conflicts.get((other, person)) is False:
                self.end_seat(other)

    def can_sit(self, person: PersonId) -> bool:
        return person in self.phones and person in self.last_window

    def keeps_the_seat(self, person: PersonId, why: str) -> bool:
        if why == "new":
            return True
        offer = run(self.phones[person].offer())
        return why == "moved" and offer is not None and self.phones[person].view.area == shown_area(offer.catchment)

    @contextmanager
    def wishing(self, person: PersonId, why: str) -> Iterator[None]:
        """Check that what is done meanwhile does to the person's seat what ``why`` says."""
        left, phone = self.room_of(person), self.phones[person]
        is_kept = left is not None and self.keeps_the_seat(person, why)
        first = "moved" if person in self.displaced else "new"
        with self.giving_way(person):
            yield
        taken = self.room_of(person)
        if taken == left:
            return
        assert taken is not None
        assert not is_kept
        assert phone.view.why == (why if left is not None else first)
        assert not self.is_shunned(person, taken)
        self.displaced.discard(person)
        self.lost.pop(person, None)
        if why == "next" and left is not None:
            self.shunned_until_ms[person, left] = self.world.now_ms + SMALL_ROOMS.shun_ms

    @rule(person=PEOPLE)
    def attach(self, person: PersonId) -> None:
        room, old, held = self.room_of(person), self.phones.get(person), self.held.pop(person, None)
        knows, lost = held.view if held is not None else None, self.lost.pop(person, None)
        if old is not None:
            knows = deepcopy(old.view) if old.sits else None
            self.replaced.append(old)
        is_resumed = knows is not None and knows.room.id == room and knows.seq > self.lifted_seq.get(room, -1)
        phone = self.phones[person] = run(self.world.connect(person, knows=knows or lost))
        with self.giving_way(person):
            # Whatever brought the person there is done by now; it gave way in the same step.
            pass
        assert phone.welcome.resumed == (room if is_resumed else None)
        if room is not None or lost is None:
            assert (phone.room if phone.sits else None) == room
        elif phone.sits:
            assert (phone.room, phone.view.why) == (lost.room.id, "resynced")
            self.displaced.discard(person)

    @rule(person=PEOPLE)
    def detach(self, person: PersonId) -> None:
        phone = self.phones.pop(person, None)
        if phone is None:
            return
        run(phone.drop())
        if phone.sits:
            until_ms = self.world.now_ms + SMALL_ROOMS.seat_hold_ms
            self.held[person] = Held(phone.view, until_ms, phone.room, phone.view.you)

    @precondition(lambda self: self.replaced)
    @rule()
    def a_replaced_connection_speaks_and_ends(self) -> None:
        old = self.replaced.pop()
        with pytest.raises(Superseded):
            run(old.say("it is still me"))
        run(old.drop())

    @rule(person=PEOPLE, ladder=LADDERS, companions=st.frozensets(PEOPLE, max_size=2))
    def check_in(self, person: PersonId, ladder: Ladder, companions: frozenset[PersonId]) -> None:
        world, wishes = self.world, Wishes(companions=companions)
        standing = run(world.settled(world.hubs[0].check_in(Caller(person), ladder, world.now_ms, wishes)))
        self.last_window[person] = world.windows.at(world.now_ms)
        assert standing.seat_wanted == (person in self.phones and not self.phones[person].sits)

    @initialize(
        doors=st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.booleans()), min_size=7, max_size=7),
        conflicts=st.lists(st.tuples(PEOPLE, PEOPLE, st.booleans()), max_size=8),
    )
    def everybody_comes(self, doors: list[tuple[int, bool]], conflicts: list[tuple[PersonId, PersonId, bool]]) -> None:
        """Begin with a few rooms on every rung and some conflicts, for from nothing most calls do nothing."""
        for author, other, is_mutual in conflicts:
            self.separate(author, other, is_mutual)
        before = EVERYBODY[-1]
        for person, (rung, joins) in zip(EVERYBODY, doors, strict=True):
            self.enter(person, before, HERE, rung, joins)
            before = person

    @rule(person=PEOPLE, host=PEOPLE, ladder=LADDERS, rung=st.sampled_from([0, 1, 2]), joins=st.booleans())
    def enter(self, person: PersonId, host: PersonId, ladder: Ladder, rung: int, joins: bool) -> None:
        if person not in self.phones:
            self.attach(person)
        self.check_in(person, ladder, frozenset())
        if joins:
            self.seat(person, host, "new")
        else:
            self.open_room(person, ladder, rung, "new")

    @rule(person=PEOPLE, why=REASONS)
    def place(self, person: PersonId, why: str) -> None:
        if person not in self.phones:
            return
        left, phone = self.room_of(person), self.phones[person]
        with self.wishing(person, why):
            assert run(phone.place(why)) == self.can_sit(person)
        if why == "next" and left is not None:
            assert phone.room != left

    @rule(person=PEOPLE, host=PEOPLE, why=REASONS)
    def seat(self, person: PersonId, host: PersonId, why: str) -> None:
        left, room = self.room_of(person), self.room_of(host)
        if person not in self.phones or room is None:
            return
        is_free = Counter(taken for _, taken in self.seats())[room] < SMALL_ROOMS.capacity
        is_out = room == left or self.is_shunned(person, room) or self.is_barred(person, room)
        expected = self.can_sit(person) and is_free and not is_out
        with self.wishing(person, why):
            assert run(self.phones[person].seat(room, why)) == expected
        moves = expected and (left is None or why == "next")
        assert self.room_of(person) in ({room} if moves else {left, room} if expected else {left})

    @rule(person=PEOPLE, ladder=LADDERS, rung=st.sampled_from([0, 1, 2]), why=REASONS)
    def open_room(self, person: PersonId, ladder: Ladder, rung: int, why: str) -> None:
        if person not in self.phones:
            return
        left = self.room_of(person)
        with self.wishing(person, why):
            assert run(self.phones[person].open_room(why, ladder[rung])) == self.can_sit(person)
        if self.can_sit(person) and (left is None or why == "next"):
            assert self.room_of(person) not in {None, left}

    @rule(person=PEOPLE)
    def say(self, person: PersonId) -> None:
        phone = self.phones.get(person)
        if phone is None:
            return
        if not phone.sits:
            with pytest.raises(Refused) as refused:
                run(phone.say("hello"))
            assert refused.value.code is ErrorCode.NOT_IN_ROOM
            return
        seq, _ = run(phone.say("hello"))
        last = phone.heard[-1]
        assert isinstance(last, wire.Said)
        assert (last.seq, last.from_) == (seq, phone.view.you)

    @rule(person=PEOPLE, name=st.sampled_from([None, "Ada", "Bo"]))
    def renew(self, person: PersonId, name: str | None) -> None:
        phone = self.phones.get(person)
        if phone is None:
            return
        run(phone.renew(Caller(person, name=name, verified=name is not None)))
        if phone.sits:
            shown = phone.view.members[phone.view.you]
            assert (shown.verified, shown.name if name is not None else None) == (name is not None, name)

    @rule(person=PEOPLE, is_asked_here=st.booleans())
    def clear(self, person: PersonId, is_asked_here: bool) -> None:
        phone, had_seat = self.phones.get(person), self.room_of(person) is not None or person in self.displaced
        if is_asked_here and phone is not None:
            assert run(phone.leave()) == had_seat
        else:
            clearing = self.world.hubs[1].clear(person, None, self.world.now_ms)
            assert run(self.world.settled(clearing)) == had_seat
        assert phone is None or not phone.sits
        self.held.pop(person, None)
        self.lost.pop(person, None)
        self.last_window.pop(person, None)
        self.displaced.discard(person)

    @rule(author=PEOPLE, other=PEOPLE, is_mutual=st.booleans())
    def separate(self, author: PersonId, other: PersonId, is_mutual: bool) -> None:
        if author == other:
            return
        room = self.room_of(author)
        run(self.world.hubs[0].separate(author, other, self.world.now_ms, is_mutual=is_mutual))
        self.conflicts[author, other] = is_mutual
        if room is not None and room == self.room_of(other):
            self.end_seat(author)

    @rule(author=PEOPLE, other=PEOPLE)
    def reconcile(self, author: PersonId, other: PersonId) -> None:
        run(self.world.hubs[1].reconcile(author, other))
        self.conflicts.pop((author, other), None)

    @rule(for_ms=WAITS_MS)
    def wait(self, for_ms: int) -> None:
        world = self.world
        before = {person: (phone.view, len(phone.heard)) for person, phone in self.phones.items() if phone.sits}
        to_move = run(world.go_to(world.now_ms + for_ms))
        for person, window in list(self.last_window.items()):
            if world.windows.moment_ms(window + 2, person) <= world.now_ms:
                del self.last_window[person]
                self.lose(person)
                self.displaced.discard(person)
        for person, held in list(self.held.items()):
            if held.until_ms <= world.now_ms:
                self.lose(person)
        for person, (view, heard) in before.items():
            self.follow(person, view, self.phones[person].heard[heard:])
        for person in to_move:
            left = self.room_of(person)
            assert (left is None) == (person in self.displaced)
            with self.wishing(person, "moved"):
                assert run(self.phones[person].place("moved"))
            assert self.room_of(person) != left

    @rule(looks=st.integers(1, 10))
    def let_rooms_be_mended(self, looks: int) -> None:
        for _ in range(looks):
            self.wait(SMALL_ROOMS.mend_every_ms)

    def lose(self, person: PersonId) -> None:
        held = self.held.pop(person, None)
        if held is not None:
            self.lost[person] = RoomView(self.snapshot_of(held))

    def snapshot_of(self, held: Held) -> wire.Placed:
        """Return what a phone knew last, as of the room its seat was in last."""
        room = msgspec.structs.replace(held.view.room, id=held.room)
        area, you, seq = held.view.area, held.view.you, held.view.seq
        return wire.Placed(
            room=room, area=area, you=you, quiet=False, members=[], messages=[], seq=seq, why=held.view.why
        )

    def follow(self, person: PersonId, before: RoomView, heard: list[Heard]) -> None:
        """Note what a merge or a lift did to the seats that are held in the same room."""
        placed = [one for one in heard if isinstance(one, wire.Placed)]
        for one in placed:
            if one.why == "lifted":
                assert one.room == before.room
                self.lifted_seq[RoomId(one.room.id)] = one.seq
            if one.why == "merged":
                self.follow_into(person, RoomId(before.room.id), one)

    def follow_into(self, person: PersonId, left: RoomId, placed: wire.Placed) -> None:
        room = RoomId(placed.room.id)
        now = {member.was: member.member for member in placed.members if member.was is not msgspec.UNSET}
        assert not self.is_shunned(person, room)
        for other, held in self.held.items():
            if held.room == left:
                self.held[other] = replace(held, room=room, member=now[held.member])
        for other in self.people_in(room) - {person}:
            view = self.phones[other].view if other in self.phones else None
            if view is not None and view.why != "merged":
                assert not self.is_shunned(other, left)

    @invariant()
    def what_was_heard_was_in_order(self) -> None:
        assert not self.world.violations()

    @invariant()
    def rooms_hold_exactly_who_sits_in_them(self) -> None:
        taken = Counter(room for _, room in self.seats())
        assert not taken or max(taken.values()) <= SMALL_ROOMS.capacity
        for phone in self.phones.values():
            if phone.sits:
                assert len(phone.view.members) == taken[phone.room]

    @invariant()
    def nobody_sits_with_somebody_they_are_in_conflict_with(self) -> None:
        rooms = dict(self.seats())
        for author, other in self.conflicts:
            assert author not in rooms or rooms[author] != rooms.get(other)

    @invariant()
    def nobody_sits_without_a_presence(self) -> None:
        assert {person for person, _ in self.seats()} <= self.last_window.keys()

    @invariant()
    def statistics_agree_with_a_count(self) -> None:
        found = run(self.world.statistics())
        sizes = Counter(phone.room for phone in self.phones.values() if phone.sits)
        assert found.people == len(self.last_window)
        assert found.connections == len(self.phones)
        assert found.held_seats == len(self.held)
        assert found.rooms_by_size == Counter(sizes.values())

    def teardown(self) -> None:
        for person in list(self.phones):
            self.detach(person)
        self.wait(HOUR_MS)
        self.wait(3 * HOUR_MS)
        found = run(self.world.statistics())
        assert (found.people, found.connections, found.held_seats, found.timers) == (0, 0, 0, 0)
        assert (found.rooms_by_size, found.open_catchments) == ({}, {7: 0, 6: 0})


TestMemoryHubUnderAnySequenceOfCalls = Hub.TestCase
TestMemoryHubUnderAnySequenceOfCalls.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
