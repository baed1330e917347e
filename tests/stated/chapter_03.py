"""The numbers of chapter 3."""

from fractions import Fraction as F
from math import comb

import numpy as np
from prose import Stated

from stated.chapter_01 import p
from utils import TabularSoftmax, exact
from utils.exact.single_rewards import series_tail
from utils.model import examples

square = [x * (1 - x) for x in p]  # the variance of the score in each state
to_1 = F(1, 4), F(3, 4)  # P(s_1 = 1) after r_0 = 1 and after r_0 = 0

mdp = examples.running(0.5)
policy = TabularSoftmax.from_probabilities(examples.running_policy().probabilities)
pi_table, scores = policy.probabilities, policy.scores


def logged_early() -> tuple[np.ndarray, np.ndarray]:
    """(True gradient, reward-to-go) of a log in which place t holds r_{t+1}, for two logits.

    The logged objective is (J - E[r_0])/gamma. What reward-to-go makes of the log is
    sum_t gamma^t E[psi_t (G_t - r_t)/gamma] with the scores of time t.
    """
    first = np.einsum("sa,sad->sd", pi_table * mdp.R, scores)  # the slope of E[r_0 | s]
    whole = exact.policy_gradient(mdp, policy).ravel()
    true = (whole - mdp.rho0 @ first) / mdp.gamma
    visits = exact.occupancy(mdp, policy) / (1 - mdp.gamma)
    V = exact.values(mdp, policy)[0]
    found = np.einsum("s,sa,sad->d", visits, pi_table * (mdp.P @ V), scores)
    return true.reshape(2, 2)[:, 1], found.reshape(2, 2)[:, 1]


true, found = logged_early()
tail = float(series_tail(0.9 * 0.999, 50)) * 0.5 * 2  # sum (k+1) gamma^k p^k from k = 50
wrong_bound = 0.9**50 / (1 - 0.9) ** 2


def zero_of_the_mean_over_steps(n: int, q: F) -> float:
    """The prize m at which the mean over the steps of n trajectories is 0 on average.

    k of them end after one step, with score 1 - q and reward 1; the others take two, with score -q
    and prize m.
    """
    law = [comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(n + 1)]
    early = sum(x * k * (1 - q) / (2 * n - k) for k, x in enumerate(law))
    late = sum(x * (n - k) * q / (2 * n - k) for k, x in enumerate(law))
    return float(early / late)


NUMBERS = (
    Stated("0.0016", 1, found[1]),
    Stated("0.0123", 1, found[0]),
    Stated("0.25", 1, 0.25),
    Stated("0.2553", 1, true[0]),
    Stated("0.3918", 1, true[1]),
    Stated("0.45", 1, reason="a wrong power of k + 1, chosen"),
    Stated("0.03", 1, float(series_tail(0.9, 100))),
    Stated("0.9", 4, reason="the discount and a survival probability, chosen"),
    Stated("3.1", 1, float(series_tail(0.9, 50))),
    Stated("0.99", 1, reason="a survival probability, chosen"),
    Stated("0.999", 3, reason="a survival probability, chosen"),
    Stated("1.15", 1, zero_of_the_mean_over_steps(5, F(1, 2))),
    Stated("1/2", 11, F(1, 2)),
    Stated("1/3", 1, p[1]),
    Stated("1/4", 7, to_1[0]),
    Stated("17/75", 1, (1 - to_1[1]) * square[0] + to_1[1] * square[1]),
    Stated("2/9", 3, square[1]),
    Stated("3/4", 3, to_1[1]),
    Stated("4/3", 1, F(1, 4) / (F(1, 4) * F(3, 4))),
    Stated("4/5", 1, reason="p_1 of the figure, chosen"),
    Stated("5.65", 1, tail / wrong_bound),
    Stated("53/225", 1, (1 - to_1[0]) * square[0] + to_1[0] * square[1]),
    Stated("6/25", 3, square[0]),
)
