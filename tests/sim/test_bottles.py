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
    "a third as many bottles": replace(SEA, throws_per_day=0.17),
    "thrice as many bottles and twice the catches": replace(SEA, people=200, throws_per_day=1.5, catches_per_day=8),
    "a third of people established": replace(SEA, established=0.33),
}


def run(name: str, sea: Sea, days: int = 3, seeds: int = 1) -> Sequence[Day]:
    """Return the days of several runs, added up."""
    runs = [days_of(sea, RULES, days=days, seed=seed) for seed in range(seeds)]
    found = [
        Day(
            catches=sum(day.catches for day in same),
            spam=sum(day.spam for day in same),
            empty_handed=sum(day.empty_handed for day in same),
            never_caught=same[0].never_caught,
        )
        for same in zip(*runs, strict=True)
    ]
    print(f"{name}: spam by day " + ", ".join(f"{day.share:.2%} of {day.catches}" for day in found))
    return found


@pytest.mark.parametrize("name", SEAS)
def test_after_a_day_less_than_one_catch_in_a_hundred_is_spam(name: str) -> None:
    first, *later = run(name, SEAS[name], seeds=4)
    assert first.share > 0.01
    assert all(day.catches > 1_000 and day.share < 0.01 for day in later)


def test_where_a_fifth_of_catchers_report_it_takes_two_days() -> None:
    _, second, third = run("a fifth of catchers report", replace(SEA, reports=0.2), seeds=4)
    assert third.share < 0.01
    assert second.share < 0.03


def test_without_passing_over_authors_in_doubt_it_would_be_one_in_ten() -> None:
    days = run("reports freeze their bottle alone", replace(SEA, passes_over_the_doubted=False))
    assert all(day.share > 0.1 for day in days)


def test_spammers_who_come_back_after_a_reports_time_do_so_once_in_a_month() -> None:
    days = run("thirty days", replace(SEA, people=300), days=30)
    assert days[3].share > 0.01
    assert all(day.share < 0.01 for day in days[5:])
    after_the_first = days[1:]
    assert sum(day.spam for day in after_the_first) < 0.01 * sum(day.catches for day in after_the_first)


def test_without_spammers_there_is_no_spam_and_malice_costs_few_bottles() -> None:
    days = run("no spammers", replace(SEA, spammers=0.0), days=6)
    assert not any(day.spam for day in days)
    assert all(day.never_caught is not None and day.never_caught < 0.02 for day in days[:3])


def test_a_day_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert days_of(SEA, RULES, days=1, seed=1) == days_of(SEA, RULES, days=1, seed=1)
    assert days_of(SEA, RULES, days=1, seed=1) != days_of(SEA, RULES, days=1, seed=2)


def test_more_bottles_than_catches_leave_none_for_dead_while_it_lives() -> None:
    """In a sea with too much in it, whose bottle is caught is chance: as large a share of each day's."""
    crowded = replace(SEA, people=300, throws_per_day=2, catches_per_day=1, spammers=0.0)
    days = run("twice as many bottles as catches", crowded, days=9)
    never = [day.never_caught for day in days[2:6]]
    print("never caught by day thrown: " + ", ".join(f"{share:.0%}" for share in never if share is not None))
    assert all(share is not None and 0.3 < share < 0.7 for share in never)
