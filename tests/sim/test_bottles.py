"""What share of catches is spam, by the rules and by what is assumed of people. Run with ``-s`` to see the figures."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from nearby.core.rules import Rules
from nearby.sim.bottles import Day, Sea, days_of

RULES = Rules()
SEA = Sea(people=600)
SEAS = {
    "as assumed": SEA,
    "a fifth of catchers report": replace(SEA, reports=0.2),
    "a third as many bottles": replace(SEA, throws_per_day=0.17),
    "thrice as many bottles and twice the catches": replace(SEA, throws_per_day=1.5, catches_per_day=8),
    "a third of people established": replace(SEA, established=0.33),
}


def run(name: str, sea: Sea, days: int = 3) -> Sequence[Day]:
    found = days_of(sea, RULES, days=days, seed=7)
    print(f"{name}: spam by day " + ", ".join(f"{day.share:.2%} of {day.catches}" for day in found))
    return found


@pytest.mark.parametrize("name", SEAS)
def test_after_a_day_less_than_one_catch_in_a_hundred_is_spam(name: str) -> None:
    first, *later = run(name, SEAS[name])
    assert first.spam
    assert all(day.catches > 300 and day.share < 0.01 for day in later)


def test_without_passing_over_authors_in_doubt_it_would_be_one_in_ten() -> None:
    days = run("reports freeze their bottle alone", replace(SEA, passes_over_the_doubted=False))
    assert all(day.share > 0.1 for day in days)


def test_spammers_who_come_back_after_a_reports_time_are_caught_less_and_then_no_more() -> None:
    days = run("nine days", SEA, days=9)
    assert 0.01 < days[3].share < days[0].share
    assert all(day.share < 0.01 for day in days[5:])


def test_without_spammers_there_is_no_spam_and_malice_costs_few_bottles() -> None:
    days = run("no spammers", replace(SEA, spammers=0.0), days=6)
    assert not any(day.spam for day in days)
    assert all(day.never_caught is not None and day.never_caught < 0.02 for day in days[:3])


def test_a_day_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert days_of(SEA, RULES, days=1, seed=1) == days_of(SEA, RULES, days=1, seed=1)
    assert days_of(SEA, RULES, days=1, seed=1) != days_of(SEA, RULES, days=1, seed=2)


def test_more_bottles_than_catches_leave_none_for_dead_while_it_lives() -> None:
    """In a sea with too much in it, whose bottle is caught is chance: as large a share of each day's."""
    crowded = replace(SEA, throws_per_day=2, catches_per_day=1, spammers=0.0)
    days = run("twice as many bottles as catches", crowded, days=9)
    never = [day.never_caught for day in days[2:6]]
    print("never caught by day thrown: " + ", ".join(f"{share:.0%}" for share in never if share is not None))
    assert all(share is not None and 0.3 < share < 0.7 for share in never)
