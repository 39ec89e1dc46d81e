import pytest

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


def test_whoever_waits_may_speak_most_of_the_time(rows: list[Reached]) -> None:
    assert rows[0].with_count <= LIMIT
    assert rows[0].said > 0.5
