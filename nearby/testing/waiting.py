"""Waiting for a condition, never for a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

GIVE_UP_S = 40.0
LOOK_EVERY_S = 0.01


async def eventually(look: Callable[[], Awaitable[T]], holds: Callable[[T], bool], *, what: str) -> T:
    """Return the first value of ``look`` that ``holds``.

    Raises:
        AssertionError: None did within 40 s; it says what was seen last.
    """
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + GIVE_UP_S
    while not holds(value := await look()):
        if loop.time() > deadline_s:
            raise AssertionError(f"{what} stayed {value!r}")
        await asyncio.sleep(LOOK_EVERY_S)
    return value
