"""Limits as values: how long must this caller wait?

``gcra`` is the generic cell rate algorithm (ATM Forum, Traffic Management 4.0): one integer a
caller, the *theoretical arrival time*, does the work of a token bucket without a refill task.
"""

from nearby.core.rules import Rate


def gcra(tat_ms: int, now_ms: int, rate: Rate) -> tuple[int, int]:
    """Return ``(tat_ms, wait_ms)`` after one more event at ``now_ms``.

    ``wait_ms`` 0 means it is allowed and the new ``tat_ms`` must be kept. Otherwise nothing
    changed, and the same event is allowed after ``wait_ms``. A caller never seen has 0.
    """
    if rate.burst == 0:
        return tat_ms, 0
    start_ms = max(tat_ms, now_ms)
    wait_ms = start_ms - now_ms - rate.period_ms * (rate.burst - 1)
    if wait_ms > 0:
        return tat_ms, wait_ms
    return start_ms + rate.period_ms, 0


def rolling(times_ms: tuple[int, ...], now_ms: int, *, limit: int, span_ms: int) -> tuple[tuple[int, ...], int]:
    """Return ``(times_ms, wait_ms)`` after one more event at ``now_ms``, at most ``limit`` in any span.

    ``times_ms`` holds the events of the last ``span_ms``, oldest first, at most ``limit`` of them.
    With ``wait_ms`` above 0 the event is refused and not counted. ``limit`` 0 means no limit.
    """
    if limit == 0:
        return (), 0
    recent = tuple(at_ms for at_ms in times_ms if at_ms > now_ms - span_ms)
    if len(recent) >= limit:
        return recent, recent[-limit] + span_ms - now_ms
    return (*recent, now_ms), 0
