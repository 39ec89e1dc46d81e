"""The live state without a server around it: people generated, nobody listening, decisions timed."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from time import perf_counter_ns, thread_time_ns

from nearby.core import wire
from nearby.core.cell import Ladder, ladder_of
from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.core.placement import decide
from nearby.core.rules import Rules
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import Refused
from nearby.hub.base import Caller
from nearby.hub.memory import LiveState
from nearby.hub.memory.person import Attached

SECRET = b"the secret of a bench's windows"
START_MS = 1_700_000_400_000
"""The first millisecond of a window."""

PAGE_BYTES = 4_096
PEOPLE_PER_KM2 = 190.0
"""A thousand in a cell of resolution 7: every such cell is an open catchment, with some 170 rooms."""

KM_PER_DEG = 111.2


class Deaf:
    """A listener that hears nothing, but the largest room anybody was shown."""

    def __init__(self) -> None:
        self.largest = 0

    def welcomed(self, connection: ConnectionId, *, resumed: RoomId | None, then: Sequence[wire.ServerMessage]) -> None:
        """See ``Listener.welcomed``."""

    def seated(self, connection: ConnectionId, placed: wire.Placed) -> None:
        """See ``Listener.seated``."""
        self.largest = max(self.largest, len(placed.members))

    def unseated(self, connection: ConnectionId, why: str) -> None:
        """See ``Listener.unseated``."""

    def taken_out(self, connection: ConnectionId) -> None:
        """See ``Listener.taken_out``."""

    def told(self, connection: ConnectionId, message: wire.ServerMessage) -> None:
        """See ``Listener.told``."""

    def replaced(self, connection: ConnectionId) -> None:
        """See ``Listener.replaced``."""

    def announced(self, notice: str, seen_to: Callable[[], None]) -> None:
        """Hear nothing."""

    def forgotten(self, connections: Collection[ConnectionId]) -> None:
        """Hear nothing."""

    def room_event(
        self, event: wire.RoomEvent, *, unheard_by: ConnectionId | None, skipped_by: Collection[ConnectionId] = ()
    ) -> None:
        """See ``Listener.room_event``."""


@dataclass(frozen=True, slots=True)
class Placing:
    """How long it took to seat somebody.

    CPU time or wall time, whichever is less: of the decision, which is to look for rooms and choose one, and of all of
    it, with the seat taken and everybody told; and the wall time of all of it. Both are more than it took. To ask for
    the CPU time is a call to the kernel, which in a virtual machine takes some µs itself, now and then many; the wall
    time holds what others did meanwhile, and 0.1 µs for reading the clock.
    """

    decision_us: float
    all_us: float
    wall_us: float


def pace_us() -> float:
    """Return how long a fixed piece of work takes now, which tells whether others keep the machine busy."""
    began_ns, kept, total = perf_counter_ns(), dict[int, int](), 0.0
    for number in range(500):
        kept[number & 63] = number
        total += kept.get(number & 31, 0) * 0.5 % 1.0
    return (perf_counter_ns() - began_ns) / 1e3


class Crowded:
    """One live state and the people in it, each known by a number."""

    def __init__(self, rules: Rules) -> None:
        random, numbers = Random(0), count()
        self.rules = rules
        self.ear = Deaf()
        # As long as a server's ids.
        self.state = LiveState(
            rules, secret=SECRET, draw_id=lambda: f"{random.getrandbits(24):06x}{next(numbers):06x}", now_ms=START_MS
        )

    def connect(self, number: int, now_ms: int) -> None:
        """Attach a connection of its own to a person."""
        connection = Attached(ConnectionId(f"c-{number:010d}"), self.ear)
        self.state.attach(_caller(number), connection, None, now_ms)

    def check_in(self, number: int, ladder: Ladder, now_ms: int, wishes: Wishes = NO_WISHES) -> str | None:
        """Check a person in and return why they are to be placed, None if they are not or it was refused."""
        try:
            return self.state.check_in(_caller(number), ladder, now_ms, wishes).wish
        except Refused:
            return None

    def leave(self, number: int, now_ms: int) -> None:
        """Let somebody leave; their connection stays."""
        self.state.clear(_person(number), None, now_ms, why="left")

    def place(self, number: int, why: str, now_ms: int) -> Placing | None:
        """Look, decide and take a seat; return how long it took, None if there was nothing to do."""
        # The clocks are read in place: a method of ours that reads them takes 0.3 µs, which would count as decision.
        person, began_ns = _person(number), perf_counter_ns()
        cpu_ns, wall_ns = thread_time_ns(), perf_counter_ns()
        offer = self.state.placing.offer(person, now_ms)
        if offer is None:
            return None
        choice = decide(offer.candidates, offer.luck, now_ms, rules=self.rules, wishes=offer.wishes)
        wall_ns, cpu_ns = perf_counter_ns() - wall_ns, thread_time_ns() - cpu_ns
        decision_ns = min(wall_ns, cpu_ns)
        cpu_ns, wall_ns = thread_time_ns(), perf_counter_ns()
        if choice.room is None:
            self.state.placing.open_room(person, offer.catchment, why, now_ms)
        else:
            self.state.placing.seat(person, choice.room, why, now_ms)
        wall_ns, cpu_ns = perf_counter_ns() - wall_ns, thread_time_ns() - cpu_ns
        all_ns = decision_ns + min(wall_ns, cpu_ns)
        return Placing(decision_ns / 1e3, all_ns / 1e3, (perf_counter_ns() - began_ns) / 1e3)

    def sweep(self, now_ms: int) -> None:
        """Do what time has brought, and place whoever must move."""
        for person in self.state.sweep(now_ms):
            self.place(_number(person), "moved", now_ms)


def ladders(people: int, random: Random) -> Iterator[Ladder]:
    """Yield where that many people are, evenly over a square in which they are as dense as in a city."""
    side_deg = (people / PEOPLE_PER_KM2) ** 0.5 / KM_PER_DEG
    for _ in range(people):
        yield ladder_of(random.random() * side_deg, random.random() * side_deg)


def memory_bytes() -> int:
    """Return how much memory this process holds."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE_BYTES


def _person(number: int) -> PersonId:
    return PersonId(f"g-{number:012d}")


def _caller(number: int) -> Caller:
    return Caller(_person(number), established=True)


def _number(person: PersonId) -> int:
    return int(person.removeprefix("g-"))
