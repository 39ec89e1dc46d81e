"""A server that runs: its database, clock, ports and end. ``assembly`` puts its parts together."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from nearby.core.kept import Kept
from nearby.core.session import Patience
from nearby.errors import ConfigError, StoreDown
from nearby.hub.base import Hub
from nearby.server.areas import AreasInForce
from nearby.server.assembly import assemble
from nearby.server.auth import Verifier
from nearby.server.brakes import BrakesInForce
from nearby.server.clock import SteadyClock
from nearby.server.config import Settings
from nearby.server.edge import EdgeHandler
from nearby.server.enforcing import Enforcing
from nearby.server.filtering import started_filter
from nearby.server.gateway import Gateway
from nearby.server.http import Http
from nearby.server.ids import RandomIds
from nearby.server.keeper import Keeper
from nearby.server.keeping import keep_clean
from nearby.server.keys import keep_fresh, load_keys
from nearby.server.metrics import Metrics
from nearby.server.notify import Notify
from nearby.server.now import Now
from nearby.server.pages import Pages
from nearby.server.secrets import Secrets
from nearby.server.verdicts import Verdicts
from nearby.store.base import DISOWNED, Store, StoreEvents
from nearby.store.sql import init_store, open_store

if TYPE_CHECKING:
    from nearby.server.sharing import Sharing

log = logging.getLogger(__name__)

BACKLOG = 4096
"""Connections the kernel may hold for us: everybody of a stadium reconnects at once."""

EXIT_WITHIN_S = 5.0

GC_AFTER = 20_000
"""Objects made between two collections of the youngest: with Python's 700, looking for cycles that are
not there was 5 % of the server's time on deliveries."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that takes phones. ``url`` and ``metrics_url`` name the ports really taken."""

    url: str
    metrics_url: str
    keeper: Keeper
    metrics: Metrics
    store: Store


def system_clock() -> SteadyClock:
    """Return a clock on the machine's own."""
    return SteadyClock(
        wall_ms=lambda: time.time_ns() // 1_000_000, monotonic_ms=lambda: time.monotonic_ns() // 1_000_000
    )


@dataclass(frozen=True, slots=True)
class Assembled:
    """A whole server with its database that takes no phones yet and in which nothing happens by itself."""

    gateway: Gateway
    http: Http
    keeper: Keeper
    metrics: Metrics
    verifier: Verifier
    store: Store
    areas: AreasInForce
    brakes: BrakesInForce
    hub: Hub
    enforcing: Enforcing
    notify: Notify
    now: Now
    sharing: "Sharing | None"
    clock: SteadyClock


@contextlib.asynccontextmanager
async def database(settings: Settings, *, secret: bytes, events: StoreEvents | None = None) -> AsyncIterator[Store]:
    """Open the database the settings name until the block ends. ``secret`` and ``events`` as for ``open_store``.

    Raises:
        ConfigError: It cannot be reached, holds no schema, or one of another version.
    """
    url = await asyncio.to_thread(settings.store_url)
    async with open_store(url, secret=secret, events=events) as store:
        yield store


async def init_database(settings: Settings) -> tuple[int, int]:
    """Bring the database the settings name to this version's schema; see ``init_store``."""
    return await init_store(await asyncio.to_thread(settings.store_url))


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: SteadyClock | None = None,
    patience: Patience | None = None,
    wrap_hub: Callable[[Hub], Hub] = lambda hub: hub,
    draw_id: Callable[[], str] | None = None,
) -> AsyncIterator[Running]:
    """Run a server on the current loop until the block ends; connections still open are cut then.

    Args:
        settings: How.
        clock: The time; the machine's if None.
        patience: Pings and deadlines; the contract's if None.
        wrap_hub: Returns what the server uses in the hub's place: tests put faults between the two.
        draw_id: Returns a new opaque id at each call; random ones if None.

    Raises:
        ConfigError: A setting is wrong, the database cannot be used, or a port is taken. Nothing is left open.
    """
    async with contextlib.AsyncExitStack() as stack:
        parts = await stack.enter_async_context(
            assembled(settings, clock=clock, patience=patience, wrap_hub=wrap_hub, draw_id=draw_id)
        )
        metrics = parts.metrics
        listen = partial(_listen, stack, metrics, is_shared=settings.workers > 1)
        metrics_url = await listen(
            parts.http.metrics_app(), "metrics_port", settings.metrics_host, settings.metrics_port
        )
        url = await listen(parts.http.app(), "port", settings.host, settings.port)
        await _background(stack, parts.keeper.run())
        await _background(stack, parts.areas.keep_fresh(parts.store))
        await _background(stack, parts.brakes.keep_fresh(parts.store, parts.hub, parts.clock))
        await _background(stack, parts.enforcing.run())
        await _background(stack, parts.notify.run())
        await _background(stack, parts.now.run())
        for keep_on in parts.sharing.keep_on if parts.sharing is not None else ():
            await _background(stack, keep_on())
        await _background(stack, keep_clean(parts.store, settings.rules(), parts.clock))
        if settings.jwks:
            await _background(stack, keep_fresh(settings.jwks, parts.verifier, metrics))
        metrics.ready.set(1)
        yield Running(url, metrics_url, parts.keeper, metrics, parts.store)
        metrics.ready.set(0)
        for phone in parts.gateway.connections():
            phone.cut()


@contextlib.asynccontextmanager
async def assembled(
    settings: Settings,
    *,
    clock: SteadyClock | None = None,
    patience: Patience | None = None,
    wrap_hub: Callable[[Hub], Hub] = lambda hub: hub,
    draw_id: Callable[[], str] | None = None,
) -> AsyncIterator[Assembled]:
    """Put a server together and open its database until the block ends; arguments as for ``running``.

    Raises:
        ConfigError: A setting is wrong, or the database cannot be used. Nothing is left open.
    """
    metrics = Metrics()
    secrets_in_force = await asyncio.to_thread(Secrets.of, settings)
    pages = await asyncio.to_thread(Pages.read, settings)
    verdicts = Verdicts()
    keys = await load_keys(settings.jwks) if settings.jwks else ()
    verifier = Verifier(secrets_in_force.signing, keys, verdicts)
    async with (
        started_filter(settings, metrics) as filtering,
        database(settings, secret=secrets_in_force.store, events=metrics.store) as store,
    ):
        areas, brakes = AreasInForce(metrics), BrakesInForce(metrics)
        clock = clock or system_clock()
        with _no_collection():
            kept = await _take_over(settings, store, areas, clock)
            parts = await assemble(
                settings,
                secrets_in_force,
                verifier,
                metrics,
                store=store,
                kept=kept,
                areas=areas,
                verdicts=verdicts,
                brakes=brakes,
                filtering=filtering,
                pages=pages,
                clock=clock,
                patience=patience or Patience(),
                wrap_hub=wrap_hub,
                draw_id=draw_id or RandomIds(os.urandom),
            )
            await _put_in_force(brakes, parts.enforcing, store, parts.hub, clock)
        try:
            yield Assembled(
                parts.gateway,
                parts.http,
                parts.keeper,
                metrics,
                verifier,
                store=store,
                areas=areas,
                brakes=brakes,
                hub=parts.hub,
                enforcing=parts.enforcing,
                notify=parts.notify,
                now=parts.now,
                sharing=parts.sharing,
                clock=clock,
            )
        finally:
            await parts.close_hub()


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Look for no cycles in what is read and built of a live state.

    All of it stays: looking through it again and again is a sixth of the time that a large crowd takes.
    """
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


async def _take_over(settings: Settings, store: Store, areas: AreasInForce, clock: SteadyClock) -> Kept | None:
    """Read the areas, and return what survived of the live state, None if nothing is kept of it."""
    try:
        await areas.refresh(store)
        if settings.keep == "off" or settings.hub_url:
            return None
        return await store.take_over(clock.now_ms(), settings.rules())
    except StoreDown as down:
        raise ConfigError("database_url", str(down)) from down


async def _put_in_force(
    brakes: BrakesInForce, enforcing: Enforcing, store: Store, hub: Hub, clock: SteadyClock
) -> None:
    """Put in force what operators decided before anybody is taken: the brakes, and who may not come in."""
    try:
        await brakes.refresh(store, hub, clock)
        await enforcing.look()
    except StoreDown as down:
        raise ConfigError("database_url", str(down)) from down


async def serve(
    settings: Settings,
    *,
    announce: Callable[[str], object],
    signals: Collection[int] = (signal.SIGTERM, signal.SIGINT),
) -> None:
    """Run a server until a signal, then drain. A second one stops at once.

    Args:
        settings: How.
        announce: Is given one line with the addresses once phones are taken.
        signals: Which ones.

    Raises:
        ConfigError: As ``running``.
        StoreDown: Another server took the database over while it was out of reach. Everybody was sent away.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with running(settings) as server:
        # What was made so far stays: no collection need look at it again.
        gc.freeze()
        gc.set_threshold(GC_AFTER)
        for number in signals:
            loop.add_signal_handler(number, _stop_or_exit, stop)
        announce(f"nearby: phones at {server.url} metrics at {server.metrics_url}/metrics")
        is_disowned = await _is_disowned_before(stop, server.store)
        log.info("draining")
        await server.keeper.drain(settings.drain_s)
    log.info("stopped")
    if is_disowned:
        raise StoreDown(DISOWNED)


async def _is_disowned_before(stop: asyncio.Event, store: Store) -> bool:
    """Wait until the server must end; return whether that is because another one owns the database."""
    asked, disowned = asyncio.create_task(stop.wait()), asyncio.create_task(store.disowned())
    await asyncio.wait((asked, disowned), return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    return not disowned.cancel()


def _stop_or_exit(stop: asyncio.Event) -> None:
    if stop.is_set():
        raise SystemExit(1)
    stop.set()


async def _listen(
    stack: contextlib.AsyncExitStack,
    metrics: Metrics,
    app: web.Application,
    setting: str,
    host: str,
    port: int,
    *,
    is_shared: bool,
) -> str:
    """Serve ``app`` until the stack unwinds; return its address. A shared port is one of several processes'."""
    loop = asyncio.get_running_loop()
    runner = web.AppRunner(app, shutdown_timeout=EXIT_WITHIN_S)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    edge = runner.server
    assert edge is not None
    try:
        server = await loop.create_server(
            lambda: EdgeHandler(edge, loop=loop, metrics=metrics),
            host,
            port,
            backlog=BACKLOG,
            reuse_port=is_shared or None,
        )
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error.strerror
        raise ConfigError(setting, f"{host}:{port} cannot be listened on ({reason})") from error
    stack.callback(server.close)
    taken = server.sockets[0].getsockname()
    return f"http://{f'[{taken[0]}]' if ':' in taken[0] else taken[0]}:{taken[1]}"


async def _background(stack: contextlib.AsyncExitStack, work: "asyncio._CoroutineLike[None]") -> None:
    """Run ``work`` as a task until the stack unwinds."""
    task = asyncio.create_task(work)

    async def end() -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)
