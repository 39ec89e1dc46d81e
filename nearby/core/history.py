"""What a server did in the last hour, in equal steps: counts of everything at once, nothing by place or person.

A step is the difference of two looks at counters that only grow. Nothing here reads a clock.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from nearby.core.rules import HOUR_MS, SECOND_MS

STEP_MS = 10 * SECOND_MS
STEPS = HOUR_MS // STEP_MS

THIN = 3
"""A room with fewer people than this is thin."""

BUCKETS_S = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Upper ends of the buckets that durations are counted in; one more bucket has no end."""


@dataclass(frozen=True, slots=True)
class Live:
    """What is there at a moment. ``rooms_by_size``: how many rooms have so many connected people."""

    people: int
    connections: int
    rooms_by_size: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at a server. All counts are since its start; ``live`` is None if the hub could not be reached.

    ``say_counts``, ``checkin_counts`` and ``lag_counts`` are durations by bucket of ``BUCKETS_S``.
    """

    at_ms: int
    live: Live | None
    is_store_up: bool
    checkins: int
    says: int
    deliveries: int
    placements: Mapping[str, int]
    limits_hit: int
    say_counts: Sequence[int]
    checkin_counts: Sequence[int]
    lag_counts: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happened from one look to the next. A quantile is None where nothing was measured."""

    at_ms: int
    live: Live | None
    is_store_up: bool
    checkins_per_s: float
    says_per_s: float
    deliveries_per_s: float
    placements: Mapping[str, int]
    limits_hit: int
    say_p99_ms: float | None
    checkin_p99_ms: float | None
    loop_lag_p99_ms: float | None


@dataclass(slots=True)
class History:
    """The looks of the last hour: at most one more than steps are kept (policy ``drop_oldest``)."""

    _looks: deque[Look] = field(default_factory=lambda: deque(maxlen=STEPS + 1))

    def is_due(self, now_ms: int) -> bool:
        """Return whether it is time for another look: in each step of ``STEP_MS`` once."""
        return not self._looks or now_ms // STEP_MS > self._looks[-1].at_ms // STEP_MS

    def note(self, look: Look) -> None:
        """Keep a look; it is later than those before."""
        self._looks.append(look)

    def steps(self, now_ms: int) -> Iterator[Step]:
        """Yield what happened in the last hour, oldest first."""
        for before, after in pairwise(self._looks):
            if after.at_ms > now_ms - HOUR_MS:
                yield _between(before, after)


def _between(before: Look, after: Look) -> Step:
    took_s = (after.at_ms - before.at_ms) / SECOND_MS
    return Step(
        at_ms=after.at_ms,
        live=after.live,
        is_store_up=after.is_store_up,
        checkins_per_s=(after.checkins - before.checkins) / took_s,
        says_per_s=(after.says - before.says) / took_s,
        deliveries_per_s=(after.deliveries - before.deliveries) / took_s,
        placements={why: count - before.placements.get(why, 0) for why, count in after.placements.items()},
        limits_hit=after.limits_hit - before.limits_hit,
        say_p99_ms=p99_ms(before.say_counts, after.say_counts),
        checkin_p99_ms=p99_ms(before.checkin_counts, after.checkin_counts),
        loop_lag_p99_ms=p99_ms(before.lag_counts, after.lag_counts),
    )


def p99_ms(before: Sequence[int], after: Sequence[int]) -> float | None:
    """Return below what 99 of 100 durations were that were counted in between: the end of a bucket.

    None if there were none. What was longer than the last end counts as that long.
    """
    counts = [later - earlier for earlier, later in zip(before, after, strict=True)]
    total = sum(counts)
    if not total:
        return None
    seen = 0
    for end_s, count in zip(BUCKETS_S, counts, strict=False):
        seen += count
        if seen * 100 >= total * 99:
            return end_s * SECOND_MS
    return BUCKETS_S[-1] * SECOND_MS


def thin_share(rooms_by_size: Mapping[int, int]) -> float | None:
    """Return the share of connected people in rooms who sit in thin ones, None if nobody sits anywhere."""
    seated = sum(size * rooms for size, rooms in rooms_by_size.items())
    thin = sum(size * rooms for size, rooms in rooms_by_size.items() if size < THIN)
    return thin / seated if seated else None
