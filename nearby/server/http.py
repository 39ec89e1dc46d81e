"""The HTTP calls, and errors as RFC 9457 problems."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import hdrs, web

from nearby.core import wire
from nearby.core.ids import PersonId
from nearby.core.rules import HOUR_MS, SECOND_MS
from nearby.core.venue import shown_area
from nearby.errors import ErrorCode, HubDown, Refused, StoreDown
from nearby.hub.base import Hub
from nearby.server.admin import Admin
from nearby.server.auth import GUEST_TTL_S, RENEWABLE_S, Claims, Verifier, mint_token
from nearby.server.bottles import Bottles
from nearby.server.brakes import BrakesInForce
from nearby.server.clock import SteadyClock
from nearby.server.dispatch import Dispatcher
from nearby.server.documents import Documents
from nearby.server.edge import EdgeHandler
from nearby.server.lists import Lists
from nearby.server.me import Me
from nearby.server.metrics import CONTENT_TYPE, Metrics
from nearby.server.moderating import Moderating
from nearby.server.networks import Network, client_network
from nearby.server.notify import Notify
from nearby.server.now import Now
from nearby.server.operating import Operating
from nearby.server.pages import Pages
from nearby.server.people import People
from nearby.server.placer import Placer
from nearby.server.problems import problem, refusal_of
from nearby.server.requests import bearer_of, body_of, json_answer, private
from nearby.server.sockets import Sockets
from nearby.store.base import Journal

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GUESTS_PER_HOUR = 30
PREFLIGHT_AGE_S = 600

BODY_WITHIN_S = 10.0
"""How long a request's body may take to come."""


class Http:
    """The routes of one server.

    Args:
        hub: Live state.
        dispatcher: Carries check-ins out.
        me: The calls about oneself.
        people: The calls about people one knows.
        moderating: The calls about reports, and operators' about people.
        bottles: The calls about drift bottles and threads.
        lists: The call about people nearby.
        notify: The calls about being told when company comes.
        admin: Operators' calls.
        operating: Operators' calls about the service itself.
        now: Operators' calls about how it is.
        brakes: Say whether an operator switched guests off for now.
        journal: Says when what was done is on disk, and whether the database is there.
        sockets: Serves ``/v1/ws``.
        placer: Told to wait for a seat.
        verifier: Checks tokens.
        guest_secret: Signs guests' tokens; None if guests are off.
        proxies: Networks whose ``X-Forwarded-For`` is believed.
        counts_networks: Whether client networks are limited at all.
        cors_origins: Origins of pages that may call.
        clock: The time.
        metrics: Counts answers.
        draw_id: Returns a new opaque id.
        documents: OpenAPI, AsyncAPI and the page that shows them.
        pages: The phone page and the console.
    """

    def __init__(
        self,
        hub: Hub,
        dispatcher: Dispatcher,
        *,
        me: Me,
        people: People,
        moderating: Moderating,
        bottles: Bottles,
        lists: Lists,
        notify: Notify,
        admin: Admin,
        operating: Operating,
        now: Now,
        brakes: BrakesInForce,
        journal: Journal,
        sockets: Sockets,
        placer: Placer,
        verifier: Verifier,
        guest_secret: bytes | None,
        proxies: Sequence[Network],
        counts_networks: bool,
        cors_origins: Sequence[str],
        clock: SteadyClock,
        metrics: Metrics,
        draw_id: Callable[[], str],
        documents: Documents,
        pages: Pages,
    ) -> None:
        self._hub = hub
        self._dispatcher = dispatcher
        self._me = me
        self._people = people
        self._moderating = moderating
        self._bottles = bottles
        self._lists = lists
        self._notify = notify
        self._admin = admin
        self._operating = operating
        self._now = now
        self._brakes = brakes
        self._journal = journal
        self._sockets = sockets
        self._placer = placer
        self._verifier = verifier
        self._guest_secret = guest_secret
        self._proxies = proxies
        self._counts_networks = counts_networks
        self._cors_origins = frozenset(cors_origins)
        self._clock = clock
        self._metrics = metrics
        self._draw_id = draw_id
        self._documents = documents
        self._pages = pages

    def app(self) -> web.Application:
        """Return the application phones talk to."""
        app = web.Application(client_max_size=wire.MAX_FRAME_BYTES, middlewares=[self._answer])
        app.router.add_get("/v1/ws", self._websocket)
        app.router.add_post("/v1/guests", self._new_guest)
        app.router.add_post("/v1/guests/renew", self._renew_guest)
        app.router.add_post("/v1/checkins", self._check_in)
        app.router.add_delete("/v1/presence", self._clear)
        mine = (self._me, self._people, self._lists, self._notify, self._bottles)
        for calls in (*mine, self._moderating, self._admin, self._operating, self._now):
            app.router.add_routes(calls.routes())
        app.router.add_get("/healthz", self._healthy)
        app.router.add_get("/readyz", self._ready)
        for path, (content_type, body) in self._documents.by_path.items():
            app.router.add_get(path, _fixed(content_type, body))
        app.router.add_routes(self._pages.routes())
        return app

    def metrics_app(self) -> web.Application:
        """Return the application of the metrics address."""
        app = web.Application()
        app.router.add_get("/metrics", self._metrics_page)
        return app

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn whatever goes wrong into a problem, allow the configured origins, and count."""
        if isinstance(request.protocol, EdgeHandler):
            request.protocol.head_came()
        origin = request.headers.get(hdrs.ORIGIN, "")
        is_allowed = origin in self._cors_origins
        if is_allowed and request.method == "OPTIONS":
            response: web.StreamResponse = _preflight()
        else:
            response = await self._carry_out(request, handler)
        if not response.prepared:
            self._allow(response, origin if is_allowed else None)
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "unknown"
        self._metrics.requests.labels(route, str(response.status)).inc()
        return response

    def _allow(self, response: web.StreamResponse, origin: str | None) -> None:
        """Let pages of ``origin``, None for no one, read the answer."""
        if self._cors_origins:
            # On every answer: a shared cache must not keep one without permission for everybody.
            response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        if origin is not None:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = hdrs.RETRY_AFTER

    async def _carry_out(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.can_read_body and not self._operating.takes_large_body(request):
                # Here for every other route, so that none lets a large or broken body pass.
                async with asyncio.timeout(BODY_WITHIN_S):
                    await request.read()
            return await handler(request)
        except ConnectionError:
            raise
        except Exception as error:
            if isinstance(error, web.HTTPException) and error.status < 400:
                raise
            refused = refusal_of(error)
            if refused is None:
                # The request is not logged: its body may hold a position.
                log.exception("a request could not be answered")
                refused = Refused(ErrorCode.INTERNAL)
            self._metrics.refused(refused)
            # A traceback holds the frames that read the body, and they hold it: a position would lie in memory until
            # the collector comes by.
            error.__traceback__ = refused.__traceback__ = None
            response = problem(refused)
            if isinstance(error, web.HTTPException) and hdrs.ALLOW in error.headers:
                response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
            return response

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        return await self._sockets.serve(request, self._network(request))

    async def _new_guest(self, request: web.Request) -> web.StreamResponse:
        secret = self._secret_for_guests()
        guest = await body_of(request, wire.GuestRequest) if await request.read() else wire.GuestRequest()
        network = self._network(request)
        now_ms = self._clock.now_ms()
        if network is not None:
            wait_ms = await self._hub.spend("guests", network, limit=GUESTS_PER_HOUR, span_ms=HOUR_MS, now_ms=now_ms)
            if wait_ms:
                raise Refused(ErrorCode.RATE_LIMITED, retry_ms=wait_ms, limit="guests")
        person = PersonId(f"g-{self._draw_id()}")
        if guest.name is not None:
            await self._me.introduce(person, guest.name, now_ms)
        return self._guest_token(secret, person, guest.name, now_ms)

    async def _renew_guest(self, request: web.Request) -> web.StreamResponse:
        secret = self._secret_for_guests()
        now_ms = self._clock.now_ms()
        claims = self._verifier.verify(bearer_of(request), now_ms, expired_for_s=RENEWABLE_S)
        if not claims.is_guest:
            raise Refused(ErrorCode.BAD_TOKEN, "only a guest's token is renewed here")
        return self._guest_token(secret, claims.caller.person, claims.caller.name, now_ms)

    def _secret_for_guests(self) -> bytes:
        """Return what signs guests' tokens.

        Raises:
            Refused: ``guests_off``, by the settings or by a brake.
        """
        if self._guest_secret is None or self._brakes.stopped.guests:
            raise Refused(ErrorCode.GUESTS_OFF)
        return self._guest_secret

    def _guest_token(self, secret: bytes, person: str, name: str | None, now_ms: int) -> web.Response:
        expires_s = now_ms // SECOND_MS + GUEST_TTL_S
        token = mint_token(secret, person, expires_s=expires_s, name=name, guest=True)
        answer = wire.GuestAnswer(user=person, token=token, expires_at_ms=expires_s * SECOND_MS)
        return private(json_answer(answer, status=201))

    async def _check_in(self, request: web.Request) -> web.StreamResponse:
        claims = self._claims(request)
        position = await body_of(request, wire.Position)
        now_ms = self._clock.now_ms()
        standing = await self._dispatcher.check_in(claims.caller, position, now_ms, connection=None)
        window = self._dispatcher.window(standing)
        if standing is None:
            await self._journal.durable()
            return json_answer(wire.CheckInAnswer(area=None, window=window, room=None))
        if standing.seat_wanted:
            await self._placer.wait_answered(claims.caller.person)
        room = await self._hub.room_of(claims.caller.person)
        return json_answer(
            wire.CheckInAnswer(
                area=shown_area(standing.area),
                window=window,
                room=None if room is None else wire.RoomAnswer(id=room.id, size=room.size, capacity=room.capacity),
            )
        )

    async def _clear(self, request: web.Request) -> web.StreamResponse:
        claims = self._claims(request)
        await self._hub.clear(claims.caller.person, None, self._clock.now_ms())
        await self._journal.durable()
        return web.Response(status=204)

    async def _healthy(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="ok\n")

    async def _ready(self, request: web.Request) -> web.StreamResponse:
        if self._dispatcher.is_draining:
            raise Refused(ErrorCode.DRAINING)
        if self._journal.statistics().is_down:
            raise StoreDown
        if self._dispatcher.is_hub_down:
            raise HubDown
        return web.Response(text="ready\n")

    async def _metrics_page(self, request: web.Request) -> web.StreamResponse:
        await self._bottles.count()
        await self._moderating.count()
        body = self._metrics.render(await self._hub.statistics())
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    def _claims(self, request: web.Request) -> Claims:
        return self._verifier.verify(bearer_of(request), self._clock.now_ms())

    def _network(self, request: web.Request) -> str | None:
        """Return the client network a request counts for, None if it does not count."""
        if not self._counts_networks:
            return None
        peer = request.transport.get_extra_info("peername") if request.transport is not None else None
        return client_network(
            peer[0] if peer else None, ",".join(request.headers.getall("X-Forwarded-For", [])), self._proxies
        )


def _preflight() -> web.Response:
    return web.Response(
        status=204,
        headers={
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST, PUT, PATCH, DELETE",
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "Authorization, Content-Type",
            hdrs.ACCESS_CONTROL_MAX_AGE: str(PREFLIGHT_AGE_S),
        },
    )


def _fixed(content_type: str, body: bytes) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers={"Content-Type": content_type})

    return answer
