"""One connection to a server over which commands go out without waiting for the answers to those before.

The client library's own pipeline takes three times as long for a command as the server does; reading and writing the
protocol is still done by its parser, hiredis.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from typing import Any, cast

import hiredis

from nearby.errors import HubDown

MOST_ASKED = 20_000
"""Commands that wait for an answer; one more is refused at once (policy ``refuse_newest``)."""

LOOK_EVERY_S = 0.25


class CommandRefused(Exception):
    """The server refuses a command; the text is its own."""


class Pipe(asyncio.Protocol):
    """A connection. Made by ``open_pipe``.

    Args:
        within_s: A server that leaves a command unanswered for longer is taken to be gone.
    """

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader()
        self._asked: deque[tuple[asyncio.Future[Any], float]] = deque(maxlen=MOST_ASKED)
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._watch: asyncio.TimerHandle | None = None
        self.is_open = False

    def ask(self, *command: Any) -> asyncio.Future[Any]:
        """Return what will be the answer. Commands of one turn of the loop are written together.

        The future ends with ``CommandRefused``, or with ``HubDown`` if the answer did not come: then it may or may
        not have been carried out.
        """
        answer: asyncio.Future[Any] = self._loop.create_future()
        if not self.is_open or len(self._asked) >= MOST_ASKED:
            answer.set_exception(HubDown())
            return answer
        if not self._out:
            self._loop.call_soon(self._write)
        self._out.append(hiredis.pack_command(command))
        self._asked.append((answer, self._loop.time()))
        if self._watch is None:
            self._watch = self._loop.call_later(LOOK_EVERY_S, self._look)
        return answer

    def close(self) -> None:
        """End the connection at once; what was not answered yet is not any more."""
        if self._transport is not None:
            self._transport.abort()
        self._end()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.Protocol``."""
        # uvloop's are transports in all but name.
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            future, _ = self._asked.popleft()
            if future.done():
                continue
            if isinstance(answer, hiredis.ReplyError):
                future.set_exception(CommandRefused(str(answer)))
            else:
                future.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        self._end()

    def _write(self) -> None:
        out, self._out = self._out, []
        if self.is_open and self._transport is not None:
            self._transport.write(b"".join(out))

    def _look(self) -> None:
        """End the connection if the server has left the oldest command unanswered for too long."""
        self._watch = None
        if not self._asked:
            return
        if self._loop.time() - self._asked[0][1] > self._within_s:
            self.close()
        else:
            self._watch = self._loop.call_later(LOOK_EVERY_S, self._look)

    def _end(self) -> None:
        self.is_open = False
        asked, self._asked = self._asked, deque(maxlen=MOST_ASKED)
        for future, _ in asked:
            if not future.done():
                future.set_exception(HubDown())


async def open_pipe(settings: Mapping[str, Any], within_s: float, *, is_encrypted: bool) -> Pipe:
    """Return a connection that may be used.

    Args:
        settings: ``host``, ``port``, ``username``, ``password``, ``db`` and ``ssl_ca_certs`` as the library reads
            them off a URL.
        within_s: See ``Pipe``.
        is_encrypted: Whether it is to be TLS; the server's certificate is checked.

    Raises:
        OSError: The server cannot be reached.
        HubDown: It does not answer.
        CommandRefused: It does not take the name or the password.
    """
    loop = asyncio.get_running_loop()
    host, port = settings.get("host", "127.0.0.1"), settings.get("port", 6379)
    context = ssl.create_default_context(cafile=settings.get("ssl_ca_certs")) if is_encrypted else None
    _, pipe = await loop.create_connection(
        lambda: Pipe(within_s), host, port, ssl=context, server_hostname=host if context is not None else None
    )
    try:
        if settings.get("password"):
            user = (settings["username"],) if settings.get("username") else ()
            await pipe.ask("AUTH", *user, settings["password"])
        if settings.get("db"):
            await pipe.ask("SELECT", settings["db"])
    except BaseException:
        pipe.close()
        raise
    return pipe
