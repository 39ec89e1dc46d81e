"""Answers that tell nothing by when they come: they leave a whole number of steps after what was asked.

Who asks about somebody who blocked them and who asks about somebody who is not there are told the same, after nearly as
much work. What is left, from a tenth of a millisecond to one, somebody could tell who asks often enough. When a step
ends depends on when the question came, and on the work only if that takes longer than a step.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import wraps

from aiohttp import web

STEP_S = 0.05
"""Too short to be noticed, and more than these calls take: 1 to 12 ms each, a block by handle 21, on SQLite on two
processors with another program on half of one. Where the database is slower more of them take another step."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def in_steps() -> AsyncIterator[None]:
    """Let the block end a whole number of steps after it began, at least one, also where it raises."""
    now_s = asyncio.get_running_loop().time
    began_s = now_s()
    try:
        yield
    finally:
        steps = (now_s() - began_s) // STEP_S + 1
        await asyncio.sleep(began_s + steps * STEP_S - now_s())


def answered_in_steps(calls: Iterable[web.RouteDef]) -> list[web.RouteDef]:
    """Return the same calls, each answered in steps."""
    return [web.route(call.method, call.path, _in_steps(call.handler), **call.kwargs) for call in calls]


def _in_steps(handler: Handler) -> Handler:
    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        async with in_steps():
            return await handler(request)

    return answer
