"""What a group of answers climbs together, if every reward is 0 or 1.

Answer i of N is right with probability p_i, and its weight is right(K) or wrong(K), where K is the
number of right answers in the whole group. Then the mean of (1/N) sum_i weight_i M_i is the
gradient of E[phi(K)] with phi(0) = 0 and phi(k+1) - phi(k) = (right(k+1) - wrong(k)) / N
(``eq:group-objective``). Probabilities may be complex, so that an objective can be differentiated
by a complex step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import comb, sqrt

import numpy as np

from utils.learning.assay import Law, Objective

Weight = Callable[[int], float]


def number_right(chances: Sequence) -> list:
    """P(K = k) for k = 0, ..., N, when answer i is right with probability ``chances[i]``."""
    law = [1]
    for p in chances:
        stay, rise = [(1 - p) * x for x in law] + [0], [0] + [p * x for x in law]
        law = [a + b for a, b in zip(stay, rise, strict=True)]
    return law


def climbed(right: Weight, wrong: Weight, n: int) -> list[float]:
    """phi(0), ..., phi(n) (``eq:group-objective``)."""
    phi = [0.0]
    for k in range(n):
        phi.append(phi[-1] + (right(k + 1) - wrong(k)) / n)
    return phi


def standardised_weights(n: int) -> tuple[Weight, Weight]:
    """(right, wrong) of (R - mean) / deviation of the group; 0 where all agree."""

    def right(k: int) -> float:
        return sqrt((n - k) / k)

    def wrong(k: int) -> float:
        return -sqrt(k / (n - k))

    return right, wrong


def others_weights(n: int) -> tuple[Weight, Weight]:
    """(right, wrong) of (R - mean of the others) / their deviation; 0 where the others agree."""

    def scaled(own: int, others_right: int) -> float:
        mean = others_right / (n - 1)
        spread = sqrt(mean * (1 - mean))
        return (own - mean) / spread if spread else 0.0

    return lambda k: scaled(1, k - 1), lambda k: scaled(0, k)


def group_objective(weights: tuple[Weight, Weight], group: int, groups: int = 1) -> Objective:
    """E[phi(K)] as an objective, K counted over ``groups`` prompts with ``group`` answers each."""
    phi = climbed(*weights, group * groups)

    def objective(law: Law) -> complex:
        total = 0
        for prompts in product(law.by_start(law.returns), repeat=groups):
            chance = np.prod([share for share, _ in prompts])
            counts = number_right([p for _, p in prompts for _ in range(group)])
            total = total + chance * sum(x * f for x, f in zip(counts, phi, strict=True))
        return total

    return objective


def largest(value: Callable[[Law], np.ndarray], n: int) -> Objective:
    """The mean of the largest of n independent values, in a world with one prompt."""

    def objective(law: Law) -> complex:
        values = value(law)
        levels = np.unique(values)
        below = np.array([law.mean(values <= level) for level in levels]) ** n
        return np.dot(levels, np.diff(below, prepend=0))

    return objective


def factor(p, n: int):
    """f_n(p) = E[sqrt(K/n (1 - K/n))] / (p (1 - p)), K binomial (``eq:grpo-factor``).

    The mean update of the standardised group is f_n(p) grad p. p lies strictly between 0 and 1.
    """
    p = np.asarray(p, dtype=float)
    terms = (
        comb(n, k) * p ** (k - 1) * (1 - p) ** (n - k - 1) * sqrt(k * (n - k)) / n
        for k in range(1, n)
    )
    return sum(terms)


def silent_share(p, n: int):
    """p^n + (1 - p)^n, the chance that all n rewards of a group agree (``eq:silent-groups``)."""
    p = np.asarray(p, dtype=float)
    return p**n + (1 - p) ** n
