"""The interval matchmaker of game servers, after Nakama's defaults: groups are formed at intervals and never refilled.

As ``processDefault`` of Nakama's matchmaker does with tickets of one person that match anybody: every 15 s each
active ticket, oldest first, looks for others. It is matched with the oldest seven at once; on the last of its
two intervals with whoever there is, from the minimum on. After that it no longer looks, and waits to be found.
"""

from dataclasses import dataclass

from nearby.core.ids import Cell, PersonId
from nearby.core.rules import SECOND_MS, Rules
from nearby.sim.simulation.baseline import Baseline
from nearby.sim.simulation.history import History

INTERVAL_MS = 15 * SECOND_MS
MAX_INTERVALS = 2


@dataclass(slots=True)
class _Ticket:
    why: str
    intervals: int = 0


class IntervalMatchmaker(Baseline):
    """Matches of at most a room's seats and at least as many people as make a room that is not thin."""

    def __init__(self, history: History, rules: Rules, seed: int) -> None:
        super().__init__(history, rules, seed)
        self._at_least = rules.low_water
        self._tickets: dict[PersonId, _Ticket] = {}
        self._next_ms = 0

    def leave(self, person: PersonId, now_ms: int) -> None:
        """Take the ticket back."""
        self._tickets.pop(person, None)
        super().leave(person, now_ms)

    def tick(self, now_ms: int) -> int:
        """Take tickets in; at the interval, form matches."""
        self._catch_up(now_ms)
        for person, why in self._waiting.items():
            self._tickets.setdefault(person, _Ticket(why))
        self._waiting.clear()
        if now_ms < self._next_ms:
            return 0
        self._next_ms = now_ms - now_ms % INTERVAL_MS + INTERVAL_MS
        return self._form_matches()

    def _form_matches(self) -> int:
        pools: dict[Cell, list[PersonId]] = {}
        for person in self._tickets:
            pools.setdefault(self._ground.catchment(person), []).append(person)
        before = len(self._tickets)
        for catchment, pool in pools.items():
            for person in pool:
                if person not in self._tickets:
                    continue
                group = self._match_of(person, [waiting for waiting in pool if waiting in self._tickets])
                if group:
                    room = self._open(catchment)
                    for member in group:
                        self._sit(member, room, self._tickets.pop(member).why)
        return before - len(self._tickets)

    def _match_of(self, person: PersonId, pool: list[PersonId]) -> list[PersonId]:
        """Return a match for an active ticket, or nobody."""
        ticket = self._tickets[person]
        if ticket.intervals >= MAX_INTERVALS:
            return []
        ticket.intervals += 1
        group = [person]
        for other in pool:
            if other != person and all(other not in self._avoids.get(member, ()) for member in group):
                group.append(other)
                if len(group) == self.capacity:
                    return group
        is_last = ticket.intervals >= MAX_INTERVALS
        return group if is_last and len(group) >= self._at_least else []
