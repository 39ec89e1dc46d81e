"""What time brings to the shared state: done by any gateway, and no harm if two do it at once."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar
from zlib import crc32

from nearby.core.catchment import Catchments
from nearby.core.gate import Held
from nearby.core.ids import Cell, PersonId
from nearby.core.rules import HOUR_MS, Rules
from nearby.errors import HubDown, NearbyError
from nearby.hub.base import HubStatistics
from nearby.hub.valkey import rows
from nearby.hub.valkey.attempt import NUMBERS, Attempt, WindowOver
from nearby.hub.valkey.burial import Burial
from nearby.hub.valkey.collections import TIMERS, TO_MOVE, Due
from nearby.hub.valkey.commands import Query
from nearby.hub.valkey.connections import BATCH as LOOKED_UP_AT_ONCE
from nearby.hub.valkey.connections import Connections, look_up
from nearby.hub.valkey.due import trims_of
from nearby.hub.valkey.finding import RUN
from nearby.hub.valkey.keys import BACKSTOP_MS, KEPT_BY_WINDOWS, ttl_of
from nearby.hub.valkey.lease import Lease, stream_of
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.runner import CATCHMENTS, WINDOW, Contended, Entry, Outcome, Runner, catchment_rows_in
from nearby.hub.valkey.tables import PRESENT, SEEN
from nearby.hub.valkey.working import ABSENT, VERSION_BYTES

T = TypeVar("T")

BATCH = 16
"""Looks taken on at once: more share a round trip, and more are undone where somebody was faster."""

DUE_AT_ONCE = 4 * BATCH
"""Looks that are due of which a gateway takes some on: each gateway others, so that few are done twice."""

FEW = 4
TRIES_OF_MANY = 5
"""So often all that were taken on are tried, and then ``FEW`` of them, and then one: people talk in all those rooms."""

SWEEP_S = 0.5
"""What is due beyond is left to the next sweep: whoever waits for a seat waits for this one, and so does the lease."""

HEARD_EVERY_S = 0.005

KEPT_EVERY_MS = 6 * HOUR_MS
"""Well under a day: so long the record of somebody connected lasts, and in the database that of a seat."""

CHECKED_AT_ONCE = 512
"""Connections that one sweep looks up after the state was lost or partly lost."""


class Sweeper:
    """Sweeps for one gateway.

    Args:
        link: The way to the server.
        runner: Carries out operations.
        rules: The product's numbers.
        lease: Says which gateway this is.
        connections: The connections of this gateway.
        sweep_s: After so long a sweep takes no more on.
    """

    def __init__(
        self,
        link: Link,
        runner: Runner,
        rules: Rules,
        *,
        lease: Lease,
        connections: Connections,
        sweep_s: float = SWEEP_S,
    ) -> None:
        self._link = link
        self._runner = runner
        self._rules = rules
        self._lease = lease
        self._connections = connections
        self._burial = Burial(link, self._run)
        self._sweep_s = sweep_s
        self._touched_ms = 0
        self._turning: asyncio.Task[list[Entry]] | None = None
        self._to_keep: list[PersonId] = []

    async def sweep(self, now_ms: int) -> tuple[list[PersonId], list[Entry]]:
        """Return the people to be placed anew, and what gateways were told of what was done.

        What is due and takes longer than a sweep may is left to the next one.
        """
        began_s = asyncio.get_running_loop().time()
        ended = await self._lease.renew()
        entries = await self.turn_windows(now_ms)
        entries += await self._burial.step(ended, now_ms)
        seatless, told = await self._check_connections(now_ms)
        entries += told
        await self._keep_people(now_ms)
        found = dict.fromkeys(seatless)
        while True:
            due = await self._due(now_ms)
            waiting = [PersonId(one.decode()) for one in await self._link.call("SMEMBERS", self._link.key(TO_MOVE))]
            try:
                outcome = await self._take_on(lambda state: state.sweep(now_ms), now_ms, due, to_move=waiting)
            except WindowOver:
                entries += await self.turn_windows(now_ms)
                continue
            if isinstance(outcome.value, NearbyError):
                raise outcome.value
            entries += outcome.entries
            found.update(dict.fromkeys(outcome.value))
            if not due or asyncio.get_running_loop().time() > began_s + self._sweep_s:
                return list(found), entries

    async def turn_windows(self, now_ms: int) -> list[Entry]:
        """End the windows that are over; return what gateways were told of what was done.

        All of this gateway that call as a window ends wait for one of them: if each did it, what a thousand do would
        take longer than the server is waited for. Whose time is past a window more finds that out, and calls again.
        """
        if self._turning is None:
            self._turning = asyncio.get_running_loop().create_task(self._turn_windows(now_ms))
            self._turning.add_done_callback(self._turned)
        return await asyncio.shield(self._turning)

    def _turned(self, turning: asyncio.Task[list[Entry]]) -> None:
        self._turning = None
        if not turning.cancelled():
            turning.exception()  # Those who waited for it have it.

    async def _turn_windows(self, now_ms: int) -> list[Entry]:
        entries: list[Entry] = []
        windows = self._runner.windows
        target = windows.at(now_ms)
        while True:
            stored, states, run = await self._runner.read(WINDOW, CATCHMENTS, RUN)
            if run == ABSENT:
                # Everything was removed from a server that ran on.
                await self._link.lose(await self._link.client())
                continue
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
        counts = {name.decode(): int(count) for name, count in pairs_of(numbers)}
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
            attempts=dict(self._runner.attempts),
        )

    async def until_heard(self, gateway: str, within_s: float) -> None:
        """Return when another gateway has heard all it was told so far, or did not in time."""
        stream = self._link.key(stream_of(gateway, self._link.generation))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while await self._link.call("XLEN", stream):
                    await asyncio.sleep(HEARD_EVERY_S)

    async def renew_lease_at_once(self) -> None:
        """Go on as a gateway, under another id if others could take this one to be gone."""
        await self._lease.renew_at_once()

    async def close(self) -> None:
        """End this gateway's lease, or let it run out if the hub is down."""
        with contextlib.suppress(HubDown):
            await self._lease.end()
            await self._link.call("DEL", self._link.key(stream_of(self._lease.gateway, self._link.generation)))

    async def _check_connections(self, now_ms: int) -> tuple[list[PersonId], list[Entry]]:
        """Look up some connections that the state may have lost; return who is to be placed, and what was told.

        To look at somebody brings their room into its new epoch: so nobody waits in an old one.
        """
        seatless: list[PersonId] = []
        entries: list[Entry] = []
        for _ in range(0, CHECKED_AT_ONCE, LOOKED_UP_AT_ONCE):
            pairs = self._connections.take_unchecked()
            if not pairs:
                break
            try:
                outcome = await self._run(partial(look_up, pairs=pairs), now_ms)
            except BaseException:
                self._connections.put_back(pairs)
                raise
            if isinstance(outcome.value, NearbyError):
                raise outcome.value
            unknown, others = outcome.value
            # One that was replaced since may not have heard it yet: it is none of ours then, or hears 3001 at worst.
            self._connections.forget(unknown)
            seatless += others
            entries += outcome.entries
        return seatless, entries

    async def _keep_people(self, now_ms: int) -> None:
        """See that neither the records of connected people nor those of their seats run out meanwhile."""
        if now_ms >= self._touched_ms + KEPT_EVERY_MS:
            self._touched_ms = now_ms
            self._to_keep = list(self._connections.people())
        for _ in range(0, CHECKED_AT_ONCE, LOOKED_UP_AT_ONCE):
            people = self._to_keep[-LOOKED_UP_AT_ONCE:]
            if not people:
                return
            await self._run(partial(_keep, people=people), now_ms)
            del self._to_keep[-len(people) :]

    async def _run(self, act: Callable[[Attempt], Any], now_ms: int) -> Outcome[Any]:
        while True:
            try:
                return await self._runner.run(act, now_ms)
            except WindowOver:
                await self.turn_windows(now_ms)

    async def _run_until(self, at_ms: int) -> list[Entry]:
        """Do what was due by a time before the present window's end."""
        entries: list[Entry] = []
        while due := await self._due(at_ms):
            # Else a gateway with much to do would be taken to be gone. The next sweep finds others that are.
            await self._lease.renew()
            entries += (await self._take_on(lambda state: state.run_timers(at_ms), at_ms, due)).entries
        return entries

    async def _take_on(
        self, act: Callable[[Attempt], T], at_ms: int, due: Due, *, to_move: Sequence[PersonId] = ()
    ) -> Outcome[T]:
        """Do what is due, or only the first of it if the rooms that all of it is about do not stand still for it."""
        run = partial(self._runner.run, act, at_ms, to_move=to_move, answers=await self._trimmed(due, at_ms))
        for most in (len(due), FEW):
            try:
                return await run(due=due[:most], tries=TRIES_OF_MANY)
            except Contended:
                continue
        return await run(due=due[:1])

    async def _trimmed(self, due: Due, at_ms: int) -> dict[Query, object]:
        """Have the events forgotten whose time is over in all rooms that are due, in one round trip.

        Returned is when the oldest happened that is left: later ones change nothing about that. Where none is left an
        event may come at any time, so the attempt asks once more, with the room it saw.
        """
        asked = list(trims_of(due, at_ms, self._rules).values())
        answers = await asyncio.gather(*map(self._runner.ask, asked))
        return {query: oldest_ms for query, oldest_ms in zip(asked, answers, strict=True) if oldest_ms}

    async def _due(self, at_ms: int) -> Due:
        timers = self._link.key(TIMERS)
        found = pairs_of(
            await self._link.call("ZRANGEBYSCORE", timers, "-inf", at_ms, "WITHSCORES", "LIMIT", 0, DUE_AT_ONCE)
        )
        if len(found) > BATCH:
            # The oldest, so that none is left for ever, and others by whom or what they are about: what is due of one
            # person stays in order.
            own = crc32(self._lease.gateway.encode())
            others = sorted(found[FEW:], key=lambda look: crc32(look[0].partition(b":")[2], own))
            found = [*found[:FEW], *others[: BATCH - FEW]]
        return [(name.decode(), int(float(due_ms))) for name, due_ms in found]

    async def _set_window(self, before: bytes, window: int) -> None:
        value = await self._runner.versioned(rows.encode(window))
        keys = (WINDOW, SEEN, PRESENT, f"cf{window - 1}", *KEPT_BY_WINDOWS)
        frozen_ms = ttl_of("cf#", self._rules)
        await self._link.function("end_window", keys, before[:VERSION_BYTES], value, BACKSTOP_MS, frozen_ms)

    async def _is_frozen(self, window: int) -> bool:
        return bool(await self._link.call("EXISTS", self._link.key(f"cf{window}")))

    async def _count(self, window: int, states: bytes) -> None:
        """Let cells open and close by the counts of a window that is over."""
        frozen = await self._link.call("HGETALL", self._link.key(f"cf{window}"))
        counts = {Cell(int(cell, 16)): int(count) for cell, count in pairs_of(frozen)}
        catchments = Catchments(self._rules, self._runner.windows)
        catchments.restore(catchment_rows_in(states)[1])
        catchments.end_window(window, counts)
        state = [(row.cell, row.is_open, row.run, row.counted) for row in catchments.rows()]
        await self._runner.put(CATCHMENTS, states, rows.encode((window, state)))


def _keep(state: Attempt, people: Sequence[PersonId]) -> None:
    for person in people:
        state.keep(person)


def pairs_of(found: Any) -> list[tuple[Any, Any]]:
    """Return pairs, whether the server's protocol gave a map, a list of pairs or a flat list."""
    if isinstance(found, dict):
        return list(found.items())
    if found and isinstance(found[0], (list, tuple)):
        return [tuple(pair) for pair in found]
    return list(zip(found[::2], found[1::2], strict=True))
