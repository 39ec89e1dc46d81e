"""The outermost layer: aiohttp's connection handler, with what it tells strangers and the log taken in hand.

aiohttp answers what it cannot parse in words of its own and logs it, bytes and all: a request line, a
header or a chunk may hold a position or a token. It also waits for a request's head for ever.
"""

import asyncio
import logging
from typing import cast

from aiohttp import hdrs, web

from nearby.server.metrics import Metrics
from nearby.server.problems import CONTENT_TYPE, problem, refusal_of_status

log = logging.getLogger(__name__)

SERVER_NAME = "nearby"
"""What answers say of the server: not which versions of what it is made of."""

HEAD_WITHIN_S = 10.0
"""A new connection has this long to send the head of its first request."""

KEEP_ALIVE_S = 75.0
"""A connection without a request is closed after this, also in the middle of a head."""

LINGER_S = 2.0
"""How long an unread body is read on, so that its sender gets the answer."""


class EdgeHandler(web.RequestHandler):
    """One accepted connection.

    Args:
        server: The runner's server.
        loop: The running loop.
        metrics: Counts what never reached a route.
    """

    __slots__ = ("_head_deadline", "_metrics")

    def __init__(self, server: web.Server, *, loop: asyncio.AbstractEventLoop, metrics: Metrics) -> None:
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # None turns it off, as in aiohttp's own runners.
            keepalive_timeout=KEEP_ALIVE_S,
            lingering_time=LINGER_S,
            logger=_QUIET,
        )
        self._metrics = metrics
        self._head_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give the other side its time to send a request."""
        super().connection_made(transport)
        cut = cast(asyncio.Transport, transport).abort
        self._head_deadline = asyncio.get_running_loop().call_later(HEAD_WITHIN_S, cut)

    def head_came(self) -> None:
        """A whole request was read. Idempotent."""
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let go."""
        self.head_came()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer to what could not be read, or could not be answered; nothing of it is repeated."""
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun")
        if status >= 500:
            log.error("a request could not be answered: %s", type(exc).__name__)
        response = self._told(status)
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; an error that aiohttp worded itself becomes a problem first."""
        if resp.status >= 400 and not resp.prepared and resp.content_type != CONTENT_TYPE:
            resp = self._told(resp.status)
        if not resp.prepared:
            resp.headers[hdrs.SERVER] = SERVER_NAME
        return await super().finish_response(request, resp, start_time)

    def _told(self, status: int) -> web.Response:
        refused = refusal_of_status(status)
        response = problem(refused)
        self._metrics.refused(refused)
        self._metrics.requests.labels("unknown", str(response.status)).inc()
        return response


_QUIET = logging.getLogger(f"{__name__}.aiohttp")
"""What aiohttp would say of a request; it holds the request's bytes, so nobody hears it."""
_QUIET.disabled = True
