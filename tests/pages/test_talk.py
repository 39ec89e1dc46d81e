"""People talk through the phone page, and nothing is lost, doubled or shown as what it is not."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from nearby.testing.proxy import running_proxy
from tests.pages.browsing import PATIENCE_MS, PhonePage, Place, World

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


async def test_two_guests_join_share_their_position_and_talk(world: World, place: Place) -> None:
    ana = await world.phone(place)
    ben = await world.phone(place.near())
    await ana.people(2)
    await ana.noted("came")
    await ana.say("hello, anybody?")
    await ben.hears("hello, anybody?")
    await ben.say("me")
    await ana.hears("me")
    assert await ana.heard() == await ben.heard() == ["hello, anybody?", "me"]
    await ana.state("Connected")


async def test_what_is_said_while_the_network_is_away_is_said_once_and_nothing_is_missed(
    world: World, place: Place
) -> None:
    parts = urlsplit(world.server.url)
    async with running_proxy(str(parts.hostname), int(parts.port or 0)) as line:
        ana = await world.phone(place, url=f"http://127.0.0.1:{line.port}")
        ben = await world.phone(place)
        await ana.people(2)
        await ben.say("before")
        await ana.hears("before")
        line.cut()
        await ana.page.context.set_offline(True)
        await ana.state("Offline")
        await ana.say("typed without a network")
        await expect(ana.log.get_by_text("Sent as soon as you are connected")).to_be_visible()
        for text in ("missed 1", "missed 2", "missed 3"):
            await ben.say(text)
            await ben.hears(text)
        assert "missed 1" not in await ana.heard()
        line.heal()
        await ana.page.context.set_offline(False)
        await ben.hears("typed without a network")
        await ana.hears("typed without a network")
        await ana.state("Connected")
        everything = ["before", "missed 1", "missed 2", "missed 3", "typed without a network"]
        assert await ana.heard() == await ben.heard() == everything
        await expect(ana.log.get_by_text("Sent as soon as you are connected")).to_have_count(0)


async def test_words_whose_answer_was_lost_are_sent_again_and_said_once(world: World, place: Place) -> None:
    parts = urlsplit(world.server.url)
    async with running_proxy(str(parts.hostname), int(parts.port or 0)) as line:
        ana = await world.phone(place, url=f"http://127.0.0.1:{line.port}")
        ben = await world.other(place, "ben-who-stays")
        line.to_client.hold()  # The words arrive; the answer does not.
        await ana.say("did you get this?")
        await ben.until("said", text="did you get this?")
        line.cut()
        await ana.state("Connection lost")
        line.heal()
        await ana.hears("did you get this?")
        await ana.state("Connected")
        assert [message for message in await ben.quiet() if message["type"] == "said"] == []


async def test_next_gives_another_room_of_which_the_old_one_knows_nothing(world: World, place: Place) -> None:
    ana = await world.phone(place)
    ben = await world.other(place, "ben-next")
    await ana.people(2)
    await ben.send({"type": "say", "id": 1, "text": "stay"})
    await ana.hears("stay")
    await ana.button("Another room").click()
    await ana.noted("You are in another room")
    await ana.people(1)
    assert await ana.heard() == []
    await ben.until("left")


async def test_markup_is_shown_as_the_text_it_is(world: World, place: Place) -> None:
    ana = await world.phone(place)
    await world.other(place, "ben-markup")
    ben = await world.other(place, "eve-markup")
    nasty = "<img src=x onerror=alert(1)> **bold** <script>document.title='owned'</script> &amp; [a](javascript:1)"
    asked: list[str] = []
    ana.page.on("dialog", lambda dialog: asked.append(dialog.message))
    await ben.send({"type": "say", "id": 1, "text": nasty})
    await ana.hears(nasty)
    assert await ana.log.locator("img, script, b, strong, a").count() == 0
    assert (await ana.page.title(), asked) == ("nearby", [])


async def test_the_newer_of_two_tabs_has_the_seat_and_the_older_says_so(world: World, place: Place) -> None:
    first = await world.phone(place)
    ben = await world.other(place, "ben-tabs")
    await first.people(2)
    await ben.quiet()
    tab = await first.page.context.new_page()
    world.watch(tab, world.server.url)
    second = PhonePage(tab)
    await second.open(world.server.url)
    await second.share()
    await second.seated()
    await first.state("You are connected in a newer tab")
    await second.say("from the second tab")
    await second.hears("from the second tab")
    await first.button("Use it here").click()
    await second.state("You are connected in a newer tab")
    await first.hears("from the second tab")
    await first.say("from the first again")
    await first.hears("from the first again")
    kinds = {message["type"] for message in await ben.quiet()}
    assert kinds == {"said"}  # Nobody saw anybody leave or join.


async def test_a_room_of_right_to_left_names_and_emoji_stays_in_shape(world: World, place: Place) -> None:
    ana = await world.phone(place)
    texts = ("مرحبا 👋🏽 hello", "👩‍👩‍👧‍👦🏳️‍🌈" * 20, "x" * 400)
    names = ("عائشة السعيد", "משה כהן", "فاطمة الزهراء")
    for name, text in zip(names, texts, strict=True):
        person = await world.other(place, f"person-{names.index(name)}", name=name, verified=True)
        await person.send({"type": "say", "id": 1, "text": text})
        await ana.hears(text)
        assert await ana.log.locator("bdi", has_text=name).first.text_content() == name
    await ana.people(4)
    overflow = await ana.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0
    await ana.members().click()
    members = ana.page.get_by_role("dialog")
    for name in names:
        await expect(members.get_by_text(name, exact=True)).to_be_visible(timeout=PATIENCE_MS)
    assert await members.get_by_role("img", name="verified").count() == len(names)
