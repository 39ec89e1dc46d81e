import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from nearby.client import PhoneSettings
from nearby.testing.serving import LiveServer, live_server


class Network:
    """The way to a server: TCP that breaks as it is told. It carries bytes and knows no frames."""

    def __init__(self, server_url: str) -> None:
        self._to = urlsplit(server_url)
        self._ends: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._bytes_left: int | None = None
        self.url = ""
        self.is_up = True
        """While it is not, a new connection is closed at once."""

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Network"]:
        listening = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        host, port = listening.sockets[0].getsockname()
        self.url = f"ws://{host}:{port}"
        try:
            yield self
        finally:
            listening.close()
            self._flows.set()
            self.cut()
            await listening.wait_closed()

    def cut(self) -> None:
        """Break every connection; what was on its way is lost."""
        self._bytes_left = None
        for end in list(self._ends):
            end.transport.abort()

    def cut_after(self, count: int) -> None:
        """Break every connection once ``count`` more bytes were carried, either way: in the middle of a frame."""
        self._bytes_left = count

    def freeze(self) -> None:
        """Carry nothing more, and tell neither end: the connections are half open."""
        self._flows.clear()

    def thaw(self, *, cut: bool = True) -> None:
        """Carry again; what was frozen is lost with its connections, or, without ``cut``, arrives late."""
        if cut:
            self.cut()
        self._flows.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            if self.is_up:
                onward = await asyncio.open_connection(self._to.hostname, self._to.port)
                self._ends.add(onward[1])
                await asyncio.gather(self._pump(reader, onward[1]), self._pump(onward[0], writer))
                self._ends.discard(onward[1])
        except OSError:
            pass
        finally:
            writer.transport.abort()
            self._ends.discard(writer)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(4_096):
                await self._flows.wait()
                if sink.transport.is_closing():
                    return
                if self._bytes_left is not None and len(data) > self._bytes_left:
                    sink.write(data[: self._bytes_left])
                    await sink.drain()
                    self.cut()
                    return
                if self._bytes_left is not None:
                    self._bytes_left -= len(data)
                sink.write(data)
        sink.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path, limits="off") as running:
        yield running


@pytest.fixture
async def network(server: LiveServer) -> AsyncIterator[Network]:
    """Yield the way to ``server``."""
    async with Network(server.url).open() as network:
        yield network


@pytest.fixture
def quick() -> PhoneSettings:
    """Return settings of a phone that comes back at once, so that tests are short."""
    return PhoneSettings(base_s=0.01, cap_s=0.05)
