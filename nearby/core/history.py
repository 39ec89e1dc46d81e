"""What servers did in the last hour, in equal steps: counts of everything at once, nothing by place or person.

What one server did in a step is the difference of two looks at counters that only grow, as figures: plain numbers by
name, so that those of several servers are added up name by name. Nothing here reads a clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
    limits_hit: Mapping[str, int]
    say_counts: Sequence[int]
    checkin_counts: Sequence[int]
    lag_counts: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happened in a step that ended at ``at_ms``. A quantile is None where nothing was measured."""

    at_ms: int
    servers: int
    live: Live | None
    is_hub_up: bool
    is_store_up: bool
    checkins_per_s: float
    says_per_s: float
    deliveries_per_s: float
    placements: Mapping[str, int]
    limits_hit: int
    say_p99_ms: float | None
    checkin_p99_ms: float | None
    loop_lag_p99_ms: float | None


Figures = Mapping[str, int]
"""Numbers by name: of one server, or of several added up."""

PLACED, LIMIT = "placed:", "limit:"

_DURATIONS = {"say:": "say_counts", "checkin:": "checkin_counts", "lag:": "lag_counts"}


@dataclass(slots=True)
class History:
    """The last hour of steps: older ones are dropped (policy ``drop_oldest``)."""

    _last: Look | None = None
    _figures: dict[int, Figures] = field(default_factory=dict)
    _looks: dict[int, Look] = field(default_factory=dict)

    def is_due(self, now_ms: int) -> bool:
        """Return whether it is time for another look: in each step of ``STEP_MS`` once."""
        return self._last is None or now_ms // STEP_MS > self._last.at_ms // STEP_MS

    def note(self, look: Look) -> Figures | None:
        """Keep a look, later than those before; return what this server did since the one before, None at first.

        It is for the step ``step_at`` the look.
        """
        before, self._last = self._last, look
        step = step_at(look.at_ms)
        self._looks[step] = look
        for old in [one for one in self._looks if one <= step - STEPS]:
            del self._looks[old]
        return None if before is None else _between(before, look)

    def put(self, step: int, figures: Figures) -> None:
        """Keep the figures of a step, of all servers, in place of those that are known."""
        if figures:
            self._figures[step] = figures
        for old in [one for one in self._figures if one <= step - STEPS]:
            del self._figures[old]

    def since(self, look: Look) -> Figures:
        """Return what this server did since its last look, all that it did if there was none."""
        return totals(look) if self._last is None else _less(totals(look), totals(self._last))

    def steps(self, now_ms: int) -> Iterator[Step]:
        """Yield what happened in the last hour, oldest first."""
        for step in sorted(self._figures):
            if now_ms - HOUR_MS < (step + 1) * STEP_MS <= now_ms:
                yield _step_of(step, self._figures[step], self._looks.get(step))


def step_at(at_ms: int) -> int:
    """Return the number of the step that was over at a time."""
    return at_ms // STEP_MS - 1


def totals(look: Look) -> Figures:
    """Return placements by reason and limits hit by name, as figures."""
    placed = {f"{PLACED}{why}": count for why, count in look.placements.items()}
    return placed | {f"{LIMIT}{name}": count for name, count in look.limits_hit.items()}


def named(figures: Figures, prefix: str) -> dict[str, int]:
    """Return the figures whose names begin so, without that beginning."""
    return {name.removeprefix(prefix): count for name, count in figures.items() if name.startswith(prefix)}


def _between(before: Look, after: Look) -> Figures:
    return {
        "servers": 1,
        "took_ms": after.at_ms - before.at_ms,
        "store_down": int(not after.is_store_up),
        "checkins": after.checkins - before.checkins,
        "says": after.says - before.says,
        "deliveries": after.deliveries - before.deliveries,
        **_less(totals(after), totals(before)),
        **{
            f"{prefix}{bucket}": later - earlier
            for prefix, counts in _DURATIONS.items()
            for bucket, (earlier, later) in enumerate(zip(getattr(before, counts), getattr(after, counts), strict=True))
            if later > earlier
        },
    }


def _less(figures: Figures, others: Figures) -> Figures:
    return {name: count - others.get(name, 0) for name, count in figures.items()}


def _step_of(step: int, figures: Figures, look: Look | None) -> Step:
    servers = figures.get("servers", 1)
    # Each of several servers looks at its own moment; how long they took on the average is what passed.
    took_s = max(1, figures.get("took_ms", 0)) / servers / SECOND_MS
    limits = named(figures, LIMIT)
    say, checkin, lag = ([figures.get(f"{prefix}{n}", 0) for n in range(len(BUCKETS_S) + 1)] for prefix in _DURATIONS)
    return Step(
        at_ms=(step + 1) * STEP_MS,
        servers=servers,
        live=None if look is None else look.live,
        # What others did in a step that this server did not see was told through the hub.
        is_hub_up=look is None or look.live is not None,
        is_store_up=not figures.get("store_down", 0),
        checkins_per_s=figures.get("checkins", 0) / took_s,
        says_per_s=figures.get("says", 0) / took_s,
        deliveries_per_s=figures.get("deliveries", 0) / took_s,
        placements=named(figures, PLACED),
        limits_hit=sum(limits.values()),
        say_p99_ms=p99_ms(say),
        checkin_p99_ms=p99_ms(checkin),
        loop_lag_p99_ms=p99_ms(lag),
    )


def p99_ms(counts: Sequence[int]) -> float | None:
    """Return below what 99 of 100 durations were that were counted by bucket: the end of a bucket.

    None if there were none. What was longer than the last end counts as that long.
    """
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
