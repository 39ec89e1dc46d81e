"""Says acknowledged per second, each on disk before: phones in rooms of two."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack

from scripts.benches.crowd import Crowd
from scripts.benches.databases import new_databases
from scripts.benches.raw import client_frame
from scripts.benches.report import Target
from scripts.benches.servers import BenchFailed, Kind, Server, running

UNIT = "says acknowledged a second"
KINDS: tuple[Kind, ...] = (Kind.OURS, Kind.ON_POSTGRESQL)
TARGET = Target(5_000, is_least=True)

SETTINGS = {"limits": "off"}
SAYS_A_PHONE = 10
"""In one lap: a lap of 10,000 says takes a second or two, and its end, when few are in flight, little of it."""

_IN_LETTERS = str.maketrans("0123456789-_", "abcdefghijkl")
_TEXT = "the band starts again in ten minutes, by the stage on the left"
ROOM = 2
_APART_DEG = 0.5
_LATS = 40
"""Two phones stand at each place, the next half a degree away: another cell of resolution 5, so another room."""


def setup(connections: int, says: int) -> str:
    """Return how it is measured, in one sentence."""
    return (
        f"{connections:,} phones in rooms of two, {says:,} says a round, limits off, every phone's next say sent once "
        "one of the says under way is acknowledged, as many as there are phones"
    )


async def measure(*, connections: int, laps: int, rounds: int, advance: Callable[[], None]) -> dict[Kind, list[float]]:
    """Return the figures of both databases, one a round of ``laps`` in which every phone speaks ten times.

    Raises:
        BenchFailed: Not everything said was acknowledged, and heard by both.
    """
    figures: dict[Kind, list[float]] = {kind: [] for kind in KINDS}
    async with AsyncExitStack() as stack:
        sides = []
        for kind in KINDS:
            (url,) = await stack.enter_async_context(new_databases(1, is_sqlite=kind is Kind.OURS))
            server = await stack.enter_async_context(running(kind, {**SETTINGS, "database-url": url}))
            side = _Pairs(server, stack.enter_context(Crowd(server)))
            await side.gather(connections)
            await side.lap()  # Uncounted.
            sides.append(side)
        for _ in range(rounds):
            took_s = dict.fromkeys(KINDS, 0.0)
            for _ in range(laps):
                for side in sides:
                    took_s[side.server.kind] += await side.lap()
                advance()
            for kind, so_far in figures.items():
                so_far.append(laps * SAYS_A_PHONE * connections / took_s[kind])
    return figures


class _Pairs:
    """Phones in rooms of two."""

    def __init__(self, server: Server, crowd: Crowd) -> None:
        self.server = server
        self._crowd = crowd
        self._said = 0

    async def gather(self, connections: int) -> None:
        """Connect phones and let them sit two by two."""
        await self._crowd.connect(connections)
        await self._crowd.be_placed_at(places_of_pairs(connections))
        sizes = Counter(Counter(phone.room for phone in self._crowd.phones).values())
        if set(sizes) != {ROOM}:
            raise BenchFailed(f"rooms of two were due, and their sizes are {dict(sizes)}")

    async def lap(self) -> float:
        """Let everybody speak ten times; return how many seconds it took until all is acknowledged."""
        phones = self._crowd.phones * SAYS_A_PHONE
        work = [
            (
                phone,
                client_frame(
                    {"type": "say", "id": self._said + turn, "room": phone.room, "text": _text_in(phone.room)}
                ),
            )
            for turn, phone in enumerate(phones)
        ]
        self._said += len(work)
        began_s = time.perf_counter()
        in_flight = len(self._crowd.phones)
        await self._crowd.lap(work, deliveries=ROOM * len(work), at_least_s=0.0, in_flight=in_flight)
        return time.perf_counter() - began_s


def places_of_pairs(connections: int) -> list[tuple[float, float]]:
    """Return where phones stand so that they sit two by two: latitude and longitude in degrees."""
    places = (number // ROOM for number in range(connections))
    return [(_APART_DEG * (at % _LATS), _APART_DEG * (at // _LATS)) for at in places]


def _text_in(room: str) -> str:
    """Return another text for each room, without digits: what unverified people say in three rooms is refused."""
    return f"{_TEXT}, {room.translate(_IN_LETTERS)}"
