"""What operators do in the console takes effect, and what they undo is as before."""

import pytest
from playwright.async_api import expect

from tests.pages.browsing import PATIENCE_MS, Place, World
from tests.pages.consoling import ConsolePage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


async def test_placement_that_is_stopped_shows_everywhere_and_resumes_by_undo(world: World, place: Place) -> None:
    console = await ConsolePage.signed_in(world)
    await console.go("Brakes")
    await console.button("Stop Placement everywhere").click()
    await console.confirm("Stop", reason="a fire drill", done="Placement everywhere is stopped.")
    await expect(console.page.get_by_role("link", name="Placement stopped")).to_be_visible(timeout=PATIENCE_MS)
    await console.button("Undo").click()
    await console.confirm("Resume", reason="it is over", done="Placement everywhere resumes.")
    await expect(console.page.get_by_role("link", name="Placement stopped")).to_have_count(0, timeout=PATIENCE_MS)
    ana = await world.phone(place)
    await ana.people(1)


async def test_a_badge_given_in_the_console_is_seen_in_the_room_at_once(world: World, place: Place) -> None:
    ana = await world.phone(place)
    await world.other(place, "ben-of-the-kiosk")
    await ana.people(2)
    console = await ConsolePage.signed_in(world)
    await console.go("People")
    await console.page.get_by_label("Id or verified name").fill("ben-of-the-kiosk")
    await console.button("Find").click()
    await console.main.get_by_role("button", name="Verify", exact=True).click()
    await console.page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Ben of the Kiosk")
    await console.confirm("Verify", reason="he showed his licence", done="The person is verified.")
    await ana.noted("Ben of the Kiosk")
    await ana.members().click()
    members = ana.page.get_by_role("dialog")
    await expect(members.get_by_text("Ben of the Kiosk", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    await expect(members.get_by_role("img", name="verified")).to_have_count(1)


async def test_settings_in_force_show_what_differs_and_no_secret(world: World) -> None:
    console = await ConsolePage.signed_in(world)
    await console.go("Settings")
    await console.page.get_by_label("Only those that differ from the default").check()
    row = console.main.get_by_role("row").filter(has_text="tags")
    await expect(row).to_contain_text("music, chess", timeout=PATIENCE_MS)
    secret = console.main.get_by_role("row").filter(has=console.page.get_by_text("key", exact=True))
    await expect(secret).to_contain_text("(set)")
    assert "a secret that only tests know" not in await console.main.inner_text()
