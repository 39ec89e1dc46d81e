"""What one phone has sent since it was last looked at: the end of aiohttp's way and the start of ours.

After the upgrade aiohttp hands every piece of data to the parser its connection was given
(``RequestHandler.set_parser``). This is that parser. Frames are read by ``core.frames`` in the
connection's own task, so aiohttp's queue, its futures and its second parse are not paid for.
"""

import asyncio

MAX_UNREAD_BYTES = 64 * 1024
"""With more than this unread the socket is not read on: the policy is back-pressure (``pause_reading``)."""


class Inbox:
    """The unread bytes of one connection. One task receives.

    Args:
        transport: Where they come from.
    """

    __slots__ = ("_has_ended", "_is_paused", "_more", "_transport", "_unread")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._unread = b""
        self._has_ended = False
        self._is_paused = False
        self._more: asyncio.Future[None] | None = None

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take in what aiohttp read; the answer tells it that we go on and left nothing."""
        self._unread = self._unread + data if self._unread else data
        if len(self._unread) > MAX_UNREAD_BYTES and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()
        return False, b""

    def feed_eof(self) -> None:
        """The connection is gone, or the other side sends nothing more."""
        self._has_ended = True
        self._wake()

    async def receive(self) -> bytes:
        """Return what came since the last call, b"" once nothing more comes. Safe to cancel: nothing is lost."""
        if not self._unread and not self._has_ended:
            self._more = asyncio.get_running_loop().create_future()
            await self._more
        data, self._unread = self._unread, b""
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        return data

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)
