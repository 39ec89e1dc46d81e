"""What the phone page offers beside talk: bottles, being listed, leaving, and being told of company."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from nearby.testing.serving import live_server
from nearby.testing.waiting import eventually
from tests.pages.browsing import PATIENCE_MS, PhonePage, Place, World
from tests.pages.consoling import ConsolePage

NOBODY = "127.0.0.1:47999"
CREDITS = "\u00a9 <b>the makers</b> of the map"

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


@pytest_asyncio.fixture(loop_scope="module")
async def furnished(dist: Path, tmp_path: Path, browser: Browser) -> AsyncIterator[World]:
    """A world of its own with a push service and map tiles, where nobody answers."""
    others: dict[str, Any] = {
        "notify_url": f"http://{NOBODY}/company",
        "notify_secret": "n" * 40,
        "tile_url": f"http://{NOBODY}/{{z}}/{{x}}/{{y}}.png",
        "tile_attribution": CREDITS,
    }
    async with live_server(tmp_path, guests="on", **others) as running:
        made = World(running, browser)
        yield made
        await made.close()


async def test_a_bottle_thrown_in_one_page_is_caught_and_answered_in_another(world: World, place: Place) -> None:
    ana = await world.phone(place, token=world.server.token("ana-throws", established=True))
    ben = await world.phone(place, token=world.server.token("ben-catches", established=True))
    await ana.tab("Bottles")
    await ana.page.get_by_label("What should it say?").fill("Who else hums in the tram?")
    await ana.button("Throw").click()
    await expect(ana.page.get_by_text("Your bottle is on its way.")).to_be_visible(timeout=PATIENCE_MS)
    await ben.tab("Bottles")
    await ben.button("Catch a bottle").click()
    await expect(ben.page.get_by_text("Who else hums in the tram?")).to_be_visible(timeout=PATIENCE_MS)
    await ben.page.get_by_label("Your answer").fill("I do, every morning.")
    await ben.button("Answer").click()
    await expect(ben.heading).to_have_text("Somebody's bottle", timeout=PATIENCE_MS)
    await ana.tab("Room")
    await ana.tab("Bottles")
    await ana.page.get_by_role("button", name="Your bottle").click()
    await expect(ana.page.get_by_text("I do, every morning.")).to_be_visible(timeout=PATIENCE_MS)


async def test_being_listed_is_a_choice_that_the_server_keeps(world: World, place: Place) -> None:
    token = world.server.token("ana-listed")
    ana = await world.phone(place, token=token)
    await ana.tab("People")
    choice = ana.page.get_by_role("switch")
    await expect(choice).not_to_be_checked(timeout=PATIENCE_MS)
    await choice.check()

    async def is_listed() -> bool:
        return bool(json.loads((await world.server.call("GET", "/v1/me", token=token)).body)["listed"])

    await eventually(is_listed, lambda listed: listed, what="being listed")
    await ana.page.reload()
    await ana.tab("Me")
    await expect(choice).to_be_checked(timeout=PATIENCE_MS)


async def test_one_tap_leaves_the_room_and_clears_the_location(world: World, place: Place) -> None:
    ana = await world.phone(place)
    ben = await world.other(place, "ben-is-left")
    await ana.people(2)
    await ana.button("Leave and clear my location").click()
    await ben.until("left")
    await expect(ana.page.get_by_text("Your location is cleared.")).to_be_visible(timeout=PATIENCE_MS)
    await ana.page.reload()
    await expect(ana.heading).to_have_text("Where are you?", timeout=PATIENCE_MS)


async def test_whoever_is_alone_may_ask_to_be_told_of_company(furnished: World, place: Place) -> None:
    ana = await furnished.phone(place)
    await ana.button("Tell me when company comes").click()
    await expect(ana.page.get_by_text("You will be told when company comes.")).to_be_visible(timeout=PATIENCE_MS)
    await ana.button("Never mind").click()
    await expect(ana.button("Tell me when company comes")).to_be_visible(timeout=PATIENCE_MS)


async def test_a_map_with_tiles_asks_their_host_alone_and_says_whose_they_are(furnished: World) -> None:
    ana = PhonePage(await furnished.page(None))
    await ana.open(furnished.server.url)
    await ana.join()
    await ana.button("Pick a spot on a map").click()
    await expect(ana.page.get_by_text(CREDITS, exact=True)).to_be_visible(timeout=PATIENCE_MS)
    console = await ConsolePage.signed_in(furnished)
    await console.go("Areas")
    await expect(console.main.get_by_text(CREDITS, exact=True)).to_be_visible(timeout=PATIENCE_MS)

    async def asked() -> list[str]:
        return furnished.wrong

    await eventually(asked, lambda seen: len(seen) >= 2, what="requests for tiles")
    assert [one for one in furnished.wrong if not one.startswith(f"asked http://{NOBODY}/")] == []
    furnished.wrong.clear()
