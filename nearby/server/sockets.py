"""The socket route: from the upgrade to the last frame, and the deadlines in between."""

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from random import Random

from aiohttp import web

from nearby.core.doorway import Doorway
from nearby.core.frames import Opcode
from nearby.core.ids import ConnectionId
from nearby.core.session import Patience, Session
from nearby.core.timers import Timers
from nearby.errors import CloseCode, Disconnect, ErrorCode, HubDown, Refused
from nearby.hub.base import Hub
from nearby.server.auth import Verifier
from nearby.server.clock import SteadyClock
from nearby.server.connection import Connection
from nearby.server.dispatch import Dispatcher
from nearby.server.gateway import Gateway
from nearby.server.inbox import Inbox
from nearby.server.metrics import Metrics
from nearby.server.problems import close_code_of
from nearby.server.upgrade import hand_over, upgrade

log = logging.getLogger(__name__)

_TEXT = Opcode.TEXT
"""What nearly every frame is; to look a member of an enumeration up costs more than to compare it."""


class Sockets:
    """Serves phones' WebSockets."""

    def __init__(
        self,
        hub: Hub,
        gateway: Gateway,
        dispatcher: Dispatcher,
        *,
        verifier: Verifier,
        patience: Patience,
        max_connections: int,
        accept_rate: float,
        clock: SteadyClock,
        metrics: Metrics,
        draw_id: Callable[[], str],
        random: Random,
    ) -> None:
        self._hub = hub
        self._gateway = gateway
        self._dispatcher = dispatcher
        self._verifier = verifier
        self._patience = patience
        self._max_connections = max_connections
        self._doorway = Doorway(accept_rate)
        self._random = random
        self._clock = clock
        self._metrics = metrics
        self._draw_id = draw_id
        self._outgoing = gateway.outgoing
        self._deadlines: Timers[ConnectionId] = Timers()

    async def serve(self, request: web.Request, network: str | None) -> web.StreamResponse:
        """Serve one phone until its connection ends.

        Args:
            request: The upgrade request.
            network: The client network its connection counts for, None if it does not count.

        Raises:
            Refused: ``bad_subprotocol``, ``bad_message``, ``draining``, or ``busy`` while too many connect; the
                connection is not upgraded.
        """
        if self._dispatcher.is_draining:
            raise Refused(ErrorCode.DRAINING)
        # Before anything is done for it: what a token or the hub is asked costs those who are connected.
        wait_ms = self._doorway.knock(self._clock.now_ms(), self._random.random())
        if wait_ms:
            raise Refused(ErrorCode.BUSY, retry_ms=wait_ms, limit="accept")
        response = await upgrade(request)
        transport = request.transport
        if transport is None:
            return response
        phone = Connection(
            ConnectionId(self._draw_id()),
            transport,
            Session(self._clock.now_ms(), self._patience),
            token=_bearer(request),
            outgoing=self._outgoing,
            on_end=self._count_end,
        )
        async with self._counted(phone, network):
            await self._listen(phone, request)
        return response

    def on_time(self, now_ms: int) -> None:
        """Ping, warn and end connections whose time has come."""
        while (due := self._deadlines.pop(now_ms)) is not None:
            phone = self._gateway.get(due[0])
            if phone is None or phone.is_ending:
                continue
            try:
                ping, expiring = phone.session.on_time(now_ms)
            except Disconnect as disconnect:
                phone.end(disconnect.code)
                continue
            if ping:
                phone.ping()
            if expiring is not None:
                phone.send(expiring)
            self._watch(phone)

    def send_held_back(self, most: int) -> bool:
        """Send up to ``most`` phones what the gateway held back for them; return whether there are more."""
        return self._outgoing.flush_later(most)

    @contextlib.asynccontextmanager
    async def _counted(self, phone: Connection, network: str | None) -> AsyncIterator[None]:
        """Count the connection for its network while the block runs; one too many is being closed in it."""
        if network is None:
            yield
            return
        is_counted = False
        try:
            is_counted = await self._hub.connect_network(network, self._max_connections)
        except HubDown:
            phone.end(CloseCode.SHUTTING_DOWN)
        else:
            if not is_counted:
                self._metrics.limits_hit.labels("connections").inc()
                phone.end(CloseCode.TOO_MANY_CONNECTIONS)
        try:
            yield
        finally:
            if is_counted:
                with contextlib.suppress(HubDown):
                    await self._hub.disconnect_network(network)

    async def _listen(self, phone: Connection, request: web.Request) -> None:
        self._gateway.add(phone)
        self._watch(phone)
        try:
            if phone.token is not None and not phone.is_ending:
                self._verifier.verify(phone.token, self._clock.now_ms())
        except Refused as refused:
            phone.end(close_code_of(refused))
        inbox = Inbox(phone.transport, carry_out=partial(self._handle, phone), broken=phone.end)
        try:
            hand_over(request, inbox)
            await inbox.wait_ended()
        finally:
            phone.finish()
            self._gateway.remove(phone)
            if phone.claims is not None:
                # A hub that is down ends the seats of connections it no longer hears of by itself.
                with contextlib.suppress(HubDown):
                    await self._hub.detach(phone.person, phone.id, self._clock.now_ms())

    def _handle(self, phone: Connection, opcode: Opcode, payload: bytes) -> Awaitable[None] | None:
        """Do what a frame asks for; return what to await, if anything.

        Once the connection is ending, only its close frame matters.
        """
        if opcode is _TEXT and not phone.is_ending:
            return self._carry_out(phone, payload)
        if opcode is Opcode.CLOSE:
            phone.end_answering(payload)
        elif phone.is_ending:
            return None
        elif opcode is Opcode.PING:
            phone.pong(payload)
        elif opcode is Opcode.PONG:
            phone.session.pong(self._clock.now_ms())
            self._watch(phone)
        else:
            phone.end(CloseCode.BROKE_PROTOCOL)
        return None

    async def _carry_out(self, phone: Connection, data: bytes) -> None:
        """Carry out one message; whatever goes wrong with it ends this connection at most."""
        claims = phone.claims
        try:
            await self._dispatcher.handle(phone, data)
        except Disconnect as disconnect:
            phone.end(disconnect.code)
        except Exception:
            # Our bug: this phone may come back, the others notice nothing. The message is not logged.
            log.exception("a message could not be handled")
            phone.end(CloseCode.SHUTTING_DOWN)
        if phone.claims is not claims:
            # A token that ends at another time.
            self._watch(phone)

    def _watch(self, phone: Connection) -> None:
        """See to it that ``on_time`` looks at the connection no later than it is due."""
        self._deadlines.set(phone.id, phone.session.due_ms())

    def _count_end(self, code: CloseCode) -> None:
        self._metrics.closes.labels(str(code.value)).inc()
        if code is CloseCode.TOO_SLOW:
            self._metrics.outbox_overflows.inc()


def _bearer(request: web.Request) -> str | None:
    """Return the token of the Authorization header, or None; "" for a header of another kind."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
