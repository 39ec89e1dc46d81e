"""What goes wrong in a day of a phone: its token, its clock, its position, its network, and too much at once."""

import asyncio
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from nearby.testing.proxy import running_proxy
from nearby.testing.raw_phone import RawPhone
from nearby.testing.serving import live_server
from tests.pages.browsing import PATIENCE_MS, PhonePage, Place, World

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

DAY_MS = 86_400_000
MESSAGES = 1_000
SLOW_3G = {"bytes_per_s": 50_000, "delay_s": 0.2}
"""400 kbit/s and 400 ms there and back, as browsers' tools call it."""


async def test_a_token_that_ends_while_one_types_costs_not_a_letter(world: World, place: Place) -> None:
    ends_s = world.server.time.now_ms() // 1_000 + 240
    ana = await world.phone(place, token=world.server.token("ana-ends", expires_s=ends_s))
    await ana.field.fill("I was just about to s")
    world.server.time.pass_time(200_000)
    banner = ana.page.get_by_role("alert").filter(has_text="Your token ends soon.")
    await expect(banner).to_be_visible(timeout=PATIENCE_MS)
    world.server.time.pass_time(60_000)
    await expect(ana.page.get_by_role("alert").filter(has_text="Your token ended.")).to_be_visible(timeout=PATIENCE_MS)
    await ana.field.press_sequentially("ay")
    await ana.page.get_by_role("textbox", name="Token").fill(world.server.token("ana-ends"))
    await ana.button("Use this token").click()
    await ana.state("Connected")
    assert await ana.field.input_value() == "I was just about to say"
    await ana.button("Send").click()
    await ana.hears("I was just about to say")


@pytest.mark.parametrize("days", [1, -1])
async def test_a_clock_that_is_wrong_by_a_day_changes_nothing_one_sees(world: World, place: Place, days: int) -> None:
    ahead_ms = world.server.time.now_ms() - int(time.time() * 1_000) + days * DAY_MS

    async def wrong(context: BrowserContext) -> None:
        await context.add_init_script(
            f"""{{
              const Real = Date, ahead = {ahead_ms};
              globalThis.Date = class extends Real {{
                constructor(...given) {{ given.length ? super(...given) : super(Real.now() + ahead); }}
                static now() {{ return Real.now() + ahead; }}
              }};
            }}"""
        )

    ana = await world.phone(place, prepare=wrong)
    ben = await world.other(place, f"ben-clock{days}")
    await ana.people(2)
    ack = await ben.ask({"type": "say", "id": 1, "text": "what time is it?"})
    await ana.hears("what time is it?")
    shown = await ana.log.get_by_role("time").get_attribute("datetime")
    assert shown is not None
    said_s = ack["at_ms"] // 1_000
    assert shown.startswith(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(said_s)))
    await ana.say("the same as yours")
    await ben.until("said", text="the same as yours")


async def test_whoever_does_not_give_a_position_picks_a_spot(world: World, place: Place) -> None:
    ana = PhonePage(await world.page(None))
    await ana.open(world.server.url)
    await ana.join()
    await ana.share()
    refusal = ana.page.get_by_role("alert").filter(has_text="Your browser does not give your position")
    await expect(refusal).to_be_visible(timeout=PATIENCE_MS)
    await refusal.get_by_role("button", name="Pick a spot on a map").click()
    await ana.page.get_by_label("Latitude").fill(str(place.lat))
    await ana.page.get_by_label("Longitude").fill(str(place.lon))
    await ana.button("I am here").click()
    await ana.seated()
    await expect(refusal).to_have_count(0)
    ben = await world.other(place, "ben-nearby")
    await ana.people(2)
    assert len(ben.received[-1]["members"]) == 2


async def test_a_position_that_jumps_across_a_continent_is_not_followed(world: World, place: Place) -> None:
    ana = await world.phone(place)
    ben = await world.other(place, "ben-stays")
    await ana.people(2)
    await ana.page.context.set_geolocation({"latitude": place.lat + 15, "longitude": place.lon + 15})
    await expect(ana.page.get_by_text("Your position jumps about.")).to_be_visible(timeout=PATIENCE_MS)
    await ana.say("still here")
    await ben.until("said", text="still here")
    await ana.page.context.set_geolocation({"latitude": place.lat, "longitude": place.lon})
    await expect(ana.page.get_by_text("Your position jumps about.")).to_have_count(0, timeout=PATIENCE_MS)


async def test_a_spot_is_picked_by_the_keyboard_alone(world: World, place: Place) -> None:
    ana = PhonePage(await world.page(None))
    await ana.open(world.server.url)
    await ana.join()
    await ana.button("Pick a spot on a map").focus()
    await ana.page.keyboard.press("Enter")
    chart = ana.page.get_by_role("application")
    await expect(chart.locator(".coast path").first).to_be_attached(timeout=PATIENCE_MS)
    await chart.focus()
    latitude = ana.page.get_by_label("Latitude")
    before = float(await latitude.input_value())
    for key in ("+", "+", "ArrowUp", "ArrowUp"):
        await ana.page.keyboard.press(key)
    assert float(await latitude.input_value()) > before
    await ana.button("I am here").focus()
    await ana.page.keyboard.press("Enter")
    await ana.seated()


async def test_a_slow_third_generation_network_carries_it_all(world: World, place: Place) -> None:
    parts = urlsplit(world.server.url)
    async with running_proxy(str(parts.hostname), int(parts.port or 0)) as line:
        for way in (line.to_server, line.to_client):
            way.bytes_per_s, way.delay_s = int(SLOW_3G["bytes_per_s"]), SLOW_3G["delay_s"]
        began_s = time.monotonic()
        ana = await world.phone(place, url=f"http://127.0.0.1:{line.port}")
        print(f"slow 3G: in a room {time.monotonic() - began_s:.1f} s after the address was typed")
        ben = await world.other(place, "ben-slow")
        await ana.say("slowly but surely")
        await ben.until("said", text="slowly but surely")
        await ben.send({"type": "say", "id": 1, "text": "no hurry"})
        await ana.hears("no hurry")


async def test_a_server_that_is_started_anew_is_found_again_with_its_room(
    browser: Browser, dist: Path, tmp_path: Path, place: Place
) -> None:
    async with live_server(tmp_path, guests="on") as first:
        world = World(first, browser)
        ana = await world.phone(place)
        await ana.say("before the restart")
        await ana.hears("before the restart")
        port = urlsplit(first.url).port
    await ana.state("Connection lost")
    await ana.say("written meanwhile")
    async with live_server(tmp_path, guests="on", port=port):
        await ana.state("Connected")
        await ana.hears("written meanwhile")
        assert await ana.heard() == ["before the restart", "written meanwhile"]
        await world.close()


async def test_a_page_that_was_there_before_opens_without_a_network(world: World, place: Place) -> None:
    ana = await world.phone(place, shell="allow")
    await ana.page.wait_for_function("async () => (await navigator.serviceWorker.ready).active?.state === 'activated'")
    await ana.page.context.set_offline(True)
    await ana.page.reload()
    await expect(ana.field).to_be_visible(timeout=PATIENCE_MS)
    await ana.state("Offline")
    await ana.page.context.set_offline(False)
    await ana.state("Connected")
    await ana.seated()


async def test_the_page_can_be_installed(world: World) -> None:
    page = await world.page(None)
    await page.goto(world.server.url)
    session = await page.context.new_cdp_session(page)
    answer = await session.send("Page.getAppManifest")
    assert answer["errors"] == []
    manifest = json.loads(answer["data"])
    assert (manifest["display"], manifest["start_url"]) == ("standalone", "/")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"any", "192x192", "512x512"}
    for icon in manifest["icons"]:
        shown = await page.request.get(f"{world.server.url}{icon['src']}")
        assert (shown.status, shown.headers["content-type"].split(";")[0]) == (200, icon["type"])


async def test_a_thousand_messages_at_once_leave_the_newest_in_order_and_the_page_at_work(
    unlimited: World, place: Place
) -> None:
    ana = await unlimited.phone(place)
    others = [await unlimited.other(place, f"loud-{number}") for number in range(7)]
    await ana.people(8)
    await asyncio.gather(*(_shout(phone, voice) for voice, phone in enumerate(others)))
    await others[0].send({"type": "say", "id": "last", "text": "that was all"})
    await ana.hears("that was all")
    heard = await ana.heard()
    assert len(set(heard)) == len(heard) >= 50  # A snapshot has fifty, if the page was too slow to hear them all.
    for voice in range(len(others)):
        mine = [int(text.split()[-1]) for text in heard if text.startswith(f"voice {voice} ")]
        assert mine == sorted(mine)
    await ana.say("quiet, please")
    await others[0].until("said", text="quiet, please")
    await ana.state("Connected")


async def _shout(phone: RawPhone, voice: int) -> None:
    for number in range(MESSAGES // 7 + 1):
        await phone.send({"type": "say", "id": number, "text": f"voice {voice} says {number}"})
    await phone.until("ack", id=MESSAGES // 7)
