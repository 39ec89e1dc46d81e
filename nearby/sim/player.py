"""One phone of a run: what it does, what it sees, and what of that goes into the books."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

from nearby.client import Connected, Disconnected, Phone, PhoneEvent, PhoneSettings
from nearby.core import wire
from nearby.errors import ErrorCode, NearbyError, NotAcknowledged, PhoneClosed, Refused
from nearby.sim.ledger import Ledger
from nearby.sim.log_check import Answer, Watch
from nearby.sim.person_time import PersonTime
from nearby.sim.phone_book import PhoneBook

MAX_LATENCY_US = 60_000_000
"""What took longer counts as this long."""

PLACED_WITHIN_S = 5.0
"""A phone that checks in without a room must have one by then."""


@dataclass(slots=True)
class Tally:
    """Counts of a run that the ledger does not keep."""

    checkins: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Messages refused, by code."""
    turned_away: int = 0
    """Check-ins refused to phones that had no room."""
    placements: Counter[str] = field(default_factory=Counter)
    """Snapshots received, by why."""
    phones_placed: int = 0
    waiting_at_end: int = 0
    late_places: int = 0
    slowest_place_s: float = 0.0
    reconnects: int = 0
    resumed: int = 0
    closed: Counter[int] = field(default_factory=Counter)
    """Phones that the server closed for good, by close code."""


@dataclass(slots=True)
class Books:
    """Everything that is written down about a run."""

    ledger: Ledger = field(default_factory=Ledger)
    tally: Tally = field(default_factory=Tally)
    time: PersonTime = field(default_factory=PersonTime)
    latency: HdrHistogram = field(default_factory=lambda: HdrHistogram(1, MAX_LATENCY_US, 3))
    sent_s: dict[str, float] = field(default_factory=dict)
    """When each text was said."""
    acked_s: dict[str, float] = field(default_factory=dict)
    """When each text was acknowledged."""
    away_s: list[float] = field(default_factory=list)
    """How long phones were without a connection, each time one came back."""
    watch: Watch | None = None
    """Is told where people said they are, if anybody wants to know."""


class Player:
    """One phone of a run and what it sees.

    Args:
        url: The server.
        token: Signed for this phone's person.
        person: Who that is.
        books: Where everything is written down.
        random: The source of chance.
        speed: How many times as fast the server's world runs: it forgets the ids of sayings so much sooner.
        on_lapse: Is called when the phone's presence has lapsed.
        clock: Returns monotonic seconds.
    """

    def __init__(
        self,
        url: str,
        token: str,
        books: Books,
        *,
        person: str,
        random: Random,
        speed: float = 1.0,
        on_lapse: Callable[["Player"], None] = lambda player: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.position: tuple[float, float] | None = None
        self.is_connected = False
        self.may_hang_up = False
        self._person = person
        self._drops = self._tellings = self._under_way = 0
        self._books = books
        self._page = PhoneBook(books.ledger)
        self._on_lapse = on_lapse
        self._clock = clock
        self._since_s = clock()
        self._dropped_s: float | None = None
        self._waiting_since_s: float | None = None
        self._was_placed = False
        self._is_closed = False
        self.phone = Phone(
            url,
            token,
            settings=PhoneSettings(
                base_s=0.2, cap_s=5.0, open_within_s=30.0, repeat_within_s=PhoneSettings().repeat_within_s / speed
            ),
            random=random,
            on_event=self.notice,
            on_message=self.hear,
        )

    @property
    def room_size(self) -> int:
        """Return how many people the phone sees in its room, 0 without one."""
        return self._page.size

    @property
    def is_closed(self) -> bool:
        """Return whether the server has closed the phone for good."""
        return self._is_closed

    @property
    def is_cut_off(self) -> bool:
        """Return whether the phone has no connection and the server has not closed it for good."""
        return not self.is_connected and not self._is_closed

    async def check_in(self, lat_deg: float, lon_deg: float) -> None:
        """Check in; a phone without a room waits for one from now on, until it has it or is refused."""
        tally, asked_s = self._books.tally, self._clock()
        self.position = (lat_deg, lon_deg)
        tally.checkins += 1
        self._wait_from(asked_s)
        with self._watched() as answer:
            try:
                ack = await self.phone.check_in(lat_deg, lon_deg)
            except Refused as refused:
                answer.is_refused = True
                tally.refused[refused.code] += 1
                tally.turned_away += not self.room_size
                self._stop_waiting()
            except NearbyError:
                return
            else:
                answer.acknowledged(ack)
                # The seat may have ended between the question and the answer.
                self._wait_from(asked_s)

    async def say(self, text: str) -> None:
        """Say ``text``, which nobody else says, and keep the server to its answer; without a room, say nothing."""
        if not self._page.asked(text):
            return
        self._books.sent_s[text] = self._clock()
        try:
            ack = await self.phone.say(text)
        except Refused as refused:
            self._books.tally.refused[refused.code] += 1
            if refused.code is ErrorCode.HUB_DOWN:
                self._page.gave_up(text)
            else:
                self._page.refused(text)
        except NotAcknowledged:
            self._page.gave_up(text)
        except PhoneClosed as closed:
            if closed.code is None:
                self._page.gave_up(text)
        else:
            if isinstance(ack.seq, int):
                self._books.acked_s[text] = self._clock()
                self._page.acknowledged(text, ack.seq)

    async def leave(self) -> None:
        """Leave the room, clear the position and hang up."""
        self.position = None
        with contextlib.suppress(NearbyError), self._watched() as answer:
            await self.phone.leave()
            answer.is_taken = True
            self._page.left()
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close the phone for good; what it saw stays in the books."""
        self.position = None
        self.settle()
        self._stop_waiting()
        self._page.dropped()
        await self.phone.__aexit__(None, None, None)

    def settle(self) -> None:
        """Close the books on the time until now."""
        now_s = self._clock()
        if self._page.placed is not None and self._page.size:
            self._books.time.add(self._page.size, self._page.placed.area.resolution, now_s - self._since_s)
        self._since_s = now_s

    def give_up(self) -> None:
        """The run is over: whoever still waits for a room has waited in vain."""
        self.settle()
        self._books.tally.waiting_at_end += self._waiting_since_s is not None
        self._stop_waiting()

    def hear(self, message: wire.ServerMessage) -> None:
        """Write down a message of the server."""
        match message:
            case wire.Said():
                sent_s = self._books.sent_s.get(message.text)
                if sent_s is not None:
                    took_us = int((self._clock() - sent_s) * 1e6)
                    self._books.latency.record_value(min(took_us, MAX_LATENCY_US))
            case wire.Welcome():
                self._books.tally.resumed += message.resumed
            case wire.Placed() | wire.Unplaced() | wire.Joined() | wire.Left():
                self.settle()
        self._page.took(message)
        if isinstance(message, wire.Placed):
            self._placed(message.why)
        elif isinstance(message, wire.Unplaced) and message.why == "expired" and self.may_hang_up:
            self._on_lapse(self)

    def notice(self, event: PhoneEvent) -> None:
        """Write down that the connection came or went."""
        if isinstance(event, Connected):
            self.is_connected = True
            if self._dropped_s is not None:
                self._books.away_s.append(self._clock() - self._dropped_s)
                self._dropped_s = None
        elif isinstance(event, Disconnected):
            self.settle()
            self._page.dropped()
            if self.is_connected:
                self._dropped_s = self._clock()
            self.is_connected = False
            self._drops += 1
            if event.back_in_s is not None:
                self._books.tally.reconnects += 1
            elif event.code is not None:
                self._is_closed = True
                self._books.tally.closed[event.code] += 1

    @contextlib.contextmanager
    def _watched(self) -> Iterator[Answer]:
        """Let whoever watches know of the message that the block sends about where the person is."""
        watch = self._books.watch
        if watch is None:
            yield Answer()
            return
        is_alone = self.is_connected and not self._under_way
        self._tellings += 1
        self._under_way += 1
        before = (self._drops, self._tellings)
        with watch.telling(self._person, self.position) as answer:
            try:
                yield answer
            finally:
                # After a drop it is sent again, and of two that wait only the later one is sent.
                self._under_way -= 1
                answer.is_once = is_alone and before == (self._drops, self._tellings)

    def _placed(self, why: str) -> None:
        tally = self._books.tally
        tally.placements[why] += 1
        tally.phones_placed += not self._was_placed
        self._was_placed = True
        self._stop_waiting()

    def _wait_from(self, asked_s: float) -> None:
        if not self.room_size and self._waiting_since_s is None and self.position is not None:
            self._waiting_since_s = asked_s

    def _stop_waiting(self) -> None:
        if self._waiting_since_s is not None:
            waited_s = self._clock() - self._waiting_since_s
            tally = self._books.tally
            tally.slowest_place_s = max(tally.slowest_place_s, waited_s)
            tally.late_places += waited_s > PLACED_WITHIN_S
            self._waiting_since_s = None
