"""What operators can measure of the store."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_COMMIT_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

WHATS = ("journal", "checkins")
POLICIES = ("drop_membership_events", "drop_newest", "refused")


class StoreMetrics:
    """The store's ``StoreEvents``: counts what it does and remembers whether it can be reached."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.is_up = True
        self._rows = Counter("nearby_store_rows", "Rows committed, by what for.", ("what",), registry=registry)
        self._commit_seconds = Histogram(
            "nearby_store_commit_seconds",
            "One transaction of the store, by what for.",
            ("what",),
            buckets=_COMMIT_BUCKETS_S,
            registry=registry,
        )
        self._dropped = Counter(
            "nearby_store_dropped", "Rows given up, by the policy that did it.", ("policy",), registry=registry
        )
        self._up = Gauge("nearby_store_up", "1 while the database can be reached.", registry=registry)
        self._up.set(1)
        for what in WHATS:
            self._rows.labels(what)
            self._commit_seconds.labels(what)
        for policy in POLICIES:
            self._dropped.labels(policy)

    def committed(self, what: str, rows: int, took_s: float) -> None:
        """See ``StoreEvents.committed``."""
        self._rows.labels(what).inc(rows)
        self._commit_seconds.labels(what).observe(took_s)

    def dropped(self, policy: str, rows: int) -> None:
        """See ``StoreEvents.dropped``."""
        self._dropped.labels(policy).inc(rows)

    def reachable(self, is_up: bool) -> None:
        """See ``StoreEvents.reachable``."""
        self.is_up = is_up
        self._up.set(is_up)
