"""The pages in a real browser, worked as a person works them: by roles and by what things are called."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Locator, Page, StorageState, ViewportSize, expect

from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import LiveServer

PATIENCE_MS = 20_000
"""How long anything may take to show. Only a broken page ever takes that long."""

Scheme = Literal["light", "dark"]
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1280, "height": 800},
}


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere of its own, so that tests that share a server do not meet."""

    lat: float
    lon: float

    def near(self) -> "Place":
        """Return a place of the same cell, most likely."""
        return Place(self.lat + 0.0002, self.lon + 0.0002)


@dataclass
class World:
    """A server, a browser, and what every page is watched for meanwhile."""

    server: LiveServer
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Exceptions nobody caught, breaches of the policy, and requests to other hosts."""

    async def page(
        self,
        at: Place | None,
        *,
        token: str | None = None,
        url: str | None = None,
        size: str = "phone",
        scheme: Scheme = "light",
        prepare: Callable[[BrowserContext], Any] | None = None,
        shell: Literal["allow", "block"] = "block",
    ) -> Page:
        """Return a tab of a person of their own, with nothing loaded yet.

        ``at`` None refuses to tell a position. ``shell`` says whether the page may keep itself for later.
        """
        origin = url or self.server.url
        known = {"origin": origin, "localStorage": [{"name": "nearby.token", "value": token}] if token else []}
        state: StorageState = {"cookies": [], "origins": [cast(Any, known)]}
        context = await self.browser.new_context(
            viewport=SIZES[size],
            color_scheme=scheme,
            geolocation={"latitude": at.lat, "longitude": at.lon} if at else None,
            permissions=["geolocation"] if at else [],
            storage_state=state,
            service_workers=shell,
            locale="en-GB",
            timezone_id="Europe/Lisbon",
        )
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if prepare is not None:
            await prepare(context)
        page = await context.new_page()
        self.watch(page, origin)
        return page

    def watch(self, page: Page, origin: str) -> None:
        """Write down what a page must never do."""
        hosts = {urlsplit(origin).netloc}
        page.on("pageerror", lambda error: self.wrong.append(f"uncaught: {error}"))
        page.on(
            "console",
            lambda message: self.wrong.append(message.text) if "Content Security Policy" in message.text else None,
        )
        page.on(
            "request",
            lambda request: (
                self.wrong.append(f"asked {request.url}") if urlsplit(request.url).netloc not in hosts | {""} else None
            ),
        )

    async def phone(self, at: Place, **how: Any) -> "PhonePage":
        """Return the page of a new guest, or of ``token``'s person, who shared their position and has a room."""
        page = PhonePage(await self.page(at, **how))
        await page.open(how.get("url") or self.server.url)
        if not how.get("token"):
            await page.join()
        await page.share()
        await page.seated()
        return page

    async def other(self, at: Place, person: str, **claims: Any) -> RawPhone:
        """Return somebody's phone without a page that sits in a room there."""
        return await self.server.seated(person, at.lat, at.lon, **claims)

    async def close(self) -> None:
        """Close every tab, and give what was wrong."""
        for context in self.contexts:
            await context.close()
        self.contexts.clear()
        wrong, self.wrong = self.wrong, []
        assert wrong == []


class PhonePage:
    """The phone page of one person."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.log = page.get_by_role("region", name="Conversation")
        self.field = page.get_by_role("textbox", name="Write a message")
        self.heading = page.get_by_role("heading", level=1)

    async def open(self, url: str) -> None:
        await self.page.goto(url)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def members(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile("^Who is here"))

    async def join(self, name: str = "") -> None:
        if name:
            await self.page.get_by_label("Name (optional)").fill(name)
        await self.button("Join as a guest").click()

    async def share(self) -> None:
        await self.button("Share my position").click()

    async def tab(self, name: str) -> None:
        """Open a part of the page by its menu."""
        await self.page.get_by_role("navigation").get_by_role("button", name=name, exact=True).click()

    async def seated(self) -> None:
        await expect(self.log).to_be_visible(timeout=PATIENCE_MS)

    async def people(self, number: int) -> None:
        """Wait until so many are in the room."""
        title = "Just you" if number == 1 else f"{number} people"
        await expect(self.heading).to_have_text(title, timeout=PATIENCE_MS)

    async def state(self, words: str) -> None:
        """Wait until the line says that it stands so."""
        status = self.page.get_by_role("status").filter(has_text=re.compile(re.escape(words)))
        await expect(status.first).to_be_visible(timeout=PATIENCE_MS)

    async def say(self, text: str) -> None:
        await self.field.fill(text)
        await self.button("Send").click()

    def bubble(self, text: str) -> Locator:
        return self.log.get_by_text(text, exact=True)

    async def hears(self, text: str) -> None:
        """Wait until a text stands in the conversation, once."""
        await expect(self.bubble(text)).to_have_count(1, timeout=PATIENCE_MS)

    async def heard(self) -> list[str]:
        """Return every text of the conversation, in the order it stands there."""
        return await self.log.locator("p.bubble").all_text_contents()

    async def noted(self, words: str) -> None:
        """Wait for a quiet line of the log."""
        await expect(self.log.get_by_role("listitem").filter(has_text=words).first).to_be_visible(timeout=PATIENCE_MS)

    async def sheet(self, name: str) -> Locator:
        """Open what can be done about a member, and return it."""
        await self.members().click()
        await self.page.get_by_role("dialog").get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()
        sheet = self.page.get_by_role("dialog").filter(has_text="Report for")
        await expect(sheet).to_be_visible()
        return sheet
