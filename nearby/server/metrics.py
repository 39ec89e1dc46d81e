"""What operators can measure. No label holds a cell, a room, a person or a network."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from nearby.core import wire
from nearby.core.area_index import Kind
from nearby.core.bottle import State
from nearby.core.brakes import What
from nearby.core.gate import Held
from nearby.core.history import BUCKETS_S
from nearby.errors import CloseCode, ErrorCode, Refused
from nearby.hub.base import HubStatistics
from nearby.hub.statistics import ATTEMPT_OUTCOMES, MOVE_OUTCOMES
from nearby.server.moderation_metrics import ModerationMetrics
from nearby.server.store_metrics import StoreMetrics
from nearby.store.bottles import BottleCounts

disable_created_metrics()  # type: ignore[no-untyped-call]  # A second series per counter that nobody reads.

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LIMITS = (
    *("say", "checkin", "joins", "cells", "reach", "shake", "guests", "connections", "accept"),
    *("bottles", "catches", "reports", "lines", "greet", "block", "blocks", "appeals", "notify"),
)
"""What ``nearby_limits_hit_total`` tells apart."""

BOTTLE_CALLS = ("thrown", "caught", "none", "answered", "released", "reported", "written")
"""What ``nearby_bottle_calls_total`` tells apart; ``none`` is a catch that found nothing."""

RELATIONS = (*("muted", "unmuted", "blocked", "unblocked", "greeted", "known", "withdrawn", "followed", "unfollowed"),)
"""What ``nearby_relations_total`` tells apart, whether or not it was about anybody."""

NOTIFIED = ("sent", "refused", "failed", "dropped")
"""What ``nearby_notifications_total`` tells apart."""

FILTERED = ("passed", "held", "slow", "failed", "busy")
"""What ``nearby_filtered_total`` tells apart; the last three are texts about which the filter gave no answer."""


class Latency:
    """A histogram of seconds that costs half a microsecond an observation.

    The library's own takes a lock and checks its labels each time: together with its counters that
    was 5 % of the server's time on deliveries. What every message passes is counted in plain numbers
    on the loop's thread and handed over when the page is asked for.
    """

    __slots__ = ("_counts", "_sum_s")

    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS_S) + 1)
        self._sum_s = 0.0

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(BUCKETS_S, seconds)] += 1
        self._sum_s += seconds

    def counts(self) -> tuple[int, ...]:
        """Return how many there were by bucket, the last one without an end."""
        return tuple(self._counts)

    def family(self, name: str, text: str) -> HistogramMetricFamily:
        """Return it as the exposition wants it."""
        bounds = (*map(str, BUCKETS_S), "+Inf")
        buckets = list(zip(bounds, map(float, accumulate(self._counts)), strict=True))
        return HistogramMetricFamily(name, text, buckets=buckets, sum_value=self._sum_s)


class Metrics:
    """The server's counters, in a registry of their own so that two servers can share a process.

    ``messages`` by type, ``deliveries`` and the latencies are plain numbers: callers add to them.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.placements = self._counter("placements", "Seats given, by what for.", "why")
        self.rescues = self._counter("rescues", "Seats given in rooms of one or two.")
        self.messages: dict[type[Any], int] = dict.fromkeys(get_args(wire.ClientMessage), 0)
        self.deliveries = 0
        self.filtered: dict[str, int] = dict.fromkeys(FILTERED, 0)
        self.filter_seconds = Latency()
        self.errors = self._counter("errors", "Messages and requests refused, by code.", "code")
        self.limits_hit = self._counter("limits_hit", "Refusals because of a limit, by which.", "limit")
        self.closes = self._counter("closes", "Connections closed by the server, by close code.", "code")
        self.outbox_overflows = self._counter("outbox_overflows", "Connections closed as too slow to read.")
        self.requests = self._counter("http_requests", "HTTP answers, by route and status.", "route", "status")
        self.jwks_failures = self._counter("jwks_failures", "Fetches of the issuer's keys that failed.")
        self.say_seconds = Latency()
        self.checkin_seconds = Latency()
        self.placement_seconds = Latency()
        self.meet_seconds = Latency()
        self.loop_lag_seconds = Latency()
        self.store = StoreMetrics(self.registry)
        self.moderation = ModerationMetrics(self.registry)
        self.ready = Gauge("nearby_ready", "1 while new phones are taken.", registry=self.registry)
        self.areas = Gauge("nearby_areas", "Operators' areas in force, by kind.", ["kind"], registry=self.registry)
        self.areas_refresh_failures = self._counter(
            "areas_refresh_failures", "Looks for changed areas that failed; the ones before stayed in force."
        )
        self.brakes = Gauge("nearby_brakes", "Brakes pulled, by what they stop.", ["what"], registry=self.registry)
        self.brakes_refresh_failures = self._counter(
            "brakes_refresh_failures", "Looks for changed brakes that failed; the ones before stayed in force."
        )
        self.bottle_calls = self._counter("bottle_calls", "What was done with bottles and threads, by what.", "did")
        self._bottles = Gauge("nearby_bottles", "Bottles kept, by where they are.", ["state"], registry=self.registry)
        self.relations = self._counter("relations", "What was done about members and known people, by what.", "did")
        self.notifications = self._counter(
            "notifications", "Notifications for the push service, by outcome.", "outcome"
        )
        self.notify_waiting = Gauge(
            "nearby_notify_waiting", "People who wait to be told when company comes.", registry=self.registry
        )
        self._live: HubStatistics | None = None
        self.registry.register(self)
        for kind in get_args(Kind):
            self.areas.labels(kind)
        for what in get_args(What):
            self.brakes.labels(what)
        for state in State:
            self._bottles.labels(state.value)
        for did in BOTTLE_CALLS:
            self.bottle_calls.labels(did)
        for did in RELATIONS:
            self.relations.labels(did)
        for outcome in NOTIFIED:
            self.notifications.labels(outcome)
        for limit in LIMITS:
            self.limits_hit.labels(limit)
        for close_code in CloseCode:
            self.closes.labels(str(close_code.value))
        for error_code in ErrorCode:
            self.errors.labels(error_code.value)

    def refused(self, refused: Refused) -> None:
        """Count one message or request that was refused."""
        self.errors.labels(refused.code.value).inc()
        if refused.limit:
            self.limits_hit.labels(refused.limit).inc()

    def bottles_are(self, counts: BottleCounts) -> None:
        """Show where bottles are, until the next count."""
        for state in State:
            self._bottles.labels(state.value).set(getattr(counts, state.value))

    def render(self, statistics: HubStatistics) -> bytes:
        """Return the exposition text, with what is live now."""
        self._live = statistics
        return generate_latest(self.registry)

    def collect(self) -> Iterator[Metric]:
        """Yield what is kept in plain numbers, and what is live by the hub's last statistics."""
        messages = CounterMetricFamily("nearby_messages", "Messages from clients, by type.", labels=["type"])
        for kind, count in self.messages.items():
            messages.add_metric([kind.__struct_config__.tag], count)
        yield messages
        yield CounterMetricFamily("nearby_deliveries", "Room events written to connections.", self.deliveries)
        yield self.say_seconds.family("nearby_say_seconds", "From reading a say until its ack is ready to be written.")
        yield self.checkin_seconds.family("nearby_checkin_seconds", "From reading a checkin to its ack.")
        yield self.placement_seconds.family("nearby_placement_seconds", "Work of one placement, on its tick.")
        yield self.meet_seconds.family("nearby_meet_seconds", "Work of one step that seats people whose shakes met.")
        filtered = CounterMetricFamily(
            "nearby_filtered", "Texts the filter was asked about, by answer.", labels=["answer"]
        )
        for answer, count in self.filtered.items():
            filtered.add_metric([answer], count)
        yield filtered
        yield self.filter_seconds.family("nearby_filter_seconds", "From asking the filter about a text to its answer.")
        yield self.loop_lag_seconds.family(
            "nearby_loop_lag_seconds", "How late the event loop was for its 200 ms tick."
        )
        if self._live is not None:
            yield from _live_gauges(self._live)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"nearby_{name}", text, labels, registry=self.registry)


def _live_gauges(live: HubStatistics) -> Iterator[Metric]:
    yield GaugeMetricFamily("nearby_people_present", "People with a presence.", live.people)
    yield GaugeMetricFamily("nearby_connections", "Open connections after hello.", live.connections)
    yield GaugeMetricFamily("nearby_held_seats", "Seats held for a connection to come back.", live.held_seats)
    yield GaugeMetricFamily("nearby_shaking", "People who shook and wait for what comes of it.", live.shaking)
    yield GaugeMetricFamily("nearby_timers", "Things the hub waits to look at.", live.timers)
    rooms = GaugeMetricFamily("nearby_rooms", "Rooms, by connected members.", labels=["size"])
    for size, count in live.rooms_by_size.items():
        rooms.add_metric([str(size)], count)
    yield rooms
    attempts = CounterMetricFamily(
        "nearby_hub_attempts", "Attempts at changing a shared hub, by what became of them.", labels=["outcome"]
    )
    for outcome in ATTEMPT_OUTCOMES:
        attempts.add_metric([outcome], live.attempts.get(outcome, 0))
    yield attempts
    moves = CounterMetricFamily(
        "nearby_hub_moves", "Moves of people from slice to slice of a hub, by what became of them.", labels=["outcome"]
    )
    for outcome in MOVE_OUTCOMES:
        moves.add_metric([outcome], live.moves.get(outcome, 0))
    yield moves
    catchments = GaugeMetricFamily("nearby_open_catchments", "Open cells.", labels=["resolution"])
    for resolution, count in live.open_catchments.items():
        catchments.add_metric([str(resolution)], count)
    yield catchments
    yield from _gate_families(live)


def _gate_families(live: HubStatistics) -> Iterator[Metric]:
    held = CounterMetricFamily("nearby_texts_held", "Texts the content gate held, by why.", labels=["because"])
    for because in Held:
        held.add_metric([because], live.texts_held.get(because, 0))
    yield held
    yield GaugeMetricFamily("nearby_texts_watched", "Texts seen in too few rooms to be refused.", live.texts_watched)
    yield GaugeMetricFamily("nearby_texts_refused", "Texts that are refused everywhere.", live.texts_refused)
    yield CounterMetricFamily(
        "nearby_texts_dropped", "Texts forgotten before their time, because there were too many.", live.texts_dropped
    )
