"""Part of the drawn runs of a hub: what an operator stops, against a model of who sits where."""

from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from nearby.core.brakes import NOTHING_STOPPED, Stopped
from nearby.core.ids import PersonId, RoomId
from nearby.testing.hub_suite.world import Phone, World

EVERYBODY = [PersonId(name) for name in ("ana", "ben", "cleo", "dan", "eve", "fay", "gil")]
PEOPLE = st.sampled_from(EVERYBODY)
REASONS = st.sampled_from(["new", "next", "moved"])

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        coroutine.send(None)
    except StopIteration as returned:
        result: T = returned.value
        return result
    raise AssertionError("the memory hub suspended")


class Stopping(RuleBasedStateMachine):
    """The rules; the model that they hold the hub against is the subclass's."""

    world: World
    phones: dict[PersonId, Phone]
    held: dict[PersonId, Any]
    displaced: set[PersonId]

    def seats(self) -> Iterator[tuple[PersonId, RoomId]]:
        raise NotImplementedError

    def room_of(self, person: PersonId) -> RoomId | None:
        raise NotImplementedError

    def people_in(self, room: RoomId) -> set[PersonId]:
        raise NotImplementedError

    def can_sit(self, person: PersonId) -> bool:
        raise NotImplementedError

    def wishing(self, person: PersonId, why: str) -> AbstractContextManager[None]:
        raise NotImplementedError

    @rule(host=PEOPLE)
    def close_a_room(self, host: PersonId) -> None:
        room = self.room_of(host) or RoomId("no-such-room")
        people = self.people_in(room)
        for is_there in (bool(people), False):
            assert run(self.world.settled(self.world.hubs[0].close_room(room, self.world.now_ms))) == is_there
        for person in people:
            self.held.pop(person, None)
            assert person not in self.phones or not self.phones[person].sits
        assert not self.people_in(room)

    @rule(why=REASONS)
    def stop_placement_for_a_while(self, why: str) -> None:
        world, before = self.world, dict(self.seats())
        run(world.settled(world.hubs[0].brake(Stopped(placement=True), world.now_ms)))
        for person, phone in self.phones.items():
            if self.can_sit(person):
                assert not run(phone.place(why)) or phone.sits
                self.displaced.discard(person)
        assert dict(self.seats()) == before
        run(world.settled(world.hubs[1].brake(NOTHING_STOPPED, world.now_ms)))
        let_go = run(world.sweep())
        assert {one for one in self.phones if self.can_sit(one) and one not in before} <= set(let_go)
        for person in let_go:
            with self.wishing(person, "moved"):
                assert run(self.phones[person].place("moved"))
