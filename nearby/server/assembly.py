"""A server's parts, put together: the place that names the concrete hub. Nothing runs yet."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import SystemRandom
from typing import TYPE_CHECKING

from nearby.core.kept import Kept
from nearby.core.rules import Rules
from nearby.core.session import Patience
from nearby.core.window import Windows
from nearby.hub.base import Hub
from nearby.hub.memory import LiveState, MemoryHub
from nearby.server.admin import Admin
from nearby.server.announcements import Announcements
from nearby.server.areas import AreasInForce
from nearby.server.auth import Verifier
from nearby.server.bottles import Bottles
from nearby.server.brakes import BrakesInForce
from nearby.server.clock import SteadyClock
from nearby.server.companions import Companions
from nearby.server.config import Settings
from nearby.server.dispatch import Dispatcher
from nearby.server.documents import documents
from nearby.server.enforcing import Enforcing
from nearby.server.filtering import Filtering
from nearby.server.gateway import Gateway
from nearby.server.history import Historian
from nearby.server.http import Http
from nearby.server.keeper import Keeper
from nearby.server.keeping import Keeping, NothingKept
from nearby.server.lists import Lists
from nearby.server.me import Me
from nearby.server.members import Members
from nearby.server.metrics import Metrics
from nearby.server.moderating import Moderating
from nearby.server.names import Names
from nearby.server.notify import Notify
from nearby.server.now import Now
from nearby.server.operating import Operating
from nearby.server.pages import Pages
from nearby.server.people import People
from nearby.server.placer import Placer
from nearby.server.screening import Screening
from nearby.server.secrets import Secrets
from nearby.server.separation import Separation
from nearby.server.sockets import Sockets
from nearby.server.verdicts import Verdicts
from nearby.server.webhook import Webhook
from nearby.store.base import Journal, Store

if TYPE_CHECKING:
    from nearby.server.sharing import SharedHub, Sharing


PLACED_AT_ONCE = 16
"""With a shared hub a placement waits for half a dozen answers; the rooms they fill are often the same, and more at a
time would mostly be decided again."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running server holds on to."""

    gateway: Gateway
    http: Http
    keeper: Keeper
    hub: Hub
    close_hub: Callable[[], Awaitable[None]]
    enforcing: Enforcing
    notify: Notify
    now: Now
    sharing: "Sharing | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What most parts need. ``people`` is the store if anything is kept of people, else None."""

    settings: Settings
    rules: Rules
    hub: Hub
    gateway: Gateway
    store: Store
    people: Store | None
    journal: Journal
    names: Names
    placer: Placer
    windows: Windows
    sharing: "Sharing | None"
    screening: Screening
    areas: AreasInForce
    brakes: BrakesInForce
    verifier: Verifier
    clock: SteadyClock
    metrics: Metrics
    draw_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class _Trust:
    """The parts about what people are to each other, and about what operators decide of them."""

    separation: Separation
    companions: Companions
    members: Members
    people: People
    moderating: Moderating


async def assemble(
    settings: Settings,
    secrets_in_force: Secrets,
    verifier: Verifier,
    metrics: Metrics,
    *,
    store: Store,
    kept: Kept | None,
    areas: AreasInForce,
    verdicts: Verdicts,
    brakes: BrakesInForce,
    filtering: Filtering | None,
    pages: Pages,
    clock: SteadyClock,
    patience: Patience,
    wrap_hub: Callable[[Hub], Hub],
    draw_id: Callable[[], str],
) -> Parts:
    """Return a server's parts, put together; nothing runs yet.

    Raises:
        ConfigError: The hub cannot be reached.
    """
    rules, secret = settings.rules(), secrets_in_force.draws
    windows = Windows(rules.window_ms, secret)
    gateway = Gateway(rules, patience, clock, metrics)
    people = store if settings.keep == "on" else None
    own: SharedHub | MemoryHub
    sharing: Sharing | None = None
    if settings.hub_url:
        # Only where servers share a hub: with the client of Redis it is a seventh of a server's start.
        from nearby.server import sharing as shares

        own = await shares.open_shared(settings, store, gateway, secret=secret, clock=clock, draw_id=draw_id)
        sharing = shares.Sharing.of(own, store, brakes, windows=windows, clock=clock)
    else:
        record = Keeping(store, windows, clock, kept).record if kept is not None else None
        state = LiveState(rules, secret=secret, draw_id=draw_id, now_ms=clock.now_ms(), record=record, kept=kept)
        own = MemoryHub(state, gateway)
    hub = wrap_hub(own)
    shared = _Shared(
        settings=settings,
        rules=rules,
        hub=hub,
        gateway=gateway,
        store=store,
        people=people,
        journal=NothingKept() if people is None else store.journal,
        names=Names(people, verifier, metrics),
        screening=Screening(hub, filtering, has_gate=rules.has_gate),
        placer=Placer(hub, clock, metrics, at_once=PLACED_AT_ONCE if settings.hub_url else 1),
        windows=windows,
        sharing=sharing,
        areas=areas,
        brakes=brakes,
        verifier=verifier,
        clock=clock,
        metrics=metrics,
        draw_id=draw_id,
    )
    trust = _trust(shared, verdicts)
    dispatcher = _dispatcher(shared, trust)
    sockets = _sockets(shared, dispatcher, patience)
    notify, now = _notify(shared), _now(shared, dispatcher)
    announcements = _announcements(shared, trust, notify)
    http = _http(shared, trust, dispatcher, sockets, notify, announcements, now, pages, secrets_in_force)
    keeper = Keeper(
        hub,
        gateway,
        placer=shared.placer,
        sockets=sockets,
        dispatcher=dispatcher,
        clock=clock,
        metrics=metrics,
    )

    async def close_hub() -> None:
        await announcements.close()
        await own.close()

    return Parts(gateway, http, keeper, hub, close_hub, trust.moderating.enforcing, notify, now, sharing)


def _announcements(of: _Shared, trust: _Trust, notify: Notify) -> Announcements:
    announcements = Announcements(
        of.hub,
        of.gateway,
        store=of.store,
        journal=of.journal,
        verifier=of.verifier,
        names=of.names,
        notify=notify,
        enforcing=trust.moderating.enforcing,
    )
    of.gateway.hear_announced(announcements.hear)
    return announcements


def _sockets(of: _Shared, dispatcher: Dispatcher, patience: Patience) -> Sockets:
    return Sockets(
        of.hub,
        of.gateway,
        dispatcher,
        verifier=of.verifier,
        patience=patience,
        max_connections=of.settings.max_connections,
        accept_rate=of.settings.accept_rate,
        clock=of.clock,
        metrics=of.metrics,
        draw_id=of.draw_id,
        random=SystemRandom(),
    )


def _notify(of: _Shared) -> Notify:
    settings, webhook = of.settings, None
    if settings.notify_url:
        webhook = Webhook(
            settings.notify_url,
            settings.notify_secret.encode(),
            clock=of.clock,
            metrics=of.metrics,
            draw_id=of.draw_id,
        )
    return Notify(of.hub, webhook, of.rules, verifier=of.verifier, clock=of.clock, metrics=of.metrics)


def _now(of: _Shared, dispatcher: Dispatcher) -> Now:
    return Now(
        Historian(of.hub, of.journal, metrics=of.metrics, clock=of.clock),
        of.settings,
        dispatcher=dispatcher,
        journal=of.journal,
        verifier=of.verifier,
        clock=of.clock,
    )


def _trust(of: _Shared, verdicts: Verdicts) -> _Trust:
    separation = Separation(of.hub, of.people, journal=of.journal, rules=of.rules, draw_id=of.draw_id)
    companions = Companions(of.people)
    members = Members(of.hub, of.people, separation, journal=of.journal, metrics=of.metrics, draw_id=of.draw_id)
    people = People(
        of.hub,
        of.people,
        separation,
        companions,
        journal=of.journal,
        verifier=of.verifier,
        clock=of.clock,
        metrics=of.metrics,
        draw_id=of.draw_id,
    )
    moderating = Moderating(
        of.hub,
        of.store,
        Enforcing(of.hub, of.gateway, store=of.store, verdicts=verdicts, names=of.names, clock=of.clock),
        keeps_people=of.people is not None,
        journal=of.journal,
        members=members,
        rules=of.rules,
        verifier=of.verifier,
        clock=of.clock,
        metrics=of.metrics,
        draw_id=of.draw_id,
    )
    return _Trust(separation, companions, members, people, moderating)


def _dispatcher(of: _Shared, trust: _Trust) -> Dispatcher:
    return Dispatcher(
        of.hub,
        of.gateway,
        placer=of.placer,
        # What a shared hub has is there for good when it answers; the database follows.
        journal=NothingKept() if of.settings.hub_url else of.journal,
        areas=of.areas,
        verifier=of.verifier,
        names=of.names,
        members=trust.members,
        reports=trust.moderating.reports,
        screening=of.screening,
        separation=trust.separation,
        companions=trust.companions,
        windows=of.windows,
        clock=of.clock,
        metrics=of.metrics,
        random=SystemRandom(),
        tags=frozenset(of.settings.tags),
        has_shake=of.settings.shake == "on",
    )


def _admin(of: _Shared) -> Admin:
    settled_ms = None if of.sharing is None else of.sharing.settled_ms
    return Admin(of.store, verifier=of.verifier, window_ms=of.rules.window_ms, clock=of.clock, settled_ms=settled_ms)


def _http(
    of: _Shared,
    trust: _Trust,
    dispatcher: Dispatcher,
    sockets: Sockets,
    notify: Notify,
    announcements: Announcements,
    now: Now,
    pages: Pages,
    secrets_in_force: Secrets,
) -> Http:
    settings = of.settings
    return Http(
        of.hub,
        dispatcher,
        me=Me(
            of.hub,
            journal=of.journal,
            store=of.store,
            announcements=announcements,
            names=of.names,
            screening=of.screening,
            verifier=of.verifier,
            clock=of.clock,
        ),
        people=trust.people,
        moderating=trust.moderating,
        bottles=Bottles(
            of.hub,
            of.store,
            trust.moderating.reports,
            of.screening,
            of.rules,
            is_on=settings.has_bottle(),
            brakes=of.brakes,
            verifier=of.verifier,
            clock=of.clock,
            metrics=of.metrics,
            draw_id=of.draw_id,
        ),
        notify=notify,
        lists=Lists(of.hub, verifier=of.verifier, clock=of.clock),
        admin=_admin(of),
        operating=Operating(
            of.store,
            of.hub,
            journal=of.journal,
            areas=of.areas,
            brakes=of.brakes,
            verifier=of.verifier,
            clock=of.clock,
        ),
        now=now,
        brakes=of.brakes,
        journal=of.journal,
        sockets=sockets,
        placer=of.placer,
        verifier=of.verifier,
        guest_secret=secrets_in_force.signing[0] if settings.takes_guests() else None,
        proxies=settings.proxies(),
        counts_networks=settings.limits == "on",
        cors_origins=settings.cors_origins,
        clock=of.clock,
        metrics=of.metrics,
        draw_id=of.draw_id,
        documents=documents(),
        pages=pages,
    )
