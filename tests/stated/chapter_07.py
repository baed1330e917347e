"""The numbers of chapter 7: small worlds in fractions, FrozenLake and the long run."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
from prose import Stated as S

from utils import exact
from utils.common.chain import Tables
from utils.estimators import variance
from utils.exact import average_reward as long_run
from utils.exact.dropped_discount import (
    angle_to_gradient,
    direction_without_gamma_t,
    effective_steps,
)
from utils.figures.discount import LONG_RUN, PRACTICE_GAMMAS, shared_running
from utils.model import examples
from utils.model.rational import fractions

half = F(1, 2)
tables = examples.running_tables()
p = fractions(tables.p)
pi = np.stack([1 - p, p], axis=1)
running = Tables(fractions(tables.P), fractions(tables.R), half, fractions(tables.rho0), pi)
h = p * (1 - p) * (running.Q[:, 1] - running.Q[:, 0])  # by the logit of action 1
d = running.visits * (1 - half)
to_1, to_0 = running.P_pi[0, 1], running.P_pi[1, 0]
mu = np.array([to_0, to_1]) / (to_0 + to_1)
r_pi = running.r_pi

lake, skater = examples.frozen_lake(0.9), examples.frozen_lake_policy()
angle = angle_to_gradient(lake, skater)
gradient, omega = exact.policy_gradient(lake, skater), direction_without_gamma_t(lake, skater)
uphill = (omega * gradient).sum() / (gradient**2).sum()


def climbed(with_front: bool) -> float:
    """p after 4000 steps of size 1 in the logit, from 1/2, in the fork at gamma = 1/2."""
    theta = 0.0
    for _ in range(4000):
        x = 1 / (1 + np.exp(-theta))
        theta += (0.5 if with_front else 3 * 0.5 - 2) * x * (1 - x)
    return 1 / (1 + np.exp(-theta))


def ratio(gamma: float, weights: str) -> float:
    """The standard deviation with gamma^t over the one without, per step, in ``LONG_RUN`` steps."""
    world = shared_running(gamma)
    kept = variance.estimator_moments(*world, weights, horizon=LONG_RUN).variance[0]
    dropped = variance.moments_without_gamma_t(*world, LONG_RUN, weights).variance[0]
    return (1 - gamma) * LONG_RUN * np.sqrt(kept / dropped)


def rule(gamma: float) -> float:
    """sqrt(T/n) with n the effective number of T steps."""
    return np.sqrt(LONG_RUN / effective_steps(gamma, LONG_RUN))


shared = examples.shared_logit(examples.running_policy(), action=1)
average_slope = long_run.average_reward_gradient(examples.running(0.5), shared)[0]
# Stop with p pays 13/4, continue pays 9/4, two steps, p = gamma = 1/2.
later = 1 - half * (F(9, 4) + half)  # by p at time 0
deadline = later + half * half * 1, later + half * 1  # with and without gamma^t

NUMBERS = (
    S("2/5", 1, p[0]),
    S("1/2", 20, half),
    S("12/25", 1, F(2, 5) * F(3, 5) / (1 - half)),
    S("0.48", 2, F(2, 5) * F(3, 5) / (1 - half)),
    S("2.4", 1, 10 * F(2, 5) * F(3, 5)),
    S("2/3", 7, F(2) / 3),
    S("0.9995", 1, climbed(True)),
    S("0.0005", 1, climbed(False)),
    S("1/16", 2, reason="a reward of the example, and the difference that it leaves"),
    S("1/4", 3, half * (1 - half)),
    S("1/64", 1, -(1 - half) * half * (F(1, 16) - half * F(1, 4))),
    S("8/3", 1, (1 - half) / ((1 - half) ** 2 * (1 - half * half))),
    S("2.32", 1, uphill),
    S("1/5", 2, reason="the chance of an end, chosen"),
    S("0.9428", 1, 2 * np.sqrt(0.5) / 1.5),
    S("19.5", 1, np.degrees(np.arccos(2 * np.sqrt(0.5) / 1.5))),
    S("3/2", 1, 1 + half),
    S("0.9", 4, lake.gamma),
    S("2.36", 1, angle.kappa),
    S("0.9146", 1, angle.bound),
    S("0.975", 1, angle.cosine),
    S("9/4", 6, reason="a reward of the example"),
    S("13/4", 3, F(9, 4) + 1),
    S("1/8", 4, deadline[1]),
    S("0.086", 2, -(d * h).sum()),
    S("0.061", 1, average_slope),
    S("72/305", 1, -h[0]),
    S("27/61", 1, h[1]),
    S("95/122", 1, d[0]),
    S("27/122", 1, d[1]),
    S("639/7442", 1, -(d * h).sum()),
    S("35/62", 3, mu[0]),
    S("27/62", 3, mu[1]),
    S("225/3782", 1, (mu * h).sum()),
    S("0.059", 1, (mu * h).sum()),
    S("4/3", 1, 3 / (1 + half) ** 2),
    S("0.0052", 1, 0.9**50),
    S("0.99", 7, PRACTICE_GAMMAS[-1]),
    S("0.61", 1, 0.99**50),
    S("0.13", 2, 0.99**200),
    S("0.999", 2, 1 - 0.001),
    S("0.95", 3, 0.999**50),
    S("0.82", 1, 0.999**200),
    S("0.37", 1, 0.999**1000),
    S("0.3", 1, 0.3),
    S("0.5", 1, 0.5),
    S("0.7", 2, 0.7),
    S("0.8", 1, 0.8),
    S("4.98", 1, ratio(0.3, "advantage")),
    S("5.89", 1, ratio(0.5, "advantage")),
    S("5.92", 1, ratio(0.7, "advantage")),
    S("5.36", 1, ratio(0.8, "advantage")),
    S("4.14", 1, ratio(0.9, "advantage")),
    S("3.05", 1, ratio(0.95, "advantage")),
    S("1.41", 1, ratio(0.99, "advantage")),
    S("9.65", 2, ratio(0.3, "reward-to-go")),
    S("8.02", 1, ratio(0.7, "reward-to-go")),
    S("6.60", 1, ratio(0.8, "reward-to-go")),
    S("4.66", 1, ratio(0.9, "reward-to-go")),
    S("3.32", 1, ratio(0.95, "reward-to-go")),
    S("1.71", 1, ratio(0.99, "reward-to-go")),
    S("14.68", 1, rule(0.3)),
    S("11.55", 1, rule(0.5)),
    S("8.40", 1, rule(0.7)),
    S("6.67", 1, rule(0.8)),
    S("4.59", 1, rule(0.9)),
    S("3.20", 1, rule(0.95)),
    S("1.44", 1, rule(0.99)),
    S("3/4", 1, F(3, 4)),
    S("9/20", 2, to_1),
    S("7/12", 2, to_0),
    S("3/5", 2, r_pi[0]),
    S("39/62", 1, mu @ r_pi),
)
