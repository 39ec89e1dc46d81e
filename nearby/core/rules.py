"""Every number of the product in one frozen value, with its default and its unit.

Nothing here is read from a file: ``server.config`` fills it in, tests and the simulator build
their own. ``faster`` makes a city's day pass in minutes without changing what happens in it.
"""

from dataclasses import dataclass, fields, replace

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Rate:
    """At most one per ``period_ms`` on average, ``burst`` at once. ``burst`` 0 means no limit."""

    period_ms: int
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The numbers of windows, catchments, rooms, logs, limits and bottles."""

    window_ms: int = 600 * SECOND_MS
    """Width of the common tumbling window."""
    open_res7: int = 10
    """Established people a res-7 cell must count to open (k)."""
    open_res6: int = 8
    """So many open a res-6 cell: with fewer, whether it opens tells too much of a single person in it."""
    streak: int = 3
    """Windows in a row at or above k that open a catchment, or below k that close it."""
    noise_scale: float = 3.0
    """Scale of the Laplace noise on every count."""
    open_venue: int = 20
    """Established people who must name a venue, in a window or the one before, for it to be open."""

    capacity: int = 8
    """Seats of a room. Talk holds at 3-5 talkers; with half to two thirds attentive that is 6-8 seats."""
    target: int = 6
    """Seats filled while the catchment is busy, so that the next ones keep newcomers company."""
    low_water: int = 3
    """A room with fewer connected members is thin."""
    busy_above: int = 40
    """A catchment that counted more people than this fills its rooms to ``target``, else to ``capacity``."""

    seat_hold_ms: int = MINUTE_MS
    """How long a seat without a connection is kept."""
    room_linger_ms: int = MINUTE_MS
    """How long a room without members stays."""
    return_ms: int = 10 * MINUTE_MS
    """How long after losing a seat a resuming person may have that room again."""
    shun_ms: int = 30 * MINUTE_MS
    """How long a room left by ``next`` is out of the question."""
    settle_ms: int = 10 * SECOND_MS
    """Nobody is moved this soon after speaking."""

    mend_every_ms: int = 15 * SECOND_MS
    """How often a thin room is looked at."""
    merge_after_ms: int = 30 * SECOND_MS
    """A room that was thin for this long is merged with another one of its catchment, if that has the seats."""
    mend_alone_every_ms: int = 5 * SECOND_MS
    """How often a room of one is looked at,"""
    merge_alone_after_ms: int = 10 * SECOND_MS
    """which is merged once it was thin for this long: nobody talks there."""
    spare_seats: int = 1
    """Two are merged into a fuller room only if so many seats are left in the catchment: whoever comes next sits alone
    otherwise."""
    forced_every_ms: int = 10 * MINUTE_MS
    """A person is moved by a merge at most once in this time."""
    lift_after_ms: int = 2 * MINUTE_MS
    """A thin room that had nobody to merge with for this long is lifted to the next open rung."""
    lifted_windows: int = 3
    """For this many windows after, its people are not placed finer than it was lifted to."""
    conflicts: int = 1_000
    """The newest hard conflicts that are kept of a person."""

    old_after_ms: int = 15 * MINUTE_MS
    """A room loses up to one point of its score by this age: fresh rooms have fresh talk."""

    log_events: int = 500
    log_ms: int = 10 * MINUTE_MS
    """A room's log keeps this many events, at most this long."""
    resume_events: int = 200
    """More missed events than this give a snapshot instead."""
    resume_bytes: int = 128 * 1024
    """So do more bytes of missed events, as they are on the wire: half of what may wait for a slow reader."""
    snapshot_messages: int = 50
    repeat_ms: int = 2 * MINUTE_MS
    """How long the id of a ``say`` is remembered."""

    say: Rate = Rate(2 * SECOND_MS, 5)
    checkin: Rate = Rate(30 * SECOND_MS, 3)
    change: Rate = Rate(30 * SECOND_MS, 3)
    """Another name or badge shown to a room; who holds two tokens could flood it by showing them in turn."""
    joins_per_hour: int = 6
    """Seats taken in any ``hour_ms``, not counting moves and returns. 0 means no limit."""
    joins_per_hour_verified: int = 12
    cells_per_hour: int = 6
    """Res-7 cells that come into force for a person in any ``hour_ms``. 0 means no limit."""
    hour_ms: int = HOUR_MS
    """The span of the rolling counts."""
    strangers_per_hour: int = 45
    """Different strangers whom an unverified person's words reach in any ``hour_ms``. 0 means no limit."""
    number_messages: int = 5
    """A number in pieces is looked for over so many messages of an unverified person in a room. 1 means no others."""
    repeated_in: int = 3
    """Rooms in which a text of unverified people is seen within ``hour_ms`` to be refused everywhere for ``day_ms``.
    0 means that it never is."""

    has_gate: bool = True
    """Whether the content gate looks at what unverified people say."""
    fast_m_per_s: float = 100.0
    """Whoever came faster than an express train changes cells a window later."""
    impossible_m_per_s: float = 300.0
    """A check-in of somebody who came faster than an airliner has no effect. 0 means no limit on speed."""
    least_elapsed_ms: int = 30 * SECOND_MS
    """Two check-ins are never taken to be closer in time."""

    shake: Rate = Rate(6 * MINUTE_MS, 10)
    """Shakes of a person: ten an hour on average, and as many at once."""
    greet: Rate = Rate(6 * MINUTE_MS, 10)
    """Greetings of a person: ten an hour on average, and as many at once; of one member once."""
    block: Rate = Rate(3 * MINUTE_MS, 10)
    """Blocks of a person: each gives another room that no other limit counts."""
    shake_wait_ms: int = 10 * SECOND_MS
    """From the first shake in a catchment until those who shook by then meet: two hands and two networks agree within
    a second, and nobody holds a phone and waits for longer."""

    company_look_ms: int = 5 * SECOND_MS
    """How often it is looked whether those who asked to be told have company; so long it must last to be told."""

    lease_ms: int = 10 * MINUTE_MS
    """How long a bottle is its catcher's."""
    bottle_life_ms: int = 72 * HOUR_MS
    """A bottle that nobody answered sinks after this time,"""
    bottle_catches: int = 5
    """or when it comes back from so many established people."""
    day_ms: int = DAY_MS
    """The span of the rolling counts of bottles."""
    bottles_per_day: int = 3
    """Bottles thrown in any ``day_ms``. 0 means no limit."""
    bottles_per_day_verified: int = 10
    catches_per_day: int = 10
    """Bottles caught in any ``day_ms`` by established people. 0 means no limit."""
    catches_per_day_unestablished: int = 3
    doubt_ms: int = 72 * HOUR_MS
    """After a report that counts, for so long nobody catches a bottle of the person it is about:"""
    doubt_repeated_ms: int = 30 * DAY_MS
    """so long if it was reported by two different people in this time."""
    reports_per_hour: int = 10
    """Reports made in any ``hour_ms``. 0 means no limit."""
    rejected_reports: int = 2
    """Somebody with so many reports rejected in ``rejected_ms`` makes none that count."""
    rejected_ms: int = 30 * DAY_MS
    removed_ms: int = DAY_MS
    """For so long a room from which two reports removed somebody is out of the question for them."""
    reporters_suspend: int = 6
    """Somebody is suspended when so many different people reported them,"""
    places_suspend: int = 3
    """over so many different rooms or bottles,"""
    suspended_ms: int = DAY_MS
    """for so long, or until an operator has looked."""
    report_due_ms: int = DAY_MS
    """An operator is to have looked at a report within this time."""
    lines_per_minute: int = 30
    """What one person writes in one thread in any ``minute_ms``: as fast as ``say``. 0 means no limit."""
    minute_ms: int = MINUTE_MS

    def faster(self, speed: float) -> "Rules":
        """Return the same rules for a world that runs ``speed`` times as fast.

        Every duration shrinks, and with it every rate's period; speeds grow; numbers of people and events stay.
        """
        changes: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_ms"):
                changes[field.name] = max(1, round(value / speed))
            elif field.name.endswith("_m_per_s"):
                changes[field.name] = value * speed
            elif isinstance(value, Rate):
                changes[field.name] = Rate(max(1, round(value.period_ms / speed)), value.burst)
        return replace(self, **changes)  # type: ignore[arg-type]

    def unlimited(self) -> "Rules":
        """Return the same rules without any limit on what a person may send: for load tests."""
        free = Rate(1, 0)
        return replace(
            self,
            say=free,
            checkin=free,
            change=free,
            shake=free,
            greet=free,
            block=free,
            joins_per_hour=0,
            joins_per_hour_verified=0,
            cells_per_hour=0,
            bottles_per_day=0,
            bottles_per_day_verified=0,
            catches_per_day=0,
            catches_per_day_unestablished=0,
            reports_per_hour=0,
            lines_per_minute=0,
            strangers_per_hour=0,
            number_messages=1,
            repeated_in=0,
            impossible_m_per_s=0,
        )
