"""A small world for the suite: gateways on one live state, a clock by hand, people with phones."""

from collections.abc import Awaitable, Sequence
from itertools import count
from typing import TypeVar

import msgspec

from nearby.core import wire
from nearby.core.cell import Ladder
from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.core.rules import Rules
from nearby.core.venue import CatchmentId
from nearby.core.view import RoomView
from nearby.core.window import Windows
from nearby.core.wishes import NO_WISHES, Wishes
from nearby.hub.base import Caller, Hub, HubStatistics, Offer, RoomSize, Standing
from nearby.testing.clock import ManualClock
from nearby.testing.hub_suite.given import HERE, RULES, START_MS
from nearby.testing.live import SECRET, GoLive, Live
from nearby.testing.recorder import Ear, Heard, Recorder, Welcomed

SWEEP_MS = 5_000
"""How often ``World.watch`` sweeps."""

T = TypeVar("T")


class Phone:
    """One connection of one person, on one gateway."""

    def __init__(self, world: "World", hub: Hub, recorder: Recorder, caller: Caller, ear: Ear) -> None:
        self.world = world
        self.hub = hub
        self.caller = caller
        self._recorder = recorder
        self._ear = ear

    @property
    def person(self) -> PersonId:
        """Return whose phone this is."""
        return self.caller.person

    @property
    def connection(self) -> ConnectionId:
        """Return which of the person's connections this is."""
        return self._ear.connection

    @property
    def heard(self) -> list[Heard]:
        """Return what was heard so far, the welcome first."""
        return list(self._ear.heard)

    @property
    def told(self) -> list[wire.ServerMessage]:
        """Return what it was told beside its room's log."""
        return list(self._ear.told)

    @property
    def welcome(self) -> Welcomed:
        """Return the welcome."""
        first = self._ear.heard[0]
        assert isinstance(first, Welcomed)
        return first

    @property
    def sits(self) -> bool:
        """Return whether it sits in a room, by what it heard."""
        return self._ear.view is not None

    @property
    def view(self) -> RoomView:
        """Return the room it sits in, as it knows it."""
        assert self._ear.view is not None
        return self._ear.view

    @property
    def is_quiet(self) -> bool:
        """Return whether the last snapshot it heard was of a quiet room."""
        return next(heard.quiet for heard in reversed(self._ear.heard) if isinstance(heard, wire.Placed))

    @property
    def room(self) -> RoomId:
        """Return the id of the room it sits in."""
        return RoomId(self.view.room.id)

    async def check_in(self, ladder: Ladder = HERE, wishes: Wishes = NO_WISHES) -> Standing:
        """Check in by this phone's token."""
        return await self.world.settled(self.hub.check_in(self.caller, ladder, self.world.now_ms, wishes))

    async def say(self, text: str, message_id: int | str | None = None, room: RoomId | None = None) -> tuple[int, int]:
        """Say something in the person's room."""
        saying = self.hub.say(self.person, self.connection, text, self.world.now_ms, room=room, message_id=message_id)
        return await self.world.settled(saying)

    async def place(self, why: str = "new") -> bool:
        """Let placement find a room; return whether it did."""
        return await self.world.settled(self.hub.place(self.person, why, self.world.now_ms)) is not None

    async def offer(self) -> Offer | None:
        """Ask where the person may be seated."""
        return await self.world.settled(self.hub.offer(self.person, self.world.now_ms))

    async def seat(self, room: RoomId, why: str = "next") -> bool:
        """Take a seat in ``room``."""
        return await self.world.settled(self.hub.seat(self.person, room, why, self.world.now_ms))

    async def open_room(self, why: str = "next", catchment: CatchmentId = HERE.res5) -> bool:
        """Take a seat in a new room."""
        return await self.world.settled(self.hub.open_room(self.person, catchment, why, self.world.now_ms))

    async def ask_next(self, room: RoomId | None = None) -> None:
        """Ask whether another room may be had."""
        await self.world.settled(self.hub.ask_next(self.person, self.connection, room, self.world.now_ms))

    async def shake(self) -> None:
        """Shake this phone now."""
        await self.world.settled(self.hub.shake(self.person, self.connection, self.world.now_ms))

    async def renew(self, caller: Caller) -> None:
        """Show a fresh token."""
        await self.world.settled(self.hub.renew(caller, self.connection, self.world.now_ms))
        self.caller = caller

    async def leave(self) -> bool:
        """Clear the person's location, asked for on this connection."""
        return await self.world.settled(self.hub.clear(self.person, self.connection, self.world.now_ms))

    async def room_size(self) -> RoomSize | None:
        """Return the person's room as HTTP shows it."""
        return await self.world.settled(self.hub.room_of(self.person))

    async def drop(self) -> None:
        """Lose the connection."""
        self._recorder.hang_up(self.connection)
        await self.world.settled(self.hub.detach(self.person, self.connection, self.world.now_ms))


class World:
    """Gateways on one live state, and the people of a test.

    Args:
        live: The live state.
        hubs: The handle of each gateway.
        recorders: The listener of each gateway, in the same order.
        rules: The rules the live state runs by.
        clock: The clock.
    """

    def __init__(
        self, live: Live, hubs: Sequence[Hub], recorders: Sequence[Recorder], *, rules: Rules, clock: ManualClock
    ) -> None:
        self.rules = rules
        self.clock = clock
        self.windows = Windows(rules.window_ms, SECRET)
        self.hubs = hubs
        self.live = live
        self.recorders = recorders
        self._connections = count(1)

    @classmethod
    async def start(cls, go_live: GoLive, gateways: int, rules: Rules = RULES, *, now_ms: int = START_MS) -> "World":
        """Return a world at ``now_ms`` with nobody connected."""
        journal: list[tuple[ConnectionId, Heard]] = []
        recorders = [Recorder(journal) for _ in range(gateways)]
        live = await go_live(rules, now_ms)
        hubs = [await live.open_hub(recorder) for recorder in recorders]
        return cls(live, hubs, recorders, rules=rules, clock=ManualClock(now_ms))

    @property
    def now_ms(self) -> int:
        """Return the time."""
        return self.clock.now_ms()

    @property
    def journal(self) -> list[tuple[ConnectionId, Heard]]:
        """Return who heard what on any gateway, in order."""
        return self.recorders[0].journal

    async def settled(self, call: Awaitable[T]) -> T:
        """Return what ``call`` returns once everybody has heard what it did."""
        try:
            return await call
        finally:
            await self.live.settle()

    async def connect(
        self, who: str | Caller, *, knows: RoomView | None = None, resume: wire.Resume | None = None
    ) -> Phone:
        """Attach a phone, on the next gateway in turn.

        Args:
            who: The person, or what their token says.
            knows: The room the phone sat in before; it resumes from there unless ``resume`` says otherwise.
            resume: What its hello says.
        """
        caller = who if isinstance(who, Caller) else Caller(PersonId(who))
        number = next(self._connections)
        gateway = number % len(self.hubs)
        recorder = self.recorders[gateway]
        ear = recorder.open(ConnectionId(f"{caller.person}-{number}"), knows)
        phone = Phone(self, self.hubs[gateway], recorder, caller, ear)
        position = knows.position() if resume is None and knows is not None else resume
        await self.settled(phone.hub.attach(caller, phone.connection, position, self.now_ms))
        return phone

    async def arrive(self, who: str | Caller, ladder: Ladder = HERE) -> Phone:
        """Return a phone that connected, checked in and was placed."""
        phone = await self.connect(who)
        await phone.check_in(ladder)
        assert await phone.place()
        return phone

    async def together(
        self, *people: str | Caller, ladder: Ladder = HERE, catchment: CatchmentId = HERE.res5
    ) -> list[Phone]:
        """Return people who sit in one new room of ``catchment``, the first of them longest."""
        first, *others = [await self.connect(who) for who in people]
        await first.check_in(ladder)
        assert await first.open_room("new", catchment)
        for phone in others:
            await phone.check_in(ladder)
            assert await phone.seat(first.room, "new")
        return [first, *others]

    async def watch(self, for_ms: int, *present: Phone, ladder: Ladder = HERE) -> list[PersonId]:
        """Let time pass with a sweep every few seconds; return who must be placed anew on the way.

        The phones ``present`` check in half a window after the last time.
        """
        end_ms, check_in_ms = self.now_ms + for_ms, self.now_ms + self.rules.window_ms // 2
        moved = await self.sweep()
        while self.now_ms < end_ms:
            moved += await self.go_to(min(end_ms, self.now_ms + SWEEP_MS))
            if self.now_ms >= check_in_ms:
                check_in_ms += self.rules.window_ms // 2
                for phone in present:
                    await phone.check_in(ladder)
        return moved

    async def sweep(self) -> list[PersonId]:
        """Do what time has brought, on one gateway; return who must be placed anew."""
        return list(await self.settled(self.hubs[0].sweep(self.now_ms)))

    async def meet(self, after_ms: int = 0) -> None:
        """Let time pass and seat everybody whose wait after a shake is over."""
        await self.go_to(self.now_ms + after_ms)
        while await self.settled(self.hubs[0].meet(self.now_ms)):
            pass

    async def go_to(self, at_ms: int) -> list[PersonId]:
        """Go to a time and sweep."""
        self.clock.advance(at_ms - self.now_ms)
        return await self.sweep()

    async def wait(self, for_ms: int, *present: Phone, ladder: Ladder = HERE) -> list[PersonId]:
        """Let time pass while some phones keep checking in; return who must be placed anew on the way."""
        end_ms = self.now_ms + for_ms
        moved: list[PersonId] = []
        while self.now_ms < end_ms:
            moved += await self.go_to(min(end_ms, self.now_ms + self.rules.window_ms // 2))
            for phone in present:
                await phone.check_in(ladder)
        return moved

    def moment_ms(self, phone: Phone, windows_on: int) -> int:
        """Return the person's moment in the window that many after the present one."""
        return self.windows.moment_ms(self.windows.at(self.now_ms) + windows_on, phone.person)

    async def statistics(self) -> HubStatistics:
        """Return what is live now."""
        return await self.settled(self.hubs[-1].statistics())

    def violations(self) -> list[str]:
        """Return what any connection should not have heard, or not have missed."""
        found = [line for recorder in self.recorders for line in recorder.violations()]
        views: dict[str, RoomView] = {}
        for recorder in self.recorders:
            for ear in recorder.ears():
                if ear.view is None:
                    continue
                other = views.setdefault(ear.view.room.id, ear.view)
                if (other.seq, _shown(other)) != (ear.view.seq, _shown(ear.view)):
                    found.append(f"{ear.connection}: does not know the room as {other.you} does")
        return found


def _shown(view: RoomView) -> dict[str, wire.Member]:
    """Return the members without who they were before: that is told to those who came along only."""
    return {member: msgspec.structs.replace(one, was=msgspec.UNSET) for member, one in view.members.items()}
