"""What the shared state tells one gateway: a stream of its own, read on without a gap."""

import asyncio
import contextlib
import logging
from collections import deque
from typing import Any

from redis.exceptions import RedisError

from nearby.errors import HubDown
from nearby.hub.base import Listener
from nearby.hub.valkey.heard import carry_out, read_calls
from nearby.hub.valkey.link import ANSWER_WITHIN_S, Link

log = logging.getLogger(__name__)

BLOCK_MS = 1_000
BATCH = 256

Position = tuple[int, int]
"""Of an entry in the stream."""


def position_of(entry: bytes) -> Position:
    """Return the position of an entry by its id."""
    ms, _, number = entry.partition(b"-")
    return int(ms), int(number)


class Reader:
    """Reads the stream of one gateway and has its listener hear it.

    Args:
        link: The way to the server.
        stream: The stream's key, with its tag.
        listener: Hears everything.
    """

    def __init__(self, link: Link, stream: str, listener: Listener) -> None:
        self._link = link
        self._stream = stream
        self._listener = listener
        self._last = b"0-0"
        self._at: Position = (0, 0)
        self._waiting: deque[tuple[Position, asyncio.Future[None]]] = deque()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Hear nothing any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def until(self, entry: bytes) -> None:
        """Return when an entry was heard."""
        position = position_of(entry)
        if position <= self._at:
            return
        heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((position, heard))
        await heard

    async def until_last(self) -> None:
        """Return when all entries were heard that are there now."""
        found = await self._link.call("XREVRANGE", self._stream, "+", "-", "COUNT", 1)
        if found:
            await self.until(_flat(found)[0][0])

    async def _run(self) -> None:
        while True:
            try:
                client = await self._link.client()
            except HubDown:
                # Those who call find out at once; this one need not hurry.
                await asyncio.sleep(ANSWER_WITHIN_S / 10)
                continue
            try:
                found = await client.execute_command(  # type: ignore[no-untyped-call]
                    "XREAD", "COUNT", BATCH, "BLOCK", BLOCK_MS, "STREAMS", self._stream, self._last
                )
            except (RedisError, OSError, TimeoutError):
                await self._link.lose(client)
                continue
            if found:
                self._hear(_entries_of(found))
                with contextlib.suppress(HubDown):
                    # Whoever waits for us to have heard something looks whether it is gone.
                    ms, number = position_of(self._last)
                    await self._link.call("XTRIM", self._stream, "MINID", f"{ms}-{number + 1}")

    def _hear(self, entries: list[tuple[bytes, bytes]]) -> None:
        for entry, calls in entries:
            for call in read_calls(calls):
                carry_out(call, self._listener)
            self._last = entry
        self._at = position_of(self._last)
        waiting, self._waiting = self._waiting, deque()
        for position, heard in waiting:
            if position > self._at:
                self._waiting.append((position, heard))
            elif not heard.done():
                heard.set_result(None)


def _flat(entries: Any) -> list[tuple[bytes, bytes]]:
    """Return entries of one stream with what they tell, however the client gives them."""
    if entries and isinstance(entries[0], list) and entries[0] and isinstance(entries[0][0], (list, tuple)):
        entries = entries[0]
    return [(entry, fields[b"c"] if isinstance(fields, dict) else fields[1]) for entry, fields in entries]


def _entries_of(found: Any) -> list[tuple[bytes, bytes]]:
    ((_, entries),) = list(found.items()) if isinstance(found, dict) else found
    return _flat(entries)
