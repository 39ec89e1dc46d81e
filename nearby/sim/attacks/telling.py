"""Telling two conditions apart from whatever was seen under each, and how well that went.

How well is the area under the curve (AUC): the chance that of two trials, one of each condition, the attacker ranks
the right one higher. 0.5 is a guess.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from math import comb, sqrt
from statistics import pvariance

from nearby.sim.attacks.bounds import Z_SURE, share_at_most

Seen = Mapping[str, float]
"""What was seen in one trial: a number by what it is of. What is not there counts as ``NOTHING``."""

NOTHING = -1.0
CLEAR = 2.0
"""Numbers that were off a guess by fewer standard errors while learning say nothing."""


def auc(ones: Sequence[float], others: Sequence[float]) -> float:
    """Return the chance that one of ``ones`` is greater than one of ``others``, equal ones counted half."""
    return sum(_places(ones, others)) / len(ones)


def auc_at_most(ones: Sequence[float], others: Sequence[float], *, z: float = Z_SURE) -> float:
    """Return the upper bound of the AUC, by the variance of DeLong et al. (1988).

    Of values that are all the same that variance is 0, which proves too much: so the bound is at least what would be
    if as large a share of trials differed as is not ruled out by none that did.
    """
    above, below = _places(ones, others), _places(others, ones)
    spread = sqrt(pvariance(above) / len(ones) + pvariance(below) / len(others))
    unseen = share_at_most(0, min(len(ones), len(others))) / 2
    return min(1.0, max(auc(ones, others) + z * spread, 0.5 + unseen))


def told_apart_p(ones: Sequence[float], others: Sequence[float]) -> float:
    """Return how likely ``ones`` rank as high as they do, or higher, if the condition makes no difference.

    Exact, whatever is equal: of all ways to choose as many of the values. Half a second for 120 of them.
    """
    ordered = sorted((*ones, *others))
    ranks = [bisect_left(ordered, value) + bisect_right(ordered, value) for value in (*ones, *others)]
    # By how many are chosen: a number that counts, in a digit for each sum of ranks, the ways that come to it. No digit
    # overflows, since all ways together are no more than 2 to the number of values.
    digit = len(ranks) + 1
    ways = [1] + [0] * len(ones)
    for rank in ranks:
        for chosen in range(len(ones), 0, -1):
            ways[chosen] += ways[chosen - 1] << (digit * rank)
    as_high = _digits_sum(ways[-1] >> digit * sum(ranks[: len(ones)]), digit)
    return as_high / comb(len(ranks), len(ones))


def _digits_sum(number: int, digit: int) -> int:
    """Return the sum of a number's digits of so many bits."""
    total = 0
    while number:
        total += number & (1 << digit) - 1
        number >>= digit
    return total


def learnt(ones: Sequence[Seen], others: Sequence[Seen]) -> Callable[[Seen], float]:
    """Return how an attacker who knows these trials ranks others: the higher, the more like ``ones``.

    Each number counts by its rank among those known, and by how well it alone told them apart; what was within a few
    standard errors of a guess does not count, unless nothing else does.
    """
    names = sorted({name for trial in (*ones, *others) for name in trial})
    error = sqrt((len(ones) + len(others) + 1) / (12 * len(ones) * len(others)))
    known, weights = dict[str, list[float]](), dict[str, float]()
    for name in names:
        column, other = ([trial.get(name, NOTHING) for trial in trials] for trials in (ones, others))
        known[name] = sorted((*column, *other))
        weights[name] = auc(column, other) - 0.5
    best = max(map(abs, weights.values()), default=0.0)
    counting = {name: weight for name, weight in weights.items() if abs(weight) >= min(best, CLEAR * error)}

    def rank(trial: Seen) -> float:
        return sum(weight * _rank(trial.get(name, NOTHING), known[name]) for name, weight in counting.items())

    return rank


def _rank(value: float, ordered: Sequence[float]) -> float:
    """Return where a value stands among ordered ones, from 0 to 1."""
    return (bisect_left(ordered, value) + bisect_right(ordered, value)) / (2 * len(ordered))


def _places(ones: Sequence[float], others: Sequence[float]) -> list[float]:
    """Return for each of ``ones`` the share of ``others`` that is smaller."""
    ordered = sorted(others)
    return [_rank(one, ordered) for one in ones]
