"""The pictures of the pages that the documents show, with generated people in them."""

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path
from random import Random

from playwright.async_api import Browser, Page

from nearby.server.auth import mint_token
from nearby.server.config import MIN_KEY_BYTES
from nearby.sim.child import own_server
from nearby.sim.crowd import Shape
from nearby.sim.load import Crowd, Load
from nearby.sim.players import Players
from nearby.sim.small_talk import small_talk
from scripts.tools import browser as browsing
from scripts.tools.common import minter
from scripts.tools.page_load import LAT, LON, TOKEN_UNTIL_S

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
PEOPLE = 60
SAYS_PER_S = 12.0
SPEED = 120.0
MESSAGES = 7
HISTORY_S = 90.0
"""Long enough for curves that are worth a look, and for cells to open."""
SCHEMES: Sequence[browsing.Scheme] = ("light", "dark")


async def take(into: Path) -> list[Path]:
    """Take all pictures; return where they are.

    Raises:
        ConfigError: There is no browser.
        ServerFailed: The server ended.
    """
    key, random = secrets.token_hex(MIN_KEY_BYTES), Random(7)
    async with own_server("--speed", str(SPEED), "--drain-s", "0", "--log-level", "warning", key=key) as child:
        players = Players(
            child.url,
            minter(key.encode()),
            established=1.0,
            random=random,
            speed=SPEED,
            talk=lambda: small_talk(random),
        )
        load = Load(
            shape=Shape.STADIUM, phones=PEOPLE, says_per_s=SAYS_PER_S, ramp_s=1, duration_s=86_400.0, speed=SPEED / 4
        )
        living = asyncio.create_task(Crowd(load, players).live(lambda share: None))
        try:
            await asyncio.sleep(HISTORY_S)
            async with browsing.chromium() as browser:
                return [*await _phone(browser, child.url, key, into), *await _console(browser, child.url, key, into)]
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            await players.close()


async def _phone(browser: Browser, url: str, key: str, into: Path) -> list[Path]:
    """Take one page in both schemes, so that they show the same room."""
    token = mint_token(key.encode(), "looks-on", expires_s=TOKEN_UNTIL_S, established=True)
    page = await browsing.phone_in_a_room(browser, url, token, lat=LAT, lon=LON)
    log = page.get_by_role("region", name="Conversation")
    await log.locator("p.bubble").nth(2).wait_for()
    await page.get_by_role("textbox", name="Write a message").fill("Hello! I am new here.")
    await page.get_by_role("button", name="Send").click()
    await log.locator("p.bubble").nth(MESSAGES - 1).wait_for()
    return await _both(page, "page-phone", into)


async def _console(browser: Browser, url: str, key: str, into: Path) -> list[Path]:
    token = mint_token(key.encode(), "operator", expires_s=TOKEN_UNTIL_S, scope="operator")
    page = await browsing.console(browser, url, token)
    await page.locator(".chart-line").first.wait_for()
    return await _both(page, "page-console", into)


async def _both(page: Page, name: str, into: Path) -> list[Path]:
    paths = []
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        path = into / f"{name}-{scheme}.png"
        await page.screenshot(path=path, animations="disabled", caret="hide")
        paths.append(path)
    return paths
