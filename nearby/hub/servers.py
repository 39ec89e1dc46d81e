"""The hub's port for what servers that share a live state tell each other: part of ``nearby.hub.base.Hub``.

The same guarantees hold as there. One process is the only server of its live state.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from nearby.core.rules import MINUTE_MS

ANNOUNCED_WITHIN_S = 5.0
"""How long servers have to see to what is announced."""

FIGURES_KEPT_MS = 62 * MINUTE_MS
"""An hour of figures, and some time to read the first of them."""


class Colleague(Protocol):
    """A server's ear for what others announce. A call must return at once and must not raise."""

    def announced(self, notice: str, seen_to: Callable[[], None]) -> None:
        """Some server of the live state announces something: call ``seen_to``, now or later, once it holds here."""


class Servers(Protocol):
    """One server's way to all that share its live state, itself among them."""

    async def announce(self, notice: str) -> None:
        """Have every server ``announced`` something, and return once all of them have seen to it.

        A server that begins meanwhile may not hear it: it reads what is so after it began. What one server announces
        after the other is heard in that order.

        Raises:
            HubDown: Not everybody saw to it in time. Whoever heard it does all the same; once more is safe if it is
                for them.
        """

    async def add_figures(self, step: int, figures: Mapping[str, int], now_ms: int) -> None:
        """Add a server's figures to the sums of a step of time, which are kept for an hour."""

    async def figures(self, steps: Collection[int], now_ms: int) -> Sequence[Mapping[str, int]]:
        """Return the sums of some steps over all servers, in the order asked; of steps without any there are none."""
