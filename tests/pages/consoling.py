"""The operators' console in a browser."""

from playwright.async_api import Locator, Page, expect

from tests.pages.browsing import PATIENCE_MS, Scheme, World


class ConsolePage:
    """The console of one operator."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.main = page.get_by_role("main")

    @classmethod
    async def signed_in(cls, world: World, *, size: str = "desktop", scheme: Scheme = "light") -> "ConsolePage":
        """Return the console of an operator who has just signed in."""
        console = cls(await world.page(None, size=size, scheme=scheme))
        await console.page.goto(f"{world.server.url}/console")
        await console.page.get_by_label("Operator token").fill(world.server.token("op", scope="operator"))
        await console.button("Sign in").click()
        await expect(console.page.get_by_role("heading", level=1, name="Now")).to_be_visible(timeout=PATIENCE_MS)
        return console

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    async def go(self, name: str) -> None:
        """Open a page by the menu."""
        await self.page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        await expect(self.page.get_by_role("heading", level=1, name=name)).to_be_visible(timeout=PATIENCE_MS)

    async def confirm(self, submit: str, *, reason: str, done: str) -> None:
        """Say why in the dialog that is open, and see that it is done."""
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_label("Reason", exact=True).fill(reason)
        await dialog.get_by_role("button", name=submit, exact=True).click()
        await expect(self.page.get_by_role("status").get_by_text(done, exact=True)).to_be_visible(timeout=PATIENCE_MS)
