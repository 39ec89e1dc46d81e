"""A generated crowd of a steady size living in a server: arriving, checking in, talking, leaving."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from nearby.sim.crowd import Plan, Shape, plan, spots_of
from nearby.sim.players import Players
from nearby.sim.talk import keep_talking

STADIUM_FILLS_S = 600.0
MEAN_STAY_S = 2_700.0
DROP_EVERY_S = 30.0
TURNOVER_TICK_S = 0.5
LEAVE_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked of a server. ``ramp_s`` and ``duration_s`` are our time; the crowd's own passes at ``speed``."""

    shape: Shape
    phones: int
    says_per_s: float
    ramp_s: float
    duration_s: float
    speed: float
    lat_deg: float = 47.37
    lon_deg: float = 8.54

    @property
    def fills_over_s(self) -> float:
        """Return how long the crowd takes to be there."""
        return STADIUM_FILLS_S / self.speed if self.shape is Shape.STADIUM else self.ramp_s


class Crowd:
    """The people of a load: whoever leaves is followed by somebody new."""

    def __init__(self, load: Load, players: Players) -> None:
        self._load = load
        self._players = players
        self._spots = spots_of(load.shape, players.random, lat_deg=load.lat_deg, lon_deg=load.lon_deg)
        self._is_over = asyncio.Event()
        self._stays: set[asyncio.Task[None]] = set()
        self._came = 0

    async def live(self, progress: Callable[[float], None]) -> None:
        """Fill up, then keep size and talk for the duration; progress is told the share that passed.

        With ``Shape.RECONNECT`` all connections are cut at once every 30 s, or three times in a short run.
        """
        load = self._load
        self._let_in(load.phones, over_s=load.fills_over_s)
        side: list[asyncio.Task[None]] = [self._players.start(keep_talking(self._players, load.says_per_s))]
        if load.shape is Shape.RECONNECT:
            side.append(self._players.start(self._drop_everybody()))
        started_s, total_s = monotonic(), load.fills_over_s + load.duration_s
        try:
            while (passed_s := monotonic() - started_s) < total_s:
                progress(passed_s / total_s)
                await asyncio.sleep(TURNOVER_TICK_S)
                self._let_in(load.phones - len(self._stays), over_s=TURNOVER_TICK_S)
        finally:
            self._is_over.set()
            for task in side:
                task.cancel()
            # Who is about to check in or leave may do so, but is not waited for if the server is gone.
            await asyncio.wait([*side, *self._stays], timeout=LEAVE_WITHIN_S)
            for task in self._stays:
                task.cancel()
        progress(1.0)

    def _let_in(self, people: int, *, over_s: float) -> None:
        for _ in range(people):
            self._came += 1
            stay = plan(self._spots, self._players.random, over_s=over_s * self._load.speed, mean_stay_s=MEAN_STAY_S)
            task = self._players.start(self._stay(f"p{self._came}", stay))
            self._stays.add(task)
            task.add_done_callback(self._stays.discard)

    async def _stay(self, name: str, stay: Plan) -> None:
        """Be one person: arrive, check in again and again, leave; whoever is there at the end stays."""
        if await self._is_over_within(stay.arrives_s):
            return
        player = await self._players.check_in(name, stay.lat_deg, stay.lon_deg)
        self._players.keep_present(player)
        if not await self._is_over_within(stay.stays_s):
            await self._players.leave(name)

    async def _is_over_within(self, crowd_s: float) -> bool:
        """Wait so many seconds of the crowd's world; return True at once when the run is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_over.wait(), crowd_s / self._load.speed)
        return self._is_over.is_set()

    async def _drop_everybody(self) -> None:
        while True:
            await asyncio.sleep(min(DROP_EVERY_S, self._load.duration_s / 3))
            for player in self._players.everybody():
                player.phone.drop_connection()
