"""The numbers of chapter 1."""

from fractions import Fraction as F
from math import comb, log, sqrt

import numpy as np
from prose import Stated

from utils import exact
from utils.model import examples

table = examples.running_tables()
policy = examples.running_policy()
P, R = np.array(table.P, dtype=object), np.array(table.R, dtype=object)
gamma = F(1, 2)
p = (F(2, 5), F(1, 3))  # pi(1|0), pi(1|1)
P_pi = [[(1 - p[s]) * P[s, 0, x] + p[s] * P[s, 1, x] for x in (0, 1)] for s in (0, 1)]
r_pi = [(1 - p[s]) * R[s, 0] + p[s] * R[s, 1] for s in (0, 1)]
a, b, c, d = (gamma * x for row in P_pi for x in row)
determinant = (1 - a) * (1 - d) - b * c
V = (
    ((1 - d) * r_pi[0] + b * r_pi[1]) / determinant,
    ((1 - a) * r_pi[1] + c * r_pi[0]) / determinant,
)
star = p[0] ** 2 * (1 - p[1]) * p[1] * (1 - p[0]) * P[0, 1, 1] ** 2 * P[1, 0, 0] * P[1, 1, 0]


def affinity(q: float, tosses: int, other: float = 0.5) -> float:
    return (sqrt(q * other) + sqrt((1 - q) * (1 - other))) ** tosses


NUMBERS = (
    Stated("0.006", 1, affinity(0.6, 1000)),
    Stated("0.11", 1, affinity(0.9, 20)),
    Stated("0.12", 1, 0.9**20),
    Stated("0.4", 1, log(p[0] / (1 - p[0]))),
    Stated("0.5", 2, reason="the probability of the first coin, chosen"),
    Stated("0.6", 2, reason="the probability of the second coin, chosen"),
    Stated("0.60", 1, affinity(0.6, 100)),
    Stated("0.80", 1, 2 * (1 - p[0]) - p[0]),
    Stated("0.9", 4, reason="the discount and the coin of the figures, chosen"),
    Stated("1.2295", 1, exact.objective(examples.running(0.5), policy)),
    Stated("1.4", 1, affinity(0.9, 100) * 1e5),
    Stated("1/2", 8, gamma),
    Stated("1/20", 1, F(1, 2) * (1 - F(9, 10))),
    Stated("1/3", 4, p[1]),
    Stated("1/4", 4, P[0, 0, 1]),
    Stated("11/20", 2, P_pi[0][0]),
    Stated("2/25", 1, (1 - p[0]) * p[1] * p[0]),
    Stated("2/3", 4, 1 - p[1]),
    Stated("2/5", 7, p[0]),
    Stated("3/16", 1, P[0, 0, 1] * P[1, 1, 0]),
    Stated("3/200", 1, (1 - p[0]) * p[1] * p[0] * P[0, 0, 1] * P[1, 1, 0]),
    Stated("3/4", 9, P[0, 1, 1]),
    Stated("3/5", 9, r_pi[0]),
    Stated("4/5", 1, F(2) ** 2 / 5),  # (2/sqrt 5)^2
    Stated("5.40", 1, log(star)),
    Stated("5/12", 2, P_pi[1][1]),
    Stated("7/12", 2, P_pi[1][0]),
    Stated("75/61", 3, V[0]),
    Stated("79/61", 1, V[1]),
    Stated("9/10", 1, reason="the probability of the other coin, chosen"),
    Stated("9/20", 3, P_pi[0][1]),
    Stated("9/2000", 1, star),
)


def test_the_best_guess_between_the_coins_errs_as_often_as_the_text_says():
    """16 of 100 times after 100 tosses, fewer than once after 540 and not yet after 500."""

    def law(q: F, n: int) -> list[F]:
        return [comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(n + 1)]

    def errors(n: int) -> float:
        return float(sum(map(min, law(F(1, 2), n), law(F(3, 5), n))) / 2)

    assert round(100 * errors(100)) == 16
    assert errors(540) < 0.01 < errors(500)
