"""Telling two conditions apart, against brute force and against conditions that are made to differ or not."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.sim.attacks.telling import Seen, auc, auc_at_most, learnt, told_apart_p

values = st.lists(st.integers(0, 9).map(float), min_size=1, max_size=12)


@given(values, values)
def test_the_area_is_how_often_one_beats_another(ones: list[float], others: list[float]) -> None:
    wins = sum((one > other) + (one == other) / 2 for one in ones for other in others)
    assert auc(ones, others) == pytest.approx(wins / (len(ones) * len(others)))


@given(values, values)
def test_the_bound_is_no_lower_than_the_area_and_no_higher_than_one(ones: list[float], others: list[float]) -> None:
    assert auc(ones, others) <= auc_at_most(ones, others) + 1e-12
    assert 0.5 < auc_at_most(ones, others) <= 1.0


def test_the_bound_covers_the_truth_as_often_as_it_says() -> None:
    random = Random(3)
    # Of two normals of width 1 whose means are 0.5 apart one beats the other 0.638 times.
    missed = sum(
        auc_at_most([random.gauss(0.5) for _ in range(80)], [random.gauss() for _ in range(80)]) < 0.638
        for _ in range(1_000)
    )
    assert missed <= 25


def test_values_that_are_all_the_same_prove_only_as_much_as_there_are_of_them() -> None:
    assert auc([1.0] * 10, [1.0] * 10) == 0.5
    assert auc_at_most([1.0] * 10, [1.0] * 10) > 0.65
    assert auc_at_most([1.0] * 1_000, [1.0] * 1_000) < 0.503


def test_a_difference_is_told_from_none() -> None:
    random = Random(4)
    others = [random.gauss() for _ in range(60)]
    assert told_apart_p([random.gauss(1.0) for _ in range(60)], others) < 0.001
    assert told_apart_p([random.gauss() for _ in range(60)], others) > 0.01


@given(st.lists(st.integers(0, 5), min_size=1, max_size=5), st.lists(st.integers(0, 5), min_size=1, max_size=5))
def test_how_likely_a_difference_is_by_chance_agrees_with_a_look_at_all_choices(
    ones: list[float], others: list[float]
) -> None:
    values = [*ones, *others]
    ranks = [sum((other < value) + (other == value) / 2 for other in values) for value in values]
    sums = [sum(chosen) for chosen in combinations(ranks, len(ones))]
    assert told_apart_p(ones, others) == sum(one >= sums[0] for one in sums) / len(sums)


def trials(random: Random, count: int, *, shift: float = 0.0, code: float | None = None) -> list[Seen]:
    """Return trials of many numbers that say nothing and one that is shifted, or one that is there or not."""
    noise = [{f"noise {number}": random.gauss() for number in range(20)} for _ in range(count)]
    return [one | {"shifted": random.gauss(shift)} | ({} if code is None else {"code": code}) for one in noise]


def judged(random: Random, **differ: float) -> float:
    rank = learnt(trials(random, 100, **differ), trials(random, 100))
    return auc([rank(one) for one in trials(random, 300, **differ)], [rank(one) for one in trials(random, 300)])


def test_what_is_learnt_ranks_new_trials_by_whatever_differs() -> None:
    assert judged(Random(5), code=0.0) == 1.0
    assert judged(Random(6), shift=1.0) > 0.7


def test_where_nothing_differs_nothing_is_learnt() -> None:
    assert abs(judged(Random(7)) - 0.5) < 0.06
    assert learnt([{}, {}], [{}, {}])({"new": 1.0}) == 0
