"""What is left of gateways that ended: their people's seats are held, in bounded steps, and no harm if two do it."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from nearby.core.ids import PersonId
from nearby.hub.valkey.attempt import Attempt
from nearby.hub.valkey.lease import GATEWAYS, pass_of, stream_of
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.runner import Entry, Outcome

log = logging.getLogger(__name__)

BATCH = 16
"""People whose seats are held in one attempt."""

AT_ONCE = 160
"""People of a gateway, and networks, that one step sees to."""

Run = Callable[[Callable[[Attempt], Any], int], Awaitable[Outcome[Any]]]


class Burial:
    """Buries gateways.

    Args:
        link: The way to the server.
        run: Carries out an operation at a time.
    """

    def __init__(self, link: Link, run: Run) -> None:
        self._link = link
        self._run = run

    async def step(self, gateways: Iterable[str], now_ms: int) -> list[Entry]:
        """Bury some of each of these gateways; return what gateways were told by that."""
        entries: list[Entry] = []
        for gateway in gateways:
            entries += await self._bury(gateway, now_ms)
        return entries

    async def _bury(self, gateway: str, now_ms: int) -> list[Entry]:
        # From now on nobody can be attached there, so that whoever is not in the set never will be.
        if await self._link.call("DEL", self._link.key(pass_of(gateway))):
            log.warning("a gateway ended without a word; its seats are held")
        people, networks = await self._some_of(f"pg:{gateway}"), await self._some_of(f"ng:{gateway}")
        entries: list[Entry] = []
        for start in range(0, len(people), BATCH):
            batch = people[start : start + BATCH]
            dropped = await self._run(partial(_drop, people=batch, gateway=gateway, now_ms=now_ms), now_ms)
            entries += dropped.entries
            await self._link.call("SREM", self._link.key(f"pg:{gateway}"), *batch)
        for start in range(0, len(networks), BATCH):
            batch = networks[start : start + BATCH]
            await self._run(partial(_forget, networks=batch, gateway=gateway), now_ms)
            await self._link.call("SREM", self._link.key(f"ng:{gateway}"), *batch)
        if not people and not networks:
            stream = stream_of(gateway, self._link.generation)
            await self._link.call("ZREM", self._link.key(GATEWAYS), gateway)
            await self._link.call("DEL", self._link.key(stream))
        return entries

    async def _some_of(self, key: str) -> list[str]:
        found = await self._link.call("SRANDMEMBER", self._link.key(key), AT_ONCE)
        return [name.decode() for name in found]


def _drop(state: Attempt, people: list[str], gateway: str, now_ms: int) -> None:
    for person in people:
        state.drop(PersonId(person), gateway, now_ms)


def _forget(state: Attempt, networks: list[str], gateway: str) -> None:
    for network in networks:
        state.shared.networks.forget_gateway(network, gateway)
