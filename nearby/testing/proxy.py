"""A TCP proxy that cuts, refuses and slows down: what a network does to a database or a phone.

It halves no packet and reorders nothing: a cut is a reset between two reads, which is what a peer sees of a
crashed host or a dropped route, and not of a damaged one.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

READ_BYTES = 65_536


class Proxy:
    """A listener on a free port that passes everything on to one address. Made by ``running_proxy``."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._writers: set[asyncio.StreamWriter] = set()
        self.is_cut = False
        self.delay_s = 0.0
        self.port = 0

    def cut(self) -> None:
        """End every connection at once and accept no other until ``heal``."""
        self.is_cut = True
        for writer in list(self._writers):
            writer.transport.abort()

    def heal(self) -> None:
        """Pass on again."""
        self.is_cut = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, both ways, until either end closes."""
        if self.is_cut:
            writer.transport.abort()
            return
        with contextlib.suppress(OSError):
            there_reader, there_writer = await asyncio.open_connection(*self._target)
            self._writers |= {writer, there_writer}
            await asyncio.gather(self._pass(reader, there_writer), self._pass(there_reader, writer))
            self._writers -= {writer, there_writer}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(READ_BYTES):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(data)
        writer.close()


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
