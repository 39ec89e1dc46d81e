import pytest

from nearby.core.rules import Rules
from nearby.sim.simulation.spam import TRICKS, Reached, spam

pytestmark = pytest.mark.timeout(180)

LIMIT = 15
"""A third of the product's, for a crowd that is as much smaller."""


@pytest.fixture(scope="module")
def rows() -> list[Reached]:
    return spam(people=14, hours=1.1, seed=1, limit=LIMIT)


def test_no_trick_reaches_more_strangers_than_promised_and_without_the_count_some_do(rows: list[Reached]) -> None:
    *tricks, board = rows
    assert [row.trick for row in tricks] == list(TRICKS)
    assert max(row.with_count for row in tricks) == LIMIT
    assert max(row.without_count for row in tricks) > LIMIT
    assert board.with_count > 2 * LIMIT


def test_nothing_is_refused_that_would_reach_no_more_strangers_than_promised(rows: list[Reached]) -> None:
    *tricks, _ = rows
    assert [row.needless for row in tricks] == [0] * len(TRICKS)
    assert max(row.said for row in tricks) < 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whoever_waits_may_always_speak(seed: int) -> None:
    # Seven seats for 15 min each are 28 newcomers an hour, however large the crowd: with those who sat there before
    # 35, fewer than the product's limit. In twenty crowds it was 36 at most.
    (waits, _) = spam(people=14, hours=1.1, seed=seed, tricks=["waits for newcomers"])
    assert waits.without_count > Rules().capacity
    assert waits.with_count == waits.without_count
    assert waits.said == 1
