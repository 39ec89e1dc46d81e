"""What stands between a browser and the server: the page's own origin, and a line that can be cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

PAGE = Path(__file__).parents[2] / "examples" / "page"


class Line:
    """A TCP line to a server: all its connections can be cut at once, as when a phone loses its network.

    While it is cut, whoever connects is turned away. Cutting resets connections: nothing tells this from the
    server's machine losing power, and unlike in a tunnel both ends hear of it at once.
    """

    def __init__(self) -> None:
        self.url = ""
        self._to: tuple[str | None, int | None] = (None, None)
        self._is_cut = False
        self._open: set[asyncio.StreamWriter] = set()

    @contextlib.asynccontextmanager
    async def laid_to(self, url: str) -> AsyncIterator[None]:
        """Lead from a free port, which ``url`` names, to the server at ``url`` until the block ends."""
        parts = urlsplit(url)
        self._to = (parts.hostname, parts.port)
        listener = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            self.cut()
            listener.close()

    def cut(self) -> None:
        """Reset every connection and turn new ones away."""
        self._is_cut = True
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        """Let new connections through."""
        self._is_cut = False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection(*self._to)
        both = {writer, there_writer}
        self._open |= both
        try:
            await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
        finally:
            self._open -= both


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until either end is gone; then the other end goes too."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def site(**actions: Callable[[], None]) -> AsyncIterator[str]:
    """Serve the example page from an origin of its own, and return that origin.

    Args:
        actions: What a ``POST`` to ``/<name>`` does; for the test's script, not for the page.
    """
    app = web.Application()
    for name, action in actions.items():
        app.router.add_post(f"/{name}", _handler(action))
    app.router.add_static("/", PAGE)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield "http://{}:{}".format(*runner.addresses[0])
    finally:
        await runner.cleanup()


def _handler(action: Callable[[], None]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        action()
        return web.Response(status=204)

    return handle
