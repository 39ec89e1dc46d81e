"""A process that says things as fast as acks come, tells its parent, and waits to be killed.

A line is "told EPOCH SEQ" when the others would hear it and "acked EPOCH SEQ" when the author's ack would leave.
"""

import asyncio
import sys

from msgspec import structs

from nearby.testing.store_suite import Database
from nearby.testing.store_suite.given import ANA, NOW_MS, RULES, room, said, seen
from nearby.testing.store_suite.journal import commit


async def main(url: str) -> None:
    async with Database(url).open(gather_s=0.002) as store:
        kept = await store.take_over(NOW_MS, RULES)
        if not kept.rooms:
            await commit(store, seen(ANA), room())
        epoch, seq = (kept.rooms[0].room.epoch, kept.rooms[0].room.seq) if kept.rooms else (1, 0)
        while True:
            for _ in range(5):
                seq += 1
                store.journal.record(structs.replace(said(ANA, seq), epoch=epoch))
                print("told", epoch, seq, flush=True)
            await store.journal.durable()
            print("acked", epoch, seq, flush=True)


asyncio.run(main(sys.argv[1]))
