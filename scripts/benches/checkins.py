"""Server CPU per check-in over the socket: everybody stays where they are and says so again."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from scripts.benches.crowd import Crowd
from scripts.benches.report import Target
from scripts.benches.servers import Kind, Server, running
from scripts.benches.turns import take_turns

UNIT = "µs of server CPU per check-in"
KINDS: tuple[Kind, ...] = (Kind.OURS, Kind.AIOHTTP)
TARGET = Target(60)

# Limits stay on: with windows of 4 s a phone may check in every 200 ms, and a lap lasts no less. A window
# then sees ten or twenty check-ins of a phone, as one a minute brings ten: the first of a window
# costs more than the others.
# The reference keeps nothing, so neither does ours.
SETTINGS = {"window-s": "4", "keep": "off"}
LAP_S = 0.2

_LAT, _LON = 60.1699, 24.9384


def setup(connections: int, checkins: int) -> str:
    """Return how it is measured, in one sentence."""
    return f"{connections:,} phones, {checkins:,} check-ins a round, limits on, nothing kept"


async def measure(*, connections: int, laps: int, rounds: int, advance: Callable[[], None]) -> dict[Kind, list[float]]:
    """Return the figures of each server, one a round of ``laps`` in which every phone checks in once.

    Raises:
        BenchFailed: Not every check-in was acknowledged.
    """
    async with AsyncExitStack() as stack:
        sides = []
        for kind in KINDS:
            server = await stack.enter_async_context(running(kind, SETTINGS))
            crowd = stack.enter_context(Crowd(server))
            await crowd.connect(connections)
            sides.append(_Presence(server, crowd))
        # Only now: a presence would not outlast the connecting of the other phones.
        for side in sides:
            await side.begin()
        return await take_turns(sides, rounds=rounds, laps=laps, advance=advance)


class _Presence:
    """Phones that check in at one position, each once a lap."""

    def __init__(self, server: Server, crowd: Crowd) -> None:
        self.server = server
        self._crowd = crowd

    async def begin(self) -> None:
        """Let everybody have a room."""
        await self._crowd.be_placed(_LAT, _LON)

    async def prepare(self) -> None:
        """Nothing precedes a lap."""

    async def lap(self) -> int:
        """Check everybody in; return how many that are."""
        await self._crowd.check_in(_LAT, _LON, at_least_s=LAP_S)
        return len(self._crowd.phones)
