"""Everybody who calls one server, and waiting for what they must hear.

A crowd outruns every server measured here, so it is the server's cost that shows.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Self

from nearby.server.auth import mint_token
from scripts.benches.raw import Phone, client_frame
from scripts.benches.servers import BenchFailed, Server

HOST = "127.0.0.1"

WAIT_S = 25.0
"""Nothing here waits longer for a server."""

BATCH = 250
"""Connections opened at once; more would only wait in the server's backlog."""

IN_FLIGHT = 32
"""Messages sent and not yet acknowledged: enough to keep a server busy, too few to queue up."""

_TOKEN_S = 3600
_TYPE_WITHIN = 24
"""``type`` comes first in every message, and this many bytes hold the longest."""


class Crowd:
    """Phones of one server. Use as a context manager: all hang up at the end.

    Args:
        server: Whom to call; of several processes each is called in turn.
        is_verified: Whether the people are, of whom less is checked.
    """

    def __init__(self, server: Server, *, is_verified: bool = False) -> None:
        self.phones: list[Phone] = []
        self.heard: Counter[bytes] = Counter()
        self._server = server
        self._is_verified = is_verified
        self._wanted: frozenset[bytes] = frozenset()
        self._left = 0
        self._done: asyncio.Future[None] | None = None
        self._to_send: Sequence[tuple[Phone, bytes]] = ()
        self._sent = 0
        self._lap_began_s = time.monotonic()
        self._has_hung_up = False

    def __enter__(self) -> Self:
        """Return the crowd, still without phones."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self._has_hung_up = True
        for phone in self.phones:
            phone.hang_up()

    async def connect(self, count: int) -> None:
        """Let ``count`` more phones, each somebody else's, be welcomed.

        Raises:
            BenchFailed: One was not.
        """
        loop = asyncio.get_running_loop()
        first, end = len(self.phones), len(self.phones) + count
        for start in range(first, end, BATCH):
            batch = range(start, min(start + BATCH, end))
            welcomed = self._expect(len(batch), b"welcome")
            hellos = [client_frame({"type": "hello", "token": self._token(f"phone-{number}")}) for number in batch]
            phones = [Phone(self, hello) for hello in hellos]
            self.phones += phones
            ports = self._server.ports
            calls = (
                loop.create_connection(partial(_itself, phone), HOST, ports[number % len(ports)])
                for number, phone in zip(batch, phones, strict=True)
            )
            await asyncio.gather(*calls)
            await self._wait(welcomed)

    async def be_placed(self, lat: float, lon: float) -> None:
        """Check every phone in for the first time, at one place, and return when all have a room.

        Raises:
            BenchFailed: Not all have.
        """
        await self.be_placed_at([(lat, lon)] * len(self.phones))

    async def be_placed_at(self, places: Sequence[tuple[float, float]]) -> None:
        """Do the same for the last phones, each at a place of its own: latitude and longitude in degrees."""
        phones = self.phones[-len(places) :]
        placed = self._expect(2 * len(phones), b"ack", b"placed")
        for phone, (lat, lon) in zip(phones, places, strict=True):
            phone.write(_check_in(lat, lon))
        await self._wait(placed)

    async def check_in(self, lat: float, lon: float, *, at_least_s: float) -> None:
        """Check every phone in again, as a lap.

        Raises:
            BenchFailed: As ``lap``.
        """
        frame = _check_in(lat, lon)
        await self.lap([(phone, frame) for phone in self.phones], deliveries=0, at_least_s=at_least_s)

    async def lap(
        self,
        work: Sequence[tuple[Phone, bytes]],
        *,
        deliveries: int,
        at_least_s: float,
        in_flight: int = IN_FLIGHT,
    ) -> None:
        """Send frames that are each acknowledged, a new one for each ack, and return when all is heard.

        Args:
            work: Who sends what, in this order.
            deliveries: How many ``said`` all phones together must hear.
            at_least_s: Begin no sooner after the lap before, so that senders stay within their rate.
            in_flight: How many are sent and not yet acknowledged.

        Raises:
            BenchFailed: Something was refused, or too little or anything else was heard.
        """
        await asyncio.sleep(max(0.0, self._lap_began_s + at_least_s - time.monotonic()))
        self._lap_began_s = time.monotonic()
        before = self.heard.copy()
        done = self._expect(len(work) + deliveries, b"ack", b"said")
        self._to_send, self._sent = work, 0
        for _ in range(in_flight):
            self._send_next()
        await self._wait(done)
        self._to_send = ()
        news = self.heard - before
        if news != Counter({b"ack": len(work), b"said": deliveries}):
            raise BenchFailed(f"{len(work)} messages and {deliveries} deliveries were due, and heard was {dict(news)}")

    def hear(self, phone: Phone, payload: bytes) -> None:
        """Count a message, and do what it leads to."""
        kind = payload[:_TYPE_WITHIN].split(b'"', 4)[3]
        self.heard[kind] += 1
        if kind == b"ack":
            self._send_next()
        elif kind == b"placed":
            phone.room = json.loads(payload)["room"]["id"]
        elif kind == b"error":
            self.fail(f"the server refused a message: {payload.decode()}")
        if kind in self._wanted:
            self._left -= 1
            if not self._left and self._done is not None and not self._done.done():
                self._done.set_result(None)

    def fail(self, what: str) -> None:
        """Whoever waits gets ``BenchFailed``."""
        if self._done is not None and not self._done.done():
            self._done.set_exception(BenchFailed(f"{self._server.kind}: {what}"))

    def lost(self, error: Exception | None) -> None:
        """A connection is gone."""
        if not self._has_hung_up:
            self.fail(f"a connection was lost ({error})")

    def _send_next(self) -> None:
        if self._sent < len(self._to_send):
            phone, frame = self._to_send[self._sent]
            self._sent += 1
            phone.write(frame)

    def _expect(self, count: int, *kinds: bytes) -> asyncio.Future[None]:
        """Return what is done when ``count`` messages of these kinds were heard from now on."""
        self._wanted, self._left = frozenset(kinds), count
        self._done = asyncio.get_running_loop().create_future()
        return self._done

    async def _wait(self, done: asyncio.Future[None]) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                await done
        except TimeoutError:
            missing = f"{self._left} messages were not heard in {WAIT_S:.0f} s"
            raise BenchFailed(f"{self._server.kind}: {missing}; heard: {dict(self.heard)}") from None

    def _token(self, person: str) -> str:
        expires_s = int(time.time()) + _TOKEN_S
        return mint_token(self._server.key, person, expires_s=expires_s, verified=self._is_verified)


def _check_in(lat: float, lon: float) -> bytes:
    return client_frame({"type": "checkin", "id": 1, "lat": lat, "lon": lon})


def _itself(phone: Phone) -> Phone:
    return phone
