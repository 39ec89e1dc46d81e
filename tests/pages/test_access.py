"""Every screen can be used by everybody: axe finds nothing serious, small and large, light and dark.

Each screen is left as a picture in ``screenshots/``, to be looked at.
"""

import fcntl
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.documents import ROOT
from tests.pages.browsing import PATIENCE_MS, SIZES, PhonePage, Place, Scheme, World
from tests.pages.consoling import ConsolePage
from tests.strangers.programs import path_of

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = ROOT / "screenshots"
LOOKS: tuple[tuple[str, Scheme], ...] = (
    *(("desktop", "dark"), ("desktop", "light")),
    *(("phone", "dark"), ("phone", "light")),
)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
LOOKED_INTO: tuple[tuple[str, Scheme], ...] = (("phone", "light"), ("desktop", "dark"))
"""What axe looks at, which takes a second: both layouts and both sets of colours."""


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe, installed as the lock says."""
    lock = HERE / "package-lock.json"
    wanted = json.loads(lock.read_text())["packages"]["node_modules/axe-core"]["version"]
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        package = AXE.with_name("package.json")
        if not package.exists() or json.loads(package.read_text())["version"] != wanted:
            done = subprocess.run([path_of("npm"), "ci"], cwd=HERE, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"npm ci could not install what {lock} lists: {done.stderr}"
    return AXE.read_text()


@pytest_asyncio.fixture(loop_scope="module")
async def looked(axe: str) -> AsyncIterator["Looked"]:
    made = Looked(axe)
    yield made
    assert made.found == []


class Looked:
    """What axe found on the screens that were looked at."""

    def __init__(self, axe: str) -> None:
        self._axe = axe
        self.found: list[str] = []

    async def at(self, page: Page, name: str) -> None:
        """Look at a page as it is now in every way, and keep pictures of it. Leaves it small and light."""
        SCREENSHOTS.mkdir(exist_ok=True)
        for size, scheme in LOOKS:
            await page.set_viewport_size(SIZES[size])
            await page.emulate_media(color_scheme=scheme)
            await page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)))")
            await page.screenshot(path=SCREENSHOTS / f"{name}-{size}-{scheme}.png")
            if (size, scheme) in LOOKED_INTO:
                self.found += [f"{name}, {size}, {scheme}: {what}" for what in await serious(page, self._axe)]


async def serious(page: Page, axe: str) -> list[str]:
    """Return what axe calls serious or critical in a page."""
    # In the page's own world but not by a tag: the policy of the page is none of the test's business to weaken.
    await page.evaluate(f"() => {{ if (!globalThis.axe) {{ {axe} }} }}")
    found = cast(
        dict[str, Any],
        await page.evaluate(
            "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
            list(RULES),
        ),
    )
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {[node['target'] for node in rule['nodes']][:3]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]


async def test_axe_finds_what_is_wrong(world: World, axe: str) -> None:
    page = await world.page(None)
    await page.goto(world.server.url)
    await expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE_MS)
    await page.evaluate(
        "() => { document.querySelector('main').innerHTML = '<button></button><img src=\"/icon.svg\">'; }"
    )
    found = " ".join(await serious(page, axe))
    assert "button-name" in found
    assert "image-alt" in found


async def test_before_one_is_in_a_room(world: World, looked: Looked, place: Place) -> None:
    ana = PhonePage(await world.page(place))
    await ana.open(world.server.url)
    await expect(ana.heading).to_have_text("Meet who is near")
    await looked.at(ana.page, "phone-1-join")
    await ana.join("Ana")
    await expect(ana.heading).to_have_text("Where are you?", timeout=PATIENCE_MS)
    await looked.at(ana.page, "phone-2-place")
    await ana.button("Pick a spot on a map").click()
    await ana.page.get_by_label("Latitude").fill(str(place.lat))
    await ana.page.get_by_label("Longitude").fill(str(place.lon))
    await looked.at(ana.page, "phone-3-map")


async def test_in_a_room_and_beside_it(world: World, looked: Looked, place: Place) -> None:
    ana = await world.phone(place, token=world.server.token("ana-looks"))
    await looked.at(ana.page, "phone-4-alone")
    ben = await world.other(place, "ben-there", name="Ben Alder", verified=True)
    await world.other(place, "cleo")
    await ana.people(3)
    await ben.send({"type": "say", "id": 1, "text": "Hello! Is anybody at the kiosk by the river?"})
    await ana.hears("Hello! Is anybody at the kiosk by the river?")
    await ana.say("On my way. مرحبا 👋🏽")
    await ana.say("a " * 120)
    await ben.send({"type": "greet", "id": 2, "member": ana_of(ben.received)})
    await ana.noted("says hello")
    await looked.at(ana.page, "phone-5-room")
    await ana.members().click()
    await looked.at(ana.page, "phone-6-members")
    await ana.page.keyboard.press("Escape")
    sheet = await ana.sheet("Ben Alder")
    await looked.at(ana.page, "phone-7-member")
    await ana.page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await ana.button("Shake").click()
    await looked.at(ana.page, "phone-8-shake")
    await ana.page.keyboard.press("Escape")
    for number, tab in enumerate(("People", "Bottles", "Me"), start=9):
        await ana.page.get_by_role("navigation").get_by_role("button", name=tab).click()
        await expect(ana.heading).to_have_text(tab, timeout=PATIENCE_MS)
        await looked.at(ana.page, f"phone-{number}-{tab.lower()}")
    operator = world.server.token("op", scope="operator")
    path, body = "/v1/admin/people/ana-looks/ban", b'{"reason": "to see the page of it"}'
    assert (await world.server.call("POST", path, body=body, token=operator)).status == 200
    await expect(ana.heading).to_have_text("You are not let in", timeout=PATIENCE_MS)
    await looked.at(ana.page, "phone-12-banned")


def ana_of(received: list[dict[str, Any]]) -> str:
    """Return the member who was in the room before this phone came: the page's."""
    [placed] = [message for message in received if message["type"] == "placed"]
    return next(str(member["member"]) for member in placed["members"] if member["member"] != placed["you"])


async def test_the_console_page_by_page(world: World, looked: Looked, place: Place) -> None:
    signing = ConsolePage(await world.page(None))
    await signing.page.goto(f"{world.server.url}/console")
    await expect(signing.page.get_by_label("Operator token")).to_be_visible(timeout=PATIENCE_MS)
    await looked.at(signing.page, "console-0-sign-in")
    ana = await world.other(place, "ana-there")
    eve = await world.other(place, "eve-there")
    await eve.ask({"type": "say", "id": 1, "text": "buy my coins now"})
    told = await ana.until("said")
    await ana.ask({"type": "report", "id": 2, "member": told["from"], "reason": "spam"})
    console = await ConsolePage.signed_in(world)
    names = ("Now", "Reports", "People", "Brakes", "Crowd map", "Room balance", "Areas", "Audit", "Settings")
    for number, name in enumerate(names, start=1):
        await console.go(name)
        await expect(console.main.get_by_text("Loading…")).to_have_count(0, timeout=PATIENCE_MS)
        await looked.at(console.page, f"console-{number}-{name.lower().replace(' ', '-')}")
    await console.go("Reports")
    await console.main.get_by_role("link", name="spam").first.click()
    await console.main.get_by_role("button", name="Ban", exact=True).click()
    await expect(console.page.get_by_role("dialog")).to_be_visible(timeout=PATIENCE_MS)
    await looked.at(console.page, "console-10-decide")
