"""What one phone sends: bytes in, frames out, each carried out before the next.

After the upgrade aiohttp hands every piece of data to the parser its connection was given
(``RequestHandler.set_parser``); this is that parser. aiohttp's own would read a frame, queue it and wake
a task for it; here a frame is carried out where it arrives, and a task is only made when that must wait.
"""

import asyncio
from collections.abc import Awaitable, Callable

from nearby.core import wire
from nearby.core.frames import FrameReader, Opcode
from nearby.errors import CloseCode, Disconnect
from nearby.server.eager import run_eagerly

_CLOSE = Opcode.CLOSE

FAIR_SHARE = 16
"""Frames carried out for one connection before the others get their turn."""

MAX_UNREAD_BYTES = 64 * 1024
"""With more than this unread the socket is not read on: the policy is back-pressure (``pause_reading``)."""


class Inbox:
    """The incoming side of one connection.

    Args:
        transport: Where bytes come from.
        carry_out: Is given each frame, and what it returns is awaited before the next, if anything; must not raise.
        broken: Is told the close code when the bytes are no frames; what follows them is thrown away.
    """

    __slots__ = (
        "_broken",
        "_carry_out",
        "_ended",
        "_is_broken",
        "_is_paused",
        "_reader",
        "_task",
        "_transport",
        "_unread",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        carry_out: Callable[[Opcode, bytes], Awaitable[None] | None],
        broken: Callable[[CloseCode], None],
    ) -> None:
        self._transport = transport
        self._carry_out = carry_out
        self._broken = broken
        self._reader = FrameReader(wire.MAX_FRAME_BYTES)
        self._unread = b""
        self._is_paused = False
        self._is_broken = False
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take in what aiohttp read; the answer tells it that we go on and left nothing."""
        if self._is_broken or self._ended.done():
            return False, b""
        self._unread = self._unread + data if self._unread else data
        if self._task is None or self._task.done():
            self._task = run_eagerly(self._work())
        elif len(self._unread) > MAX_UNREAD_BYTES and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        return False, b""

    def feed_eof(self) -> None:
        """Nothing more comes, or is wanted."""
        if not self._ended.done():
            self._ended.set_result(None)

    async def wait_ended(self) -> None:
        """Return when the other side has closed or is gone and no frame is being carried out any more."""
        try:
            await self._ended
        finally:
            if self._task is not None:
                await self._task

    async def _work(self) -> None:
        count = 0
        while self._unread and not self._ended.done():
            data, self._unread = self._unread, b""
            if self._is_paused:
                self._is_paused = False
                self._transport.resume_reading()
            try:
                for opcode, payload in self._reader.feed(data):
                    waits = self._carry_out(opcode, payload)
                    if waits is not None:
                        await waits
                    if opcode is _CLOSE:
                        self.feed_eof()
                        return
                    count += 1
                    if count % FAIR_SHARE == 0:
                        await asyncio.sleep(0)
            except Disconnect as disconnect:
                self._is_broken = True
                self._unread = b""
                self._broken(disconnect.code)
