"""Lets a crowd live under a policy, on a simulated clock, and returns what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from nearby.core.rules import SECOND_MS
from nearby.sim.simulation.events import START_MS, Crowd, Do, Event, Traits
from nearby.sim.simulation.history import Entry, History
from nearby.sim.simulation.policy import TICK_MS, MakePolicy, Policy
from nearby.sim.simulation.sharing import Sharing

BEAT_MS = SECOND_MS
"""A tick without anything new before it would change nothing but what time brings by itself: merges, lapses, windows.
Those are at most this late, and a server's day of 200 ms ticks takes minutes instead of an hour."""

PROGRESS_EVERY = 2_000
NO_TRAITS = Traits()


@dataclass(slots=True)
class Timing:
    """Wall time of decisions, which is no part of a result: seconds of each tick that decided, and how many."""

    ticks: list[tuple[float, int]] = field(default_factory=list)

    def per_s(self) -> float:
        """Return decisions a second of the time spent on them, 0 without any."""
        seconds = sum(tick_s for tick_s, _ in self.ticks)
        return sum(decided for _, decided in self.ticks) / seconds if seconds else 0.0

    def p99_ms(self) -> float:
        """Return below what 99 of 100 decisions stayed, each with an even share of its tick; 0 without any."""
        shares = sorted((tick_s / decided, decided) for tick_s, decided in self.ticks)
        left = 0.99 * sum(decided for _, decided in shares)
        for share_s, decided in shares:
            left -= decided
            if left <= 0:
                return 1_000 * share_s
        return 0.0


def play(
    crowd: Crowd, make: MakePolicy, *, seed: int, timing: Timing, progress: Callable[[float], None] = lambda share: None
) -> list[Entry]:
    """Return the history of a crowd under the policy that ``make`` makes.

    Args:
        crowd: Who does what.
        make: Makes the policy.
        seed: Of the policy's chance; the crowd has its own.
        timing: Is told how long decisions took.
        progress: Is told the share that passed, from 0 to 1.
    """
    history = History()
    policy = make(history, crowd.rules, seed)
    sharing = Sharing(history, crowd.rules, seed)
    next_ms, passed_ms = START_MS, START_MS
    for number, event in enumerate(crowd.events):
        next_ms = _tick_until(event.at_ms, next_ms, history, policy, sharing, timing)
        history.at(event.at_ms)
        _carry_out(event, history, policy, sharing, crowd)
        # Whoever wants something now is heard on the next tick.
        next_ms = min(next_ms, event.at_ms - event.at_ms % TICK_MS + TICK_MS)
        if number % PROGRESS_EVERY == 0 and event.at_ms > passed_ms:
            passed_ms = event.at_ms
            progress((passed_ms - START_MS) / (crowd.ends_ms - START_MS))
    _tick_until(crowd.ends_ms, next_ms, history, policy, sharing, timing)
    progress(1.0)
    return list(history.entries)


def _tick_until(until_ms: int, next_ms: int, history: History, policy: Policy, sharing: Sharing, timing: Timing) -> int:
    """Tick at ``next_ms`` and then on every beat before ``until_ms``; return when the next tick is."""
    while next_ms < until_ms:
        history.at(next_ms)
        sharing.tick(next_ms)
        started_s = perf_counter()
        decided = policy.tick(next_ms)
        if decided:
            timing.ticks.append((perf_counter() - started_s, decided))
        next_ms += BEAT_MS - next_ms % BEAT_MS
    return next_ms


def _carry_out(event: Event, history: History, policy: Policy, sharing: Sharing, crowd: Crowd) -> None:
    person, now_ms = event.person, event.at_ms
    match event.do:
        case Do.ARRIVE:
            assert event.place is not None
            history.came(person, event.place)
            sharing.check_in(person, event.place, now_ms)
            policy.arrive(person, event.place, crowd.traits.get(person, NO_TRAITS), now_ms)
        case Do.CHECK_IN:
            assert event.place is not None
            history.moved(person, event.place)
            sharing.check_in(person, event.place, now_ms)
            policy.check_in(person, event.place, now_ms)
        case Do.LEAVE:
            policy.leave(person, now_ms)
            history.went(person)
            sharing.leave(person)
        case Do.SAY:
            policy.say(person, now_ms)
        case Do.NEXT:
            policy.ask_next(person, now_ms)
        case Do.BLOCK:
            assert event.other is not None
            history.blocked(person, event.other)
            policy.block(person, event.other, now_ms)
