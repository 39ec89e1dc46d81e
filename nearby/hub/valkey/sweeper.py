"""What time brings to the shared state: done by any gateway, and no harm if two do it at once."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from nearby.core.catchment import Catchments
from nearby.core.gate import Held
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import Rules
from nearby.errors import NearbyError
from nearby.hub.base import HubStatistics
from nearby.hub.valkey import rows
from nearby.hub.valkey.attempt import NUMBERS, Attempt, WindowOver
from nearby.hub.valkey.collections import TIMERS, TO_MOVE
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.runner import BACKSTOP_MS, CATCHMENTS, WINDOW, Outcome, Runner, catchment_rows_in
from nearby.hub.valkey.tables import PRESENT, SEEN
from nearby.hub.valkey.working import ABSENT, VERSION_BYTES

log = logging.getLogger(__name__)

BATCH = 16
"""Looks taken on at once: more share a round trip, and more are undone where somebody was faster."""

GATEWAYS = "gw"
"""The key of all gateways by the time their lease ends: a sorted set."""

LEASE_MS = 10_000

HEARD_EVERY_S = 0.005


class Sweeper:
    """Sweeps for one gateway.

    Args:
        link: The way to the server.
        runner: Carries out operations.
        rules: The product's numbers.
        gateway: The gateway's own id.
    """

    def __init__(self, link: Link, runner: Runner, rules: Rules, *, gateway: str) -> None:
        self._link = link
        self._runner = runner
        self._rules = rules
        self._gateway = gateway

    async def sweep(self, now_ms: int) -> tuple[list[PersonId], list[bytes]]:
        """Return the people to be placed anew, and the entries of this gateway's stream that tell what was done."""
        entries = await self.turn_windows(now_ms)
        entries += await self._bury_gateways(now_ms)
        found: dict[PersonId, None] = {}
        while True:
            due = await self._due(now_ms)
            waiting = [PersonId(one.decode()) for one in await self._link.call("SMEMBERS", self._link.key(TO_MOVE))]
            try:
                outcome = await self._runner.run(lambda state: state.sweep(now_ms), now_ms, due=due, to_move=waiting)
            except WindowOver:
                entries += await self.turn_windows(now_ms)
                continue
            if isinstance(outcome.value, NearbyError):
                raise outcome.value
            entries += self._own(outcome)
            found.update(dict.fromkeys(outcome.value))
            if not due:
                return list(found), entries

    async def turn_windows(self, now_ms: int) -> list[bytes]:
        """End the windows that are over; return the entries of this gateway's stream that tell what was done."""
        entries: list[bytes] = []
        windows = self._runner.windows
        target = windows.at(now_ms)
        while True:
            stored, states = await self._runner.read(WINDOW, CATCHMENTS)
            if stored == ABSENT:
                await self._set_window(stored, target)
                continue
            window = rows.any_of(stored[VERSION_BYTES:])
            counted, _ = catchment_rows_in(states)
            if 0 <= counted < window - 1 or (counted < 0 and await self._is_frozen(window - 1)):
                # Somebody began to end a window and did not come to its end.
                await self._count(max(counted + 1, window - 1 - 2 * self._rules.streak, 0), states)
                continue
            if window >= target:
                return entries
            # A clock that jumps by days needs no more window ends than open or close every catchment.
            if window < target - 2 * self._rules.streak:
                await self._set_window(stored, target - 2 * self._rules.streak)
                continue
            entries += await self._run_until(windows.start_ms(window + 1) - 1)
            await self._set_window(stored, window + 1)
            await self._count(window, states)

    async def statistics(self) -> HubStatistics:
        """See ``Hub.statistics``."""
        numbers = await self._link.call("HGETALL", self._link.key(NUMBERS))
        counts = {name.decode(): int(count) for name, count in _pairs(numbers)}
        (states,) = await self._runner.read(CATCHMENTS)
        sizes = {int(name[5:]): count for name, count in counts.items() if name.startswith("size:")}
        return HubStatistics(
            people=counts.get("people", 0),
            connections=counts.get("connections", 0),
            rooms_by_size={size: count for size, count in sorted(sizes.items()) if size and count},
            held_seats=counts.get("held", 0),
            open_catchments=self._runner.catchments_in(states).open_by_resolution(),
            timers=await self._link.call("ZCARD", self._link.key(TIMERS)),
            shaking=counts.get("shaking", 0),
            texts_held={why: counts.get(f"text:{why}", 0) for why in Held},
        )

    async def until_heard(self, gateway: str, within_s: float) -> None:
        """Return when another gateway has heard all it was told so far, or did not in time."""
        stream = self._link.key(f"o:{gateway}")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while await self._link.call("XLEN", stream):
                    await asyncio.sleep(HEARD_EVERY_S)

    async def renew_lease(self) -> list[str]:
        """Go on as a gateway; return those whose lease ended."""
        return await self._lease(LEASE_MS)

    async def close(self) -> None:
        """End this gateway's lease."""
        await self._lease(0)
        await self._link.call("DEL", self._link.key(f"o:{self._gateway}"))

    async def _lease(self, span_ms: int) -> list[str]:
        lapsed = await self._link.function("lease", (GATEWAYS,), self._gateway, span_ms, BACKSTOP_MS)
        return [gateway.decode() for gateway in lapsed]

    async def _bury_gateways(self, now_ms: int) -> list[bytes]:
        """Hold the seats of everybody whose gateway ended without a word."""
        entries: list[bytes] = []
        for gateway in await self.renew_lease():
            if gateway != self._gateway:
                log.warning("a gateway ended without a word; its seats are held")
                entries += await self._bury(gateway, now_ms)
        return entries

    async def _bury(self, gateway: str, now_ms: int) -> list[bytes]:
        entries: list[bytes] = []
        for name in await self._link.call("SMEMBERS", self._link.key(f"pg:{gateway}")):
            drop = partial(Attempt.drop, person_id=PersonId(name.decode()), gateway=gateway, now_ms=now_ms)
            entries += self._own(await self._run(drop, now_ms))
        for name in await self._link.call("SMEMBERS", self._link.key(f"ng:{gateway}")):
            await self._run(partial(_forget_network, name.decode(), gateway), now_ms)
        await self._link.call("ZREM", self._link.key(GATEWAYS), gateway)
        await self._link.call("DEL", *(self._link.key(f"{kind}:{gateway}") for kind in ("o", "pg", "ng")))
        return entries

    def _own(self, outcome: Outcome[Any]) -> list[bytes]:
        """Return this gateway's entry, if there is one."""
        return [entry for gateway, entry in outcome.entries.items() if gateway == self._gateway]

    async def _run(self, act: Callable[[Attempt], Any], now_ms: int) -> Outcome[Any]:
        while True:
            try:
                return await self._runner.run(act, now_ms)
            except WindowOver:
                await self.turn_windows(now_ms)

    async def _run_until(self, at_ms: int) -> list[bytes]:
        """Do what was due by a time before the present window's end."""
        entries: list[bytes] = []
        while due := await self._due(at_ms):
            entries += self._own(await self._runner.run(lambda state: state.run_timers(at_ms), at_ms, due=due))
        return entries

    async def _due(self, at_ms: int) -> list[tuple[str, int]]:
        found = await self._link.call(
            "ZRANGEBYSCORE", self._link.key(TIMERS), "-inf", at_ms, "WITHSCORES", "LIMIT", 0, BATCH
        )
        return [(name.decode(), int(float(due_ms))) for name, due_ms in _pairs(found)]

    async def _set_window(self, before: bytes, window: int) -> None:
        value = await self._runner.versioned(rows.encode(window))
        keys = (WINDOW, SEEN, PRESENT, f"cf{window - 1}")
        await self._link.function("end_window", keys, before[:VERSION_BYTES], value, BACKSTOP_MS)

    async def _is_frozen(self, window: int) -> bool:
        return bool(await self._link.call("EXISTS", self._link.key(f"cf{window}")))

    async def _count(self, window: int, states: bytes) -> None:
        """Let cells open and close by the counts of a window that is over."""
        frozen = await self._link.call("HGETALL", self._link.key(f"cf{window}"))
        counts = {Cell(int(cell, 16)): int(count) for cell, count in _pairs(frozen)}
        catchments = Catchments(self._rules, self._runner.windows)
        catchments.restore(catchment_rows_in(states)[1])
        catchments.end_window(window, counts)
        state = [(row.cell, row.is_open, row.run, row.counted) for row in catchments.rows()]
        await self._runner.put(CATCHMENTS, states, rows.encode((window, state)))


def _forget_network(network: str, gateway: str, state: Attempt) -> None:
    state.shared.networks.forget_gateway(network, gateway)


def _pairs(found: Any) -> list[tuple[Any, Any]]:
    """Return pairs, whether the server's protocol gave a map, a list of pairs or a flat list."""
    if isinstance(found, dict):
        return list(found.items())
    if found and isinstance(found[0], (list, tuple)):
        return [tuple(pair) for pair in found]
    return list(zip(found[::2], found[1::2], strict=True))
