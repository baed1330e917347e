"""The samples behind an estimate, one row a trajectory, for a check or a picture."""

from __future__ import annotations

import numpy as np

from utils.model.policies import DifferentiablePolicy
from utils.sampling.rollouts import Rollouts


def weighted_scores(
    rollouts: Rollouts, policy: DifferentiablePolicy, weights: np.ndarray
) -> np.ndarray:
    """X = sum_t weights_t psi_t of every trajectory, [N, d] with d = ``policy.theta.size``.

    ``weights`` is [T, N] and holds whatever multiplies the score psi_t, gamma^t included.
    ``estimators.estimate_from_step_weights`` gives mean and standard error without these rows.
    """
    columns = np.moveaxis(policy.scores, 2, 0)
    steps = rollouts.states, rollouts.actions
    return np.stack([(weights * psi[steps]).sum(axis=0) for psi in columns], axis=1)
