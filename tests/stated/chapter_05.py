"""The numbers of chapter 5."""

from fractions import Fraction as F

import numpy as np
from prose import Stated

from utils.estimators.comparison import long_run_variances
from utils.estimators.variance import estimator_moments
from utils.exact.chain import ScoredChain
from utils.figures.baselines import running_critic
from utils.model import examples
from utils.model.policies import LinearSoftmax
from utils.model.rational import RationalMDP, logit_policy

tables = examples.running_tables()
p0, p1 = tables.p
running, logits = RationalMDP(tables.P, tables.R, F(1, 2), tables.rho0), logit_policy(tables.p)
shared = logit_policy(tables.p, shared=True)
V, Q = ScoredChain.of(running, logits).values()
A = Q - V[:, None]
HALF = F(1, 2)


def gradient(horizon: int | None) -> F:
    """Of J or J_T along the shared logit, at gamma = 1/2."""
    return estimator_moments(running, shared, "reward-to-go", horizon=horizon).mean[0]


def spread(form: str, horizon: int) -> F:
    """The variance of a form over a finite horizon at gamma = 1/2, one logit a state."""
    return estimator_moments(running, logits, form, horizon=horizon).trace


def gae_spread(lam: float) -> float:
    """The variance of GAE with a critic that errs by 2 in state 1."""
    mdp, policy, critic = running_critic(2)
    return estimator_moments(mdp, policy, "gae", critic=critic, lam=lam).trace


float_logits = LinearSoftmax.logits(np.array(tables.p, dtype=float))
slow_world = RationalMDP(tables.P, tables.R, F(9, 10), tables.rho0)
slow_V, slow_Q = ScoredChain.of(slow_world, logits).values()
slow_A = slow_Q - slow_V[:, None]
slow = long_run_variances(examples.running(0.9), float_logits)
slow_gradient = np.linalg.norm(
    estimator_moments(examples.running(0.9), float_logits, "reward-to-go").mean
)

NUMBERS = (
    Stated("0.0002", 1, 0.9**80),
    Stated("0.038", 2, spread("reward-to-go", 1)),
    Stated("0.1170", 1, gradient(5) * F(2, 3)),
    Stated("0.1717", 1, gradient(None)),
    Stated("0.1755", 1, gradient(5)),
    Stated("0.2", 1, reason="a chance, chosen"),
    Stated("0.2238", 2, slow_gradient / 10),
    Stated("0.252", 1, spread("reward-to-go", 2)),
    Stated("0.503", 1, spread("reward-to-go", 5)),
    Stated("0.524", 1, spread("total-return", 2)),
    Stated("0.547", 1, spread("reward-to-go", 10)),
    Stated("0.549", 2, spread("reward-to-go", 20)),
    Stated("0.66", 1, slow_A.min()),
    Stated("0.9", 5, reason="a discount or a chance, chosen"),
    Stated("1.32", 1, slow_A.max()),
    Stated("1.39", 1, gae_spread(0.5)),
    Stated("1.92", 1, gae_spread(0.0)),
    Stated("1/2", 15, HALF),
    Stated("1/3", 1, p1),
    Stated("1/4", 2, tables.P[0][0][1]),
    Stated("1/5", 2, F(2, 10)),
    Stated("160/61", 1, Q[1, 1]),
    Stated("2.19", 1, spread("total-return", 5)),
    Stated("2.238", 1, slow_gradient),
    Stated("2.55", 1, reason="a prize, chosen"),
    Stated("2.96", 1, slow["G − V"]),
    Stated("2/5", 9, p0),
    Stated("22.4", 1, spread("total-return", 50)),
    Stated("24/61", 3, A[0, 0]),
    Stated("3.65", 1, gae_spread(1.0)),
    Stated("3/25", 1, p0 * (1 - p0) * (tables.P[0][1][1] - tables.P[0][0][1])),
    Stated("3/4", 2, tables.P[0][1][1]),
    Stated("3/5", 9, 1 - p0),
    Stated("36/61", 4, -A[0, 1]),
    Stated("39/61", 3, Q[0, 1]),
    Stated("4.54", 1, spread("total-return", 10)),
    Stated("4/5", 1, 1 - F(2, 10)),
    Stated("54.04", 1, slow["G"]),
    Stated("6/25", 3, p0 * (1 - p0)),
    Stated("6.3", 1, slow_V.mean()),
    Stated("72/305", 1, p0 * (1 - p0) * (Q[0, 0] - Q[0, 1])),
    Stated("75/61", 4, V[0]),
    Stated("77/122", 1, Q[1, 0]),
    Stated("79/61", 2, V[1]),
    Stated("81/122", 1, -A[1, 0]),
    Stated("81/61", 1, A[1, 1]),
    Stated("9.00", 1, spread("total-return", 20)),
    Stated("99/61", 3, Q[0, 0]),
)
