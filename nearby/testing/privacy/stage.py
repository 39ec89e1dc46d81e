"""A whole server without sockets, with its clock, its ids and its secret in the hands of whoever attacks it.

What runs is what ``nearby serve`` runs, from the bytes of the first request to the bytes of the last answer: only the
kernel's sockets, the ports and the beat of the tick are left out. The same calls give the same bytes, but for the
``Date`` of HTTP answers and the durations that metrics measure.
"""

import asyncio
import contextlib
import itertools
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from aiohttp import web

from nearby.core.area_index import Area, AreaIndex
from nearby.core.ids import PersonId
from nearby.core.session import Patience
from nearby.server.app import Assembled, assembled
from nearby.server.auth import mint_token
from nearby.server.clock import SteadyClock
from nearby.server.config import Settings
from nearby.server.edge import EdgeHandler
from nearby.testing.privacy.wires import StagePhone, Wire, decode, encode

KEY = "a secret that only attacks on ourselves know"
FAR_FUTURE_S = 99_999_999_999
WINDOW_MS = 600_000
START_MS = 1_800_000_000_000
"""The start of a window, and of an hour."""

TICK_MS = 200
NO_PINGS = Patience(ping_ms=10**13)
"""For long stories: pings tell nothing of places, and would only take time."""

TURNS = 40
"""Turns of the loop within which whatever was fed is answered if nothing waits for a thread or the clock."""

_DATE = re.compile(rb"\r\nDate: [^\r]*")
_DURATION = re.compile(rb"^nearby_[a-z_]+_seconds_(bucket|sum).*\n", re.MULTILINE)


class Stage:
    """One server, its phones and its clock. Make it with ``on_stage``."""

    def __init__(self, parts: Assembled, public: web.Server, metrics: web.Server, hand: "Hand") -> None:
        self._parts = parts
        self._public = public
        self._metrics = metrics
        self._hand = hand
        self._wires: list[Wire] = []
        self.took_ns = 0
        """How long the newest call took by the machine's clock, from its bytes to the last of the answer's."""

    @property
    def now_ms(self) -> int:
        """Return the server's time."""
        return self._hand.now_ms

    def token(self, person: str, **claims: Any) -> str:
        """Return a token for ``person`` that does not expire."""
        return mint_token(KEY.encode(), person, **({"expires_s": FAR_FUTURE_S} | claims))

    def put_in_force(self, areas: Sequence[Area]) -> None:
        """Let these be the operators' areas from now on."""
        self._parts.areas.index = AreaIndex(areas)

    async def let_be_listed(self, people: Iterable[str]) -> None:
        """Let people want to be on nearby lists: what a change of their profiles tells the hub, keeping or not."""
        for person in people:
            await self._parts.hub.set_listed(PersonId(person), self.now_ms, is_listed=True)

    async def nearby(self, viewer: str) -> list[str]:
        """Return whom a viewer is shown on their list, in its order: who that is no viewer knows."""
        answer = await self.call("GET", "/v1/nearby", token=self.token(viewer))
        shown = decode(answer.partition(b"\r\n\r\n")[2])["people"]
        found = [await self._parts.hub.who_is_nearby(PersonId(viewer), one["person"]) for one in shown]
        return [person for person in found if person is not None]

    async def phones(
        self, people: Sequence[str], *, resume: dict[str, Any] | None = None, **claims: Any
    ) -> list[StagePhone]:
        """Return a welcomed phone for each person, in their order; nothing they heard was taken yet."""
        phones = await self.connections(people)
        for phone in phones:
            self.greet(phone, resume=resume, **claims)
        await self.settle()
        # Where the server asks its database before it welcomes anybody it takes longer.
        for phone in phones:
            await self.until(lambda phone=phone: phone.is_answered)  # type: ignore[misc]
        return phones

    def greet(self, phone: StagePhone, *, resume: dict[str, Any] | None = None, **claims: Any) -> None:
        """Send a phone's ``hello``."""
        hello: dict[str, Any] = {"type": "hello", "token": self.token(phone.person, **claims)}
        phone.send(hello | ({"resume": resume} if resume else {}))

    async def connections(self, people: Sequence[str]) -> list[StagePhone]:
        """Return a phone for each person that is connected and has said nothing."""
        phones = [StagePhone(person, self._open(self._public)) for person in people]
        for phone in phones:
            await self.until(lambda phone=phone: phone.is_upgraded)  # type: ignore[misc]
        return phones

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: dict[str, Any] | None = None,
        tick: bool = False,
    ) -> bytes:
        """Return the bytes of the answer to one HTTP call, without its date; with ``tick`` one comes while it waits."""
        return await self._call(self._public, method, path, token, body, tick)

    async def metrics(self) -> bytes:
        """Return the metrics page without the durations, whose number it still says."""
        page = await self._call(self._metrics, "GET", "/metrics", None, None, False)
        head, _, body = page.partition(b"\r\n\r\n")
        return _DURATION.sub(b"", re.sub(rb"\r\nContent-Length: \d+", b"", head) + b"\n" + body)

    async def tick(self) -> None:
        """Let the server's beat come once, now, and what it wrote arrive."""
        await self._parts.keeper.tick()
        await self.settle()

    async def settle(self) -> None:
        """Let what was written arrive."""
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def pass_time(self, by_ms: int, *, step_ms: int = TICK_MS) -> None:
        """Let time pass, with a beat after every step and at the end."""
        end_ms = self.now_ms + by_ms
        while self.now_ms < end_ms:
            self._hand.now_ms = min(end_ms, self.now_ms + step_ms)
            await self.tick()

    async def to_window(self, window: int, *, after_ms: int = 0, step_ms: int = 20_000) -> None:
        """Let time pass up to ``after_ms`` into the window of that number, the first of the stage being 0."""
        await self.pass_time(START_MS + window * WINDOW_MS + after_ms - self.now_ms, step_ms=step_ms)

    @property
    def window(self) -> int:
        """Return the number of the present window, the first of the stage being 0."""
        return (self.now_ms - START_MS) // WINDOW_MS

    async def hang_up(self) -> None:
        """Cut every connection."""
        for wire in self._wires:
            wire.hang_up()
        self._wires.clear()
        await self.settle()

    def _open(self, server: web.Server) -> Wire:
        loop = asyncio.get_running_loop()
        wire = Wire(EdgeHandler(server, loop=loop, metrics=self._parts.metrics))
        self._wires.append(wire)
        return wire

    async def _call(
        self,
        server: web.Server,
        method: str,
        path: str,
        token: str | None,
        body: dict[str, Any] | None,
        tick: bool,
    ) -> bytes:
        payload = b"" if body is None else encode(body)
        bearer = f"Authorization: Bearer {token}\r\n" if token is not None else ""
        wire = self._open(server)
        began_ns = perf_counter_ns()
        wire.feed(
            f"{method} {path} HTTP/1.1\r\nHost: stage\r\n{bearer}Content-Length: {len(payload)}\r\n\r\n".encode()
            + payload
        )
        if tick:
            await self.settle()
            await self.settle()
            await self.tick()
        await self.until(lambda: _is_whole(wire.received))
        self.took_ns = wire.written_ns - began_ns
        wire.hang_up()
        self._wires.remove(wire)
        return without_date(wire.received)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until ``holds``, with the server's clock standing still; the database's thread may be at work."""
        async with asyncio.timeout(20):
            for turn in itertools.count():
                if holds():
                    return
                await asyncio.sleep(0 if turn < TURNS else 0.001)


class Hand:
    """The hand on the clock."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.clock = SteadyClock(wall_ms=lambda: self.now_ms, monotonic_ms=lambda: self.now_ms)


@contextlib.asynccontextmanager
async def on_stage(*, patience: Patience = NO_PINGS, **settings: Any) -> AsyncIterator[Stage]:
    """Put a server up until the block ends. It keeps nothing and has no limits unless ``settings`` say otherwise."""
    hand = Hand(START_MS)
    async with _scratch() as scratch:
        own: dict[str, Any] = {"data_dir": scratch, "key": KEY, "keep": "off", "limits": "off", "accept_rate": 0}
        async with (
            assembled(
                Settings(**(own | settings)), clock=hand.clock, patience=patience, draw_id=counted_ids()
            ) as parts,
            _runner(parts.http.app()) as public,
            _runner(parts.http.metrics_app()) as metrics,
        ):
            parts.metrics.ready.set(1)
            stage = Stage(parts, public, metrics, hand)
            try:
                yield stage
            finally:
                await stage.hang_up()


@contextlib.asynccontextmanager
async def _scratch() -> AsyncIterator[Path]:
    path = await asyncio.to_thread(tempfile.mkdtemp)
    try:
        yield Path(path)
    finally:
        await asyncio.to_thread(shutil.rmtree, path)


@contextlib.asynccontextmanager
async def _runner(app: web.Application) -> AsyncIterator[web.Server]:
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        server = runner.server
        assert server is not None
        yield server
    finally:
        await runner.cleanup()


def without_date(received: bytes | bytearray) -> bytes:
    """Return what a server wrote without the dates of its HTTP answers, which are the machine's."""
    return _DATE.sub(b"", bytes(received))


def counted_ids() -> Callable[[], str]:
    """Return what draws the same ids every time; they look drawn, for an order among them would be the stage's leak."""
    count = itertools.count()
    return lambda: blake2b(next(count).to_bytes(8), digest_size=9).hexdigest()


def _is_whole(received: bytearray) -> bool:
    """Return whether an HTTP answer has all of its body."""
    head, mark, body = bytes(received).partition(b"\r\n\r\n")
    if not mark:
        return False
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return len(body) >= (int(length.group(1)) if length else 0)
