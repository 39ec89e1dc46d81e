"""One WebSocket to a server, heard by its pulse."""

import asyncio
import contextlib
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from nearby.client.comeback import Drop
from nearby.client.pulse import Pulse
from nearby.core import wire

SOCKET_PATH = "/v1/ws"
CLOSE_WITHIN_S = 1.0

OPENING_FAILED = (OSError, TimeoutError, WebSocketException)
"""What ``open_link`` raises when there is no connection to be had."""


class Link(ClientConnection):
    """A client's WebSocket. While ``pulse`` is set it is told of every sign of life, pings included."""

    pulse: Pulse | None = None

    def data_received(self, data: bytes) -> None:
        """Note that the other side lives, and go on."""
        if self.pulse is not None:
            self.pulse.heard(asyncio.get_running_loop().time())
        super().data_received(data)

    async def tell(self, message: wire.ClientMessage) -> None:
        """Send one message; a connection that just closed is noticed by whoever reads it. Safe to cancel."""
        if self.pulse is not None:
            self.pulse.asked(asyncio.get_running_loop().time())
        with contextlib.suppress(ConnectionClosed):
            await self.send(wire.encode(message), text=True)

    def cut(self) -> None:
        """Drop the connection as a broken network would."""
        self.transport.abort()

    async def cut_when_dead(self, pulse: Pulse, *, look_every_s: float) -> None:
        """Cut the connection, and return, when ``pulse`` says that it is dead."""
        loop = asyncio.get_running_loop()
        while (left_s := pulse.dead_at_s() - loop.time()) > 0:
            await asyncio.sleep(min(left_s, look_every_s))
        self.cut()


async def open_link(url: str, *, within_s: float) -> Link:
    """Return an open WebSocket to ``url``. Raises one of ``OPENING_FAILED``."""
    link = await connect(
        url,
        subprotocols=[Subprotocol(wire.SUBPROTOCOL)],
        compression=None,
        open_timeout=within_s,
        ping_interval=None,
        close_timeout=CLOSE_WITHIN_S,
        create_connection=Link,
    )
    assert isinstance(link, Link)
    return link


def not_opened(error: Exception) -> Drop:
    """Return what a failed opening means: any HTTP answer may be some proxy's, so none is final."""
    wait = error.response.headers.get("Retry-After", "") if isinstance(error, InvalidStatus) else ""
    # The other form, a date, would be by a clock that phones have wrong.
    return Drop(error=error, wait_s=float(wait) if wait.isascii() and wait.isdigit() else None)


def closed(error: ConnectionClosed) -> Drop:
    """Return what the end of a connection means."""
    if error.rcvd is not None:
        return Drop(code=int(error.rcvd.code))
    return Drop(error=error)


def socket_url(url: str) -> str:
    """Return the address of the socket at ``url``.

    Raises:
        ValueError: It is not the address of a server.
    """
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError("the server's address must be like wss://host, ws://host, https://host or http://host")
    return urlunsplit((scheme, parts.netloc, parts.path if parts.path not in ("", "/") else SOCKET_PATH, "", ""))
