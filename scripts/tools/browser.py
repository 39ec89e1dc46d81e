"""Chromium with the pages open, as somebody with a phone and as an operator have them."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from typing import Literal

from playwright.async_api import Browser, BrowserContext, Page, StorageState, ViewportSize, async_playwright

from nearby.errors import ConfigError

# Neither a display nor a sandbox (root has none), and nothing that asks other hosts.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
SHOWN_WITHIN_MS = 60_000

Scheme = Literal["light", "dark"]


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run Debian's Chromium until the block ends.

    Raises:
        ConfigError: There is none.
    """
    program = shutil.which("chromium")
    if program is None:
        raise ConfigError("chromium", "install Debian's package chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


async def phone_in_a_room(
    browser: Browser, url: str, token: str, *, lat: float, lon: float, scheme: Scheme = "light"
) -> Page:
    """Return the phone page of ``token``'s person, who shared that position and has a room."""
    kept: StorageState = {
        "cookies": [],
        "origins": [{"origin": url, "localStorage": [{"name": "nearby.token", "value": token}]}],
    }
    context = await browser.new_context(
        viewport=PHONE,
        color_scheme=scheme,
        geolocation={"latitude": lat, "longitude": lon},
        permissions=["geolocation"],
        storage_state=kept,
        locale="en-GB",
    )
    page = await _opened(context, f"{url}/")
    await page.get_by_role("button", name="Share my position").click()
    await page.get_by_role("region", name="Conversation").wait_for()
    return page


async def console(browser: Browser, url: str, token: str, *, scheme: Scheme = "light") -> Page:
    """Return the console of the operator whose token it is, at its first page."""
    page = await _opened(await browser.new_context(viewport=DESKTOP, color_scheme=scheme), f"{url}/console")
    await page.get_by_label("Operator token").fill(token)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", level=1, name="Now").wait_for()
    return page


async def _opened(context: BrowserContext, url: str) -> Page:
    context.set_default_timeout(SHOWN_WITHIN_MS)
    page = await context.new_page()
    await page.goto(url)
    return page
