"""What a lively room costs the page's main thread, beside the same lines put there the obvious way."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import CDPSession, Page

from nearby.testing.waiting import eventually
from tests.pages.browsing import SIZES, Place, World
from tests.pages.consoling import ConsolePage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

LINES = 100
MOST_TIMES = 12.0
"""How many times as long as a bare line of text a message may take, with its name, time, bubble and all there is
around it. It was 4.5 on two processors with fifteen programs at work beside."""

FRAME = "() => new Promise(requestAnimationFrame)"

BARE = """(text) => {
  const list = document.querySelector("ol") ?? document.body.appendChild(document.createElement("ol"));
  list.appendChild(document.createElement("li")).textContent = text;
  list.lastChild.scrollIntoView();
}"""


async def spent_ms(session: CDPSession) -> tuple[float, float]:
    """Return how long the main thread has worked so far, and the time, both by the browser."""
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    by_name = {metric["name"]: metric["value"] * 1_000 for metric in metrics}
    return by_name["TaskDuration"], by_name["Timestamp"]


async def cost_ms(page: Page, line: Callable[[int], Awaitable[None]]) -> tuple[float, float]:
    """Return the main thread's time for ``LINES`` lines, a frame apart, and how long they took."""
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    before, began = await spent_ms(session)
    for number in range(LINES):
        await line(number)
        await page.evaluate(FRAME)
    after, ended = await spent_ms(session)
    return after - before, ended - began


async def test_a_message_costs_a_few_times_what_a_bare_line_costs(unlimited: World, place: Place) -> None:
    ana = await unlimited.phone(place)
    others = [await unlimited.other(place, f"talks-{number}") for number in range(7)]
    await ana.people(8)
    blank = await ana.page.context.new_page()
    await blank.set_viewport_size(SIZES["phone"])

    async def said(number: int) -> None:
        await others[number % 7].ask({"type": "say", "id": number, "text": f"message {number} of a lively room"})

    async def bare(number: int) -> None:
        await blank.evaluate(BARE, f"message {number} of a lively room")

    reference, _ = await cost_ms(blank, bare)
    await ana.page.bring_to_front()
    ours, took = await cost_ms(ana.page, said)
    await ana.hears(f"message {LINES - 1} of a lively room")
    print(
        f"main thread: {ours / LINES:.2f} ms a message, {reference / LINES:.2f} ms a bare line, "
        f"{ours / reference:.1f} times; {LINES / took * 1_000:.0f} messages a second"
    )
    assert ours < MOST_TIMES * reference


async def test_a_console_that_is_left_open_works_a_small_share_of_the_time(world: World, place: Place) -> None:
    console = await ConsolePage.signed_in(world)
    for number in range(4):
        await world.other(place, f"about-{number}")
    session = await console.page.context.new_cdp_session(console.page)
    await session.send("Performance.enable")
    before, began = await spent_ms(session)

    async def passed() -> float:
        return (await spent_ms(session))[1] - began

    span = await eventually(passed, lambda passed_ms: passed_ms > 8_000, what="the time of some refreshes")
    share = ((await spent_ms(session))[0] - before) / span
    print(f"console: the main thread works {share * 1_000:.1f} ms a second")
    assert share < 0.25
