"""What the pages cost whoever has them open while a crowd talks."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from playwright.async_api import Browser, Page
from rich.console import Console
from rich.table import Table

from nearby.errors import ServerFailed
from nearby.server.auth import mint_token
from nearby.server.config import MIN_KEY_BYTES
from nearby.sim.child import own_server
from nearby.sim.crowd import Shape
from nearby.sim.load import Crowd, Load
from nearby.sim.players import Players
from scripts.tools import browser as browsing
from scripts.tools.common import minter
from scripts.tools.main_thread import MainThread, Spent, share_ms

TARGET_MS = 50.0
LAT, LON = 47.37, 8.54
TOKEN_UNTIL_S = 4_102_444_800
"""The year 2100: longer than any run."""
THERE_WITHIN_S = 300.0
THERE = 0.95
"""Of a crowd in which people come and go, some are always on their way."""
LOOK_EVERY_S = 0.25
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be measured."""

    phones: int
    says_per_s: float
    seconds: int
    speed: float
    seed: int
    settles_s: float = 3.0
    """What a page does to be there at all is not what it does while it is open."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One page, by seconds, and how many messages it was told meanwhile."""

    page: str
    seconds: list[Spent]
    heard: int

    @property
    def worst_ms(self) -> float:
        """Return the most of a second the thread's own work took."""
        return max(share_ms([one], "cpu_ms") for one in self.seconds)

    def mean_ms(self, part: str) -> float:
        """Return how many milliseconds of a second one part took."""
        return share_ms(self.seconds, part)


@dataclass(frozen=True, slots=True)
class Found:
    """What the pages cost beside an empty one."""

    asked: Asked
    said_per_s: float
    pages: list[Watched]

    @property
    def is_met(self) -> bool:
        """Return whether every page stayed within the target in every second."""
        return all(page.worst_ms < TARGET_MS for page in self.pages)

    def show(self, console: Console) -> None:
        """Print what was measured and a verdict."""
        asked = self.asked
        title = f"{asked.phones:,} phones in one place, {self.said_per_s:.0f} acknowledged sayings a second"
        table = Table(title=title, caption="processor time of the main thread, in ms of a second; clock: tasks by it")
        for number, name in enumerate(("page", "heard/s", "all", "scripts", "layout", "worst second", "clock")):
            table.add_column(name, justify="right" if number else "left", no_wrap=True)
        for page in self.pages:
            parts = (page.mean_ms(part) for part in ("cpu_ms", "script_ms", "layout_ms"))
            figures = (*parts, page.worst_ms, page.mean_ms("busy_ms"))
            heard = page.heard / len(page.seconds)
            table.add_row(page.page, f"{heard:.1f}", *(f"{figure:.1f}" for figure in figures))
        console.print(table)
        verdict = "met" if self.is_met else "missed"
        console.print(f"target: under {TARGET_MS:.0f} ms of processor time in every second: {verdict}")

    def save(self, file: Path) -> None:
        """Write all of it as JSON."""
        pages = [
            {"page": page.page, "heard": page.heard, "seconds": [asdict(one) for one in page.seconds]}
            for page in self.pages
        ]
        everything = {"asked": asdict(self.asked), "said_per_s": self.said_per_s, "pages": pages, "met": self.is_met}
        file.write_text(json.dumps(everything, indent=2) + "\n")


async def measure(asked: Asked) -> Found:
    """Let a crowd live in a server of our own and watch each page for a while.

    Raises:
        ConfigError: There is no browser.
        ServerFailed: The server ended, or the crowd did not come.
    """
    async with browsing.chromium() as browser, _crowd(asked) as (url, key, players):
        began_s, said = monotonic(), len(players.books.acked_s)
        pages = [await _watch(name, browser, url, key, asked) for name in ("empty page", "phone page", "console")]
        said_per_s = (len(players.books.acked_s) - said) / (monotonic() - began_s)
    return Found(asked, said_per_s, pages)


async def _watch(name: str, browser: Browser, url: str, key: bytes, asked: Asked) -> Watched:
    heard = 0

    def hear(payload: Any) -> None:
        nonlocal heard
        heard += '"type":"said"' in str(payload)

    page = await _opened(name, browser, url, key)
    if name == "phone page":
        # Its socket was open before anybody could listen to it.
        page.on("websocket", lambda socket: socket.on("framereceived", hear))
        await page.reload()
        await page.get_by_role("region", name="Conversation").wait_for()
    await asyncio.sleep(asked.settles_s)
    thread, before = await MainThread.of(page), heard
    found = await thread.watch(asked.seconds)
    await page.context.close()
    return replace(Watched(name, found, 0), heard=heard - before)


async def _opened(name: str, browser: Browser, url: str, key: bytes) -> Page:
    match name:
        case "phone page":
            token = mint_token(key, "looks-on", expires_s=TOKEN_UNTIL_S, established=True)
            return await browsing.phone_in_a_room(browser, url, token, lat=LAT, lon=LON)
        case "console":
            token = mint_token(key, "operator", expires_s=TOKEN_UNTIL_S, scope="operator")
            return await browsing.console(browser, url, token)
        case _:
            return await browser.new_page()


@contextlib.asynccontextmanager
async def _crowd(asked: Asked) -> AsyncIterator[tuple[str, bytes, Players]]:
    """Let a crowd live until the block ends; everybody is there when it begins."""
    key = secrets.token_hex(MIN_KEY_BYTES)
    flags = ("--speed", str(asked.speed), "--drain-s", "0", "--log-level", "warning")
    async with own_server(*flags, key=key) as child:
        players = Players(
            child.url, minter(key.encode()), established=0.9, random=Random(asked.seed), speed=asked.speed
        )
        load = Load(
            shape=Shape.STADIUM,
            phones=asked.phones,
            says_per_s=asked.says_per_s,
            ramp_s=1.0,
            duration_s=DAY_S,
            speed=asked.speed,
            lat_deg=LAT,
            lon_deg=LON,
        )
        living = asyncio.create_task(Crowd(load, players).live(lambda share: None))
        try:
            await _everybody_there(players, asked.phones, living)
            yield child.url, key.encode(), players
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            await players.close()


async def _everybody_there(players: Players, phones: int, living: asyncio.Task[None]) -> None:
    deadline_s = monotonic() + THERE_WITHIN_S
    while sum(player.room_size > 0 for player in players.everybody()) < THERE * phones:
        if living.done():
            living.result()
        if monotonic() > deadline_s:
            raise ServerFailed(f"after {THERE_WITHIN_S:.0f} s not everybody of the crowd had a room", None)
        await asyncio.sleep(LOOK_EVERY_S)
