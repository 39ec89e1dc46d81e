"""What is live in all slices together."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from nearby.hub.statistics import HubStatistics

K = TypeVar("K", int, str)


def total(of: Sequence[HubStatistics], moves: Mapping[str, int]) -> HubStatistics:
    """Return what is live in all of them. Somebody who is on the way from one to another may count in both."""
    return HubStatistics(
        people=sum(one.people for one in of),
        connections=sum(one.connections for one in of),
        rooms_by_size=_sum(one.rooms_by_size for one in of),
        held_seats=sum(one.held_seats for one in of),
        open_catchments=_sum(one.open_catchments for one in of),
        timers=sum(one.timers for one in of),
        shaking=sum(one.shaking for one in of),
        texts_held=_sum(one.texts_held for one in of),
        texts_watched=sum(one.texts_watched for one in of),
        texts_refused=sum(one.texts_refused for one in of),
        texts_dropped=sum(one.texts_dropped for one in of),
        attempts=_sum(one.attempts for one in of),
        moves=dict(moves),
    )


def _sum(tables: Iterable[Mapping[K, int]]) -> dict[K, int]:
    added: Counter[K] = Counter()
    for table in tables:
        added.update(table)
    return dict(added)
