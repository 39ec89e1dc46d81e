"""The journal rests after a commit that took long, unless somebody waits for the next one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from nearby.store.base import StoreEvents
from nearby.store.sql.journal import SqlJournal
from nearby.testing.store_suite.base import Heard
from nearby.testing.store_suite.given import ANA, BEN, seen
from nearby.testing.waiting import eventually

LONG_S = 3_600.0
A_TURN_S = 0.01
"""What the disk below takes, so that a rest of many times as much lasts longer than any test."""


class SlowDisk:
    """A writer whose every group takes a moment, and that counts the rows. Nothing of it is refused or lost."""

    def __init__(self) -> None:
        self.rows = 0

    async def write(self, steps: Sequence[tuple[type, Sequence[Any]]]) -> None:
        """Take a group."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        loop.call_later(A_TURN_S, done.set_result, None)
        await done
        self.rows += sum(len(rows) for _, rows in steps)

    async def write_what_is_accepted(self, steps: Sequence[tuple[type, Sequence[Any]]]) -> int:
        """Nothing is refused."""
        raise AssertionError

    async def own(self) -> bool:
        """Nobody else does."""
        return True

    async def check(self) -> None:
        """Groups can be written."""

    async def close(self) -> None:
        """Nothing is open."""

    async def wait_written(self, rows: int) -> None:
        """Return when so many rows were written in all."""

        async def written() -> int:
            return self.rows

        await eventually(written, lambda found: found == rows, what="the rows written")


@asynccontextmanager
async def journal(
    disk: SlowDisk, *, rest_most_s: float = LONG_S, crowd_rows: int = 1_000, crowd_most_s: float = LONG_S
) -> AsyncIterator[SqlJournal]:
    events: StoreEvents = Heard()
    opened = SqlJournal(
        disk,
        events,
        gather_s=0,
        rests=LONG_S / A_TURN_S,
        rest_most_s=rest_most_s,
        crowd_rows=crowd_rows,
        crowd_most_s=crowd_most_s,
        patience_s=LONG_S,
    )
    opened.start()
    try:
        yield opened
    finally:
        await opened.close()


async def test_a_group_that_nobody_waits_for_waits_for_more_after_one_that_took_long() -> None:
    disk = SlowDisk()
    async with journal(disk) as one:
        one.record(seen(ANA))
        await disk.wait_written(1)
        one.record(seen(BEN))
        other = SlowDisk()
        async with journal(other) as quicker:
            # Another one that never wrote has done so long before.
            quicker.record(seen(BEN))
            await other.wait_written(1)
        assert (disk.rows, one.statistics().waiting) == (1, 1)


async def test_whoever_waits_ends_the_rest() -> None:
    disk = SlowDisk()
    async with journal(disk) as one:
        one.record(seen(ANA))
        await one.durable()
        one.record(seen(BEN))
        await one.durable()
        assert disk.rows == 2


async def test_what_is_sent_in_a_turn_leaves_before_the_journal_begins() -> None:
    order: list[str] = []

    class Watched(SqlJournal):
        async def _gather(self) -> None:
            order.append("journal")
            await super()._gather()

    disk, loop = SlowDisk(), asyncio.get_running_loop()
    journal = Watched(disk, Heard(), gather_s=0)
    journal.start()
    try:
        for rows, person in enumerate((ANA, BEN), start=1):
            journal.record(seen(person))
            loop.call_soon(order.append, "sent")
            await disk.wait_written(rows)
    finally:
        await journal.close()
    # It looks once more as it closes.
    assert order == ["sent", "journal"] * 2 + ["journal"]


async def test_a_rest_has_an_end() -> None:
    disk = SlowDisk()
    async with journal(disk, rest_most_s=0.05) as one:
        for rows, person in enumerate((ANA, BEN), start=1):
            one.record(seen(person))
            await disk.wait_written(rows)


async def test_while_a_crowd_moves_its_rows_are_written_together() -> None:
    disk = SlowDisk()
    # Nobody at all is a crowd.
    async with journal(disk, crowd_rows=0) as one:
        one.record(seen(ANA))
        other = SlowDisk()
        async with journal(other) as quicker:
            quicker.record(seen(ANA))
            await other.wait_written(1)
        assert (disk.rows, one.statistics().waiting) == (0, 1)
        one.record(seen(BEN))
        await one.durable()
        assert (disk.rows, one.statistics().commits) == (2, 1)


async def test_a_crowd_that_does_not_stop_is_written_all_the_same() -> None:
    disk = SlowDisk()
    async with journal(disk, crowd_rows=0, crowd_most_s=0.05) as one:
        one.record(seen(ANA))
        await disk.wait_written(1)


async def test_what_waits_at_the_end_is_written_at_once() -> None:
    disk = SlowDisk()
    async with journal(disk) as one:
        one.record(seen(ANA))
        await one.durable()
        one.record(seen(BEN))
    assert disk.rows == 2
