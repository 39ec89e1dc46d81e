"""A hub that several servers share: its opening, and what it must know whoever runs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from msgspec import structs

from nearby.core.changes import Change, LogRow, MarkEnded, MarkRow, PersonSeen, RoomRow, SeatRow, TextRefused
from nearby.core.ids import RoomId
from nearby.core.rules import DAY_MS
from nearby.core.window import Windows
from nearby.errors import ConfigError, HubDown, StoreDown
from nearby.hub.base import Listener
from nearby.hub.valkey.hub import ValkeyHub
from nearby.hub.valkey.opening import open_hub
from nearby.hub.valkey.sliced import SlicedValkeyHub, open_sliced
from nearby.server.brakes import BrakesInForce
from nearby.server.clock import SteadyClock
from nearby.server.config import Settings
from nearby.server.counting import Counting
from nearby.store.base import Journal, Store

log = logging.getLogger(__name__)

TAG = "{nearby}"
"""Begins every key. One tag is one slot of a cluster: see the decision on shared rules."""

SharedHub = ValkeyHub | SlicedValkeyHub

STANDING = "standing"
"""The mark that a hub knows conflicts, lasting mutes and who is listed. It goes when the hub comes back empty."""

STANDING_MS = 7 * DAY_MS

AT_ONCE = 64

AGAIN_AFTER_S = 0.5

_KEPT = (PersonSeen, SeatRow, LogRow, RoomRow, MarkRow, MarkEnded, TextRefused)
"""What the database is told of a live state that it need not bring back: who has an account, and for an hour who sat
and spoke where, for reports."""

ROOMS_KNOWN = 10_000

SEAT_KNOWN_MS = DAY_MS
"""A seat that is taken is written as one that ends so much later; its real end, or its next change, takes the place of
that. Only of a seat whose end nobody lived to write is it known a day longer who sat there."""


async def open_shared(
    settings: Settings,
    store: Store,
    listener: Listener,
    *,
    secret: bytes,
    clock: SteadyClock,
    draw_id: Callable[[], str],
) -> SharedHub:
    """Return this server's handle on the hub that the settings name.

    Args:
        settings: How.
        store: The database that all servers of the hub share.
        listener: Hears what concerns this server's connections.
        secret: Keys all draws, the same on every server of the hub.
        clock: The time.
        draw_id: Returns a new opaque id at each call.

    Raises:
        ConfigError: The hub cannot be reached.
        StoreDown: The database cannot be reached.
    """
    try:
        opening = open_hub if settings.hub_slices == 1 else partial(open_sliced, slices=settings.hub_slices)
        hub: SharedHub = await opening(
            settings.hub_url,
            TAG,
            settings.rules(),
            listener,
            secret=secret,
            draw_id=draw_id,
            now_ms=clock.now_ms(),
            record=_Recording(store.journal, clock).record,
        )
        # The lease began before: whoever is erased from now on is announced to this server.
        await store.relations.note_shadows()
        if not await hub.is_marked(STANDING):
            await _tell(hub, store, clock.now_ms())
    except HubDown as down:
        raise ConfigError("hub_url", "the hub cannot be reached; start it, or name another") from down
    return hub


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a server does for as long as it shares its hub, and up to when the check-in log is whole."""

    keep_on: Sequence[Callable[[], Coroutine[None, None, None]]]
    settled_ms: Callable[[], Awaitable[int]]

    @classmethod
    def of(
        cls, hub: SharedHub, store: Store, brakes: BrakesInForce, *, windows: Windows, clock: SteadyClock
    ) -> "Sharing":
        """Return what a server on this hub does."""
        counting = Counting(hub, store.checkins, windows)
        return cls((Standing(hub, store, brakes, clock).run, counting.run), counting.settled_ms)


class _Recording:
    """Tells the database what of a shared live state is kept there too.

    Args:
        journal: The database's group commit.
        clock: The time.
    """

    def __init__(self, journal: Journal, clock: SteadyClock) -> None:
        self._journal = journal
        self._clock = clock
        self._rooms: dict[RoomId, None] = {}

    def record(self, changes: Sequence[Change], rooms: Iterable[RoomRow]) -> None:
        """Take changes that took effect, with the rooms they are about. Never suspends, never raises.

        A room's row comes before what hangs on it: the server that opened the room may not have written it yet.
        """
        told = {change.room for change in changes if isinstance(change, RoomRow)}
        for room in rooms:
            if room.room not in self._rooms and room.room not in told:
                self._journal.record(room)
            self._rooms[room.room] = None
        while len(self._rooms) > ROOMS_KNOWN:
            del self._rooms[next(iter(self._rooms))]
        for change in changes:
            if isinstance(change, SeatRow) and change.ended_ms is None:
                # Whether it is the person's only one, the hub knows: a server that died may have left one open here.
                self._journal.record(structs.replace(change, ended_ms=self._clock.now_ms() + SEAT_KNOWN_MS))
            elif isinstance(change, _KEPT):
                self._journal.record(change)


class Standing:
    """Sees that a hub that lost something knows again what is in force whoever runs. Nobody is seated before.

    Args:
        hub: Which.
        store: Knows it.
        brakes: Are told again too.
        clock: The time.
    """

    def __init__(self, hub: SharedHub, store: Store, brakes: BrakesInForce, clock: SteadyClock) -> None:
        self._hub = hub
        self._store = store
        self._brakes = brakes
        self._clock = clock
        self._lost = asyncio.Event()
        hub.on_loss(self._note_loss)

    async def run(self) -> None:
        """Tell the hub after each loss, until cancelled."""
        while True:
            await self._lost.wait()
            self._lost.clear()
            try:
                # What was announced meanwhile may be lost too.
                await self._store.relations.note_shadows()
                self._brakes.tell_again()
                await self._brakes.refresh(self._store, self._hub, self._clock)
                told = f"told:{self._hub.generation}"
                if not await self._hub.is_marked(told):
                    await _tell(self._hub, self._store, self._clock.now_ms())
                    await self._hub.mark(told, DAY_MS)
            except (StoreDown, HubDown) as down:
                log.warning("telling the hub what is in force: %s; trying again", down)
                self._lost.set()
                await asyncio.sleep(AGAIN_AFTER_S)
            if not self._lost.is_set():
                self._hub.holds_back = False

    def _note_loss(self) -> None:
        self._hub.holds_back = True
        self._lost.set()


async def _tell(hub: SharedHub, store: Store, now_ms: int) -> None:
    """Let a hub know what is in force; what it knows already stays as it is."""
    kept = await store.standing(now_ms)
    await _all(hub.separate(one.author, one.other, now_ms, is_mutual=one.is_mutual) for one in kept.conflicts)
    await _all(hub.mute_person(owner, other, is_on=True) for owner, other in kept.mutes)
    await _all(hub.set_listed(person, now_ms, is_listed=True) for person in kept.listed)
    await hub.mark(STANDING, STANDING_MS)
    log.info("told the hub of %d conflicts, %d mutes", len(kept.conflicts), len(kept.mutes))


async def _all(calls: Iterable[Awaitable[object]]) -> None:
    """Await many calls, some at a time."""
    some: list[Awaitable[object]] = []
    for call in calls:
        some.append(call)
        if len(some) == AT_ONCE:
            await asyncio.gather(*some)
            some.clear()
    await asyncio.gather(*some)
