"""The pictures of the pages that the documents show, with generated people in them."""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from random import Random

from playwright.async_api import Browser, Page, ViewportSize

from nearby.server.auth import mint_token
from nearby.server.config import MIN_KEY_BYTES
from nearby.sim.child import own_server
from nearby.sim.crowd import Shape
from nearby.sim.load import Crowd, Load
from nearby.sim.players import Players
from nearby.sim.small_talk import small_talk
from scripts.tools import browser as browsing
from scripts.tools.browser import DESKTOP, PHONE
from scripts.tools.common import minter
from scripts.tools.page_load import LAT, LON, TOKEN_UNTIL_S

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
PEOPLE = 60
SAYS_PER_S = 12.0
SPEED = 120.0
MESSAGES = 7
HISTORY_S = 90.0
"""Long enough for curves that are worth a look, and for cells to open."""
GAP_PX = 24
BESIDE = f"body {{ margin: 0; display: flex; gap: {GAP_PX}px }} img {{ display: block }}"
ACROSS = """
body { margin: 0 }
img { position: absolute; inset: 0 }
img + img { clip-path: polygon(62% 0, 100% 0, 100% 100%, 38% 100%) }
"""
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
                taken = {
                    "page-phone": await _phone(browser, child.url, key),
                    "page-console": await _console(browser, child.url, key),
                }
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            await players.close()
    return await asyncio.to_thread(_written, into, taken)


def _written(into: Path, taken: dict[str, bytes]) -> list[Path]:
    into.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, picture in taken.items():
        path = into / f"{name}.png"
        path.write_bytes(picture)
        paths.append(path)
    return paths


async def _phone(browser: Browser, url: str, key: str) -> bytes:
    """Return a room, in light and beside it in dark."""
    token = mint_token(key.encode(), "looks-on", expires_s=TOKEN_UNTIL_S, established=True)
    page = await browsing.phone_in_a_room(browser, url, token, lat=LAT, lon=LON)
    log = page.get_by_role("region", name="Conversation")
    await log.locator("p.bubble").nth(2).wait_for()
    await page.get_by_role("textbox", name="Write a message").fill("Hello! I am new here.")
    await page.get_by_role("button", name="Send").click()
    await log.locator("p.bubble").nth(MESSAGES - 1).wait_for()
    await page.evaluate("document.activeElement.blur()")
    return await _composed(
        browser, *await _both(page), BESIDE, {"width": 2 * PHONE["width"] + GAP_PX, "height": PHONE["height"]}
    )


async def _console(browser: Browser, url: str, key: str) -> bytes:
    """Return the console's first page, from light to dark."""
    token = mint_token(key.encode(), "operator", expires_s=TOKEN_UNTIL_S, scope="operator")
    page = await browsing.console(browser, url, token)
    await page.locator(".chart-line").first.wait_for()
    return await _composed(browser, *await _both(page), ACROSS, DESKTOP)


async def _both(page: Page) -> tuple[bytes, bytes]:
    """Return a page in both sets of colours, at one moment."""
    found = []
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        found.append(await page.screenshot(animations="disabled", caret="hide"))
    return found[0], found[1]


async def _composed(browser: Browser, light: bytes, dark: bytes, style: str, size: ViewportSize) -> bytes:
    page = await browser.new_page(viewport=size)
    images = [f'<img src="data:image/png;base64,{b64encode(one).decode()}">' for one in (light, dark)]
    await page.set_content(f"<style>{style}</style>{''.join(images)}")
    await page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    return await page.screenshot()
