import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from nearby.store.sql.engine import make_engines
from nearby.store.sql.migrate import migrate
from nearby.testing.store_suite import Database

pytestmark = pytest.mark.timeout(180)
"""Each starts processes, which on a busy machine take seconds to be there."""

CHILD = Path(__file__).parent / "crashing_child.py"
ROOT = CHILD.parent.parent.parent
ROUNDS = 5


def run_until_killed(url: str, lines: int) -> list[tuple[str, int, int]]:
    """Let a child write, kill it while it does, and return everything it had told by then."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), url],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with child:
        assert child.stdout is not None
        told = [child.stdout.readline() for _ in range(lines)]
        child.kill()
        told.extend(child.stdout)
    words = [line.split() for line in told if line.endswith("\n")]
    return [(what, int(epoch), int(seq)) for what, epoch, seq in words]


async def test_nothing_acknowledged_is_missing_after_a_kill_and_no_position_is_used_twice(empty_url: str) -> None:
    database, random = Database(empty_url), Random(7)
    engines = await make_engines(empty_url)
    await migrate(engines)
    await engines.dispose()
    told: list[tuple[int, int]] = []
    for _ in range(ROUNDS):
        lines = run_until_killed(empty_url, random.randrange(1, 60))
        told.extend((epoch, seq) for what, epoch, seq in lines if what == "told")
        acked = {(epoch, seq) for what, epoch, seq in lines if what == "acked"}
        written = {(row["epoch"], row["seq"]) for row in await database.rows("room_log")}
        assert acked <= written
        assert {seq for _, seq in written} == set(range(1, len(written) + 1))
    assert len(told) == len(set(told))
    assert {epoch for epoch, _ in told} == set(range(1, ROUNDS + 1))
