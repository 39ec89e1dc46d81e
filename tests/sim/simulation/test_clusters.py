from itertools import permutations
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearby.sim.simulation.clusters import Points, balanced_clusters

points_and_capacity = st.tuples(
    st.lists(st.tuples(st.integers(-500, 500), st.integers(-500, 500)), min_size=1, max_size=30),
    st.integers(1, 8),
)


def cost(points: Points, clusters: list[int]) -> float:
    """Return the squared distances to the centres of clusters."""
    total = 0.0
    for cluster in set(clusters):
        theirs = points[[one == cluster for one in clusters]]
        total += float(((theirs - theirs.mean(axis=0)) ** 2).sum())
    return total


@given(points_and_capacity)
def test_clusters_are_within_capacity_and_sizes_differ_by_one_at_most(drawn: tuple[list[tuple[int, int]], int]) -> None:
    points, capacity = np.array(drawn[0], dtype=float), drawn[1]
    count = ceil(len(points) / capacity)
    clusters = balanced_clusters(points, points[:count], capacity)
    sizes = [clusters.count(cluster) for cluster in range(count)]
    assert len(clusters) == len(points)
    assert max(sizes) <= capacity
    assert max(sizes) - min(sizes) <= 1


def test_two_groups_that_stand_apart_are_two_clusters_wherever_it_starts() -> None:
    points = np.array([(x, 0.0) for x in (0, 1, 2, 1000, 1001, 1002)])
    clusters = balanced_clusters(points, points[[0, 1]], 3)
    assert len(set(clusters[:3])) == len(set(clusters[3:])) == 1
    assert clusters[0] != clusters[3]


def test_a_good_start_ends_where_trying_everything_does() -> None:
    points = np.array([(0, 0), (0, 10), (10, 0), (400, 0), (400, 10), (390, 0)], dtype=float)
    found = cost(points, balanced_clusters(points, points[[0, 3]], 3))
    best = min(cost(points, list(order)) for order in set(permutations([0, 0, 0, 1, 1, 1])))
    assert found == pytest.approx(best)


def test_more_points_than_seats_are_refused() -> None:
    points = np.zeros((5, 2))
    with pytest.raises(ValueError, match="may hold"):
        balanced_clusters(points, points[:2], 2)
