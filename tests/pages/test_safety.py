"""What people do about each other in the phone page, and operators in the console, holds in the other's page."""

import json
from pathlib import Path
from typing import Any

import h3  # type: ignore[import-untyped]
import pytest
from playwright.async_api import expect

from nearby.testing.serving import LiveServer
from nearby.testing.waiting import eventually
from tests.pages.browsing import PATIENCE_MS, Place, World
from tests.pages.consoling import ConsolePage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

HOUR_MS = 3_600_000


async def test_a_block_gives_another_room_and_is_taken_back_by_undo(world: World, place: Place) -> None:
    ana = await world.phone(place)
    ben = await world.other(place, "ben-blocked", name="Ben Blocked", verified=True)
    await ana.people(2)
    sheet = await ana.sheet("Ben Blocked")
    await sheet.get_by_role("button", name="Block", exact=True).click()
    await expect(ana.page.get_by_text("Blocked. You will not meet again.")).to_be_visible(timeout=PATIENCE_MS)
    await ben.until("left")
    await ana.button("Undo").click()
    await expect(ana.page.get_by_text("The block is taken back.")).to_be_visible(timeout=PATIENCE_MS)


async def test_what_a_muted_member_says_is_told_as_a_count_only(world: World, place: Place) -> None:
    ana = await world.phone(place)
    ben = await world.other(place, "ben-muted", name="Ben Muted", verified=True)
    await ana.people(2)
    sheet = await ana.sheet("Ben Muted")
    await sheet.get_by_role("button", name="Mute", exact=True).click()
    await expect(sheet).to_have_count(0)
    for number in range(2):
        await ben.ask({"type": "say", "id": number, "text": f"not for you {number}"})
    await ana.noted("2 muted messages")
    assert await ana.heard() == []


async def test_a_report_is_decided_in_the_console_and_the_ban_closes_the_page(world: World, place: Place) -> None:
    ana = await world.phone(place)
    eve = await world.phone(place, token=world.server.token("eve-reported", name="Eve Evil", verified=True))
    await ana.people(2)
    await eve.say("something vile")
    await ana.hears("something vile")
    sheet = await ana.sheet("Eve Evil")
    await sheet.get_by_role("button", name="Harassment").click()
    await expect(ana.page.get_by_text("Reported. Somebody will look at it.")).to_be_visible(timeout=PATIENCE_MS)
    await ana.people(1)

    console = await ConsolePage.signed_in(world)
    await console.go("Reports")
    await console.main.get_by_role("link", name="harassment").first.click()
    await expect(console.main.get_by_text("something vile")).to_be_visible(timeout=PATIENCE_MS)
    await expect(console.main.get_by_role("link", name="eve-reported")).to_be_visible()
    await console.main.get_by_role("button", name="Ban", exact=True).click()
    await console.confirm("Ban", reason="vile, and not for the first time", done="The person is banned.")

    await expect(eve.page.get_by_role("heading", name="You are not let in")).to_be_visible(timeout=PATIENCE_MS)
    await eve.page.get_by_label("What do you say to it?").fill("It was a quotation.")
    await eve.button("Send to the operators").click()
    await expect(eve.page.get_by_text("Operators will read it.")).to_be_visible(timeout=PATIENCE_MS)

    await console.go("People")
    await console.page.reload()  # Else the list is as of up to half a minute ago.
    row = console.main.get_by_role("row").filter(has_text="Eve Evil")
    await expect(row).to_contain_text("It was a quotation.", timeout=PATIENCE_MS)
    await console.go("Audit")
    await expect(console.main.get_by_text("vile, and not for the first time").first).to_be_visible(timeout=PATIENCE_MS)


async def placed_there(server: LiveServer, place: Place, person: str) -> bool:
    """Return whether somebody new who checks in there is given an area."""
    body = json.dumps({"lat": place.lat, "lon": place.lon}).encode()
    answer = await server.call("POST", "/v1/checkins", body=body, token=server.token(person))
    assert answer.status == 200
    return json.loads(answer.body)["area"] is not None


async def until_quiet(server: LiveServer, place: Place) -> None:
    """Wait until nobody is placed there, and print how long it took by the server's clock."""
    began_ms, tries = server.time.now_ms(), iter(range(10_000))

    async def look() -> bool:
        return await placed_there(server, place, f"tries-{next(tries)}-{place.lat:.0f}")

    await eventually(look, lambda is_placed: not is_placed, what="placement in the quiet area")
    print(f"quiet area: no placement {(server.time.now_ms() - began_ms) / 1_000:.1f} s after the console said so")


async def test_a_quiet_area_that_is_imported_stops_placement(world: World, place: Place, tmp_path: Path) -> None:
    ring = [(-0.01, -0.01), (0.01, -0.01), (0.01, 0.01), (-0.01, 0.01), (-0.01, -0.01)]
    corners = [[place.lon + x, place.lat + y] for x, y in ring]
    shape = {"type": "Polygon", "coordinates": [corners]}
    feature = {"type": "Feature", "geometry": shape, "properties": {"name": "A school", "kind": "quiet"}}
    file = tmp_path / "school.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert await placed_there(world.server, place, "first-there")

    console = await ConsolePage.signed_in(world)
    await console.go("Areas")
    await console.button("Import GeoJSON").click()
    await console.page.get_by_label("File").set_input_files(file)
    await expect(console.main.get_by_text("this is what will count")).to_be_visible(timeout=PATIENCE_MS)
    await console.button("Save…").click()
    await console.confirm("Put in force", reason="the school asked for it", done="The area is in force.")
    await until_quiet(world.server, place)
    await expect(console.main.get_by_role("row").filter(has_text="A school")).to_contain_text("Quiet")


async def test_a_quiet_area_that_is_drawn_sends_whoever_checks_in_out_of_their_room(world: World, place: Place) -> None:
    console = await ConsolePage.signed_in(world)
    await console.go("Areas")
    await console.button("Draw an area").click()
    await console.page.get_by_label("Name", exact=True).fill("A shelter")
    where = console.page.get_by_role("group", name="Go to a position")
    await where.get_by_label("Latitude").fill(str(place.lat))
    await where.get_by_label("Longitude").fill(str(place.lon))
    await where.get_by_role("button", name="Go").click()
    for number, (lat, lon) in enumerate(((-0.01, -0.01), (-0.01, 0.01), (0.01, 0.0)), start=1):
        await console.button("Add a corner").click()
        await console.page.get_by_label(f"Corner {number}, Latitude").fill(f"{place.lat + lat:.4f}")
        await console.page.get_by_label(f"Corner {number}, Longitude").fill(f"{place.lon + lon:.4f}")
        await console.page.get_by_label(f"Corner {number}, Longitude").press("Tab")
    await expect(console.main.get_by_text("this is what will count")).to_be_visible(timeout=PATIENCE_MS)
    ana = await world.phone(place)
    await console.button("Save…").click()
    await console.confirm("Put in force", reason="they asked for it", done="The area is in force.")
    await until_quiet(world.server, place)
    world.server.time.pass_time(600_000)  # The page checks in when it is due, or again when its presence lapsed.
    await ana.page.reload()
    notice = ana.page.get_by_role("status").filter(has_text="it is a quiet area")
    await expect(notice).to_be_visible(timeout=PATIENCE_MS)


async def test_the_crowd_map_shows_the_classes_of_the_crowd_that_was_there(world: World, place: Place) -> None:
    server = world.server
    server.time.pass_time(HOUR_MS - server.time.now_ms() % HOUR_MS + 1_000)
    crowd = {12: "10\u201319", 25: "20\u201349", 5: None}
    cells: dict[str, str | None] = {}
    for step, (people, shown) in enumerate(crowd.items()):
        there = Place(place.lat + step, place.lon)
        cells[h3.cell_to_parent(h3.latlng_to_cell(there.lat, there.lon, 9), 7)] = shown
        for number in range(people):
            body = json.dumps({"lat": there.lat, "lon": there.lon}).encode()
            token = server.token(f"crowd-{step}-{number}", established=True)
            assert (await server.call("POST", "/v1/checkins", body=body, token=token)).status == 200
    server.time.pass_time(HOUR_MS + 90_000)
    await eventually(lambda: shown_cells(server), lambda found: len(found & set(cells)) == 2, what="the crowd map")

    console = await ConsolePage.signed_in(world)
    await console.go("Crowd map")
    for cell, shown in cells.items():
        row = console.main.get_by_role("row").filter(has=console.page.get_by_role("button", name=cell))
        if shown is None:
            await expect(row).to_have_count(0)
        else:
            await expect(row).to_contain_text(shown, timeout=PATIENCE_MS)
    await console.button(f"Show {next(iter(cells))} on the map").click()
    await expect(console.main.get_by_text("10\u201319 people in this hour")).to_be_visible(timeout=PATIENCE_MS)


async def shown_cells(server: LiveServer) -> set[Any]:
    to_ms = server.time.now_ms()
    path = f"/v1/admin/crowd?from_ms={to_ms - 3 * HOUR_MS}&to_ms={to_ms}&resolution=7"
    answer = json.loads((await server.call("GET", path, token=server.token("op", scope="operator"))).body)
    return {feature["properties"]["cell"] for feature in answer["features"]}
