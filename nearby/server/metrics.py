"""What operators can measure. No label holds a cell, a room, a person or a network."""

from collections.abc import Iterator
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from nearby.core import wire
from nearby.errors import CloseCode, ErrorCode, Refused
from nearby.hub.base import HubStatistics

disable_created_metrics()  # type: ignore[no-untyped-call]  # A second series per counter that nobody reads.

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LIMITS = ("say", "checkin", "joins", "guests", "connections")
"""What ``nearby_limits_hit_total`` tells apart."""

_LATENCY_BUCKETS_S = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class Metrics:
    """The server's counters, in a registry of their own so that two servers can share a process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.placements = self._counter("placements", "Seats given, by what for.", "why")
        self.rescues = self._counter("rescues", "Seats given in rooms of one or two.")
        self.messages = self._counter("messages", "Messages from clients, by type.", "type")
        self.deliveries = self._counter("deliveries", "Room events written to connections.")
        self.errors = self._counter("errors", "Messages and requests refused, by code.", "code")
        self.limits_hit = self._counter("limits_hit", "Refusals because of a limit, by which.", "limit")
        self.closes = self._counter("closes", "Connections closed by the server, by close code.", "code")
        self.outbox_overflows = self._counter("outbox_overflows", "Connections closed as too slow to read.")
        self.requests = self._counter("http_requests", "HTTP answers, by route and status.", "route", "status")
        self.jwks_failures = self._counter("jwks_failures", "Fetches of the issuer's keys that failed.")
        self.say_seconds = self._histogram("say_seconds", "From reading a say to its last delivery.")
        self.checkin_seconds = self._histogram("checkin_seconds", "From reading a checkin to its ack.")
        self.placement_seconds = self._histogram("placement_seconds", "Work of one placement, on its tick.")
        self.loop_lag_seconds = self._histogram("loop_lag_seconds", "How late the event loop was for its 200 ms tick.")
        self.ready = Gauge("nearby_ready", "1 while new phones are taken.", registry=self.registry)
        self._live = _Live()
        self.registry.register(self._live)
        # Resolved once: looking a label up costs more than counting.
        self.message_of_type = {
            kind: self.messages.labels(kind.__struct_config__.tag) for kind in get_args(wire.ClientMessage)
        }
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

    def render(self, statistics: HubStatistics) -> bytes:
        """Return the exposition text, with what is live now."""
        self._live.statistics = statistics
        return generate_latest(self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"nearby_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str) -> Histogram:
        return Histogram(f"nearby_{name}", text, buckets=_LATENCY_BUCKETS_S, registry=self.registry)


class _Live:
    """Gauges made from the hub's statistics when they are asked for."""

    def __init__(self) -> None:
        self.statistics = HubStatistics(
            people=0, connections=0, rooms_by_size={}, held_seats=0, open_catchments={}, timers=0
        )

    def collect(self) -> Iterator[Metric]:
        """Yield the live gauges."""
        live = self.statistics
        yield GaugeMetricFamily("nearby_people_present", "People with a presence.", live.people)
        yield GaugeMetricFamily("nearby_connections", "Open connections after hello.", live.connections)
        yield GaugeMetricFamily("nearby_held_seats", "Seats held for a connection to come back.", live.held_seats)
        yield GaugeMetricFamily("nearby_timers", "Things the hub waits to look at.", live.timers)
        rooms = GaugeMetricFamily("nearby_rooms", "Rooms, by connected members.", labels=["size"])
        for size, count in live.rooms_by_size.items():
            rooms.add_metric([str(size)], count)
        yield rooms
        catchments = GaugeMetricFamily("nearby_open_catchments", "Open cells.", labels=["resolution"])
        for resolution, count in live.open_catchments.items():
            catchments.add_metric([str(resolution)], count)
        yield catchments
