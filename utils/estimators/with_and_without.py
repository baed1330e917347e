"""The two sums that chapter 7 compares, sampled along the same trajectories."""

from __future__ import annotations

import numpy as np

from utils.estimators import variance
from utils.estimators.forms import discounts, rewards_to_go
from utils.estimators.samples import weighted_scores
from utils.model.mdp import FiniteMDP
from utils.model.policies import LinearSoftmax, TabularSoftmax
from utils.sampling.rollouts import simulate

ByLine = dict[str, np.ndarray]


def both_sums(
    mdp: FiniteMDP, policy: LinearSoftmax | TabularSoftmax, horizon: int, n: int = 20_000
) -> tuple[ByLine, ByLine]:
    """Samples of sum_t gamma^t psi_t G_t ("J") and of sum_t psi_t G_t ("omega"), each [n, d].

    Also their exact standard deviations, [d] each. The returns end at ``horizon``.
    """
    run = simulate(mdp, policy, n, horizon, np.random.default_rng(1))
    to_go, front = rewards_to_go(run.rewards, mdp.gamma), discounts(mdp.gamma, horizon)
    kept = variance.estimator_moments(mdp, policy, horizon=horizon)
    without = variance.moments_without_gamma_t(mdp, policy, horizon)
    rows = {"J": front * to_go, "omega": to_go}
    return (
        {name: weighted_scores(run, policy, weights) for name, weights in rows.items()},
        {"J": np.sqrt(kept.variance.ravel()), "omega": np.sqrt(without.variance.ravel())},
    )
