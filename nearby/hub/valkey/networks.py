"""What bounds a client network as a whole, over all gateways."""

from nearby.core.limits import rolling
from nearby.hub.valkey import rows
from nearby.hub.valkey.working import Table, Working


class SharedNetworks:
    """Counts by network in one attempt. Open connections are counted by gateway, so that a dead one's are dropped.

    Args:
        working: The attempt.
    """

    def __init__(self, working: Working) -> None:
        self.spent: Table[tuple[str, str], tuple[int, ...]] = Table(
            working,
            "ns:",
            name_of=":".join,
            decode=lambda _, stored: tuple(rows.any_of(stored)),
            encode=lambda times_ms: rows.encode(times_ms) if times_ms else None,
        )
        self.open: Table[str, dict[str, int]] = Table(
            working,
            "no:",
            name_of=str,
            decode=lambda _, stored: dict(rows.any_of(stored)),
            encode=lambda counts: rows.encode(counts) if counts else None,
            make=dict,
        )

    def spend(self, purpose: str, network: str, *, limit: int, span_ms: int, now_ms: int) -> int:
        """See ``Hub.spend``."""
        key = (purpose, network)
        self.spent[key], wait_ms = rolling(self.spent.get(key, ()), now_ms, limit=limit, span_ms=span_ms)
        return wait_ms

    def connect_from(self, network: str, limit: int, gateway: str) -> bool:
        """See ``Hub.connect_network``; ``gateway`` has the connection."""
        counts = self.open[network]
        if sum(counts.values()) >= limit:
            return False
        counts[gateway] = counts.get(gateway, 0) + 1
        return True

    def disconnect_from(self, network: str, gateway: str) -> None:
        """See ``Hub.disconnect_network``."""
        counts = self.open[network]
        if counts.get(gateway, 0) > 1:
            counts[gateway] -= 1
        else:
            counts.pop(gateway, None)

    def forget_gateway(self, network: str, gateway: str) -> None:
        """Drop what a gateway that ended had open."""
        self.open[network].pop(gateway, None)
