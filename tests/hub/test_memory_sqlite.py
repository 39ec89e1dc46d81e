"""A warm start through the real store."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from nearby.core.changes import Change
from nearby.core.kept import Kept
from nearby.testing.store_suite import Database
from tests.hub.restarts import BITING, Op, Side, assert_alike
from tests.hub.tables import Tables

OPS = 150


def in_order(kept: Kept) -> Kept:
    """Return the same rows, in an order of their own."""
    return replace(
        kept,
        presences=sorted(kept.presences, key=lambda row: row.person),
        recents=sorted(kept.recents, key=lambda row: row.person),
        rooms=sorted(kept.rooms, key=lambda room: room.room.room),
        catchments=sorted(kept.catchments),
        listed=frozenset(kept.listed),
        marks=sorted(kept.marks),
        conflicts=sorted(kept.conflicts),
        mutes=sorted(kept.mutes),
        refused_texts=sorted(kept.refused_texts),
    )


@pytest.mark.parametrize("seed", range(3))
async def test_a_database_gives_back_what_was_recorded_and_nobody_can_tell(tmp_path: Path, seed: int) -> None:
    database, tables, script = Database(f"sqlite:///{tmp_path}/nearby.db"), Tables(), Random(seed)
    async with database.open() as store:

        def record(change: Change) -> None:
            tables.record(change)
            store.journal.record(change)

        side = Side(Random(0), record=record)
        for _ in range(OPS):
            side.do(Op.drawn(script))
        # Raises if the database refused any row.
        await store.journal.durable()
    now_ms = side.world.now_ms
    for _ in range(2):
        async with database.open() as store:
            kept = await store.take_over(now_ms, BITING)
            assert in_order(kept) == in_order(tables.taken_over(now_ms, BITING))
    restarted = side.restarted(kept, tables.copy().record)
    assert_alike(side, restarted, [Op.drawn(script) for _ in range(OPS)])
