"""The numbers of chapter 4."""

from fractions import Fraction as F

import numpy as np
from prose import Stated

from stated.chapter_01 import P, P_pi, R, V, gamma, p

Q = R + gamma * P @ np.array(V)
slope = [x * (1 - x) for x in p]  # of pi(1|s) along the shared logit
h = [slope[s] * (Q[s][1] - Q[s][0]) for s in (0, 1)]
share = gamma * P_pi[0][1] / (1 - gamma * P_pi[1][1])  # d(1)/d(0)
d = (1 / (1 + share), share / (1 + share))
gradient = (d[0] * h[0] + d[1] * h[1]) / (1 - gamma)
cost = F(3, 8)  # of action 1 under the wrong clock
truth, wrong = F(1, 2) * (1 - 3 * cost), F(3, 2) * (F(1, 2) - cost)

NUMBERS = (
    Stated("-72/305", 1, h[0]),
    Stated("0.1717", 1, gradient),
    Stated("0.5", 3, gamma),
    Stated("0.8", 1, reason="the discount of a figure, chosen"),
    Stated("0.9", 2, reason="the discount of a figure, chosen"),
    Stated("1/16", 1, -truth),
    Stated("1/2", 13, gamma),
    Stated("1/3", 2, p[1]),
    Stated("1/4", 1, P[0, 0, 1]),
    Stated("160/61", 1, Q[1][1]),
    Stated("2/5", 1, p[0]),
    Stated("2/9", 1, slope[1]),
    Stated("27/122", 2, d[1]),
    Stated("27/61", 2, h[1]),
    Stated("3/16", 1, wrong),
    Stated("3/2", 2, F(3, 2)),
    Stated("3/4", 1, P[0, 0, 0]),
    Stated("3/8", 1, cost),
    Stated("39/61", 1, Q[0][1]),
    Stated("5/12", 1, P_pi[1][1]),
    Stated("6/25", 1, slope[0]),
    Stated("639/3721", 1, -gradient),
    Stated("72/305", 1, -h[0]),
    Stated("75/61", 2, V[0]),
    Stated("77/122", 1, Q[1][0]),
    Stated("79/61", 2, V[1]),
    Stated("9/20", 1, P_pi[0][1]),
    Stated("95/122", 2, d[0]),
    Stated("99/61", 2, Q[0][0]),
)
