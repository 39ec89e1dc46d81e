"""A TCP proxy that does to connections what a network does: to a database, a hub or a phone, in either direction.

Where it is not like a network: it takes a connection at once, whatever becomes of it afterwards; it works on pieces as
they are read, not on packets; and it neither reorders nor damages anything, which TCP would mend anyway.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import TypeVar

READ_BYTES = 65_536
PIECES_PER_S = 20
"""What a narrow way passes on is cut into so many pieces a second."""
BACKLOG = 4096
"""Connections the kernel may hold: a crowd comes back at once."""


class Way:
    """One direction of every connection. What is set holds from the next piece on, for connections there are too.

    Attributes:
        delay_s: How long each piece is kept. Pieces wait for one another: several take longer than on a slow route,
            where they overlap.
        bytes_per_s: How much passes in a second; None for all.
        is_dropping: Whether what comes is thrown away. TCP never goes on with a hole in it, so ``Proxy.heal`` resets
            the connections that lost something.
    """

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.bytes_per_s: int | None = None
        self.is_dropping = False
        self._halves_next = False
        self._is_open = asyncio.Event()
        self._is_open.set()

    def hold(self) -> None:
        """Let nothing through, not even an end, like a route that swallows packets. ``heal`` passes on what came."""
        self._is_open.clear()

    def halve(self) -> None:
        """Pass on half of the next piece and reset its connection. Once."""
        self._halves_next = True

    def heal(self) -> None:
        """Pass on as if nothing had been."""
        self.delay_s, self.bytes_per_s = 0.0, None
        self.is_dropping = self._halves_next = False
        self._is_open.set()

    async def until_open(self) -> None:
        """Wait while it is held."""
        await self._is_open.wait()

    async def carry(self, data: bytes, writer: asyncio.StreamWriter) -> bool:
        """Pass on one piece, late, slowly or half. Return whether it was all of it."""
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        await self.until_open()
        is_half, self._halves_next = self._halves_next, False
        data = data[: len(data) // 2] if is_half else data
        rate = self.bytes_per_s
        width = max(1, rate // PIECES_PER_S) if rate else READ_BYTES
        for start in range(0, len(data), width):
            writer.write(data[start : start + width])
            await writer.drain()
            if rate:
                await asyncio.sleep(width / rate)
        return not is_half


class _Link:
    """One connection through the proxy: both its ends, and what is under way between them."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self._writers = writers
        self._passing: asyncio.Future[list[None]] | None = None
        self.has_hole = False

    async def run(self, *ways: Coroutine[None, None, None]) -> None:
        """Pass on both ways until both are over or the link is reset."""
        self._passing = asyncio.gather(*ways)
        with contextlib.suppress(asyncio.CancelledError):
            await self._passing

    def reset(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        if self._passing is not None:
            self._passing.cancel()


class Proxy:
    """A listener on a free port that passes everything on to one address. Made by ``running_proxy``.

    ``to_server`` and ``to_client`` are its two ways, each with faults of its own.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._links: set[_Link] = set()
        self.to_server, self.to_client = Way(), Way()
        self.is_cut = False
        self.port = 0
        self._cut_before = b""
        self._cut_after = b""
        self._is_answer_lost = False

    def delay(self, delay_s: float) -> None:
        """Keep each piece so long, both ways."""
        self.to_server.delay_s = self.to_client.delay_s = delay_s

    def hold(self) -> None:
        """Be a black hole: connections stay open, new ones are taken, and nothing gets through either way."""
        self.to_server.hold()
        self.to_client.hold()

    def cut(self) -> None:
        """Reset every connection at once and refuse others until ``heal``."""
        self.is_cut = True
        for link in list(self._links):
            link.reset()

    def cut_before(self, words: bytes) -> None:
        """Cut as soon as a client sends ``words``, which do not arrive. Once; sent in pieces they go unnoticed."""
        self._cut_before = words

    def cut_after(self, words: bytes) -> None:
        """Let ``words`` of a client arrive, and cut in place of the answer. Once."""
        self._cut_after = words

    def heal(self) -> None:
        """End every fault. Connections that lost something are reset."""
        self.is_cut = False
        self.to_server.heal()
        self.to_client.heal()
        for link in [link for link in self._links if link.has_hole]:
            link.reset()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, both ways, until either end closes."""
        if self.is_cut:
            writer.transport.abort()
            return
        there = await self._reach()
        if there is None:
            writer.transport.abort()
            return
        there_reader, there_writer = there
        link = _Link(writer, there_writer)
        if self.is_cut:  # While it was being opened.
            link.reset()
            return
        self._links.add(link)
        try:
            await link.run(
                self._pass(reader, there_writer, self.to_server, link, self._cuts_request),
                self._pass(there_reader, writer, self.to_client, link, self._cuts_answer),
            )
        finally:
            self._links.discard(link)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Return a connection to where the next one is passed on to, None if there is none to be had."""
        with contextlib.suppress(OSError):
            return await asyncio.open_connection(*self._target)
        return None

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        way: Way,
        link: _Link,
        cuts: Callable[[bytes], bool],
    ) -> None:
        with contextlib.suppress(OSError):
            # Of a writer that is closing some loops say so by an error that is none of the system's.
            while (data := await reader.read(READ_BYTES)) and not writer.is_closing():
                if cuts(data):
                    self.cut()
                elif way.is_dropping:
                    link.has_hole = True
                elif not await way.carry(data, writer):
                    link.reset()
        await way.until_open()
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


P = TypeVar("P", bound=Proxy)


class Balancer(Proxy):
    """A proxy that passes each connection on to the one of several servers that has the fewest of them.

    It keeps nobody at one of them, and passes over those that refuse; whether they are ready it does not ask.
    """

    def __init__(self, host: str, ports: Sequence[int]) -> None:
        super().__init__(host, 0)
        self._host = host
        self._open: dict[int, set[asyncio.StreamWriter]] = {port: set() for port in ports}
        self._opening = dict.fromkeys(ports, 0)

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for port in sorted(self._open, key=self._load):
            self._opening[port] += 1
            try:
                reader, writer = await asyncio.open_connection(self._host, port)
            except OSError:
                continue
            finally:
                self._opening[port] -= 1
            self._open[port].add(writer)
            return reader, writer
        return None

    def _load(self, port: int) -> int:
        """Return how many connections a server has or is to have."""
        self._open[port] = {writer for writer in self._open[port] if not writer.is_closing()}
        return len(self._open[port]) + self._opening[port]


@contextlib.asynccontextmanager
async def running_proxy(host: str, port: int) -> AsyncIterator[Proxy]:
    """Yield a proxy to an address until the block ends."""
    async with _listening(Proxy(host, port)) as proxy:
        yield proxy


@contextlib.asynccontextmanager
async def running_balancer(host: str, ports: Sequence[int]) -> AsyncIterator[Balancer]:
    """Yield a balancer over servers at these ports until the block ends."""
    async with _listening(Balancer(host, ports)) as balancer:
        yield balancer


@contextlib.asynccontextmanager
async def _listening(proxy: P) -> AsyncIterator[P]:
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, backlog=BACKLOG)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await server.wait_closed()
