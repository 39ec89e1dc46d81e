"""A process in which a thousand people catch at once, tell what they do, and go on until nothing is afloat any more.

A line is printed after a catch or an answer is on disk, and before a release is asked for: "caught BOTTLE FENCE",
"answered BOTTLE FENCE", "releasing BOTTLE FENCE".
"""

import asyncio
import sys
from random import Random

from nearby.core.bottle import ThreadId
from nearby.core.ids import PersonId
from nearby.core.rules import Rules
from nearby.errors import StoreDown
from nearby.store.base import Store
from nearby.store.bottles import Drifter, Lease
from nearby.testing.store_suite import Database

CATCHERS = 1_000
PATIENCE = 3
"""So many times nothing, and a catcher gives up."""

RULES = Rules().unlimited()


async def play(store: Store, person: PersonId, now_ms: int, random: Random) -> None:
    nothing = 0
    while nothing < PATIENCE:
        try:
            lease = await store.bottles.catch(Drifter(person), now_ms, RULES)
            if lease is None:
                nothing += 1
                continue
            print("caught", lease.bottle, lease.fence, flush=True)
            await use(store, person, lease, now_ms, random.random())
        except StoreDown:
            # Many wait for few connections, or two processes for one file.
            continue


async def use(store: Store, person: PersonId, lease: Lease, now_ms: int, draw: float) -> None:
    """Hold some, answer few, give back the others."""
    if draw < 0.1:
        thread = ThreadId(f"{lease.bottle}-{person}")
        await store.bottles.reply(person, lease.bottle, lease.fence, "hi", thread, now_ms)
        print("answered", lease.bottle, lease.fence, flush=True)
    elif draw < 0.7:
        print("releasing", lease.bottle, lease.fence, flush=True)
        await store.bottles.release(person, lease.bottle, lease.fence, now_ms, RULES)


async def main(url: str, name: str, now_ms: int) -> None:
    random = Random(name)
    async with Database(url).open() as store:
        people = [PersonId(f"{name}-{number}") for number in range(CATCHERS)]
        await asyncio.gather(*(play(store, person, now_ms, random) for person in people))


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
