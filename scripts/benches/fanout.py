"""Server CPU per delivery: phones in rooms of eight, talking in turn."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from itertools import zip_longest

from scripts.benches.crowd import Crowd
from scripts.benches.raw import Phone, client_frame
from scripts.benches.report import Target
from scripts.benches.servers import Kind, Server, running
from scripts.benches.turns import take_turns

UNIT = "µs of server CPU per delivery"
KINDS: tuple[Kind, ...] = (Kind.OURS, Kind.AIOHTTP, Kind.WEBSOCKETS)
TARGET = Target(0.8, of=Kind.AIOHTTP)

# Limits stay on. At this speed a phone may speak every 100 ms, and a lap lasts no less. A window is 30 s
# wide, so a presence lasts at least 30 s: phones check in again, unmeasured, well before that.
# The references keep nothing, so neither does ours.
SETTINGS = {"speed": "20", "window-s": "600", "keep": "off"}
LAP_S = 0.1
CHECK_IN_EVERY_S = 10.0

_LAT, _LON = 60.1699, 24.9384
_IN_LETTERS = str.maketrans("0123456789-_", "abcdefghijkl")
_TEXT = "the band starts again in ten minutes, by the stage on the left"


def setup(connections: int, says: int) -> str:
    """Return how it is measured, in one sentence."""
    return f"{connections:,} phones, {says:,} says a round, limits on, nothing kept"


async def measure(*, connections: int, laps: int, rounds: int, advance: Callable[[], None]) -> dict[Kind, list[float]]:
    """Return the figures of each server, one a round of ``laps`` in which every phone speaks once.

    Raises:
        BenchFailed: Not everything said was heard by everybody it was for.
    """
    async with AsyncExitStack() as stack:
        sides = []
        for kind in KINDS:
            server = await stack.enter_async_context(running(kind, SETTINGS))
            side = _Talk(server, stack.enter_context(Crowd(server)))
            await side.gather(connections)
            sides.append(side)
        return await take_turns(sides, rounds=rounds, laps=laps, advance=advance)


class _Talk:
    """Phones that all have a room, each speaking once a lap."""

    def __init__(self, server: Server, crowd: Crowd) -> None:
        self.server = server
        self._crowd = crowd
        self._phones: list[Phone] = []
        self._deliveries = 0
        self._said = 0
        self._work: list[tuple[Phone, bytes]] = []
        self._check_in_s = 0.0

    async def gather(self, connections: int) -> None:
        """Connect phones and let them all have a room."""
        await self._crowd.connect(connections)
        await self._crowd.be_placed(_LAT, _LON)
        self._check_in_s = time.monotonic() + CHECK_IN_EVERY_S
        self._phones = in_turn(self._crowd.phones)
        sizes = Counter(phone.room for phone in self._phones)
        self._deliveries = sum(sizes[phone.room] for phone in self._phones)

    async def prepare(self) -> None:
        """Mask what is said next, and keep the presences alive."""
        if time.monotonic() >= self._check_in_s:
            await self._crowd.check_in(_LAT, _LON, at_least_s=LAP_S)
            self._check_in_s = time.monotonic() + CHECK_IN_EVERY_S
        self._work = [(phone, say_in(phone, self._said + turn)) for turn, phone in enumerate(self._phones)]
        self._said += len(self._work)

    async def lap(self) -> int:
        """Let everybody speak; return how often somebody was heard."""
        await self._crowd.lap(self._work, deliveries=self._deliveries, at_least_s=LAP_S)
        return self._deliveries


def in_turn(phones: Sequence[Phone]) -> list[Phone]:
    """Return the phones so that neighbours sit in different rooms.

    What is in flight then goes to different rooms with every server. Otherwise one that seats
    neighbours together would write to sockets that still hold what was written just before, which is
    cheaper: nobody has to be woken.
    """
    rooms: dict[str, list[Phone]] = {}
    for phone in phones:
        rooms.setdefault(phone.room, []).append(phone)
    return [phone for turn in zip_longest(*rooms.values()) for phone in turn if phone is not None]


def say_in(phone: Phone, number: int) -> bytes:
    """Return a phone's next say in its room as a frame."""
    # In each room another text, without digits: what unverified people say in three rooms is refused.
    return client_frame(
        {"type": "say", "id": number, "room": phone.room, "text": f"{_TEXT}, {phone.room.translate(_IN_LETTERS)}"}
    )
