"""What a lively room costs the page's main thread, beside the same lines put there the obvious way."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page

from nearby.testing.waiting import eventually
from scripts.tools.main_thread import MainThread, Spent, share_ms
from tests.pages.browsing import SIZES, Place, World
from tests.pages.consoling import ConsolePage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

LINES = 100
MOST_TIMES = 12.0
"""How many times as long as a bare line of text a message may take, with its name, time, bubble and all there is
around it. It was 4.5 on two processors with fifteen programs at work beside."""

MOST_IDLE_MS = 50.0
"""Of a second's processor time, for a console with people in it that nobody touches. It was 6 beside other programs."""

FRAME = "() => new Promise(requestAnimationFrame)"

BARE = """(text) => {
  const list = document.querySelector("ol") ?? document.body.appendChild(document.createElement("ol"));
  list.appendChild(document.createElement("li")).textContent = text;
  list.lastChild.scrollIntoView();
}"""


async def cost_of(page: Page, line: Callable[[int], Awaitable[None]]) -> Spent:
    """Return what the main thread did for ``LINES`` lines, a frame apart."""
    thread = await MainThread.of(page)
    before = await thread.spent()
    for number in range(LINES):
        await line(number)
        await page.evaluate(FRAME)
    return (await thread.spent()).since(before)


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

    reference = await cost_of(blank, bare)
    await ana.page.bring_to_front()
    ours = await cost_of(ana.page, said)
    await ana.hears(f"message {LINES - 1} of a lively room")
    print(
        f"main thread: {ours.cpu_ms / LINES:.2f} ms a message, {reference.cpu_ms / LINES:.2f} ms a bare line, "
        f"{ours.cpu_ms / reference.cpu_ms:.1f} times; {LINES / ours.ms * 1_000:.0f} messages a second"
    )
    assert ours.cpu_ms < MOST_TIMES * reference.cpu_ms


async def test_a_console_that_is_left_open_works_a_small_share_of_the_time(world: World, place: Place) -> None:
    console = await ConsolePage.signed_in(world)
    for number in range(4):
        await world.other(place, f"about-{number}")
    thread = await MainThread.of(console.page)
    before = await thread.spent()

    async def passed() -> Spent:
        return (await thread.spent()).since(before)

    found = await eventually(passed, lambda spent: spent.ms > 8_000, what="the time of some refreshes")
    share = share_ms([found], "cpu_ms")
    print(f"console: the main thread works {share:.1f} ms a second")
    assert share < MOST_IDLE_MS
