"""The calls about people one knows, and about one's blocks."""

from collections.abc import Callable

from aiohttp import web

from nearby.core import people_wire as wire
from nearby.errors import ErrorCode, Refused
from nearby.hub.base import Hub
from nearby.server.auth import Claims, Verifier
from nearby.server.clock import SteadyClock
from nearby.server.companions import Companions
from nearby.server.metrics import Metrics
from nearby.server.requests import bearer_of, id_in, json_answer, private
from nearby.server.separation import Separation, drifter_of
from nearby.server.steps import answered_in_steps
from nearby.store.base import Journal, Store


class People:
    """Serves ``/v1/people`` and ``/v1/me/blocks``. Any well-formed id gets the same answer.

    Args:
        hub: The live state.
        store: What people are to each other; None if nothing is kept of people: then every call is refused.
        separation: Puts blocks in force.
        companions: Told when somebody is known no more.
        journal: Says when whoever is nearby has a row to be blocked by.
        verifier: Checks tokens.
        clock: The time.
        metrics: Count what is done.
        draw_id: Returns a new opaque id at each call.
    """

    def __init__(
        self,
        hub: Hub,
        store: Store | None,
        separation: Separation,
        companions: Companions,
        *,
        journal: Journal,
        verifier: Verifier,
        clock: SteadyClock,
        metrics: Metrics,
        draw_id: Callable[[], str],
    ) -> None:
        self._hub = hub
        self._kept = store
        self._separation = separation
        self._companions = companions
        self._journal = journal
        self._verifier = verifier
        self._clock = clock
        self._metrics = metrics
        self._draw_id = draw_id

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        calls = [
            web.get("/v1/people", self._list),
            web.delete("/v1/people/{person}", self._withdraw),
            web.put("/v1/people/{person}/follow", self._follow),
            web.delete("/v1/people/{person}/follow", self._unfollow),
            web.put("/v1/people/{person}/mute", self._mute),
            web.delete("/v1/people/{person}/mute", self._unmute),
            web.put("/v1/people/{person}/block", self._block),
            web.delete("/v1/people/{person}/block", self._unblock_person),
            web.get("/v1/me/blocks", self._blocks),
            web.delete("/v1/me/blocks/{block}", self._unblock),
        ]
        return answered_in_steps(calls)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        claims, store, _ = self._begin(request)
        found = await store.relations.known(claims.caller.person)
        people = [
            wire.KnownPerson(
                person=known.person,
                name=known.name,
                verified=known.is_verified,
                followed=known.is_followed,
                muted=known.is_muted,
                blocked=known.is_blocked,
            )
            for known in found
        ]
        return private(json_answer(wire.PeopleAnswer(people=people)))

    async def _withdraw(self, request: web.Request) -> web.StreamResponse:
        claims, store, now_ms = self._begin(request)
        person = claims.caller.person
        other = await store.relations.withdraw(drifter_of(claims.caller), id_in(request, "person"), now_ms)
        if other is not None:
            await self._hub.part(person, other)
            for one in (person, other):
                self._companions.forget(one)
        return self._done("withdrawn")

    async def _follow(self, request: web.Request) -> web.StreamResponse:
        claims, store, now_ms = self._begin(request)
        handle = id_in(request, "person")
        await store.relations.put(drifter_of(claims.caller), "follow", handle, self._draw_id(), now_ms)
        return self._done("followed")

    async def _unfollow(self, request: web.Request) -> web.StreamResponse:
        claims, store, now_ms = self._begin(request)
        await store.relations.drop(drifter_of(claims.caller), "follow", id_in(request, "person"), now_ms)
        return self._done("unfollowed")

    async def _mute(self, request: web.Request) -> web.StreamResponse:
        claims, store, now_ms = self._begin(request)
        handle = id_in(request, "person")
        other = await store.relations.put(drifter_of(claims.caller), "mute", handle, self._draw_id(), now_ms)
        if other is not None:
            await self._hub.mute_person(claims.caller.person, other, is_on=True)
        return self._done("muted")

    async def _unmute(self, request: web.Request) -> web.StreamResponse:
        claims, store, now_ms = self._begin(request)
        other = await store.relations.drop(drifter_of(claims.caller), "mute", id_in(request, "person"), now_ms)
        if other is not None:
            await self._hub.mute_person(claims.caller.person, other, is_on=False)
        return self._done("unmuted")

    async def _block(self, request: web.Request) -> web.StreamResponse:
        claims, store, now_ms = self._begin(request)
        handle, person = id_in(request, "person"), claims.caller.person
        other = (await store.relations.resolve(person, [handle])).get(handle)
        other = await self._hub.who_is_nearby(person, handle) or other
        await self._journal.durable()
        await self._separation.block(claims.caller, other, handle, now_ms)
        return self._done("blocked")

    async def _unblock_person(self, request: web.Request) -> web.StreamResponse:
        claims, store, now_ms = self._begin(request)
        handle = id_in(request, "person")
        withdrawn = await store.relations.unblock_person(drifter_of(claims.caller), handle, now_ms)
        await self._separation.withdraw(claims.caller.person, withdrawn, now_ms)
        return self._done("unblocked")

    async def _blocks(self, request: web.Request) -> web.StreamResponse:
        claims, store, now_ms = self._begin(request)
        found = await store.relations.blocks(claims.caller.person, now_ms)
        return private(json_answer(wire.BlocksAnswer(blocks=[wire.BlockAnswer(block=block) for block in found])))

    async def _unblock(self, request: web.Request) -> web.StreamResponse:
        claims, store, now_ms = self._begin(request)
        withdrawn = await store.relations.unblock(drifter_of(claims.caller), id_in(request, "block"), now_ms)
        await self._separation.withdraw(claims.caller.person, withdrawn, now_ms)
        return self._done("unblocked")

    def _begin(self, request: web.Request) -> tuple[Claims, Store, int]:
        """Return who calls, the database, and the time.

        Raises:
            Refused: ``bad_token``, ``erasing`` or ``off``.
        """
        now_ms = self._clock.now_ms()
        claims = self._verifier.verify(bearer_of(request), now_ms)
        if self._kept is None:
            raise Refused(ErrorCode.OFF, "this server keeps nothing of people")
        return claims, self._kept, now_ms

    def _done(self, what: str) -> web.Response:
        self._metrics.relations.labels(what).inc()
        return web.Response(status=204)
