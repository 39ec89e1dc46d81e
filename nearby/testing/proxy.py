"""A TCP proxy that cuts, refuses, slows down and loses answers: what a network does to a database or a phone.

It halves no packet and reorders nothing: a cut is a reset between two reads, which is what a peer sees of a
crashed host or a dropped route, and not of a damaged one. ``delay_s`` is for each piece either way, so a
statement takes twice as long at least, and more pieces take longer than on a slow route, where they overlap.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

READ_BYTES = 65_536


class Proxy:
    """A listener on a free port that passes everything on to one address. Made by ``running_proxy``."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._writers: set[asyncio.StreamWriter] = set()
        self.is_cut = False
        self.delay_s = 0.0
        self.port = 0
        self._cut_before = b""
        self._cut_after = b""
        self._is_answer_lost = False

    def cut(self) -> None:
        """End every connection at once and accept no other until ``heal``."""
        self.is_cut = True
        for writer in list(self._writers):
            writer.transport.abort()

    def heal(self) -> None:
        """Pass on again."""
        self.is_cut = False

    def cut_before(self, words: bytes) -> None:
        """Cut as soon as a client sends ``words``, which do not arrive. Once; sent in pieces they go unnoticed."""
        self._cut_before = words

    def cut_after(self, words: bytes) -> None:
        """Let ``words`` of a client arrive, and cut in place of the answer. Once."""
        self._cut_after = words

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, both ways, until either end closes."""
        if self.is_cut:
            writer.transport.abort()
            return
        with contextlib.suppress(OSError):
            there_reader, there_writer = await asyncio.open_connection(*self._target)
            self._writers |= {writer, there_writer}
            await asyncio.gather(
                self._pass(reader, there_writer, self._cuts_request),
                self._pass(there_reader, writer, self._cuts_answer),
            )
            self._writers -= {writer, there_writer}

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cuts: Callable[[bytes], bool]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(READ_BYTES):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if cuts(data):
                    self.cut()
                    return
                writer.write(data)
        writer.close()

    def _cuts_request(self, data: bytes) -> bool:
        if self._cut_before and self._cut_before in data:
            self._cut_before = b""
            return True
        if self._cut_after and self._cut_after in data:
            self._cut_after = b""
            self._is_answer_lost = True
        return False

    def _cuts_answer(self, data: bytes) -> bool:
        is_lost, self._is_answer_lost = self._is_answer_lost, False
        return is_lost


@contextlib.asynccontextmanager
async def running_proxy(host: str, port: int) -> AsyncIterator[Proxy]:
    """Yield a proxy to an address until the block ends."""
    proxy = Proxy(host, port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await server.wait_closed()
