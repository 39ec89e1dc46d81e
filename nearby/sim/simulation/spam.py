"""How many strangers a spammer's words reach, by every trick there is, with the count of strangers and without it.

The live state that serves phones is driven by its own rules in a crowd that comes and goes. The spammer speaks every
two seconds, as fast as anybody may; who hears it is read off the room at the moment of each ``say`` that was taken.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from random import Random

from nearby.core.ids import ConnectionId, PersonId
from nearby.core.rules import HOUR_MS, MINUTE_MS, SECOND_MS, Rules
from nearby.errors import Refused
from nearby.sim.simulation.crowds import NEXT_EVERY_MS, steady
from nearby.sim.simulation.events import START_MS, Crowd, Do, Place, Traits
from nearby.sim.simulation.history import History
from nearby.sim.simulation.ours import Ours

SPEAKS_EVERY_MS = 2 * SECOND_MS
WARM_UP_MS = HOUR_MS // 2
AWAY_MS = 30 * SECOND_MS
"""After leaving, until the spammer comes back."""
SHAKE_EVERY_MS = 10 * MINUTE_MS
"""Six joins an hour, each with as many others as fit."""
SHAKERS = 7

SPAMMER = PersonId("spammer")
NO_TRAITS = Traits()

Turn = Callable[["_Spammed", int], None]
"""What a spammer does beside speaking, asked every two seconds."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What one trick came to.

    Attributes:
        trick: What the spammer did.
        with_count: Most different strangers whom the words reached in any 60 min.
        without_count: The same without the count of strangers: by joins and rates alone.
        said: Share of the spammer's sayings that were taken.
        needless: Sayings that were refused though all that they would have reached are no more than the limit.
    """

    trick: str
    with_count: int
    without_count: int
    said: float
    needless: int = 0


def spam(
    *,
    people: int,
    hours: float,
    seed: int,
    limit: int = Rules().strangers_per_hour,
    tricks: Collection[str] | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> list[Reached]:
    """Return what each trick came to, and last what a board would have: everybody who was there in the hour.

    Args:
        people: How many are present on average, beside the spammer.
        hours: How long it goes on after everybody is there.
        seed: The same gives the same.
        limit: Strangers that the words may reach in an hour.
        tricks: Which of ``TRICKS``; None means all.
        progress: Is told the share that is done.
    """
    crowd = steady(people, Random(f"spam {seed}"), hours=hours, says_per_min=0)
    rows: list[Reached] = []
    tried = TRICKS if tricks is None else {trick: TRICKS[trick] for trick in tricks}
    for number, (trick, turn) in enumerate(tried.items()):
        counted = _Spammed(crowd, replace(crowd.rules, strangers_per_hour=limit), seed)
        counted.run(turn)
        progress((number + 0.5) / len(tried))
        free = _Spammed(crowd, replace(crowd.rules, strangers_per_hour=0), seed)
        free.run(turn)
        progress((number + 1) / len(tried))
        rows.append(Reached(trick, counted.most, free.most, counted.taken / counted.tried, counted.needless))
    board = _most_present(crowd)
    return [*rows, Reached("a board", board, board, 1.0)]


def _stay(spammed: "_Spammed", now_ms: int) -> None:
    """Wait for newcomers."""


def _next(spammed: "_Spammed", now_ms: int) -> None:
    """Take the next room as often as joins last."""
    if spammed.is_due("next", NEXT_EVERY_MS, now_ms):
        spammed.ask_next(SPAMMER, now_ms)


def _come_back(spammed: "_Spammed", now_ms: int) -> None:
    """Leave, and check in again a little later."""
    if spammed.is_due("leave", NEXT_EVERY_MS, now_ms):
        spammed.step_out(now_ms)
    if spammed.is_away and spammed.is_due("back", AWAY_MS, now_ms):
        spammed.step_in(now_ms)


def _shake(spammed: "_Spammed", now_ms: int) -> None:
    """Shake with seven others, who are other people every time."""
    if spammed.is_due("shake", SHAKE_EVERY_MS, now_ms):
        spammed.shake_with(SHAKERS, now_ms)


def _all(spammed: "_Spammed", now_ms: int) -> None:
    """All of it."""
    _shake(spammed, now_ms)
    _next(spammed, now_ms)


TRICKS: dict[str, Turn] = {
    "waits for newcomers": _stay,
    "next": _next,
    "leaves and comes back": _come_back,
    "shakes": _shake,
    "shakes, next and waits": _all,
}


class _Seen(History):
    """Who sits where now, by what the live state reports."""

    def __init__(self) -> None:
        super().__init__()
        self.room_of: dict[PersonId, str] = {}
        self.people_in: dict[str, set[PersonId]] = {}

    def sat(self, person: PersonId, room: str, resolution: int, why: str) -> None:
        self._stand_up(person)
        self.room_of[person] = room
        self.people_in.setdefault(room, set()).add(person)

    def rose(self, person: PersonId) -> None:
        self._stand_up(person)

    def _stand_up(self, person: PersonId) -> None:
        room = self.room_of.pop(person, None)
        if room is not None:
            self.people_in[room].discard(person)


class _Spammed(Ours):
    """A crowd under our placement, and one spammer among them."""

    def __init__(self, crowd: Crowd, rules: Rules, seed: int) -> None:
        self.seen = _Seen()
        super().__init__(self.seen, rules, seed)
        self._crowd = crowd
        self._random = Random(seed)
        self._stands_at = next(event.place for event in crowd.events if event.place is not None)
        self._due_ms: dict[str, int] = {}
        self._heard: deque[tuple[int, Collection[PersonId]]] = deque(maxlen=HOUR_MS // SPEAKS_EVERY_MS + 1)
        self.is_away = False
        self.most = self.taken = self.tried = self.needless = 0

    def run(self, turn: Turn) -> None:
        """Let it all happen; the figures are then in ``most``, ``taken``, ``tried`` and ``needless``."""
        events = iter(self._crowd.events)
        event = next(events, None)
        enters_ms = START_MS + WARM_UP_MS
        check_in_ms = enters_ms
        for now_ms in range(START_MS, self._crowd.ends_ms, SPEAKS_EVERY_MS):
            while event is not None and event.at_ms <= now_ms:
                self._carry_out(event.do, event.person, event.place, now_ms)
                event = next(events, None)
            if now_ms == enters_ms:
                self.arrive(SPAMMER, self._stands_at, NO_TRAITS, now_ms)
            if now_ms >= enters_ms:
                if now_ms >= check_in_ms and not self.is_away:
                    self.check_in(SPAMMER, self._stands_at, now_ms)
                    check_in_ms = now_ms + self._rules.window_ms // 2
                turn(self, now_ms)
            self.tick(now_ms)
            while self._state.meet(now_ms):
                pass
            if now_ms >= enters_ms and not self.is_away:
                self._speak(now_ms)

    def is_due(self, what: str, every_ms: int, now_ms: int) -> bool:
        """Return whether it is time for something, for the first time after a whole span."""
        due_ms = self._due_ms.setdefault(what, now_ms + every_ms)
        if now_ms < due_ms:
            return False
        self._due_ms[what] = now_ms + every_ms
        return True

    def step_out(self, now_ms: int) -> None:
        """Let the spammer leave."""
        self.leave(SPAMMER, now_ms)
        self.seen.rose(SPAMMER)
        self.is_away = True
        self._due_ms.pop("back", None)

    def step_in(self, now_ms: int) -> None:
        """Let the spammer come back."""
        self.arrive(SPAMMER, self._stands_at, NO_TRAITS, now_ms)
        self.is_away = False

    def shake_with(self, others: int, now_ms: int) -> None:
        """Let the spammer shake, and others who are seated."""
        seated = sorted(self.seen.room_of.keys() - {SPAMMER})
        for person in (SPAMMER, *self._random.sample(seated, min(others, len(seated)))):
            try:
                self._state.shake(person, ConnectionId(person), now_ms)
            except Refused:
                continue

    def _carry_out(self, do: Do, person: PersonId, place: Place | None, now_ms: int) -> None:
        if do is Do.LEAVE:
            self.leave(person, now_ms)
            self.seen.rose(person)
        elif place is not None and do is Do.ARRIVE:
            self.arrive(person, place, NO_TRAITS, now_ms)
        elif place is not None:
            self.check_in(person, place, now_ms)

    def _speak(self, now_ms: int) -> None:
        room = self.seen.room_of.get(SPAMMER)
        if room is None:
            return
        self.tried += 1
        while self._heard and self._heard[0][0] <= now_ms - HOUR_MS:
            self._heard.popleft()
        hears = frozenset(self.seen.people_in[room] - {SPAMMER})
        reached = len(hears.union(*(people for _, people in self._heard)))
        try:
            self._state.say(SPAMMER, ConnectionId(SPAMMER), "duck sale", now_ms)
        except Refused:
            self.needless += reached <= self._rules.strangers_per_hour
            return
        self.taken += 1
        self._heard.append((now_ms, hears))
        self.most = max(self.most, reached)


def _most_present(crowd: Crowd) -> int:
    """Return how many different people were there in the fullest 60 min, by its start in steps of a minute."""
    stays = _stays(crowd)
    starts = range(START_MS + WARM_UP_MS, crowd.ends_ms - HOUR_MS + 1, MINUTE_MS)
    return max(sum(from_ms < at + HOUR_MS and to_ms > at for from_ms, to_ms in stays) for at in starts)


def _stays(crowd: Crowd) -> Sequence[tuple[int, int]]:
    from_ms: dict[PersonId, int] = {}
    stays = []
    for event in crowd.events:
        if event.do is Do.ARRIVE:
            from_ms[event.person] = event.at_ms
        elif event.do is Do.LEAVE:
            stays.append((from_ms.pop(event.person), event.at_ms))
    return [*stays, *((begun_ms, crowd.ends_ms) for begun_ms in from_ms.values())]
