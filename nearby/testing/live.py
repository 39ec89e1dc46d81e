"""What the suite runs on: one live state, and as many gateways on it as a test asks for."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Protocol

from nearby.core.changes import Change
from nearby.core.kept import Kept
from nearby.core.rules import Rules
from nearby.hub.base import Hub, Listener
from nearby.hub.memory import LiveState, MemoryHub

SECRET = b"the secret of a test's windows"
"""Keys the draws of every live state under test, so that a test can tell a person's moment."""


class Live(Protocol):
    """One live state, empty at first, that runs by ``SECRET`` and by one set of rules."""

    async def open_hub(self, listener: Listener) -> Hub:
        """Return one more gateway's handle on this state, heard by ``listener``."""

    async def settle(self) -> None:
        """Return when every listener has heard what was done so far."""


GoLive = Callable[[Rules, int], Awaitable[Live]]
"""Returns an empty live state for some rules, started at a time in milliseconds."""


class MemoryLive:
    """The live state of one process. Nothing suspends and nothing is under way between two calls.

    Args:
        rules: The rules it runs by.
        now_ms: The time it starts at.
        random: What it draws ids from; the same ones every time if None.
        record: Is told every change, or None.
        kept: What survived of a former process, or None.
    """

    def __init__(
        self,
        rules: Rules,
        now_ms: int,
        *,
        random: Random | None = None,
        record: Callable[[Change], None] | None = None,
        kept: Kept | None = None,
    ) -> None:
        random = random or Random(0)
        self._state = LiveState(
            rules,
            secret=SECRET,
            draw_id=lambda: f"{random.getrandbits(80):020x}",
            now_ms=now_ms,
            record=record,
            kept=kept,
        )

    async def open_hub(self, listener: Listener) -> Hub:
        """See ``Live.open_hub``."""
        return MemoryHub(self._state, listener)

    async def settle(self) -> None:
        """See ``Live.settle``."""
