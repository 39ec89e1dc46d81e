"""Whoever is killed leaves no server behind."""

import asyncio
import subprocess
import sys
from pathlib import Path

from nearby.sim.child import bare_environment
from nearby.testing.waiting import eventually
from tests.documents import ROOT

STARTS_ONE_OF_EACH = """
import asyncio
from nearby.sim.child import own_server
from nearby.testing.postgres import own_postgres
from nearby.testing.redis import redis_server

async def main():
    async with own_server(key="a secret that only tests know, 32 bytes"), redis_server():
        print((postgres.directory / "data" / "postmaster.pid").read_text().split()[0], flush=True)
        await asyncio.Event().wait()

with own_postgres() as postgres:
    asyncio.run(main())
"""


async def test_whoever_is_killed_leaves_no_server_behind() -> None:
    with subprocess.Popen(  # noqa: ASYNC220
        (sys.executable, "-c", STARTS_ONE_OF_EACH), stdout=subprocess.PIPE, cwd=ROOT, env=bare_environment()
    ) as process:
        assert process.stdout is not None
        try:
            database = await asyncio.to_thread(process.stdout.readline)
            started = [*await asyncio.to_thread(children_of, process.pid), int(database)]
        finally:
            process.kill()
    assert len(started) >= len(("a server", "a hub", "a database"))

    await eventually(lambda: asyncio.to_thread(running, started), lambda left: not left, what="what was left behind")


def children_of(pid: int) -> list[int]:
    """Return the processes that any thread of one started."""
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def running(pids: list[int]) -> list[int]:
    return [pid for pid in pids if runs(pid)]


def runs(pid: int) -> bool:
    """Whether a process is there and does more than wait for somebody to ask how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
