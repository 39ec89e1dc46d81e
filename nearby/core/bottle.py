"""Drift bottles: a text that one stranger at a time holds, until somebody answers it or it sinks.

One table says what can happen to a bottle, ``TRANSITIONS``; everything below changes a bottle by it and by nothing
else. Two things happen by themselves, at times that are in the bottle: a lease ends, and a bottle sinks. ``settled``
says what time has made of one; whoever looks at a stored bottle settles it first, so no process has to be awake for it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, NewType

from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.errors import IllegalTransition

BottleId = NewType("BottleId", str)
ThreadId = NewType("ThreadId", str)


class State(StrEnum):
    """Where a bottle is."""

    AFLOAT = "afloat"
    LEASED = "leased"
    FROZEN = "frozen"
    THREADED = "threaded"
    SUNK = "sunk"


class Event(StrEnum):
    """What can happen to a bottle. ``REPORT`` is one that counts, each by another person; an operator does the last."""

    CATCH = "catch"
    REPLY = "reply"
    RELEASE = "release"
    EXPIRE = "expire"
    REPORT = "report"
    SINK = "sink"
    CONDEMN = "condemn"
    THAW = "thaw"
    RAISE = "raise"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.AFLOAT, Event.CATCH): State.LEASED,
    (State.LEASED, Event.REPLY): State.THREADED,
    (State.LEASED, Event.RELEASE): State.AFLOAT,
    (State.LEASED, Event.EXPIRE): State.AFLOAT,
    (State.AFLOAT, Event.REPORT): State.FROZEN,
    (State.LEASED, Event.REPORT): State.FROZEN,
    (State.FROZEN, Event.REPORT): State.SUNK,
    (State.AFLOAT, Event.SINK): State.SUNK,
    (State.FROZEN, Event.SINK): State.SUNK,
    (State.AFLOAT, Event.CONDEMN): State.SUNK,
    (State.LEASED, Event.CONDEMN): State.SUNK,
    (State.FROZEN, Event.CONDEMN): State.SUNK,
    (State.FROZEN, Event.THAW): State.AFLOAT,
    (State.SUNK, Event.RAISE): State.FROZEN,
}


def after(state: State, event: Event) -> State:
    """Return the state that ``event`` leads to.

    Raises:
        IllegalTransition: ``event`` is not possible in ``state``.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(state.value, event.value) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottle:
    """A bottle as it was last written down.

    ``fence`` is the number of the newest lease, 0 before the first. ``catcher`` and ``lease_until_ms`` are of a leased
    one, ``catcher`` None there too if they were erased. ``established_catches`` counts those who held it.
    """

    id: BottleId
    author: PersonId
    text: str
    origin: Cell
    thrown_ms: int
    state: State = State.AFLOAT
    fence: int = 0
    catcher: PersonId | None = None
    lease_until_ms: int | None = None
    sunk_ms: int | None = None
    established_catches: int = 0

    def is_held(self, catcher: PersonId, fence: int, now_ms: int) -> bool:
        """Return whether ``catcher`` holds it now, by the lease of this number."""
        return (
            self.state is State.LEASED
            and self.catcher == catcher
            and self.fence == fence
            and self.lease_until_ms is not None
            and now_ms < self.lease_until_ms
        )


def settled(bottle: Bottle, now_ms: int, rules: Rules) -> Bottle:
    """Return what time has made of the bottle; the same object if nothing. Idempotent.

    A lease is over at its end. A bottle sinks when it has been out for its life, and when it comes back from the last
    of the established people it may be caught by; one that is held sinks when it comes back.
    """
    back_ms = bottle.thrown_ms
    if bottle.state is State.LEASED and bottle.lease_until_ms is not None and bottle.lease_until_ms <= now_ms:
        back_ms = bottle.lease_until_ms
        bottle = _moved(bottle, Event.EXPIRE)
    if bottle.state is State.AFLOAT and bottle.established_catches >= rules.bottle_catches:
        return _sunk(bottle, Event.SINK, back_ms)
    sinks_ms = bottle.thrown_ms + rules.bottle_life_ms
    if bottle.state in (State.AFLOAT, State.FROZEN) and sinks_ms <= now_ms:
        return _sunk(bottle, Event.SINK, max(back_ms, sinks_ms))
    return bottle


def caught(bottle: Bottle, catcher: PersonId, now_ms: int, rules: Rules, *, is_established: bool) -> Bottle:
    """Return the bottle in the hands of ``catcher``, under a new lease.

    Raises:
        IllegalTransition: It is not afloat now.
    """
    bottle = settled(bottle, now_ms, rules)
    return replace(
        bottle,
        state=after(bottle.state, Event.CATCH),
        fence=bottle.fence + 1,
        catcher=catcher,
        lease_until_ms=now_ms + rules.lease_ms,
        established_catches=bottle.established_catches + is_established,
    )


def answered(bottle: Bottle) -> Bottle:
    """Return the bottle that its catcher answered: it drifts no more.

    Raises:
        IllegalTransition: Nobody holds it.
    """
    return _moved(bottle, Event.REPLY)


def released(bottle: Bottle, now_ms: int, rules: Rules) -> Bottle:
    """Return the bottle that its catcher gave back: afloat, or sunk if it comes back for the last time.

    Raises:
        IllegalTransition: Nobody holds it.
    """
    bottle = _moved(bottle, Event.RELEASE)
    is_old = bottle.thrown_ms + rules.bottle_life_ms <= now_ms
    if is_old or bottle.established_catches >= rules.bottle_catches:
        return _sunk(bottle, Event.SINK, now_ms)
    return bottle


def reported(bottle: Bottle, now_ms: int) -> Bottle:
    """Return the bottle after one more report that counts: frozen by the first, whoever holds it, sunk by the second.

    Raises:
        IllegalTransition: It was answered, or it sank.
    """
    if bottle.state is State.FROZEN:
        return _sunk(bottle, Event.REPORT, now_ms)
    return _moved(bottle, Event.REPORT)


def condemned(bottle: Bottle, now_ms: int) -> Bottle:
    """Return the bottle that an operator sank, whoever holds it.

    Raises:
        IllegalTransition: It was answered, or it sank.
    """
    return _sunk(bottle, Event.CONDEMN, now_ms)


def thawed(bottle: Bottle, now_ms: int, rules: Rules) -> Bottle:
    """Return the frozen bottle that an operator let go: afloat, or sunk if its life is over.

    Raises:
        IllegalTransition: It is not frozen.
    """
    return settled(_moved(bottle, Event.THAW), now_ms, rules)


def raised(bottle: Bottle) -> Bottle:
    """Return the sunk bottle that an operator did not mean to sink: frozen, as it was reported.

    Raises:
        IllegalTransition: It did not sink.
    """
    return replace(_moved(bottle, Event.RAISE), sunk_ms=None)


def _moved(bottle: Bottle, event: Event) -> Bottle:
    """Return the bottle after ``event``, in nobody's hands."""
    return replace(bottle, state=after(bottle.state, event), catcher=None, lease_until_ms=None)


def _sunk(bottle: Bottle, event: Event, at_ms: int) -> Bottle:
    return replace(_moved(bottle, event), sunk_ms=at_ms)


SAMPLE = 64
"""How many bottles are looked at for one catch: the next ones thrown from a random moment on, around the clock of a
bottle's life. With fewer afloat that is all of them."""


class Drifting(NamedTuple):
    """A bottle that may be caught, as far as choosing goes."""

    bottle: BottleId
    author: PersonId
    fence: int


def in_order(drifting: Iterable[Drifting], draw: Callable[[], float]) -> Sequence[Drifting]:
    """Return the bottles in the order in which they are to be tried: those caught least often first, else by chance.

    So a fresh bottle comes before one that was held already, and none is passed over for good: the fewer have held it,
    the sooner it is tried. ``draw`` returns a number drawn evenly from [0, 1) at each call.
    """
    return sorted(drifting, key=lambda one: (one.fence, draw()))
