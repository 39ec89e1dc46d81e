"""What brigades achieve against one innocent person: less than they would like, and never by guests."""

import pytest

from nearby.testing.privacy.brigades import Brigade, Outcome, besiege

RUNS, PEOPLE = 4, 12


async def outcomes(count: int, hours: float, *, are_established: bool) -> list[Outcome]:
    return await besiege(Brigade(count, are_established), people=PEOPLE, runs=RUNS, hours=hours, seed=1)


@pytest.mark.timeout(120)
async def test_guests_report_in_agreement_and_nothing_comes_of_it() -> None:
    found = await outcomes(5, 1.0, are_established=False)
    assert sum(one.reports for one in found) >= RUNS
    assert [(one.removed_ms, one.suspended_ms) for one in found] == [([], 0)] * RUNS


@pytest.mark.timeout(120)
async def test_five_established_remove_somebody_twice_at_most_and_suspend_nobody() -> None:
    found = await outcomes(5, 2.0, are_established=True)
    assert 0 < max(len(one.removed_ms) for one in found) <= 2
    assert [one.suspended_ms for one in found] == [0] * RUNS
    assert all(one.reports == one.spent <= 5 for one in found)


@pytest.mark.timeout(180)
async def test_six_established_over_three_rooms_suspend_for_a_day() -> None:
    found = await outcomes(6, 2.0, are_established=True)
    suspended = [one.suspended_ms / 3_600_000 for one in found if one.suspended_ms]
    assert suspended
    assert all(23.5 < hours < 24.5 for hours in suspended)
