"""The same calls on two live states, one that went on and one that was restarted, and what anybody sees of both.

Rooms are merged and lifted on the way. Nobody wishes for anything, which is not kept; conflicts, mutes and greetings
have tests of their own.
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import groupby
from random import Random
from typing import Any, TypeVar

import msgspec

from nearby.core import wire
from nearby.core.cell import Ladder
from nearby.core.changes import Change
from nearby.core.ids import PersonId, RoomId
from nearby.core.kept import Kept
from nearby.core.rules import HOUR_MS, MINUTE_MS, Rate, Rules
from nearby.core.view import RoomView
from nearby.errors import Refused
from nearby.hub.base import Caller
from nearby.testing.hub_suite.given import AWAY, BESIDE, HERE, RULES, START_MS, unknown_position
from nearby.testing.hub_suite.world import Phone, World
from nearby.testing.live import Live, MemoryLive
from nearby.testing.recorder import Heard, Welcomed

FREE = Rate(1, 0)
BITING = replace(
    RULES,
    capacity=3,
    target=2,
    low_water=2,
    busy_above=2,
    open_res7=2,
    open_res6=2,
    say=Rate(20_000, 2),
    checkin=FREE,
    change=FREE,
    joins_per_hour=3,
    joins_per_hour_verified=4,
    cells_per_hour=0,
    log_events=12,
    resume_events=8,
    snapshot_messages=5,
)
"""Rules under which everything happens soon. Check-ins, cells and changes are free: what a restart may forget of
their limits has tests of its own."""

NAMES = ("ana", "ben", "cleo", "dan", "eve")
KINDS = (
    *("attach", "attach", "detach", "check_in", "check_in", "enter", "enter", "seat", "open_room", "offer"),
    *("say", "say", "say_there", "renew", "clear", "wait", "wait"),
)
WAITS_MS = (1, 900, 5_000, MINUTE_MS // 2, MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS)

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what a call of the memory hub returns, which never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as returned:
        result: T = returned.value
        return result
    raise AssertionError("the memory hub suspended")


@dataclass(frozen=True)
class Op:
    """One call; each kind uses of it what it needs."""

    kind: str
    person: str
    host: str
    ladder: Ladder
    rung: int
    why: str
    text: str
    message_id: int | str | None
    is_verified: bool
    for_ms: int

    @classmethod
    def drawn(cls, random: Random) -> "Op":
        """Return any call."""
        return cls(
            random.choice(KINDS),
            random.choice(NAMES),
            random.choice(NAMES),
            random.choice([HERE, BESIDE, AWAY]),
            random.choice([0, 1, 2, 2, 2]),
            random.choice(["new", "next", "moved"]),
            random.choice(["hello", "you"]),
            random.choice([None, 1, "1"]),
            random.choice([False, False, True]),
            random.choice(WAITS_MS),
        )


class Side:
    """One live state, the phones on it, and what they remember.

    Args:
        random: What ids are drawn from.
        rules: The rules it runs by.
        is_established: Whether people count.
        now_ms: The time it starts at.
        record: Is told every change.
        kept: What survived, if it is a restart.
    """

    def __init__(
        self,
        random: Random,
        *,
        rules: Rules = BITING,
        is_established: bool = False,
        now_ms: int = START_MS,
        record: Callable[[Change], None] | None = None,
        kept: Kept | None = None,
    ) -> None:
        async def go_live(rules: Rules, now_ms: int) -> Live:
            return MemoryLive(rules, now_ms, random=random, record=record, kept=kept)

        self.random = random
        self.is_established = is_established
        self.world = run(World.start(go_live, 2, rules, now_ms=now_ms))
        self.phones: dict[PersonId, Phone] = {}
        self.claims: dict[PersonId, Caller] = {}
        self.views: dict[PersonId, RoomView] = {}
        self.rooms: dict[PersonId, list[RoomId]] = {}
        self.positions: dict[PersonId, wire.Resume] = {}
        self.lifted_by: dict[RoomId, int] = {}
        """The last seq before the restart: the process that went on resumes nothing across lifts up to there."""
        self._read = 0

    def restarted(self, kept: Kept, record: Callable[[Change], None]) -> "Side":
        """Return what a process finds that begins now with ``kept``, and let everybody here lose their connection.

        Held seats are held from now on here too. People of both remember the same; here their position is of
        no use, so that they see what those see whose epoch is over.
        """
        random = Random()
        random.setstate(self.random.getstate())
        now_ms, rules = self.world.now_ms, self.world.rules
        other = Side(random, rules=rules, is_established=self.is_established, now_ms=now_ms, record=record, kept=kept)
        other.claims, other.rooms = dict(self.claims), deepcopy(self.rooms)
        self.lifted_by = other.lifted_by = {room.room.room: room.room.seq for room in kept.rooms}
        for person, rooms in self.rooms.items():
            view = self.phones[person].view if person in self.phones and self.phones[person].sits else None
            view = view or self.views.get(person)
            # Some did not hear of their last change of room.
            room = rooms[-1] if len(rooms) % 2 else rooms[-2]
            is_there = view is not None and view.room.id == room
            position = view.position() if view is not None and is_there else unknown_position(room)
            other.positions[person], self.positions[person] = position, unknown_position(room)
        # Seats that are held from the same moment on end one after the other, in an order that does not matter.
        for person in dict.fromkeys((*(row.person for row in kept.presences), *self.claims)):
            if person not in self.phones:
                self.phones[person] = run(self.world.connect(self.claims[person], resume=None))
            run(self.phones.pop(person).drop())
        self.views.clear()
        self._read = len(self.world.journal)
        return other

    def do(self, op: Op) -> tuple[object, ...]:
        """Carry out one call; return its outcome, what was heard, and what is live then."""
        outcome: object
        try:
            outcome = getattr(self, f"_{op.kind}")(PersonId(op.person), op)
        except Refused as refused:
            outcome = (refused.code, refused.retry_ms)
        journal = self.world.journal[self._read :]
        self._read += len(journal)
        heard: dict[str, list[Heard]] = {}
        for connection, what in journal:
            heard.setdefault(connection.rsplit("-")[0], []).append(what)
        for person, phone in self.phones.items():
            if phone.sits and self.rooms.setdefault(person, [phone.room])[-1] != phone.room:
                self.rooms[person].append(phone.room)
        live = replace(run(self.world.statistics()), timers=0)
        sizes = {person: run(phone.room_size()) for person, phone in self.phones.items()}
        return outcome, {person: list(comparable(what)) for person, what in heard.items()}, live, sizes

    def caller(self, person: PersonId, op: Op) -> Caller:
        """Return what a token of the person says."""
        name = person.title() if op.is_verified else None
        return Caller(person, name=name, verified=op.is_verified, established=self.is_established)

    def _attach(self, person: PersonId, op: Op) -> object:
        old = self.phones.get(person)
        knows = deepcopy(old.view) if old is not None and old.sits else self.views.pop(person, None)
        self.claims[person] = self.caller(person, op)
        resume = self.positions.pop(person, None)
        if knows is not None and knows.seq <= self.lifted_by.get(RoomId(knows.room.id), -1):
            resume = unknown_position(RoomId(knows.room.id))
        self.phones[person] = run(self.world.connect(self.claims[person], knows=knows, resume=resume))
        return None

    def _detach(self, person: PersonId, op: Op) -> object:
        phone = self.phones.pop(person, None)
        if phone is not None:
            if phone.sits:
                self.views[person] = deepcopy(phone.view)
            run(phone.drop())
        return None

    def _check_in(self, person: PersonId, op: Op) -> object:
        caller = self.claims.setdefault(person, self.caller(person, op))
        return run(self.world.settled(self.world.hubs[0].check_in(caller, op.ladder, self.world.now_ms)))

    def _enter(self, person: PersonId, op: Op) -> object:
        """Connect if need be, check in, and sit down with the host if they have a room, else in a new one."""
        if person not in self.phones:
            self._attach(person, op)
        host = self.phones.get(PersonId(op.host))
        standing = self._check_in(person, op)
        phone = self.phones[person]
        if host is not None and host.sits and run(phone.seat(host.room, "new")):
            return standing
        return standing, run(phone.open_room("new", op.ladder[op.rung]))

    def _seat(self, person: PersonId, op: Op) -> object:
        phone, rooms = self.phones.get(person), self.rooms.get(PersonId(op.host))
        return None if phone is None or rooms is None else run(phone.seat(rooms[-1], op.why))

    def _open_room(self, person: PersonId, op: Op) -> object:
        phone = self.phones.get(person)
        return None if phone is None else run(phone.open_room(op.why, op.ladder[op.rung]))

    def _offer(self, person: PersonId, op: Op) -> object:
        offer = run(self.world.hubs[0].offer(person, self.world.now_ms))
        return None if offer is None else (offer.catchment, sorted(offer.candidates, key=lambda one: one.room))

    def _say(self, person: PersonId, op: Op) -> object:
        phone = self.phones.get(person)
        return None if phone is None else run(phone.say(op.text, op.message_id))

    def _say_there(self, person: PersonId, op: Op) -> object:
        """Say something in a room of before, as a repeat does."""
        phone, rooms = self.phones.get(person), self.rooms.get(person, [])
        return None if phone is None or not rooms else run(phone.say(op.text, op.message_id, room=rooms[-2:][0]))

    def _renew(self, person: PersonId, op: Op) -> object:
        phone = self.phones.get(person)
        if phone is not None:
            self.claims[person] = self.caller(person, op)
            run(phone.renew(self.claims[person]))
        return None

    def _clear(self, person: PersonId, op: Op) -> object:
        phone = self.phones.get(person)
        self.views.pop(person, None)
        if phone is not None and op.is_verified:
            return run(phone.leave())
        return run(self.world.settled(self.world.hubs[1].clear(person, None, self.world.now_ms)))

    def _wait(self, person: PersonId, op: Op) -> object:
        return set(run(self.world.go_to(self.world.now_ms + op.for_ms)))


def comparable(heard: Iterable[Heard | wire.ServerMessage]) -> Iterator[object]:
    """Yield what was heard without the epoch of a snapshot's room, and who left together as one."""
    for is_left, some in groupby(heard, key=lambda what: isinstance(what, wire.Left)):
        if is_left:
            left = [what for what in some if isinstance(what, wire.Left)]
            yield [what.seq for what in left], {what.member for what in left}
            continue
        for what in some:
            if isinstance(what, Welcomed):
                yield what.resumed, list(comparable(what.then))
            elif isinstance(what, wire.Placed):
                yield msgspec.structs.replace(what, room=msgspec.structs.replace(what.room, epoch=0))
            else:
                yield what


def assert_alike(one: Side, other: Side, ops: Sequence[Op]) -> None:
    """Do the same to both and check that nobody sees a difference."""
    for number, op in enumerate(ops):
        found, expected = other.do(op), one.do(op)
        assert found == expected, f"{number}: {op}\nrestarted: {found}\nwent on:   {expected}"
    assert not one.world.violations()
    assert not other.world.violations()
