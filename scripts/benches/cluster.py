"""What servers that share a hub cost beside one that has its state to itself: CPU of servers and hub, round trips."""

import asyncio
import contextlib
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum

from nearby.testing.redis import RedisServer, redis_server
from scripts.benches.acks import places_of_pairs
from scripts.benches.crowd import IN_FLIGHT, Crowd
from scripts.benches.databases import new_databases
from scripts.benches.fanout import in_turn, say_in
from scripts.benches.raw import Phone
from scripts.benches.servers import BenchFailed, Kind, Server, running, together
from scripts.benches.turns import WARM_UP_LAPS


class Side(StrEnum):
    """Which servers: one by itself, on SQLite as it comes, keeping nothing or on PostgreSQL; one or two on a hub."""

    EMBEDDED = "one server as it comes"
    ALONE = "one server, nothing kept"
    KEPT = "one server on PostgreSQL"
    ONE = "one on a shared hub"
    TWO = "two on a shared hub"


GATEWAYS = {Side.ONE: 1, Side.TWO: 2}

TALK = {"window-s": "600"}
"""Limits stay on: a phone speaks every two seconds, and a presence outlasts the bench."""
LAP_S = 2.1
CHECK_INS = {"window-s": "40"}
CHECK_INS_LAP_S = 2.1
"""With such windows a phone may check in every two seconds, twenty times a window; see ``checkins``."""

ROOM = 8
LOADS = 5
BUSY = 4
"""So many times the messages under way, by twice the phones, each server has that is to show what it is worth."""

_LAT, _LON = 60.1699, 24.9384
_SECRET = "a secret of the bench's own, for hashes"

_ASKED = ("fcall", "fcall_ro", "mget", "lrange", "get")
"""What an operation asks the hub for. Functions call ``get`` themselves only where somebody was faster."""


@dataclass(slots=True)
class Figures:
    """What one side used in one round, each list one entry a round: µs of CPU, and commands, per piece of work."""

    servers_us: list[float] = field(default_factory=list)
    hub_us: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    """Pieces of work a second while a lap ran."""


Table = dict[Side, Figures]


def setup(connections: int, laps: int) -> str:
    """Return how it is measured, in one sentence."""
    return (
        f"{connections:,} phones on each side, the sides in turn, {laps} laps a round, limits on, {IN_FLIGHT} messages "
        f"under way, on one machine with hub, database and phones; of busy servers {2 * connections:,} phones and "
        f"{BUSY * IN_FLIGHT} messages each"
    )


def busy_phones(side: Side, connections: int) -> int:
    """Return how many phones a side has whose servers are each to be busy."""
    return 2 * connections * GATEWAYS[side]


@dataclass(slots=True)
class _Used:
    server_s: float = 0.0
    hub_s: float = 0.0
    asked: int = 0
    done: int = 0
    took_s: float = 0.0


class Load:
    """Servers of one side under phones that all do the same, lap by lap.

    Args:
        side: Which.
        server: The servers, as one.
        crowd: The phones.
        hub: The hub, None for a server by itself.
    """

    at_least_s = LAP_S

    def __init__(self, side: Side, server: Server, crowd: Crowd, hub: RedisServer | None) -> None:
        self.side = side
        self.used = _Used()
        self._server = server
        self._crowd = crowd
        self._hub = hub

    async def gather(self, connections: int) -> None:
        """Connect phones and let them all have a room."""
        await self._crowd.connect(connections)

    async def begin(self) -> None:
        """Do what must not be long before the first lap."""

    async def once(self) -> int:
        """Load the servers once over; return how much they carried out."""
        raise NotImplementedError

    async def lap(self) -> None:
        """Load the servers once over and count what that took."""
        hub_s, asked = await self._of_hub()
        server_s = await asyncio.to_thread(self._server.cpu_s)
        began_s = time.monotonic()
        self.used.done += await self.once()
        self.used.took_s += time.monotonic() - began_s
        self.used.server_s += await asyncio.to_thread(self._server.cpu_s) - server_s
        hub_after_s, asked_after = await self._of_hub()
        self.used.hub_s += hub_after_s - hub_s
        self.used.asked += asked_after - asked

    async def _of_hub(self) -> tuple[float, int]:
        """Return the hub's CPU so far, and how many commands it was asked to carry out."""
        if self._hub is None:
            return 0.0, 0
        cpu, stats = await self._hub.call("INFO", "CPU"), await self._hub.call("INFO", "COMMANDSTATS")
        calls = (stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in _ASKED)
        return float(cpu["used_cpu_sys"]) + float(cpu["used_cpu_user"]), sum(calls)


class Talk(Load):
    """Phones in rooms of eight, each speaking once a lap; counted is who hears it."""

    size = ROOM
    _phones: Sequence[Phone] = ()
    _deliveries = 0
    _said = 0
    _in_flight = IN_FLIGHT

    async def gather(self, connections: int) -> None:
        """See ``Load``."""
        await self._sit_down(connections)
        self._phones = in_turn(self._crowd.phones)
        sizes = Counter(phone.room for phone in self._phones)
        # Each of several servers may have opened a room in the same moment, and the last to come then fill none.
        most = len(self._phones) // self.size + GATEWAYS.get(self.side, 1) - 1
        if max(sizes.values()) > self.size or len(sizes) > most:
            raise BenchFailed(f"rooms of {self.size} were due, and their sizes are {dict(Counter(sizes.values()))}")
        self._deliveries = sum(size * size for size in sizes.values())

    async def _sit_down(self, connections: int) -> None:
        await super().gather(connections)
        await self._crowd.be_placed(_LAT, _LON)

    async def once(self) -> int:
        """See ``Load``."""
        work = [(phone, say_in(phone, self._said + turn)) for turn, phone in enumerate(self._phones)]
        self._said += len(work)
        await self._crowd.lap(work, deliveries=self._deliveries, at_least_s=0.0, in_flight=self._in_flight)
        return self._deliveries


class TalkOfBusy(Talk):
    """The same, each server as busy as the other side's: what two are worth is compared by."""

    async def gather(self, connections: int) -> None:
        """See ``Load``."""
        self._in_flight = BUSY * IN_FLIGHT * GATEWAYS[self.side]
        await super().gather(busy_phones(self.side, connections))


class TalkOfTwo(Talk):
    """Phones in rooms of two, one on each server."""

    size = 2

    async def _sit_down(self, connections: int) -> None:
        places = places_of_pairs(connections)[::2]
        # Two who come at once by two servers would open two rooms, and meet only when these are merged.
        for _ in range(2):
            await self._crowd.connect(len(places))
            await self._crowd.be_placed_at(places)
            # Phones call the servers in turn: who is placed next is to be on the other one.
            places = [*places[1:], places[0]]


class CheckIns(Load):
    """Phones that stay where they are and say so once a lap."""

    at_least_s = CHECK_INS_LAP_S

    async def begin(self) -> None:
        """See ``Load``."""
        await self._crowd.be_placed(_LAT, _LON)

    async def once(self) -> int:
        """See ``Load``."""
        await self._crowd.check_in(_LAT, _LON, at_least_s=0.0)
        return len(self._crowd.phones)


async def measure(
    load: type[Load],
    sides: Sequence[Side],
    settings: dict[str, str],
    *,
    connections: int,
    laps: int,
    rounds: int,
    is_verified: bool,
    advance: Callable[[], None],
) -> Table:
    """Return what each side used, the sides taking turns lap by lap.

    Raises:
        BenchFailed: Not everything sent was acknowledged, and heard by everybody it was for.
    """
    async with AsyncExitStack() as stack:
        loads = []
        for side in sides:
            hub, server = await stack.enter_async_context(_servers(side, settings))
            crowd = stack.enter_context(Crowd(server, is_verified=is_verified))
            loads.append(load(side, server, crowd, hub))
            await loads[-1].gather(connections)
        # Only now, and all at once: a presence would not outlast the others' beginning.
        await asyncio.gather(*(one.begin() for one in loads))
        return await _take_turns(loads, laps=laps, rounds=rounds, advance=advance)


async def _take_turns(loads: Sequence[Load], *, laps: int, rounds: int, advance: Callable[[], None]) -> Table:
    table: Table = {one.side: Figures() for one in loads}
    for number in range(-1, rounds):
        for one in loads:
            one.used = _Used()
        for _ in range(WARM_UP_LAPS if number < 0 else laps):
            began_s = time.monotonic()
            for one in loads:
                await one.lap()
            await asyncio.sleep(max(0.0, began_s + loads[0].at_least_s - time.monotonic()))
            if number >= 0:
                advance()
        for one in loads if number >= 0 else ():
            used, figures = one.used, table[one.side]
            if not used.server_s:
                raise BenchFailed("a round took less processor time than the kernel counts: ask for more laps")
            figures.servers_us.append(used.server_s * 1e6 / used.done)
            figures.hub_us.append(used.hub_s * 1e6 / used.done)
            figures.asked.append(used.asked / used.done)
            figures.rate.append(used.done / used.took_s)
    return table


@contextlib.asynccontextmanager
async def _servers(side: Side, settings: dict[str, str]) -> AsyncIterator[tuple[RedisServer | None, Server]]:
    """Run the servers of one side until the block ends, with a hub of their own if they share one."""
    async with AsyncExitStack() as stack:
        if side in (Side.EMBEDDED, Side.ALONE):
            kept = {} if side is Side.EMBEDDED else {"keep": "off"}
            yield None, await stack.enter_async_context(running(Kind.OURS, {**settings, **kept}))
            return
        (url,) = await stack.enter_async_context(new_databases(1, is_sqlite=False))
        shared = {**settings, "database-url": url}
        if side is Side.KEPT:
            yield None, await stack.enter_async_context(running(Kind.ON_POSTGRESQL, shared))
            return
        hub = await stack.enter_async_context(redis_server())
        shared |= {"hub-url": hub.url, "store-secret": _SECRET}
        key = secrets.token_hex(32)
        servers = [
            await stack.enter_async_context(running(Kind.SHARED, shared, key=key)) for _ in range(GATEWAYS[side])
        ]
        yield hub, together(servers)


async def measure_all(
    *, connections: int, laps: int, rounds: int, advance: Callable[[], None], only: str = ""
) -> dict[str, Table]:
    """Return what each side used under each load, or under ``only`` one.

    Raises:
        BenchFailed: As ``measure``.
    """
    every = tuple(Side)
    three = (Side.EMBEDDED, Side.ALONE, Side.TWO)
    loads: dict[str, tuple[type[Load], Sequence[Side], dict[str, str], bool]] = {
        "talk": (Talk, every, TALK, True),
        "strangers": (Talk, three, TALK, False),
        "pairs": (TalkOfTwo, three, TALK, True),
        "busy": (TalkOfBusy, (Side.ONE, Side.TWO), TALK, True),
        "check_ins": (CheckIns, every, CHECK_INS, False),
    }
    return {
        name: await measure(
            load,
            sides,
            settings,
            connections=connections,
            laps=laps,
            rounds=rounds,
            is_verified=is_verified,
            advance=advance,
        )
        for name, (load, sides, settings, is_verified) in loads.items()
        if only in ("", name)
    }
