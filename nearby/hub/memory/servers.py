"""What the handles of one process's live state tell each other."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from nearby.errors import HubDown
from nearby.hub.servers import ANNOUNCED_WITHIN_S, FIGURES_KEPT_MS, Colleague


class MemoryServers:
    """Announcements and figures.

    Args:
        listeners: Of every handle, as they come and go.
    """

    def __init__(self, listeners: Collection[Colleague]) -> None:
        self._listeners = listeners
        self._figures: dict[int, tuple[int, Counter[str]]] = {}

    async def announce(self, notice: str) -> None:
        """See ``Servers.announce``."""
        seen_to = []
        for listener in tuple(self._listeners):
            event = asyncio.Event()
            listener.announced(notice, event.set)
            seen_to.append(event)
        try:
            async with asyncio.timeout(ANNOUNCED_WITHIN_S):
                for event in seen_to:
                    await event.wait()
        except TimeoutError:
            raise HubDown from None

    def add_figures(self, step: int, figures: Mapping[str, int], now_ms: int) -> None:
        """See ``Servers.add_figures``."""
        for old in [one for one, (at_ms, _) in self._figures.items() if at_ms <= now_ms - FIGURES_KEPT_MS]:
            del self._figures[old]
        _, sums = self._figures.get(step, (0, Counter[str]()))
        sums.update(figures)
        self._figures[step] = now_ms, sums

    def figures(self, steps: Collection[int], now_ms: int) -> Sequence[Mapping[str, int]]:
        """See ``Servers.figures``."""
        kept = {step: sums for step, (at_ms, sums) in self._figures.items() if at_ms > now_ms - FIGURES_KEPT_MS}
        return [dict(kept.get(step, {})) for step in steps]
