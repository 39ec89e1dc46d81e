"""A real server on free ports in the test's own loop, with a clock that the test moves."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns
from typing import Any
from urllib.request import Request, urlopen

from nearby.core.session import Patience
from nearby.server.app import Running, running
from nearby.server.auth import mint_token
from nearby.server.clock import SteadyClock
from nearby.server.config import Settings
from nearby.testing.faults import Faults
from nearby.testing.raw_phone import RawPhone
from nearby.testing.waiting import eventually

KEY = "a secret that only tests know, 32 bytes"
FAR_FUTURE_S = 99_999_999_999
START_MS = 1_800_000_000_000


class Shift:
    """A machine's clocks: real time from a fixed start, plus whatever the test adds."""

    def __init__(self) -> None:
        self._began_ms = monotonic_ns() // 1_000_000
        self._passed_ms = 0
        self._set_by_ms = 0
        self.clock = SteadyClock(wall_ms=self._wall_ms, monotonic_ms=self._monotonic_ms)

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass: both clocks agree that it did."""
        self._passed_ms += milliseconds

    def set_machine_clock(self, by_ms: int) -> None:
        """Set the machine's wall clock forward or, below 0, back; no time passes."""
        self._set_by_ms += by_ms

    def now_ms(self) -> int:
        """Return the server's time."""
        return self.clock.now_ms()

    def _monotonic_ms(self) -> int:
        return monotonic_ns() // 1_000_000 - self._began_ms + self._passed_ms

    def _wall_ms(self) -> int:
        return START_MS + self._monotonic_ms() + self._set_by_ms


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


class LiveServer:
    """A running server as a test sees it: from outside, but with its clock in hand."""

    def __init__(self, running: Running, time: Shift) -> None:
        self.running = running
        self.url = running.url
        self.time = time
        self._phones: list[RawPhone] = []

    def token(self, person: str, **claims: Any) -> str:
        """Return a token for ``person`` that does not expire."""
        return mint_token(KEY.encode(), person, **({"expires_s": FAR_FUTURE_S} | claims))

    async def connect(self, **options: Any) -> RawPhone:
        """Return a phone whose socket is open and has sent nothing; it is cut when the test ends."""
        phone = await RawPhone.connect(self.url, **options)
        self._phones.append(phone)
        return phone

    async def phone(self, person: str, *, resume: dict[str, Any] | None = None, **claims: Any) -> RawPhone:
        """Return a phone that was welcomed."""
        phone = await self.connect()
        hello = {"type": "hello", "token": self.token(person, **claims)} | ({"resume": resume} if resume else {})
        await phone.send(hello)
        await phone.until("welcome")
        return phone

    async def seated(self, person: str, lat_deg: float = 47.37, lon_deg: float = 8.54, **claims: Any) -> RawPhone:
        """Return a phone that sits in a room, its ``placed`` taken."""
        phone = await self.phone(person, **claims)
        await phone.send({"type": "checkin", "lat": lat_deg, "lon": lon_deg})
        await phone.until("placed")
        return phone

    async def call(
        self, method: str, path: str, *, body: bytes | None = None, token: str | None = None, **headers: Any
    ) -> Answer:
        """Return the answer to one HTTP call."""
        return await http_call(self.url + path, method=method, body=body, token=token, **headers)

    async def metric(self, name: str, **labels: str) -> float:
        """Return the value of a metric now, 0 if it has no sample."""
        page = (await http_call(self.running.metrics_url + "/metrics")).body.decode()
        label = "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}" if labels else ""
        for line in page.splitlines():
            if line.startswith(f"{name}{label} "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    async def until_metric(self, name: str, holds: Callable[[float], bool], **labels: str) -> float:
        """Wait until a metric's value satisfies ``holds``; return it."""
        return await eventually(lambda: self.metric(name, **labels), holds, what=name)

    async def cut_phones(self) -> None:
        """Cut every phone's connection."""
        for phone in self._phones:
            await phone.cut()


@contextlib.asynccontextmanager
async def live_server(
    data_dir: Path, *, patience: Patience | None = None, faults: Faults | None = None, **settings: Any
) -> AsyncIterator[LiveServer]:
    """Run a server until the block ends. ``settings`` go over the tests' own: a key, free ports."""
    faults = faults or Faults()
    own: dict[str, Any] = {"data_dir": data_dir, "port": 0, "metrics_port": 0, "key": KEY, "accept_rate": 0}
    time = Shift()
    async with running(
        Settings(**(own | settings)), clock=time.clock, patience=patience, wrap_hub=faults.wrap
    ) as server:
        tested = LiveServer(server, time)
        try:
            yield tested
        finally:
            await tested.cut_phones()


async def http_call(
    url: str, *, method: str = "GET", body: bytes | None = None, token: str | None = None, **headers: Any
) -> Answer:
    """Return the answer to one HTTP call, errors included. Headers are given with ``_`` for ``-``."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        given["Authorization"] = f"Bearer {token}"
    return await asyncio.to_thread(_call, Request(url, data=body, headers=given, method=method))


def _call(request: Request) -> Answer:
    try:
        with urlopen(request, timeout=20) as response:
            return Answer(response.status, dict(response.headers), response.read())
    except OSError as error:
        if not hasattr(error, "code"):
            raise
        return Answer(error.code, dict(error.headers), error.read())  # type: ignore[attr-defined]
