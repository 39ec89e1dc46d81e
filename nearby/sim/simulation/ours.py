"""Our policy: the live state that serves phones, driven by a simulated clock.

What a server does around it is done here without sockets: on every tick the sweep, then for each person who
waits for a seat a ``place``, as in ``server.keeper`` and ``server.placer``.
"""

from collections.abc import Callable, Collection, Sequence
from itertools import count

from nearby.core import wire
from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.core.rules import Rules
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.errors import Refused
from nearby.hub.base import Caller
from nearby.hub.memory import LiveState
from nearby.hub.memory.person import Attached
from nearby.sim.simulation.events import START_MS, Place, Traits
from nearby.sim.simulation.ground import secret_of
from nearby.sim.simulation.history import History


class Ours:
    """Refill, rescue, merge and lift, with parties, languages and blocks. Everybody is established."""

    make_state: type[LiveState] = LiveState

    def __init__(self, history: History, rules: Rules, seed: int) -> None:
        secret = secret_of(seed)
        ids = count()
        self._rules = rules
        self._ear = _Ear(history)
        self._state = self.make_state(rules, secret=secret, draw_id=lambda: f"{next(ids):x}", now_ms=START_MS)
        self._state.listen(self._ear)
        self._wishes: dict[PersonId, str] = {}
        self._asks: dict[PersonId, Wishes] = {}

    def arrive(self, person: PersonId, place: Place, traits: Traits, now_ms: int) -> None:
        """Connect and check in."""
        self._state.attach(_caller(person), Attached(ConnectionId(person), self._ear), None, now_ms)
        if traits.language is not None or traits.companions:
            self._asks[person] = Wishes(lang=traits.language, companions=frozenset(traits.companions))
        self.check_in(person, place, now_ms)

    def check_in(self, person: PersonId, place: Place, now_ms: int) -> None:
        """Check in; one that is refused because of a limit changes nothing, as for a phone."""
        try:
            asks = self._asks.get(person, NO_WISHES)
            standing = self._state.check_in(_caller(person), place.ladder, now_ms, asks)
        except Refused:
            return
        if standing.wish is not None:
            self._wishes.setdefault(person, standing.wish)

    def leave(self, person: PersonId, now_ms: int) -> None:
        """Send ``leave`` and hang up."""
        self._wishes.pop(person, None)
        self._asks.pop(person, None)
        self._state.clear(person, ConnectionId(person), now_ms, why="left")
        self._state.detach(person, ConnectionId(person), now_ms)

    def say(self, person: PersonId, now_ms: int) -> None:
        """Say something, unless there is no room or it is too much."""
        try:
            self._state.say(person, ConnectionId(person), "something", now_ms)
        except Refused:
            return

    def ask_next(self, person: PersonId, now_ms: int) -> None:
        """Ask for another room."""
        try:
            self._state.ask_next(person, ConnectionId(person), None, now_ms)
        except Refused:
            return
        self._wishes.setdefault(person, "next")

    def block(self, person: PersonId, other: PersonId, now_ms: int) -> None:
        """Block somebody."""
        self._state.separate(person, other, now_ms, is_mutual=True)

    def tick(self, now_ms: int) -> int:
        """Sweep, then seat everybody who waits."""
        for person in self._state.sweep(now_ms):
            self._wishes.setdefault(person, "moved")
        wishes, self._wishes = self._wishes, {}
        for person, why in wishes.items():
            self._state.placing.place(person, why, now_ms)
        return len(wishes)


class _Ear:
    """Writes down the seats that the live state gives and takes."""

    def __init__(self, history: History) -> None:
        self._history = history

    def welcomed(self, connection: ConnectionId, *, resumed: RoomId | None, then: Sequence[wire.ServerMessage]) -> None:
        """Nobody comes back with a seat."""

    def seated(self, connection: ConnectionId, placed: wire.Placed) -> None:
        """A seat was given, or its room lifted."""
        self._history.sat(PersonId(connection), placed.room.id, placed.area.resolution, placed.why)

    def unseated(self, connection: ConnectionId, why: str) -> None:
        """A seat was lost."""
        self._history.rose(PersonId(connection))

    def taken_out(self, connection: ConnectionId) -> None:
        """A seat was lost, and another one follows."""
        self._history.rose(PersonId(connection))

    def told(self, connection: ConnectionId, message: wire.ServerMessage) -> None:
        """Nobody is told anything beside."""

    def replaced(self, connection: ConnectionId) -> None:
        """Nobody connects twice."""

    def announced(self, notice: str, seen_to: Callable[[], None]) -> None:
        """Nobody announces anything."""

    def forgotten(self, connections: Collection[ConnectionId]) -> None:
        """One process forgets nobody."""

    def room_event(
        self, event: wire.RoomEvent, *, unheard_by: ConnectionId | None, skipped_by: Collection[ConnectionId] = ()
    ) -> None:
        """What is in rooms' logs follows from the seats."""


def _caller(person: PersonId) -> Caller:
    return Caller(person, established=True)
