"""What bounds a client network as a whole, or a person: open connections, and events in a span of time."""

from nearby.core.limits import rolling


class Networks:
    """Counts by network, events also by person; one with nothing open and nothing recent takes no memory."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}
        self._spent: dict[tuple[str, str], tuple[int, ...]] = {}
        self._until_ms: dict[tuple[str, str], int] = {}

    def spend(self, purpose: str, network: str, *, limit: int, span_ms: int, now_ms: int) -> int:
        """See ``Hub.spend``."""
        key = (purpose, network)
        self._spent[key], wait_ms = rolling(self._spent.get(key, ()), now_ms, limit=limit, span_ms=span_ms)
        self._until_ms[key] = now_ms + span_ms
        return wait_ms

    def connect(self, network: str, limit: int) -> bool:
        """See ``Hub.connect_network``."""
        count = self._open.get(network, 0)
        if count >= limit:
            return False
        self._open[network] = count + 1
        return True

    def disconnect(self, network: str) -> None:
        """See ``Hub.disconnect_network``."""
        count = self._open.pop(network, 0) - 1
        if count > 0:
            self._open[network] = count

    def forget(self, now_ms: int) -> None:
        """Drop what is past its span."""
        for key in [key for key, until_ms in self._until_ms.items() if until_ms <= now_ms]:
            del self._spent[key], self._until_ms[key]
