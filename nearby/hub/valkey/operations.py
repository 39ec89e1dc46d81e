"""How one gateway's operations on a shared live state are carried out, and heard of."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from nearby.core.ids import ConnectionId
from nearby.core.rules import SECOND_MS
from nearby.errors import HubDown, NearbyError, Superseded
from nearby.hub.valkey.attempt import Attempt, WindowOver
from nearby.hub.valkey.connections import Connections
from nearby.hub.valkey.lease import Lease
from nearby.hub.valkey.link import Link
from nearby.hub.valkey.reader import BLOCK_MS, NEAR_S, Reader
from nearby.hub.valkey.runner import Entry, Runner
from nearby.hub.valkey.servers import SharedServers
from nearby.hub.valkey.sweeper import Sweeper

T = TypeVar("T")

KNOWN_WITHIN_S = NEAR_S + BLOCK_MS / SECOND_MS
"""Longer than another gateway decides anything alone that does not hear from the server."""


class SharedOperations(SharedServers):
    """The part of a ``ValkeyHub`` that has an attempt decide, and waits until this gateway heard of it.

    Args:
        link: The way to the server.
        runner: Carries out operations.
        reader: Hears what the shared state tells this gateway.
        sweeper: Does what time brings.
        lease: Says which gateway this is.
        connections: The connections of this gateway.
    """

    def __init__(
        self,
        link: Link,
        runner: Runner,
        reader: Reader,
        sweeper: Sweeper,
        *,
        lease: Lease,
        connections: Connections,
    ) -> None:
        super().__init__(link, lease, reader)
        self._runner = runner
        self._sweeper = sweeper
        self._connections = connections
        self._now_ms = 0
        self._opening = asyncio.Lock()

    async def _do(self, act: Callable[[Attempt], T], now_ms: int | None = None) -> T:
        """Return what an operation returns, once this gateway has heard what it did."""
        self._now_ms = max(self._now_ms, now_ms or 0)
        while True:
            try:
                outcome = await self._runner.run(act, self._now_ms)
            except WindowOver:
                await self._sweeper.turn_windows(self._now_ms)
                continue
            if outcome.entries:
                await self._hear(outcome.entries)
            if isinstance(outcome.value, NearbyError):
                raise outcome.value
            return outcome.value

    async def _hear(self, entries: Sequence[Entry]) -> None:
        """Return when this gateway has heard what it was told by these entries."""
        for entry in entries:
            if entry.gateway == self.gateway:
                await self._reader.until(entry)

    async def _mine(self, connection: ConnectionId, doing: Awaitable[T]) -> T:
        """Return what an operation by a connection returns.

        Raises:
            HubDown: The shared state does not know the connection, which nobody replaced: it was lost.
        """
        try:
            return await doing
        except Superseded:
            # Whether it was replaced is told by what this gateway may not have heard yet.
            await self._reader.until_last()
            if not self._connections.is_lost(connection):
                raise
            self._connections.forget([connection])
            raise HubDown from None

    async def _until_known(self, gateway: str) -> None:
        """Return once the gateway of somebody's connection knows what this one changed of them, or is not near.

        Else the next check-in on that connection could be decided there as if it had not happened.
        """
        if gateway != self.gateway:
            await self._sweeper.until_heard(gateway, KNOWN_WITHIN_S)
