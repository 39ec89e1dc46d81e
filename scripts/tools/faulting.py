"""How each fault is done to a fleet of gateways, once, while a crowd talks."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from nearby.sim.aftermath import Fault, Round
from nearby.sim.players import Players
from nearby.sim.talking_again import TalkingAgain, until_everybody_talks
from nearby.testing.fleet import Fleet, Gateway, until_ready

SILENT_AFTER_S = 60.0
"""A phone that has not talked by then is counted as silent."""

LOOK_EVERY_S = 0.1

TURNED_AWAY = 'nearby_limits_hit_total{limit="accept"}'


class Faulting:
    """Does faults to one fleet. Each method returns what came of one fault once everybody talks again.

    Args:
        fleet: The servers.
        gone_s: How long a hub that is gone stays so.
    """

    def __init__(self, fleet: Fleet, *, gone_s: float) -> None:
        self._fleet = fleet
        self._gone_s = gone_s
        self._turn = 0

    async def do(self, fault: Fault, players: Players) -> Round:
        """Do a fault, and mend what it broke."""
        done: dict[Fault, Callable[[Players], Awaitable[Round]]] = {
            Fault.GATEWAY_KILL: self._kill_gateway,
            Fault.PRIMARY_KILL: self._kill_primary,
            Fault.ROLLING_RESTART: self._restart_all,
            Fault.STAMPEDE: self._stampede,
            Fault.HUB_GONE: self._take_hub,
        }
        return await done[fault](players)

    async def _kill_gateway(self, players: Players) -> Round:
        gateway = self._next_gateway()
        came_back, at_s = len(players.books.away_s), monotonic()
        await gateway.kill()
        talking = await _talking(players)
        ended = _round(players, at_s, talking, came_back)
        await gateway.start()
        await self._fill(players)
        return ended

    async def _kill_primary(self, players: Players) -> Round:
        cluster, primary = self._fleet.cluster, await self._fleet.primary()
        assert cluster is not None
        came_back, at_s = len(players.books.away_s), monotonic()
        await cluster.kill(primary)

        async def mend() -> None:
            await cluster.until_replaced(primary)
            await cluster.heal()

        talking, _ = await asyncio.gather(_talking(players), mend())
        return _round(players, at_s, talking, came_back)

    async def _restart_all(self, players: Players) -> Round:
        came_back, at_s = len(players.books.away_s), monotonic()
        all_after_s: list[float] = []
        silent = 0
        for gateway in self._fleet.gateways:
            talking, _ = await asyncio.gather(_talking(players), gateway.stop())
            after = await _talking(players)
            all_after_s += [*talking.after_s, *after.after_s]
            silent += talking.silent + after.silent
            await gateway.start()
            await until_ready(gateway)
        return _round(players, at_s, TalkingAgain(tuple(all_after_s), silent), came_back)

    async def _stampede(self, players: Players) -> Round:
        before = await self._turned_away()
        came_back, at_s = len(players.books.away_s), monotonic()
        self._fleet.balancer.cut()
        await asyncio.sleep(0)  # For the links to end.
        self._fleet.balancer.heal()
        talking = await _talking(players)
        return _round(players, at_s, talking, came_back, turned_away=await self._turned_away() - before)

    async def _take_hub(self, players: Players) -> Round:
        await self._fleet.lose_hub()
        await asyncio.sleep(self._gone_s)
        ready = [await gateway.is_ready() for gateway in self._fleet.gateways]
        wrong = ("a gateway says that it is ready although the hub is gone",) if any(ready) else ()
        came_back, at_s = len(players.books.away_s), monotonic()
        await self._fleet.start_hub()
        talking = await _talking(players)
        for gateway in self._fleet.gateways:
            await until_ready(gateway)
        return _round(players, at_s, talking, came_back, wrong=wrong)

    async def _fill(self, players: Players) -> None:
        """Have as many phones reconnect as a gateway's share is: they land on the one that has none yet."""
        everybody = players.everybody()
        for player in players.random.sample(everybody, len(everybody) // len(self._fleet.gateways)):
            player.phone.drop_connection()
        async with asyncio.timeout(SILENT_AFTER_S):
            while players.cut_off():
                await asyncio.sleep(LOOK_EVERY_S)

    def _next_gateway(self) -> Gateway:
        self._turn += 1
        return self._fleet.gateways[self._turn % len(self._fleet.gateways)]

    async def _turned_away(self) -> int:
        return int(sum([await gateway.metric(TURNED_AWAY) for gateway in self._fleet.gateways]))


async def _talking(players: Players) -> TalkingAgain:
    return await until_everybody_talks(players, within_s=SILENT_AFTER_S)


def _round(
    players: Players,
    at_s: float,
    talking: TalkingAgain,
    came_back: int,
    *,
    turned_away: int = 0,
    wrong: tuple[str, ...] = (),
) -> Round:
    return Round(at_s, talking, tuple(players.books.away_s[came_back:]), turned_away, wrong)
