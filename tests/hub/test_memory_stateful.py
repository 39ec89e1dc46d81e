from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nearby.core import wire
from nearby.core.cell import Ladder
from nearby.core.ids import PersonId, RoomId
from nearby.core.rules import HOUR_MS, MINUTE_MS, Rules
from nearby.core.venue import shown_area
from nearby.core.view import RoomView
from nearby.errors import ErrorCode, Refused, Superseded
from nearby.hub.base import Caller
from nearby.testing.hub_suite.given import AWAY, BESIDE, HERE, RULES
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.live import Live, MemoryLive

SMALL_ROOMS = replace(RULES.unlimited(), capacity=3, target=2, low_water=2)
PEOPLE = st.sampled_from([PersonId(name) for name in ("ana", "ben", "cleo", "dan", "eve", "fay", "gil")])
LADDERS = st.sampled_from([HERE, BESIDE, AWAY])
REASONS = st.sampled_from(["new", "next", "moved"])
WAITS_MS = st.sampled_from([1, 5_000, MINUTE_MS // 2, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS])

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        coroutine.send(None)
    except StopIteration as returned:
        result: T = returned.value
        return result
    raise AssertionError("the memory hub suspended")


async def start_memory(rules: Rules, now_ms: int) -> Live:
    return MemoryLive(rules, now_ms)


@dataclass(frozen=True)
class Held:
    view: RoomView
    until_ms: int


class Hub(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = run(World.start(start_memory, gateways=2, rules=SMALL_ROOMS))
        self.phones: dict[PersonId, Phone] = {}
        self.replaced: list[Phone] = []
        self.held: dict[PersonId, Held] = {}
        self.last_window: dict[PersonId, int] = {}
        self.shunned_until_ms: dict[tuple[PersonId, RoomId], int] = {}

    def seats(self) -> Iterator[tuple[PersonId, RoomId]]:
        yield from ((person, phone.room) for person, phone in self.phones.items() if phone.sits)
        yield from ((person, RoomId(held.view.room.id)) for person, held in self.held.items())

    def room_of(self, person: PersonId) -> RoomId | None:
        return dict(self.seats()).get(person)

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
        yield
        taken = self.room_of(person)
        if taken == left:
            return
        assert taken is not None
        assert not is_kept
        assert phone.view.why == (why if left is not None else "new")
        assert self.shunned_until_ms.get((person, taken), 0) <= self.world.now_ms
        if why == "next" and left is not None:
            self.shunned_until_ms[person, left] = self.world.now_ms + SMALL_ROOMS.shun_ms

    @rule(person=PEOPLE)
    def attach(self, person: PersonId) -> None:
        room, old, held = self.room_of(person), self.phones.get(person), self.held.pop(person, None)
        knows = held.view if held is not None else None
        if old is not None:
            knows = deepcopy(old.view) if old.sits else None
            self.replaced.append(old)
        phone = self.phones[person] = run(self.world.connect(person, knows=knows))
        assert phone.welcome.resumed == room
        assert phone.sits == (room is not None)

    @rule(person=PEOPLE)
    def detach(self, person: PersonId) -> None:
        phone = self.phones.pop(person, None)
        if phone is None:
            return
        run(phone.drop())
        if phone.sits:
            self.held[person] = Held(phone.view, self.world.now_ms + SMALL_ROOMS.seat_hold_ms)

    @precondition(lambda self: self.replaced)
    @rule()
    def a_replaced_connection_speaks_and_ends(self) -> None:
        old = self.replaced.pop()
        with pytest.raises(Superseded):
            run(old.say("it is still me"))
        run(old.drop())

    @rule(person=PEOPLE, ladder=LADDERS)
    def check_in(self, person: PersonId, ladder: Ladder) -> None:
        world = self.world
        standing = run(world.settled(world.hubs[0].check_in(Caller(person), ladder, world.now_ms)))
        self.last_window[person] = world.windows.at(world.now_ms)
        assert standing.seat_wanted == (person in self.phones and not self.phones[person].sits)

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
        is_shunned = self.shunned_until_ms.get((person, room), 0) > self.world.now_ms
        expected = self.can_sit(person) and is_free and room != left and not is_shunned
        with self.wishing(person, why):
            assert run(self.phones[person].seat(room, why)) == expected
        moves = expected and (left is None or why == "next")
        assert self.room_of(person) in ({room} if moves else {left, room} if expected else {left})

    @rule(person=PEOPLE, ladder=LADDERS, why=REASONS)
    def open_room(self, person: PersonId, ladder: Ladder, why: str) -> None:
        if person not in self.phones:
            return
        left = self.room_of(person)
        with self.wishing(person, why):
            assert run(self.phones[person].open_room(why, ladder.res5)) == self.can_sit(person)
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
        phone, room = self.phones.get(person), self.room_of(person)
        if is_asked_here and phone is not None:
            assert run(phone.leave()) == (room is not None)
        else:
            clearing = self.world.hubs[1].clear(person, None, self.world.now_ms)
            assert run(self.world.settled(clearing)) == (room is not None)
        assert phone is None or not phone.sits
        self.held.pop(person, None)
        self.last_window.pop(person, None)

    @rule(for_ms=WAITS_MS)
    def wait(self, for_ms: int) -> None:
        world = self.world
        to_move = run(world.go_to(world.now_ms + for_ms))
        for person, window in list(self.last_window.items()):
            if world.windows.moment_ms(window + 2, person) <= world.now_ms:
                del self.last_window[person]
                self.held.pop(person, None)
        self.held = {person: held for person, held in self.held.items() if held.until_ms > world.now_ms}
        for person in to_move:
            left = self.room_of(person)
            assert left is not None
            with self.wishing(person, "moved"):
                assert run(self.phones[person].place("moved"))
            assert self.room_of(person) != left

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
