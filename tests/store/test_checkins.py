from collections.abc import Collection, Sequence

import pytest

from nearby.core.ids import Cell, PersonId
from nearby.errors import StoreDown
from nearby.store.sql.checkin_writer import Row
from nearby.store.sql.checkins import SqlCheckInLog, WindowKeys
from nearby.testing.store_suite.base import Heard
from nearby.testing.store_suite.given import ANA, BEN, HERE, NOW_MS

WINDOW_MS = 600_000


class Unreachable:
    """A database that is away."""

    chunk = 10

    async def write(self, rows: Sequence[Row], new_cells: Collection[Cell], new_days: Collection[int]) -> None:
        raise StoreDown

    async def close(self) -> None:
        pass


async def test_a_full_queue_drops_its_newest_rows_and_counts_them() -> None:
    heard = Heard()
    log = SqlCheckInLog(Unreachable(), heard, draw_key=lambda: bytes(32), max_waiting=3)
    for number in range(5):
        log.note(PersonId(f"p{number}"), HERE.res7, NOW_MS, is_established=True)
    with pytest.raises(StoreDown):
        await log.flush()
    found = log.statistics()
    assert (found.waiting, found.dropped, heard.drops) == (3, 2, [("drop_newest", 1)] * 2)


def test_a_windows_key_tells_people_apart_and_dies_with_the_window() -> None:
    drawn = [b"1" * 32, b"2" * 32]
    keys = WindowKeys(lambda: drawn.pop(0))
    first = keys.hash(ANA, 0)
    assert first == keys.hash(ANA, 0) != keys.hash(BEN, 0)
    assert keys.hash(ANA, WINDOW_MS) != first
    assert keys.hash(ANA, 0) is None
    keys.end(WINDOW_MS)
    assert keys.hash(ANA, WINDOW_MS) is None
    keys.end(0)
    assert not drawn
