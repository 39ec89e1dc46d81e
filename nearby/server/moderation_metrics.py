"""What operators can measure of reports and decisions. Nothing of it names anybody."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from nearby.core.rules import SECOND_MS
from nearby.store.moderation import Queue

REPORTED = ("member", "person", "bottle")
DECISIONS = ("nothing", "suspend", "ban", "reject", "undo")
DEEDS = ("verify", "revoke", "ban", "suspend", "unban", "appeal")


class ModerationMetrics:
    """Reports as they come, how long the queue is, and what is done about it by this process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.reports = Counter("nearby_reports", "Reports written, by what about.", ("about",), registry=registry)
        self.removed = Counter("nearby_removed", "People taken out of a room by reports.", registry=registry)
        self.suspended = Counter("nearby_suspended", "People suspended by reports.", registry=registry)
        self.decisions = Counter(
            "nearby_report_decisions", "Reports decided over HTTP, by what.", ("decision",), registry=registry
        )
        self.deeds = Counter(
            "nearby_people_decisions", "What operators did about people over HTTP.", ("did",), registry=registry
        )
        self._open = Gauge("nearby_reports_open", "Reports nobody has looked at.", registry=registry)
        self._oldest_s = Gauge("nearby_reports_oldest_seconds", "Age of the oldest of them, or 0.", registry=registry)
        for about in REPORTED:
            self.reports.labels(about)
        for decision in DECISIONS:
            self.decisions.labels(decision)
        for did in DEEDS:
            self.deeds.labels(did)

    def queue_is(self, queue: Queue, now_ms: int) -> None:
        """Show how long the queue is, until the next look."""
        self._open.set(queue.still_open)
        self._oldest_s.set(0 if queue.oldest_ms is None else max(0, now_ms - queue.oldest_ms) / SECOND_MS)
