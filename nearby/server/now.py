"""Operators' calls about how the whole server is: now, in the last hour, and by which settings."""

from aiohttp import web

from nearby import __version__
from nearby.core import admin_wire as wire
from nearby.core.history import LIMIT, PLACED, STEP_MS, Step, named, thin_share
from nearby.core.rules import SECOND_MS
from nearby.hub.base import HubStatistics
from nearby.server.admin import operator_of
from nearby.server.auth import Verifier
from nearby.server.clock import SteadyClock
from nearby.server.config import Settings
from nearby.server.dispatch import Dispatcher
from nearby.server.history import Historian
from nearby.server.masking import SECRETS, masked
from nearby.server.requests import json_answer, private
from nearby.store.base import Journal


class Now:
    """Serves ``/v1/admin/now`` and ``/v1/admin/settings``.

    Args:
        historian: Knows what is live, and the last hour.
        settings: Those in force.
        dispatcher: Says whether the server drains.
        journal: Says whether the database is there.
        verifier: Checks tokens.
        clock: The time.
    """

    def __init__(
        self,
        historian: Historian,
        settings: Settings,
        *,
        dispatcher: Dispatcher,
        journal: Journal,
        verifier: Verifier,
        clock: SteadyClock,
    ) -> None:
        self._historian = historian
        self._settings = settings
        self._dispatcher = dispatcher
        self._journal = journal
        self._verifier = verifier
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Return the calls."""
        return [web.get("/v1/admin/now", self._now), web.get("/v1/admin/settings", self._in_force)]

    async def run(self) -> None:
        """Remember what happens, until cancelled."""
        await self._historian.run()

    async def _now(self, request: web.Request) -> web.StreamResponse:
        operator_of(request, self._verifier, self._clock.now_ms())
        live = await self._historian.live()
        rooms = {} if live is None else live.rooms_by_size
        steps, totals = await self._historian.steps(), await self._historian.totals()
        answer = wire.NowAnswer(
            at_ms=self._clock.now_ms(),
            started_ms=self._historian.started_ms,
            version=__version__,
            step_s=STEP_MS // SECOND_MS,
            people=None if live is None else live.people,
            connections=None if live is None else live.connections,
            held_seats=None if live is None else live.held_seats,
            rooms_by_size=[wire.RoomsOfSize(size=size, rooms=count) for size, count in sorted(rooms.items())],
            open_catchments=_catchments(live),
            thin_share=thin_share(rooms),
            servers=steps[-1].servers if steps else 1,
            placements=[
                wire.PlacementsFor(why=why, count=count) for why, count in sorted(named(totals, PLACED).items())
            ],
            limits_hit=[wire.LimitHits(limit=limit, count=count) for limit, count in named(totals, LIMIT).items()],
            health=self._health(live),
            history=_columns(steps),
        )
        return private(json_answer(answer))

    def _health(self, live: HubStatistics | None) -> wire.Health:
        is_store_down = self._journal.statistics().is_down
        return wire.Health(
            store="down" if is_store_down else "up",
            hub="down" if live is None else "up",
            ready=not (self._dispatcher.is_draining or is_store_down or live is None),
        )

    async def _in_force(self, request: web.Request) -> web.StreamResponse:
        operator_of(request, self._verifier, self._clock.now_ms())
        settings = [
            wire.SettingAnswer(
                name=name,
                value=_text(masked(name, getattr(self._settings, name))),
                default=_text(field.default),
                description=field.description or "",
                is_secret=name in SECRETS,
            )
            for name, field in Settings.model_fields.items()
        ]
        return private(json_answer(wire.SettingsAnswer(settings=settings)))


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _catchments(live: HubStatistics | None) -> list[wire.CatchmentsAt]:
    opened = {} if live is None else live.open_catchments
    return [wire.CatchmentsAt(resolution=resolution, cells=cells) for resolution, cells in sorted(opened.items())]


def _columns(steps: list[Step]) -> wire.HistoryAnswer:
    reasons = sorted({why for step in steps for why in step.placements})
    live = [step.live for step in steps]
    return wire.HistoryAnswer(
        at_ms=[step.at_ms for step in steps],
        people=[None if one is None else one.people for one in live],
        connections=[None if one is None else one.connections for one in live],
        rooms=[None if one is None else sum(one.rooms_by_size.values()) for one in live],
        thin_share=[None if one is None else _rounded(thin_share(one.rooms_by_size)) for one in live],
        checkins_per_s=[round(step.checkins_per_s, 2) for step in steps],
        says_per_s=[round(step.says_per_s, 2) for step in steps],
        deliveries_per_s=[round(step.deliveries_per_s, 2) for step in steps],
        say_p99_ms=[step.say_p99_ms for step in steps],
        checkin_p99_ms=[step.checkin_p99_ms for step in steps],
        loop_lag_p99_ms=[step.loop_lag_p99_ms for step in steps],
        placements={why: [step.placements.get(why, 0) for step in steps] for why in reasons},
        merged=[step.placements.get("merged", 0) for step in steps],
        moved=[step.placements.get("moved", 0) for step in steps],
        limits_hit=[step.limits_hit for step in steps],
        store_up=[int(step.is_store_up) for step in steps],
        hub_up=[int(step.is_hub_up) for step in steps],
        servers=[step.servers for step in steps],
    )


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
