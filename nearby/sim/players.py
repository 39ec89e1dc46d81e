"""Drives real phones, one socket a person, against a server and writes down what they get."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

from nearby.client import Disconnected, Phone, PhoneEvent, PhoneSettings, next_check_in_s
from nearby.core import wire
from nearby.core.rules import SECOND_MS
from nearby.errors import NearbyError, PhoneClosed, Refused
from nearby.sim.ledger import Ledger
from nearby.sim.person_time import PersonTime

MAX_LATENCY_US = 60_000_000
CONNECTING_AT_ONCE = 64
QUIET_S = 1.0
FINISH_WITHIN_S = 20.0

_SMALL_TALK = "well yes no maybe here there rain music coffee later bus park bridge corner nice hello look what a day"
WORDS = _SMALL_TALK.split()

Mint = Callable[[str, bool], str]
"""Returns a token for a phone; the flag says whether its person is established."""


@dataclass(slots=True)
class Tally:
    """Counts of a run that are not promises."""

    checkins: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Messages refused, by code."""
    placements: Counter[str] = field(default_factory=Counter)
    """Snapshots received, by why."""
    phones_placed: int = 0
    expired: int = 0
    reconnects: int = 0
    slowest_place_s: float = 0.0
    never_placed: int = 0


class Player:
    """One phone of a run and what it sees."""

    def __init__(self, crowd: "Players", name: str, token: str) -> None:
        self._crowd = crowd
        self._book = crowd.ledger.phone()
        self._since_s = monotonic()
        self._waiting_since_s: float | None = None
        self._was_placed = False
        self.name = name
        self.may_hang_up = False
        self.position: tuple[float, float] | None = None
        self.window_s = 0.0
        self.phone = Phone(
            crowd.url,
            token,
            settings=PhoneSettings(base_s=0.2, cap_s=5.0, open_within_s=30.0),
            random=crowd.random,
            on_event=self._on_event,
            on_message=self._on_message,
        )

    @property
    def room_size(self) -> int:
        """Return how many people the phone sees in its room, 0 without one."""
        return self._book.size

    async def check_in(self, lat_deg: float, lon_deg: float) -> None:
        """Check in; a phone without a room waits for one from now on."""
        tally = self._crowd.tally
        self.position = (lat_deg, lon_deg)
        tally.checkins += 1
        if not self.room_size and self._waiting_since_s is None:
            self._waiting_since_s = monotonic()
        try:
            await self.phone.check_in(lat_deg, lon_deg)
        except Refused as refused:
            tally.refused[refused.code] += 1
            self._waiting_since_s = None
        except NearbyError:
            self._waiting_since_s = None

    async def say(self, text: str) -> None:
        """Say ``text``, which nobody else says, and keep the server to its answer."""
        if self._book.placed is None:
            return
        ledger, room = self._crowd.ledger, self._book.placed.room.id
        ledger.asked(text)
        self._crowd.sent_s[text] = monotonic()
        try:
            ack = await self.phone.say(text)
        except Refused as refused:
            self._crowd.tally.refused[refused.code] += 1
            ledger.refused(text)
        except PhoneClosed as closed:
            if closed.code is None:
                ledger.refused(text)
        else:
            assert isinstance(ack.seq, int)
            ledger.acknowledged(text, room, ack.seq)

    async def leave(self) -> None:
        """Leave the room, clear the position and hang up."""
        self.position = None
        with contextlib.suppress(NearbyError):
            await self.phone.leave()
            self._book.left()
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close the phone for good; what it saw stays in the books."""
        self.settle()
        self._book.dropped()
        self._waiting_since_s = None
        await self.phone.__aexit__(None, None, None)
        self._crowd.forget(self)

    def settle(self) -> None:
        """Close the books on the time until now."""
        now_s = monotonic()
        if self._book.placed is not None and self._book.size:
            self._crowd.time.add(self._book.size, self._book.placed.area.resolution, now_s - self._since_s)
        self._since_s = now_s
        if self._waiting_since_s is not None and now_s - self._waiting_since_s > self._crowd.tally.slowest_place_s:
            self._crowd.tally.slowest_place_s = now_s - self._waiting_since_s

    def give_up(self) -> None:
        """The run is over: whoever still waits for a room was never placed."""
        self.settle()
        self._crowd.tally.never_placed += self._waiting_since_s is not None

    def _on_message(self, message: wire.ServerMessage) -> None:
        match message:
            case wire.Said():
                sent_s = self._crowd.sent_s.get(message.text)
                if sent_s is not None:
                    self._crowd.latency.record_value(int((monotonic() - sent_s) * 1e6))
            case wire.Welcome():
                self.window_s = message.window_s
            case wire.Placed() | wire.Unplaced() | wire.Joined() | wire.Left():
                self.settle()
                self._note_place(message)
        self._book.took(message)

    def _note_place(self, message: wire.ServerMessage) -> None:
        tally = self._crowd.tally
        if isinstance(message, wire.Placed):
            tally.placements[message.why] += 1
            tally.phones_placed += not self._was_placed
            self._was_placed = True
            self._waiting_since_s = None
        elif isinstance(message, wire.Unplaced):
            tally.expired += message.why == "expired"
            if self.may_hang_up and message.why == "expired":
                self._crowd.spawn(self.hang_up())

    def _on_event(self, event: PhoneEvent) -> None:
        if isinstance(event, Disconnected):
            self.settle()
            self._book.dropped()
            self._crowd.tally.reconnects += event.back_in_s is not None


class Players:
    """All phones of a run.

    Args:
        url: The server.
        mint: Makes tokens.
        established: Share of people who are established.
        random: The source of chance.
    """

    def __init__(self, url: str, mint: Mint, *, established: float, random: Random) -> None:
        self.url = url
        self.ledger = Ledger()
        self.tally = Tally()
        self.time = PersonTime()
        self.latency = HdrHistogram(1, MAX_LATENCY_US, 3)
        self.sent_s: dict[str, float] = {}
        self.random = random
        self.established = established
        self.met = 0
        self._mint = mint
        self._players: dict[str, Player] = {}
        self._connecting = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeping: set[asyncio.Task[None]] = set()
        self._says = 0
        self._turn: list[Player] = []

    def __len__(self) -> int:
        """Return how many phones there are now."""
        return len(self._players)

    def everybody(self) -> list[Player]:
        """Return all phones."""
        return list(self._players.values())

    def forget(self, player: Player) -> None:
        """A phone has hung up."""
        self._players.pop(player.name, None)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` beside the rest; ``finish`` waits for it."""
        self._run(work, self._tasks)

    async def check_in(self, name: str, lat_deg: float, lon_deg: float, *, is_last: bool = False) -> Player:
        """Check a phone in, connecting it first if it is new; return it.

        After its last check-in a phone hangs up when its presence lapses.
        """
        player = self._players.get(name)
        if player is None:
            token = self._mint(name, self.random.random() < self.established)
            player = self._players[name] = Player(self, name, token)
            self.met += 1
            async with self._connecting:
                await player.phone.__aenter__()
                await player.phone.wait_connected()
        player.may_hang_up = is_last
        await player.check_in(lat_deg, lon_deg)
        return player

    def say_something(self) -> bool:
        """Let the next phone in turn that has company say something; False if nobody has company."""
        for _ in range(len(self._players) + 1):
            if not self._turn:
                self._turn = self.everybody()
                self.random.shuffle(self._turn)
            if not self._turn:
                return False
            player = self._turn.pop()
            if player.room_size > 1 and player.name in self._players:
                self._says += 1
                words = " ".join(self.random.choices(WORDS, k=self.random.randint(1, 12)))
                self.spawn(player.say(f"{words} {self._says}"))
                return True
        return False

    def keep_present(self, player: Player) -> None:
        """Check a phone in again every 0.5 to 0.8 windows until it leaves or the run ends."""
        self._run(self._refresh(player), self._keeping)

    async def finish(self) -> None:
        """Wait until every answer came and nothing more arrives, but not for ever."""
        _cancel(self._keeping)
        deadline_s = monotonic() + FINISH_WITHIN_S
        while self._tasks and monotonic() < deadline_s:
            await asyncio.wait(self._tasks, timeout=deadline_s - monotonic())
        received = -1
        while received != self.ledger.received and monotonic() < deadline_s:
            received = self.ledger.received
            await asyncio.sleep(QUIET_S)
        for player in self._players.values():
            player.give_up()

    async def close(self) -> None:
        """Hang all phones up."""
        _cancel(self._keeping)
        _cancel(self._tasks)
        await asyncio.gather(*(player.phone.__aexit__(None, None, None) for player in self._players.values()))

    def latency_ms(self, percentile: float) -> float:
        """Return a percentile of delivery times, from the call of ``say`` to each receipt."""
        return float(self.latency.get_value_at_percentile(percentile)) / SECOND_MS

    def _run(self, work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _refresh(self, player: Player) -> None:
        while player.position is not None:
            await asyncio.sleep(next_check_in_s(player.window_s or QUIET_S, self.random))
            if player.position is not None:
                await player.check_in(*player.position)


def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
