"""A server's parts, put together: the place that names the concrete hub. Nothing runs yet."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom

from nearby.core.kept import Kept
from nearby.core.rules import Rules
from nearby.core.session import Patience
from nearby.core.window import Windows
from nearby.hub.base import Hub
from nearby.hub.memory import LiveState, MemoryHub
from nearby.server.admin import Admin
from nearby.server.areas import AreasInForce
from nearby.server.auth import Verifier
from nearby.server.bottles import Bottles
from nearby.server.brakes import BrakesInForce
from nearby.server.clock import SteadyClock
from nearby.server.companions import Companions
from nearby.server.config import Settings
from nearby.server.dispatch import Dispatcher
from nearby.server.documents import Documents
from nearby.server.gateway import Gateway
from nearby.server.http import Http
from nearby.server.keeper import Keeper
from nearby.server.keeping import Keeping, NothingKept
from nearby.server.lists import Lists
from nearby.server.me import Me
from nearby.server.members import Members
from nearby.server.metrics import Metrics
from nearby.server.names import Names
from nearby.server.operating import Operating
from nearby.server.people import People
from nearby.server.placer import Placer
from nearby.server.separation import Separation
from nearby.server.sockets import Sockets
from nearby.store.base import Journal, Store


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return hashlib.blake2b(secret, digest_size=32, person=purpose).digest()


@dataclass(frozen=True, slots=True)
class Secrets:
    """``signing`` keys for tokens, the one that signs first; ``draws`` keys windows and draws, ``store`` its hashes."""

    signing: tuple[bytes, ...]
    draws: bytes
    store: bytes

    @classmethod
    def of(cls, settings: Settings) -> "Secrets":
        """Return the secrets in force. Reads and may write the data directory."""
        signing = settings.secrets()
        # From the signing secret, so that restarts keep it.
        draws = _derived(signing[0] if signing else settings.own_secret(), b"nearby draws")
        # Not from it: what is in force against erased people outlives a change of keys.
        store = _derived(settings.store_secret.encode() or settings.own_secret(), b"nearby store")
        return cls(signing, draws, store)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running server holds on to."""

    gateway: Gateway
    http: Http
    keeper: Keeper
    hub: Hub


@dataclass(frozen=True, slots=True)
class _Relations:
    """The parts about what people are to each other."""

    separation: Separation
    companions: Companions
    members: Members
    people: People


def _about_relations(
    hub: Hub,
    store: Store | None,
    journal: Journal,
    *,
    rules: Rules,
    verifier: Verifier,
    clock: SteadyClock,
    metrics: Metrics,
    draw_id: Callable[[], str],
) -> _Relations:
    """Return them; without a store nothing is kept of people."""
    separation = Separation(hub, store, journal=journal, rules=rules, draw_id=draw_id)
    companions = Companions(store)
    return _Relations(
        separation,
        companions,
        Members(hub, store, separation, journal=journal, metrics=metrics, draw_id=draw_id),
        People(
            hub,
            store,
            separation,
            companions,
            journal=journal,
            verifier=verifier,
            clock=clock,
            metrics=metrics,
            draw_id=draw_id,
        ),
    )


def assemble(
    settings: Settings,
    secrets_in_force: Secrets,
    verifier: Verifier,
    metrics: Metrics,
    *,
    store: Store,
    kept: Kept | None,
    areas: AreasInForce,
    brakes: BrakesInForce,
    clock: SteadyClock,
    patience: Patience,
    wrap_hub: Callable[[Hub], Hub],
    draw_id: Callable[[], str],
) -> Parts:
    """Return a server's parts, put together; nothing runs yet."""
    rules, secret = settings.rules(), secrets_in_force.draws
    windows = Windows(rules.window_ms, secret)
    gateway = Gateway(rules, patience, clock, metrics)
    record = Keeping(store, windows, clock, kept).record if kept is not None else None
    journal = store.journal if kept is not None else NothingKept()
    state = LiveState(rules, secret=secret, draw_id=draw_id, now_ms=clock.now_ms(), record=record, kept=kept)
    hub = wrap_hub(MemoryHub(state, gateway))
    placer = Placer(hub, rules, windows, clock, metrics)
    names = Names(store if kept is not None else None, verifier, metrics)
    relations = _about_relations(
        hub,
        store if kept is not None else None,
        journal,
        rules=rules,
        verifier=verifier,
        clock=clock,
        metrics=metrics,
        draw_id=draw_id,
    )
    dispatcher = Dispatcher(
        hub,
        gateway,
        placer=placer,
        journal=journal,
        areas=areas,
        verifier=verifier,
        names=names,
        members=relations.members,
        separation=relations.separation,
        companions=relations.companions,
        windows=windows,
        clock=clock,
        metrics=metrics,
        random=SystemRandom(),
        tags=frozenset(settings.tags),
        has_shake=settings.shake == "on",
    )
    sockets = Sockets(
        hub,
        gateway,
        dispatcher,
        verifier=verifier,
        patience=patience,
        max_connections=settings.max_connections,
        clock=clock,
        metrics=metrics,
        draw_id=draw_id,
    )
    bottles = Bottles(
        hub,
        store,
        rules,
        is_on=settings.has_bottle(),
        brakes=brakes,
        verifier=verifier,
        clock=clock,
        metrics=metrics,
        draw_id=draw_id,
    )
    http = Http(
        hub,
        dispatcher,
        me=Me(hub, gateway, journal=journal, store=store, names=names, verifier=verifier, clock=clock),
        people=relations.people,
        bottles=bottles,
        lists=Lists(hub, verifier=verifier, clock=clock),
        admin=Admin(store, verifier=verifier, window_ms=rules.window_ms, clock=clock),
        operating=Operating(store, hub, journal=journal, areas=areas, brakes=brakes, verifier=verifier, clock=clock),
        brakes=brakes,
        journal=journal,
        sockets=sockets,
        placer=placer,
        verifier=verifier,
        guest_secret=secrets_in_force.signing[0] if settings.takes_guests() else None,
        proxies=settings.proxies(),
        counts_networks=settings.limits == "on",
        cors_origins=settings.cors_origins,
        clock=clock,
        metrics=metrics,
        draw_id=draw_id,
        documents=Documents(),
    )
    keeper = Keeper(hub, gateway, placer=placer, sockets=sockets, dispatcher=dispatcher, clock=clock, metrics=metrics)
    return Parts(gateway, http, keeper, hub)
