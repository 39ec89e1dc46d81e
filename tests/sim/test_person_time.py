import pytest

from nearby.sim.person_time import PersonTime


def test_nobody_spent_no_time_in_company() -> None:
    assert PersonTime().share_in_company() == 0


def test_company_begins_with_two_and_time_adds_up_by_size_and_by_rung() -> None:
    time = PersonTime()
    time.add(1, 5, 10)
    time.add(2, 7, 10)
    time.add(8, 7, 20)
    assert time.share_in_company() == pytest.approx(0.75)
    assert dict(time.by_size_s) == {1: 10, 2: 10, 8: 20}
    assert dict(time.by_resolution_s) == {5: 10, 7: 30}
