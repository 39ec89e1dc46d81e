"""Talk keeps its rate, however late a tick comes."""

import asyncio
from time import monotonic

from nearby.sim.talk import keep_talking
from nearby.testing.waiting import eventually


class Listener:
    """Counts how often somebody was to say something."""

    def __init__(self) -> None:
        self.said = 0

    def say_something(self) -> bool:
        self.said += 1
        return True


async def test_as_much_is_said_as_is_due_and_no_more() -> None:
    listener = Listener()
    started_s = monotonic()
    talk = asyncio.create_task(keep_talking(listener, says_per_s=100))

    async def look() -> int:
        return listener.said

    await eventually(look, lambda said: said >= 20, what="what was said")
    assert listener.said <= 100 * (monotonic() - started_s)
    talk.cancel()


async def test_nothing_is_said_at_no_rate() -> None:
    listener = Listener()
    talk = asyncio.create_task(keep_talking(listener, says_per_s=0))
    for _ in range(3):
        await asyncio.sleep(0)
    assert listener.said == 0
    talk.cancel()
