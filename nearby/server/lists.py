"""The call about people nearby."""

from aiohttp import web

from nearby.core.nearby_wire import NearbyAnswer, NearbyPerson
from nearby.core.venue import shown_area
from nearby.hub.base import Hub
from nearby.server.auth import Verifier
from nearby.server.clock import SteadyClock
from nearby.server.requests import bearer_of, json_answer, private
from nearby.server.steps import answered_in_steps


class Lists:
    """Serves ``/v1/nearby``.

    Args:
        hub: Knows who is listed and where.
        verifier: Checks tokens.
        clock: The time.
    """

    def __init__(self, hub: Hub, *, verifier: Verifier, clock: SteadyClock) -> None:
        self._hub = hub
        self._verifier = verifier
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return answered_in_steps([web.get("/v1/nearby", self._nearby)])

    async def _nearby(self, request: web.Request) -> web.StreamResponse:
        now_ms = self._clock.now_ms()
        claims = self._verifier.verify(bearer_of(request), now_ms)
        found = await self._hub.nearby(claims.caller.person, now_ms)
        people = [NearbyPerson(person=one.handle, name=one.name, verified=one.verified) for one in found.people]
        area = None if found.area is None else shown_area(found.area)
        return private(json_answer(NearbyAnswer(area=area, people=people)))
