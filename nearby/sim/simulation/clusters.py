"""What an optimiser who sees everything would do: balanced clusters of exact points, made anew every minute.

Balanced k-means (Malinen and Fränti, S+SSPR 2014): the centres of k-means, and between two steps an optimal
assignment of people to the seats of clusters instead of everybody to the nearest centre. As many clusters as the
people need rooms, sizes that differ by one at most. Each cluster keeps the room that most of its people sat in.
"""

from collections import Counter
from collections.abc import Sequence
from math import ceil, cos, radians

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from nearby.core.ids import Cell, PersonId
from nearby.core.rules import MINUTE_MS
from nearby.sim.crowd import METRES_PER_DEGREE
from nearby.sim.simulation.baseline import Baseline, Room

SNAPSHOT_MS = MINUTE_MS
STEPS = 5
"""Assignments a snapshot; more move hardly anybody."""

AT_MOST = 1_000
"""People in one catchment: an assignment takes time by the third power of them."""

_FORBIDDEN = 1e15

Points = NDArray[np.float64]


class BalancedClusters(Baseline):
    """Capacitated clustering of each snapshot; who comes between two waits for the next. Knows no conflicts."""

    _next_ms = 0

    def tick(self, now_ms: int) -> int:
        """Cluster everybody anew when it is time."""
        self._catch_up(now_ms)
        if now_ms < self._next_ms:
            return 0
        self._next_ms = now_ms - now_ms % SNAPSHOT_MS + SNAPSHOT_MS
        here: dict[Cell, list[PersonId]] = {}
        for person in (*self._room_of, *(one for one in self._waiting if one not in self._room_of)):
            here.setdefault(self._ground.catchment(person), []).append(person)
        decided = sum(len(people) for people in here.values())
        moving = [move for catchment, people in here.items() for move in self._moves(catchment, people)]
        # Everybody who moves stands up before anybody sits down, or rooms would be over capacity in between.
        for person, _, _ in moving:
            self._stand_up(person)
            self._history.rose(person)
        for person, room, why in moving:
            self._sit(person, room, why)
        self._waiting.clear()
        return decided

    def _moves(self, catchment: Cell, people: Sequence[PersonId]) -> list[tuple[PersonId, Room, str]]:
        """Return who of a catchment has to sit in which other room by a new clustering, and why.

        Raises:
            ValueError: There are too many.
        """
        if len(people) > AT_MOST:
            raise ValueError(f"clusters of more than {AT_MOST} people in one catchment take too long")
        count = ceil(len(people) / self.capacity)
        points = self._points(people)
        clusters = balanced_clusters(points, self._start(points, people, count), self.capacity)
        groups: list[list[PersonId]] = [[] for _ in range(count)]
        for person, cluster in zip(people, clusters, strict=True):
            groups[cluster].append(person)
        rooms = self._rooms_for(groups, catchment)
        return [
            (person, room, "moved" if person in self._room_of else "new")
            for group, room in zip(groups, rooms, strict=True)
            for person in group
            if self._room_of.get(person) is not room
        ]

    def _points(self, people: Sequence[PersonId]) -> Points:
        places = [self._ground.place(person) for person in people]
        scale = cos(radians(places[0].lat_deg))
        first_deg = places[0].lon_deg
        flat = [(one.lat_deg, ((one.lon_deg - first_deg + 180) % 360 - 180) * scale) for one in places]
        return np.array(flat) * METRES_PER_DEGREE

    def _start(self, points: Points, people: Sequence[PersonId], count: int) -> Points:
        """Return first centres: those of present rooms, and of people drawn by chance if there are too few."""
        rooms = dict.fromkeys(room for person in people if (room := self._room_of.get(person)) is not None)
        of = [self._room_of.get(person) for person in people]
        centres = [points[[room is one for one in of]].mean(axis=0) for room in rooms]
        fresh = self._random.sample(range(len(people)), min(count, len(people)))
        return np.array((centres + [points[index] for index in fresh])[:count])

    def _rooms_for(self, groups: Sequence[Sequence[PersonId]], catchment: Cell) -> list[Room]:
        """Return a room for each group: the one most of it sits in, if no other group has more of that room."""
        claims: list[tuple[int, int, str]] = []
        rooms: dict[str, Room] = {}
        for number, group in enumerate(groups):
            sat_in = [self._room_of[person] for person in group if person in self._room_of]
            rooms |= {room.id: room for room in sat_in if room.catchment == catchment}
            counts = Counter(room.id for room in sat_in)
            claims += [(-people, number, room_id) for room_id, people in counts.items()]
        given: dict[int, Room] = {}
        for _, number, room_id in sorted(claims):
            if number not in given and room_id in rooms:
                given[number] = rooms.pop(room_id)
        return [given[number] if number in given else self._open(catchment) for number in range(len(groups))]


def balanced_clusters(points: Points, centres: Points, capacity: int) -> list[int]:
    """Return the cluster of each point: sizes differ by one at most and are at most ``capacity``.

    Args:
        points: n points, a row each.
        centres: Where to start from, at least n / capacity of them.
        capacity: The largest size of a cluster.

    Raises:
        ValueError: The points do not fit.
    """
    n, k = len(points), len(centres)
    if n > k * capacity:
        raise ValueError("more points than the clusters may hold")
    seats = ceil(n / k)
    owner = np.repeat(np.arange(k), seats)
    # Everybody has a seat, and nobody is spread thinner than need be: of each cluster only the last may stay empty.
    empty = np.where(np.arange(k * seats) % seats == seats - 1, 0.0, _FORBIDDEN)
    clusters = np.zeros(n, dtype=np.int64)
    for _ in range(STEPS):
        squares = ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
        costs = np.vstack([squares[:, owner], np.repeat(empty[None, :], k * seats - n, axis=0)])
        _, columns = linear_sum_assignment(costs)
        before, clusters = clusters, owner[columns[:n]]
        centres = np.array([points[clusters == cluster].mean(axis=0) for cluster in range(k)])
        if (before == clusters).all():
            break
    return [int(cluster) for cluster in clusters]
