"""How long a page's main thread works, by the browser's own account."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession, Page

_TIME_DOMAINS = ("threadTicks", "timeTicks")
"""Processor time of the thread, and time that passes during its tasks. A session of the protocol gives one of them."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a main thread did in ``ms``, or up to then; all in milliseconds.

    ``busy_ms`` passed during its tasks, also where the processor was another program's; ``cpu_ms`` is what the thread
    itself had of it, ``script_ms`` and ``layout_ms`` (styles too) are parts of that.
    """

    ms: float
    cpu_ms: float
    busy_ms: float
    script_ms: float
    layout_ms: float

    def since(self, before: "Spent") -> "Spent":
        """Return what was done after ``before``."""
        return Spent(
            ms=self.ms - before.ms,
            cpu_ms=self.cpu_ms - before.cpu_ms,
            busy_ms=self.busy_ms - before.busy_ms,
            script_ms=self.script_ms - before.script_ms,
            layout_ms=self.layout_ms - before.layout_ms,
        )


class MainThread:
    """The main thread of one page."""

    def __init__(self, cpu: CDPSession, clock: CDPSession) -> None:
        self._cpu = cpu
        self._clock = clock

    @classmethod
    async def of(cls, page: Page) -> "MainThread":
        """Return a page's main thread, from now on watched."""
        sessions = []
        for domain in _TIME_DOMAINS:
            session = await page.context.new_cdp_session(page)
            await session.send("Performance.enable", {"timeDomain": domain})
            sessions.append(session)
        return cls(*sessions)

    async def spent(self) -> Spent:
        """Return what it did so far."""
        cpu, clock = await _metrics(self._cpu), await _metrics(self._clock)
        return Spent(
            ms=clock["Timestamp"],
            cpu_ms=cpu["TaskDuration"],
            busy_ms=clock["TaskDuration"],
            script_ms=cpu["ScriptDuration"],
            layout_ms=cpu["LayoutDuration"] + cpu["RecalcStyleDuration"],
        )

    async def watch(self, seconds: int) -> list[Spent]:
        """Return what it does in each of about so many seconds."""
        found: list[Spent] = []
        before = await self.spent()
        while len(found) < seconds:
            await asyncio.sleep(1)
            now = await self.spent()
            found.append(now.since(before))
            before = now
        return found


async def _metrics(session: CDPSession) -> dict[str, float]:
    answer: dict[str, Any] = await session.send("Performance.getMetrics")
    return {metric["name"]: metric["value"] * 1_000 for metric in answer["metrics"]}


def share_ms(spent: Sequence[Spent], part: str) -> float:
    """Return how many milliseconds of a second one part of it took, over all of them."""
    return 1_000 * sum(float(getattr(one, part)) for one in spent) / sum(one.ms for one in spent)
