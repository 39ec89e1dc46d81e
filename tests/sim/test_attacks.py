"""What the attacks compute, against values by hand, by brute force, or from tables."""

from itertools import permutations, product
from math import comb, cos, hypot, pi, sin
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.sim.attacks.bounds import (
    advantage_at_most,
    median,
    median_ratio_at_least,
    order_p,
    rank_correlation,
    ratio_of_medians,
    share_at_least,
    share_at_most,
    uniform_p,
)
from nearby.sim.attacks.linking import LINKERS, Sighting, apart, most_alike
from nearby.sim.attacks.locating import Bisection, by_distances, numbers_in, weighted_middle


@given(st.integers(1, 60).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_bound_of_a_share_is_where_so_few_hits_become_unlikely(hits_of: tuple[int, int]) -> None:
    hits, of = hits_of
    bound = share_at_most(hits, of)
    assert hits / of <= bound <= 1.0
    if hits < of:
        as_few = sum(comb(of, k) * bound**k * (1 - bound) ** (of - k) for k in range(hits + 1))
        assert as_few == pytest.approx(0.01, rel=1e-6)
    assert share_at_least(of - hits, of) == pytest.approx(1 - bound)


def test_the_bounds_of_many_and_of_few_hits_meet() -> None:
    assert share_at_most(400, 2_000) == pytest.approx(share_at_most(401, 2_005), abs=1e-3)


def test_an_advantage_is_bounded_by_newcombe_s_published_example() -> None:
    # Newcombe 1998, Table II: 56/70 against 48/80, two-sided 95 %: up to 0.3339.
    assert advantage_at_most(56, 70, 48, 80, z=1.96) == pytest.approx(0.3339, abs=1e-4)


def test_the_test_of_evenness_knows_the_published_critical_value() -> None:
    # Massey 1951: for n = 20 the gap 0.294 has p = 0.05.
    places = [(i + 0.5) / 20 for i in range(20)]
    pushed = [min(1.0, place + 0.294 - 0.025) for place in places]
    assert uniform_p(pushed) == pytest.approx(0.05, abs=0.01)
    assert uniform_p(places) == 1.0
    assert uniform_p([0.5] * 20) < 1e-3


def test_an_order_that_means_something_is_told_from_one_that_does_not() -> None:
    random = Random(1)
    sorted_groups = [sorted(random.random() for _ in range(5)) for _ in range(20)]
    mixed = [[random.random() for _ in range(5)] for _ in range(20)]
    assert rank_correlation(sorted_groups) == 1.0
    assert order_p(sorted_groups, random, permutations=500) == pytest.approx(1 / 501)
    assert order_p(mixed, random, permutations=500) > 0.05
    assert rank_correlation([[1.0], []]) == 0.0
    assert rank_correlation([[3.0, 2.0, 1.0], [5.0]]) == -0.5


def test_how_likely_an_order_is_by_chance_agrees_with_a_look_at_all_orders() -> None:
    random = Random(2)
    for _ in range(5):
        groups = [[random.random() for _ in range(3)] for _ in range(2)]
        orders = [rank_correlation(pair) for pair in product(*(list(permutations(group)) for group in groups))]
        as_far = [abs(one) >= abs(rank_correlation(groups)) - 1e-9 for one in orders]
        assert order_p(groups, random, permutations=4_000) == pytest.approx(sum(as_far) / len(as_far), abs=0.04)


def test_the_ratio_of_medians_has_its_bound_below_it() -> None:
    random = Random(2)
    trials = [[(error, 1.0)] for error in (random.uniform(0.9, 1.1) for _ in range(200))]
    assert median([1.0, 3.0, 2.0]) == 2.0
    assert median([1.0, 2.0]) == 1.5
    assert 0.97 < median_ratio_at_least(trials, random) < ratio_of_medians(trials) < 1.03


@given(st.floats(-5e3, 5e3), st.floats(-5e3, 5e3), st.integers(3, 30))
def test_exact_distances_find_the_point(x: float, y: float, count: int) -> None:
    probes = [(3e3 * cos(2 * pi * i / count), 3e3 * sin(2 * pi * i / count)) for i in range(count)]
    found = by_distances(probes, [hypot(x - px, y - py) for px, py in probes], (0.0, 0.0))
    assert hypot(found[0] - x, found[1] - y) < 1.0


def test_the_middle_of_nothing_is_what_was_given_for_it() -> None:
    assert weighted_middle([(0.0, 0.0), (2.0, 4.0)], [1, 1], (9.0, 9.0)) == (1.0, 2.0)
    assert weighted_middle([(0.0, 0.0)], [0], (9.0, 9.0)) == (9.0, 9.0)


@given(st.floats(1.0, 999.0))
def test_a_bisection_closes_in_on_the_flip(edge: float) -> None:
    bisection = Bisection((0.0, 0.0), (1_000.0, 0.0), within_m=0.1)
    asked = 0
    while (spot := bisection.asks) is not None:
        bisection.tell(spot[0] < edge)
        asked += 1
    flip = bisection.flip()
    assert flip is not None
    assert flip.inner[0] <= edge <= flip.outer[0] + 1e-9
    assert flip.outer[0] - flip.inner[0] <= 0.1
    assert asked <= 2 + 14


def test_a_bisection_between_equal_answers_is_over_at_once() -> None:
    bisection = Bisection((0.0, 0.0), (1.0, 0.0), within_m=0.1)
    bisection.tell("same")
    bisection.tell("same")
    assert bisection.asks is None
    assert bisection.flip() is None


def test_every_number_of_an_answer_is_found_by_where_it_stands() -> None:
    answer = {"type": "placed", "seq": 3, "quiet": True, "members": [{"name": "Ana"}, {"age": 1.5}]}
    assert numbers_in(answer) == {"/seq": 3.0, "/quiet": 1.0, "/members/1/age": 1.5, "/members#": 2.0}


@pytest.mark.parametrize("linker", LINKERS)
def test_each_linker_finds_who_has_not_changed(linker: str) -> None:
    others = [
        Sighting(
            member=f"{n}bc", name=f"Calm {n}", room=f"{n}r", place=n, arrived=n, came_share=n / 9, left_share=n / 9
        )
        for n in range(8)
    ]
    assert most_alike(others[5], others, LINKERS[linker], Random(0)) is others[5]


def test_moments_are_compared_around_the_window_s_end() -> None:
    assert apart(0.95, 0.05) == pytest.approx(0.1)
    unseen = Sighting("a", "Calm Fox", "r", 0, 0, 0.0, None)
    assert LINKERS["moments of leaving"](unseen, unseen) == -1.0
