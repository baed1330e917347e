"""Estimators that are wrong on purpose, each in a way that is common in print and in code.

The book shows what each of them estimates instead of the gradient. Do not use them for anything
else. Those that mix the trajectories of a batch are computed on many batches of ``batch``
consecutive trajectories each, so that their mean has an honest standard error.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from utils.common.statistics import mean_and_standard_error
from utils.common.validation import check_count, check_name
from utils.estimators.forms import along_steps, discounted_rewards_to_go, rewards_to_go
from utils.estimators.gradient import Estimate, estimate_from_step_weights
from utils.model.mdp import FiniteMDP
from utils.model.policies import DifferentiablePolicy, check_fits
from utils.sampling.rollouts import Rollouts


def without_gamma_t(rollouts: Rollouts, policy: DifferentiablePolicy, mdp: FiniteMDP) -> Estimate:
    """sum_t psi_t G_t: the factor gamma^t is dropped.

    In general this is the gradient of no function (``eq:curl``), it can point the other way
    (``eq:sign-flip``), and it grows with the horizon (``eq:claim-diverges``).
    """
    _check(rollouts, policy, mdp)
    return estimate_from_step_weights(rollouts, policy, rewards_to_go(rollouts.rewards, mdp.gamma))


def own_batch_mean(
    rollouts: Rollouts,
    policy: DifferentiablePolicy,
    mdp: FiniteMDP,
    batch: int,
    weights: Literal["total-return", "reward-to-go"] = "total-return",
) -> Estimate:
    """The mean of the batch as baseline, the own return included (``eq:batch-mean-bias``).

    ``weights`` is "total-return" (the mean of G_0) or "reward-to-go" (the mean of G_t at each time
    t). Both estimate (1 - 1/batch) grad J_T.
    """
    _check(rollouts, policy, mdp)
    check_name("weights", weights, ("total-return", "reward-to-go"))
    sums = _batched(discounted_rewards_to_go(rollouts.rewards, mdp.gamma), batch)
    if weights == "total-return":
        sums = np.broadcast_to(sums[:1], sums.shape)
    return _batch_estimate(rollouts, policy, sums - sums.mean(axis=2, keepdims=True))


def standardised_returns(
    rollouts: Rollouts, policy: DifferentiablePolicy, mdp: FiniteMDP, batch: int
) -> Estimate:
    """(G_0 - mean) / standard deviation, both of the batch, times M_T.

    The population standard deviation is used, and a batch without spread counts 0. This follows
    another objective, whose gradient can have the opposite sign.
    """
    _check(rollouts, policy, mdp)
    returns = _batched(discounted_rewards_to_go(rollouts.rewards, mdp.gamma), batch)[:1]
    centred = returns - returns.mean(axis=2, keepdims=True)
    spread = returns.std(axis=2, keepdims=True)
    tied = spread <= 1e-12 * np.abs(returns).max(axis=2, keepdims=True)
    scaled = np.where(tied, 0, centred / np.where(tied, 1, spread))
    shape = (rollouts.horizon, *scaled.shape[1:])
    return _batch_estimate(rollouts, policy, np.broadcast_to(scaled, shape))


def mean_over_steps(
    rollouts: Rollouts, policy: DifferentiablePolicy, mdp: FiniteMDP, batch: int
) -> Estimate:
    """The sum over trajectories and steps, divided by the number of steps of the batch.

    A step counts if it starts in a state that is not terminal. Where episodes end at different
    times this is a ratio of two random numbers, and not a multiple of the gradient.
    """
    _check(rollouts, policy, mdp)
    sums = _batched(discounted_rewards_to_go(rollouts.rewards, mdp.gamma), batch)
    steps = _batched(~mdp.terminal[rollouts.states], batch).sum(axis=(0, 2))
    # The batch mean divides by the number of trajectories, hence the factor.
    return _batch_estimate(rollouts, policy, sums * (batch / np.maximum(steps, 1))[:, None])


def _check(rollouts: Rollouts, policy: DifferentiablePolicy, mdp: FiniteMDP) -> None:
    check_fits(mdp, policy)
    rollouts.check_fits(mdp)


def _batched(values: np.ndarray, batch: int) -> np.ndarray:
    """[T, N] as [T, batches, batch]."""
    horizon, n = values.shape
    if n % check_count("batch", batch):
        raise ValueError(f"{n} trajectories do not split into batches of {batch}")
    return values.reshape(horizon, n // batch, batch)


def _batch_estimate(
    rollouts: Rollouts, policy: DifferentiablePolicy, weights: np.ndarray
) -> Estimate:
    """Mean over batches of the batch mean of sum_t weights_t psi_t, coordinate by coordinate."""
    columns = [
        (weights * _batched(along_steps(table, rollouts), weights.shape[2]))
        .sum(axis=0)
        .mean(axis=1)
        for table in np.moveaxis(policy.scores, 2, 0)
    ]
    samples = np.stack(columns, axis=1).reshape(-1, *policy.theta.shape)
    return Estimate(*mean_and_standard_error(samples), len(samples))
