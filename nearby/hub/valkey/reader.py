"""What the shared state tells one gateway: a stream of its own in each generation, read on without a gap."""

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Sequence
from typing import Any

from nearby.core.ids import ConnectionId
from nearby.errors import HubDown
from nearby.hub.base import Listener
from nearby.hub.valkey.committing import Heard
from nearby.hub.valkey.connections import Connections
from nearby.hub.valkey.heard import Learned, Replaced, announcement_of, carry_out, read_calls
from nearby.hub.valkey.lease import Lease, stream_of
from nearby.hub.valkey.link import ANSWER_WITHIN_S, Link
from nearby.hub.valkey.pipe import CommandRefused, Pipe
from nearby.hub.valkey.runner import Entry

log = logging.getLogger(__name__)

BLOCK_MS = 1_000
BATCH = 256

READ_AGAIN_S = 0.001
"""How long it is waited after something was read: what comes meanwhile is read together, for one wake-up of both."""

LEFT_TO_WRITES = 8
"""So often more it is waited while what is written brings what is to be read: see ``hear``."""

HEARD_WITHIN_S = 3.0
"""How long an operation waits for its gateway to hear what it did."""

NEAR_S = 2.0
"""A gateway that has not heard from the server for so long decides nothing alone."""

Position = tuple[int, int, int]
"""Of an entry: the generation, then its id in the stream of that."""

Told = Sequence[tuple[bytes, Sequence[bytes]]]
"""Entries of a stream: each with its id and its fields, every second of which is a list of calls."""


def position_of(generation: int, entry: bytes) -> Position:
    """Return the position of an entry by its id."""
    ms, _, number = entry.partition(b"-")
    return generation, int(ms), int(number)


class Reader:
    """Reads what one gateway is told and has its listener hear it.

    What another server may have lost is known by the generation: its stream is read to its end first.

    Args:
        link: The way to the server.
        lease: Says which gateway this is.
        connections: Are told which of them are replaced.
        listener: Hears everything.
        learn: Takes what values are now.
    """

    def __init__(
        self,
        link: Link,
        lease: Lease,
        connections: Connections,
        listener: Listener,
        *,
        learn: Callable[[Learned], None],
    ) -> None:
        self._link = link
        self._lease = lease
        self._connections = connections
        self._listener = listener
        self._learn = learn
        self._gateway = lease.gateway
        self._last = b"0-0"
        self._at: Position = (link.generation, 0, 0)
        self._ended: Position = (0, 0, 0)
        """The end of the generation before."""
        self._waiting: list[tuple[Entry, Position, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self._near_s = -math.inf
        """When it was last asked for what this gateway had then not heard, and all of that was heard."""

    def start(self) -> None:
        """Begin to read."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Hear nothing any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def until(self, entry: Entry) -> None:
        """Return when an entry was heard.

        Raises:
            HubDown: It was lost with its server, or could not be heard in time.
        """
        position = position_of(entry.generation, entry.id)
        if entry.gateway != self._lease.gateway or self._ended < position < (self._at[0], 0, 0):
            raise HubDown
        if position <= self._at:
            return
        loop = asyncio.get_running_loop()
        heard: asyncio.Future[None] = loop.create_future()
        self._waiting.append((entry, position, heard))
        too_late = loop.call_later(HEARD_WITHIN_S, _give_up, heard)
        try:
            await heard
        finally:
            too_late.cancel()

    async def until_last(self) -> None:
        """Return when all entries were heard that are there now."""
        generation = None
        # To ask may be to reach another server, whose generation has another stream.
        while generation != self._link.generation:
            gateway, generation = self._lease.gateway, self._link.generation
            stream = self._link.key(stream_of(gateway, generation))
            found = await self._link.call("XREVRANGE", stream, "+", "-", "COUNT", 1)
        # Where there is none, until the stream of the generation before was read to its end.
        await self.until(Entry(gateway, generation, found[0][0] if found else b"0-0"))

    @property
    def is_near(self) -> bool:
        """Return whether all was heard that this gateway was told longer ago than ``NEAR_S``."""
        return self._is_current and asyncio.get_running_loop().time() - self._near_s < NEAR_S

    @property
    def _is_current(self) -> bool:
        return self._at[0] == self._link.generation and self._gateway == self._lease.gateway

    def heard(self) -> Heard | None:
        """Return up to where the stream of the present generation was read, None if it is not yet being read."""
        return Heard(stream_of(self._gateway, self._at[0]), self._last) if self._is_current else None

    def hear(self, stream: str, entries: Told) -> None:
        """Hear what follows in a stream after some position that was read: who wrote was told so with the answer.

        Most of what a gateway is told while it writes a lot is told so, and reading costs next to nothing.
        """
        if stream == stream_of(self._gateway, self._at[0]):
            self._hear(entries)

    async def _run(self) -> None:
        while True:
            try:
                client = await self._link.client()
            except HubDown:
                # Those who call find out at once; this one need not hurry.
                await asyncio.sleep(ANSWER_WITHIN_S / 10)
                continue
            try:
                await self._read(await self._link.another_pipe(client))
            except (HubDown, CommandRefused):
                await self._link.lose(client)

    async def _read(self, pipe: Pipe) -> None:
        if self._gateway != self._lease.gateway:
            self._gateway = self._lease.gateway
            self._ended = (self._link.generation, 0, 0)
            self._go_to(self._link.generation, lambda entry: entry.gateway != self._gateway)
        generation = self._at[0]
        is_over = generation != self._link.generation
        block = () if is_over else ("BLOCK", BLOCK_MS)
        stream = self._link.key(stream_of(self._gateway, generation))
        asked_s = asyncio.get_running_loop().time()
        found = await pipe.ask("XREAD", "COUNT", BATCH, *block, "STREAMS", stream, self._last)
        entries: Told = found[0][1] if found else ()
        if len(entries) < BATCH:
            self._near_s = asked_s
        if entries:
            self._hear(entries)
            if len(entries) < BATCH:
                await self._let_come()
            self._trim(pipe, stream)
        elif is_over:
            self._ended = self._at
            self._go_to(self._link.generation, lambda entry: entry.generation <= generation)

    async def _let_come(self) -> None:
        """Wait for more to read, longer while that comes anyway with the answers to what is written."""
        for _ in range(LEFT_TO_WRITES):
            last = self._last
            await asyncio.sleep(READ_AGAIN_S)
            if self._last == last:
                return

    def _trim(self, pipe: Pipe, stream: str) -> None:
        """Take what was read out of the stream: whoever waits for us to have heard something looks whether it is gone.

        It goes out with what is asked next; that tells whether the connection still is one.
        """
        ms, _, number = self._last.partition(b"-")
        pipe.ask("XTRIM", stream, "MINID", f"{ms.decode()}-{int(number) + 1}").add_done_callback(_note)

    def _hear(self, entries: Told) -> None:
        """Hear entries, those that were heard before left out: the same may be read and come with an answer."""
        generation = self._at[0]
        for entry, fields in entries:
            position = position_of(generation, entry)
            if position <= self._at:
                continue
            # First, so that nobody who writes meanwhile is told the same once more.
            self._at, self._last = position, entry
            for calls in fields[1::2]:
                self._carry_out(calls)
        self._answer(lambda entry: False)

    def _carry_out(self, calls: bytes) -> None:
        for call in read_calls(calls):
            if isinstance(call, Learned):
                self._learn(call)
                continue
            if isinstance(call, Replaced):
                self._connections.remove(ConnectionId(call.connection))
            try:
                carry_out(call, self._listener, self._see_to)
            except Exception:
                log.exception("a listener failed")

    def _see_to(self, announcement: str) -> None:
        """Tell that this gateway saw to an announcement. If that is lost, whoever announced it does so again."""
        task = asyncio.get_running_loop().create_task(self._tell_seen_to(announcement, self._gateway))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell_seen_to(self, announcement: str, gateway: str) -> None:
        with contextlib.suppress(HubDown):
            await self._link.call("SREM", self._link.key(announcement_of(announcement)), gateway)

    def _go_to(self, generation: int, is_lost: Callable[[Entry], bool]) -> None:
        self._at, self._last, self._near_s = (generation, 0, 0), b"0-0", -math.inf
        self._answer(is_lost)

    def _answer(self, is_lost: Callable[[Entry], bool]) -> None:
        """Tell those who wait that it was heard, or that it was lost."""
        waiting, self._waiting = self._waiting, []
        for entry, position, heard in waiting:
            if heard.done():
                continue
            if is_lost(entry):
                heard.set_exception(HubDown())
            elif position > self._at:
                self._waiting.append((entry, position, heard))
            else:
                heard.set_result(None)


def _give_up(heard: asyncio.Future[None]) -> None:
    if not heard.done():
        heard.set_exception(HubDown())


def _note(answer: asyncio.Future[Any]) -> None:
    if not answer.cancelled():
        answer.exception()
