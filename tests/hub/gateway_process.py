"""A gateway as a process of its own, to be killed: it attaches people and seats them in a room, and says so.

Arguments: the hub's URL, its tag, the time in ms, the room, and the people.
"""

import asyncio
import itertools
import os
import sys

from nearby.core.ids import ConnectionId, PersonId, RoomId
from nearby.hub.base import Caller
from nearby.hub.valkey.opening import open_hub
from nearby.testing.hub_suite.given import HERE, RULES
from nearby.testing.live import SECRET
from nearby.testing.recorder import Recorder


async def main(url: str, tag: str, at: str, room: str, people: list[str]) -> None:
    now_ms, numbers, recorder = int(at), itertools.count(), Recorder()
    hub = await open_hub(
        url,
        tag,
        RULES,
        recorder,
        secret=SECRET,
        draw_id=lambda: f"far{os.getpid()}x{next(numbers)}",
        now_ms=now_ms,
    )
    for name in people:
        caller, connection = Caller(PersonId(name)), ConnectionId(f"{name}-far")
        recorder.open(connection)
        await hub.attach(caller, connection, None, now_ms)
        await hub.check_in(caller, HERE, now_ms)
        assert await hub.seat(caller.person, RoomId(room), "new", now_ms)
    print(hub.gateway, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:]))
