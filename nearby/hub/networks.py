"""The hub's port for what client networks may do: part of ``nearby.hub.base.Hub``, with the same guarantees."""

from typing import Protocol


class Networks(Protocol):
    """What is counted of client networks, over all servers of a live state."""

    async def spend(self, purpose: str, network: str, *, limit: int, span_ms: int, now_ms: int) -> int:
        """Count one event of a client network, or of a person by their id, at most ``limit`` in any ``span_ms``.

        Return 0 if it is allowed, else the time to wait in ms, and nothing was counted.
        """

    async def connect_network(self, network: str, limit: int) -> bool:
        """Count one more open connection of a client network; False, and not counted, if ``limit`` are open."""

    async def disconnect_network(self, network: str) -> None:
        """Count one less."""
