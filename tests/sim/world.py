"""A true run, written down message by message: rooms whose people hear everything, once and in order.

A run is a list of steps, so that a test can take one away, repeat it or change it and see who notices.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from nearby.core import wire
from nearby.sim.ledger import Faults, Ledger
from nearby.sim.phone_book import PhoneBook

SHOWN = 50
NOTHING_TO_RESUME = -1
NAMES = ("ana", "ben", "cyn", "dan", "eva")
NONE = Faults(0, 0, 0, 0, 0, 0, 0)

RoomEvent = wire.Said | wire.Joined | wire.Left | wire.Changed


@dataclass(frozen=True)
class Step:
    """One thing that happens to one phone: a message of the server, or what ``do`` tells its book."""

    phone: str
    message: wire.ServerMessage | None = None
    do: Callable[[PhoneBook], object] | None = None

    @property
    def event(self) -> RoomEvent | None:
        return self.message if isinstance(self.message, RoomEvent) else None


def told(steps: Iterable[Step]) -> Ledger:
    """Return the ledger that was told a run."""
    ledger = Ledger()
    books: dict[str, PhoneBook] = {}
    for step in steps:
        book = books.setdefault(step.phone, PhoneBook(ledger))
        if step.message is not None:
            book.took(step.message)
        if step.do is not None:
            step.do(book)
    return ledger


def as_member(name: str) -> wire.Member:
    return wire.Member(member=name, name=f"Name of {name}", verified=False)


@dataclass
class Room:
    id: str
    epoch: int = 1
    seq: int = 0
    members: dict[str, int] = field(default_factory=dict)
    """Members and where they joined."""
    log: list[RoomEvent] = field(default_factory=list)


@dataclass
class World:
    """People in rooms. Each method carries out what it says, if it can be done, and appends the steps."""

    capacity: int = 8
    steps: list[Step] = field(default_factory=list)
    rooms: dict[str, Room] = field(default_factory=dict)
    seats: dict[str, tuple[Room, str]] = field(default_factory=dict)
    """Each seated person's room and pseudonym in it."""
    dropped: dict[str, int] = field(default_factory=dict)
    """Who has no connection, and the position up to which they heard."""
    said: int = 0

    def join(self, name: str, room_id: str = "r1") -> None:
        room = self.rooms.setdefault(room_id, Room(room_id))
        if name in self.dropped or (name in self.seats and self.seats[name][0] is room):
            return
        if len(room.members) >= self.capacity:
            return
        former = self.seats.get(name)
        member = f"{name}{room.seq + 1}"
        room.members[member] = room.seq + 1
        self._append(room, wire.Joined(room=room_id, seq=room.seq + 1, member=as_member(member)), but=name)
        self.seats[name] = (room, member)
        self.show(name, "new")
        if former is not None:
            self._end(*former)

    def say(self, name: str, text: str | None = None) -> None:
        if name not in self.seats or name in self.dropped:
            return
        room, member = self.seats[name]
        self.said += 1
        text = text or f"text {self.said}"
        self.steps.append(Step(name, do=lambda book: book.asked(text)))
        seq = room.seq + 1
        self._append(room, wire.Said(room=room.id, seq=seq, from_=member, text=text, at_ms=self.said))
        self.steps.append(Step(name, do=lambda book: book.acknowledged(text, seq)))

    def leave(self, name: str) -> None:
        if name in self.seats and name not in self.dropped:
            self._end(*self.seats.pop(name))
            self.steps.append(Step(name, do=PhoneBook.left))
            self.steps.append(Step(name, wire.Unplaced(why="left")))

    def lapse(self, name: str) -> None:
        """The seat ends: a connected phone is told, a dropped one finds out when it is back."""
        if name in self.seats:
            self._end(*self.seats.pop(name))
            if name not in self.dropped:
                self.steps.append(Step(name, wire.Unplaced(why="expired")))

    def drop(self, name: str) -> None:
        if name not in self.dropped:
            self.dropped[name] = self.seats[name][0].seq if name in self.seats else 0
            self.steps.append(Step(name, do=PhoneBook.dropped))

    def come_back(self, name: str, *, resumed: bool) -> None:
        if name not in self.dropped:
            return
        heard = self.dropped.pop(name)
        resumed = resumed and name in self.seats and heard != NOTHING_TO_RESUME
        self.steps.append(Step(name, wire.Welcome(user=name, ping_s=25, window_s=600, server_ms=0, resumed=resumed)))
        if resumed:
            room = self.seats[name][0]
            self.steps.extend(Step(name, event) for event in room.log if event.seq > heard)
        elif name in self.seats:
            self.show(name, "resynced")
        else:
            self.steps.append(Step(name, wire.Unplaced(why="none")))

    def restart(self, room_id: str = "r1") -> None:
        """The room goes on in a new epoch; a phone that is away cannot resume then."""
        room = self.rooms.get(room_id)
        if room is not None and not self.dropped:
            room.epoch += 1
            for name in self._people(room):
                self.show(name, "resynced")

    def merge(self, room_id: str, into_id: str) -> None:
        """Everybody of a room moves into another one; a phone that is away finds out when it is back."""
        room, into = self.rooms.get(room_id), self.rooms.get(into_id)
        if room is None or into is None or room is into or not into.members:
            return
        movers = self._people(room)
        if not movers or len(into.members) + len(movers) > self.capacity:
            return
        moved: dict[str, tuple[Room, str]] = {}
        for name in movers:
            member = f"{name}{into.seq + 1}"
            into.members[member] = into.seq + 1
            moved[name] = (into, member)
            self._append(into, wire.Joined(room=into_id, seq=into.seq + 1, member=as_member(member)))
        former = [self.seats[name] for name in movers]
        self.seats.update(moved)
        self._tell(movers, "merged")
        for seat in former:
            self._end(*seat)

    def lift(self, room_id: str) -> None:
        """The room stays as it is and everybody gets a snapshot; nothing is resumed across it."""
        if room_id in self.rooms:
            self._tell(self._people(self.rooms[room_id]), "lifted")

    def _tell(self, names: list[str], why: str) -> None:
        for name in names:
            if name in self.dropped:
                self.dropped[name] = NOTHING_TO_RESUME
            else:
                self.show(name, why)

    def show(self, name: str, why: str) -> None:
        room, member = self.seats[name]
        messages = [event for event in room.log if isinstance(event, wire.Said)][-SHOWN:]
        placed = wire.Placed(
            room=wire.RoomInfo(id=room.id, epoch=room.epoch, capacity=self.capacity, opened_ms=0),
            area=wire.Area(cell="87", resolution=7),
            you=member,
            quiet=False,
            members=[as_member(other) for other in room.members],
            messages=[said for said in messages if said.seq > room.members[member]],
            seq=room.seq,
            why=why,
        )
        self.steps.append(Step(name, placed))

    def _end(self, room: Room, member: str) -> None:
        if member in room.members:
            del room.members[member]
            self._append(room, wire.Left(room=room.id, seq=room.seq + 1, member=member))

    def _append(self, room: Room, event: RoomEvent, *, but: str = "") -> None:
        room.seq = event.seq
        room.log.append(event)
        self.steps.extend(Step(name, event) for name in self._people(room) if name not in self.dropped and name != but)

    def _people(self, room: Room) -> list[str]:
        return [name for name, (where, member) in self.seats.items() if where is room and member in room.members]


Where = Callable[[Step], bool]


def company(*names: str) -> World:
    """Return people who sit together in one room."""
    world = World()
    for name in names or ("ana", "ben", "cyn"):
        world.join(name)
    return world


def heard(phone: str, kind: type, *, text: str | None = None) -> Where:
    def is_it(step: Step) -> bool:
        message = step.message
        return step.phone == phone and isinstance(message, kind) and getattr(message, "text", text) == text

    return is_it


def index_of(steps: list[Step], where: Where) -> int:
    """Return the last place where it is so."""
    return max(index for index, step in enumerate(steps) if where(step))


def without(world: World, where: Where) -> list[Step]:
    index = index_of(world.steps, where)
    return world.steps[:index] + world.steps[index + 1 :]


def changed(world: World, where: Where, **fields: Any) -> list[Step]:
    steps = list(world.steps)
    index = index_of(steps, where)
    steps[index] = altered(steps[index], **fields)
    return steps


def altered(step: Step, **fields: Any) -> Step:
    assert step.message is not None
    return replace(step, message=msgspec.structs.replace(step.message, **fields))


def faults(steps: list[Step]) -> Faults:
    return told(steps).faults()
