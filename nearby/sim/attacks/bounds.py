"""How sure a figure is: one-sided 99 % bounds and p-values, each exact or by permutation.

A gate holds for the bound and not for the figure, so that a small run cannot pass by luck.
"""

from collections.abc import Iterable, Sequence
from math import exp, lgamma, log, log1p, sqrt
from operator import mul
from random import Random

SURE = 0.99
Z_SURE = 2.326
"""The normal quantile of ``SURE``, on one side."""
MANY_HITS = 400
RESAMPLES = 2_000
REDRAWS = 1_000


def share_at_most(hits: int, of: int, *, sure: float = SURE) -> float:
    """Return the upper bound of a share: the true one is below it with probability ``sure``.

    By Clopper and Pearson, exact; of many hits by Wilson, which is then the same to three digits.
    """
    if hits >= of:
        return 1.0
    if min(hits, of - hits) > MANY_HITS and sure == SURE:
        return _wilson(hits / of, of, Z_SURE)[1]
    low, high = hits / of, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if _at_most(hits, of, middle) > 1 - sure:
            low = middle
        else:
            high = middle
    return high


def share_at_least(hits: int, of: int, *, sure: float = SURE) -> float:
    """Return the lower bound of a share."""
    return 1.0 - share_at_most(of - hits, of, sure=sure)


def advantage_at_most(hits: int, of: int, false_hits: int, of_false: int, *, z: float = Z_SURE) -> float:
    """Return the upper bound of the difference of two independent shares, by Newcombe's tenth method (1998).

    Args:
        hits: Times "yes" was right.
        of: Of how many.
        false_hits: Times "yes" was wrong.
        of_false: Of how many.
        z: The normal quantile of how sure.
    """
    share, false_share = hits / of, false_hits / of_false
    _, upper = _wilson(share, of, z)
    false_lower, _ = _wilson(false_share, of_false, z)
    return share - false_share + sqrt((upper - share) ** 2 + (false_share - false_lower) ** 2)


Missed = Sequence[Sequence[tuple[float, float]]]
"""Trial by trial, pairs of an attack's error and the error of guessing."""


def ratio_of_medians(trials: Missed) -> float:
    """Return the median error of an attack over that of guessing."""
    pairs = [pair for trial in trials for pair in trial]
    return median([error for error, _ in pairs]) / median([guessed for _, guessed in pairs])


def median_ratio_at_least(trials: Missed, random: Random, *, sure: float = SURE) -> float:
    """Return the lower bound of ``ratio_of_medians``, by the bootstrap over trials."""
    ratios = sorted(ratio_of_medians(random.choices(trials, k=len(trials))) for _ in range(REDRAWS))
    return ratios[int((1 - sure) * REDRAWS)]


def median(values: Sequence[float]) -> float:
    """Return the middle of the values, the mean of the two middle ones of an even number."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def uniform_p(shares: Sequence[float]) -> float:
    """Return the p-value of Kolmogorov and Smirnov's test that numbers in [0, 1] are uniform.

    By the limit distribution with Stephens' correction (1970): within 1 % from ten numbers on.
    """
    ordered, count = sorted(shares), len(shares)
    gap = max(max((i + 1) / count - x, x - i / count) for i, x in enumerate(ordered))
    scaled = (sqrt(count) + 0.12 + 0.11 / sqrt(count)) * gap
    terms = (2 * (-1) ** (k - 1) * exp(-2 * k * k * scaled * scaled) for k in range(1, 101))
    return 1.0 if scaled < 0.2 else max(0.0, min(1.0, sum(terms)))


def order_p(groups: Sequence[Sequence[float]], random: Random, *, permutations: int = RESAMPLES) -> float:
    """Return the two-sided p-value of ``rank_correlation`` under all orders within each group; never 0.

    Args:
        groups: Values in the order they were seen, group by group.
        random: The source of chance.
        permutations: How many orders are tried; the p-value is no smaller than one over that.
    """
    ranked = [_ranks(group) for group in groups if len(group) > 1]
    seen = abs(_correlation(ranked))
    draw = random.random
    extreme = 0
    for _ in range(permutations):
        shuffled = (sorted(ranks, key=lambda _: draw()) for ranks in ranked)
        extreme += abs(_correlation(shuffled)) >= seen - 1e-9
    return (extreme + 1) / (permutations + 1)


def rank_correlation(groups: Sequence[Sequence[float]]) -> float:
    """Return the mean over groups of Spearman's correlation between a value and its place; 0 for groups under two."""
    return _correlation(_ranks(group) for group in groups if len(group) > 1) / max(1, len(groups))


def _ranks(group: Sequence[float]) -> list[int]:
    """Return the rank of each value, from 0 on; of equal ones the first is lower."""
    ranks = [0] * len(group)
    for rank, place in enumerate(sorted(range(len(group)), key=group.__getitem__)):
        ranks[place] = rank
    return ranks


def _correlation(ranked: Iterable[Sequence[int]]) -> float:
    """Return the sum over groups, each of two ranks at least, of the correlation between a rank and its place."""
    total = 0.0
    for ranks in ranked:
        count = len(ranks)
        middle = (count - 1) / 2
        spread = count * (count * count - 1) / 12
        total += (sum(map(mul, ranks, range(count))) - count * middle * middle) / spread
    return total


def _wilson(share: float, of: int, z: float) -> tuple[float, float]:
    centre = share + z * z / (2 * of)
    spread = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return (centre - spread) / scale, (centre + spread) / scale


def _at_most(hits: int, of: int, share: float) -> float:
    """Return the probability of at most ``hits`` of ``of``."""
    if share <= 0.0:
        return 1.0
    if share >= 1.0:
        return 0.0
    whole = lgamma(of + 1)
    return sum(
        exp(whole - lgamma(k + 1) - lgamma(of - k + 1) + k * log(share) + (of - k) * log1p(-share))
        for k in range(hits + 1)
    )
