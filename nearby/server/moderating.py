"""Reports, operators' decisions and what makes them true, put together for one server."""

from collections.abc import Callable

from aiohttp import web

from nearby.core.rules import Rules
from nearby.hub.base import Hub
from nearby.server.admin_people import AdminPeople
from nearby.server.admin_reports import AdminReports
from nearby.server.auth import Verifier
from nearby.server.clock import SteadyClock
from nearby.server.enforcing import Enforcing
from nearby.server.members import Members
from nearby.server.metrics import Metrics
from nearby.server.reports import Reports
from nearby.store.base import Journal, Store


class Moderating:
    """``reports`` for whoever takes them, and all calls about reports and people.

    Args:
        hub: The live state.
        store: Reports and decisions.
        enforcing: Makes decisions true.
        keeps_people: Whether anything is kept of people; if not, a report only separates.
        journal: Says when what was said, and who sat where, is on disk.
        members: Say who is meant by a member.
        rules: The limits.
        verifier: Checks tokens.
        clock: The time.
        metrics: Count what is done.
        draw_id: Returns a new opaque id at each call.
    """

    def __init__(
        self,
        hub: Hub,
        store: Store,
        enforcing: Enforcing,
        *,
        keeps_people: bool,
        journal: Journal,
        members: Members,
        rules: Rules,
        verifier: Verifier,
        clock: SteadyClock,
        metrics: Metrics,
        draw_id: Callable[[], str],
    ) -> None:
        self.enforcing = enforcing
        self.reports = Reports(
            hub,
            store if keeps_people else None,
            journal=journal,
            members=members,
            enforce=enforcing.look_everywhere,
            rules=rules,
            verifier=verifier,
            clock=clock,
            metrics=metrics,
            draw_id=draw_id,
        )
        self._admin_reports = AdminReports(store, enforcing, rules, verifier=verifier, clock=clock, metrics=metrics)
        self._admin_people = AdminPeople(hub, store, enforcing, verifier=verifier, clock=clock, metrics=metrics)

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [*self.reports.routes(), *self._admin_reports.routes(), *self._admin_people.routes()]

    async def count(self) -> None:
        """Look how long the queue is, for the metrics."""
        await self._admin_reports.count()
