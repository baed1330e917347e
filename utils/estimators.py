"""Monte Carlo estimates of the policy gradient from rollouts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from utils import exact
from utils.mdp import FiniteMDP
from utils.policies import TabularSoftmax, check_fits
from utils.rollouts import Rollouts
from utils.statistics import confidence_interval
from utils.validation import check_name, finite_array

WEIGHTS = ("total-return", "reward-to-go", "q", "advantage")
CHUNK = 1 << 16


@dataclass(frozen=True, eq=False)
class Estimate:
    """The mean of ``n`` independent copies of an estimator, coordinate by coordinate.

    ``mean`` and ``standard_error`` have the shape of the policy's parameters.
    """

    mean: np.ndarray
    standard_error: np.ndarray
    n: int

    def confidence_interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """(low, high) for each coordinate by the normal approximation."""
        return confidence_interval(self.mean, self.standard_error, level)


def policy_gradient(
    rollouts: Rollouts,
    policy: TabularSoftmax,
    mdp: FiniteMDP,
    weights: str = "reward-to-go",
    baseline=None,
) -> Estimate:
    """Estimate the policy gradient, with an exact standard error for each coordinate.

    One trajectory gives X = sum_{t<T} gamma^t psi_t (w_t - b). The weight w_t is chosen by name:

    - "total-return": gamma^t w_t is the whole return G_0 = sum_k gamma^k r_k (``eq:reinforce``);
    - "reward-to-go": w_t = G_t = sum_{k>=t} gamma^(k-t) r_k (``eq:reward-to-go``);
    - "q": w_t = Q(s_t, a_t), the exact stationary action value (``eq:pgt-infinite``);
    - "advantage": w_t = Q(s_t, a_t) - V(s_t).

    The first two are unbiased for grad J_T; the last two for the first T terms of the sum in
    ``eq:pgt-infinite``. Both differ from grad J by less than the tail in ``eq:grad-tail``.

    ``baseline`` is a number, an array [S] of b(s) or an array [T, S] of b_t(s). For
    "total-return" it is subtracted from G_0, so only a number makes sense there.

    Returns an ``Estimate`` whose arrays have the shape of ``policy.theta``.
    """
    check_name("weights", weights, WEIGHTS)
    check_fits(mdp, policy)
    return estimate_from_step_weights(
        rollouts, policy, step_weights(rollouts, policy, mdp, weights, baseline)
    )


def rewards_to_go(rewards: np.ndarray, gamma: float) -> np.ndarray:
    """G_t = r_t + gamma G_{t+1} for rewards [T, N] (``eq:return-recursion``)."""
    returns = np.array(rewards, dtype=float)
    for t in reversed(range(len(returns) - 1)):
        returns[t] += gamma * returns[t + 1]
    return returns


def step_weights(
    rollouts: Rollouts, policy: TabularSoftmax, mdp: FiniteMDP, weights: str, baseline
) -> np.ndarray:
    """What multiplies psi_t in each estimator, [T, N]; gamma^t is included."""
    discounts = (mdp.gamma ** np.arange(rollouts.horizon))[:, None]
    b = baseline_values(rollouts, mdp, baseline)
    if weights == "total-return":
        if np.ndim(b):
            raise ValueError("weights='total-return' takes a single number as baseline")
        return np.broadcast_to(
            (discounts * rollouts.rewards).sum(axis=0) - b, rollouts.rewards.shape
        )
    if weights == "reward-to-go":
        return discounts * (rewards_to_go(rollouts.rewards, mdp.gamma) - b)
    evaluation = exact.evaluate(mdp, policy)
    critic = evaluation.Q if weights == "q" else evaluation.advantage
    return discounts * (critic[rollouts.states, rollouts.actions] - b)


def baseline_values(rollouts: Rollouts, mdp: FiniteMDP, baseline):
    """The baseline along the rollouts: 0, a number, or b_t(s_t) as [T, N]."""
    if baseline is None:
        return 0.0
    if np.ndim(baseline) == 0:
        return float(finite_array("baseline", baseline))
    if np.ndim(baseline) == 1:
        return finite_array("baseline", baseline, (mdp.n_states,))[rollouts.states]
    table = finite_array("baseline", baseline, (rollouts.horizon, mdp.n_states))
    return np.take_along_axis(table, rollouts.states, axis=1)


def estimate_from_step_weights(
    rollouts: Rollouts, policy: TabularSoftmax, weights: np.ndarray
) -> Estimate:
    """Mean and standard error of X = sum_t weights_t psi_t over the trajectories.

    Let C[s, a] be the sum of the weights of the visits of one trajectory to (s, a), and C[s] its
    sum over a. Then X[s, a] = C[s, a] - pi(a|s) C[s], so three sums over the trajectories hold
    everything: sum C, sum C^2 and sum C[s, a] C[s]. No array of scores is built.
    """
    n_states, n_actions = policy.theta.shape
    n_pairs = n_states * n_actions
    pi = policy.probabilities
    pairs = rollouts.states * n_actions + rollouts.actions
    total = np.zeros((n_states, n_actions))
    square = np.zeros((n_states, n_actions))
    block = max(1, CHUNK // n_pairs)
    for start in range(0, rollouts.n, block):
        here = slice(start, min(start + block, rollouts.n))
        size = here.stop - start
        cells = pairs[:, here] + n_pairs * np.arange(size)
        visits = np.bincount(cells.ravel(), weights[:, here].ravel(), size * n_pairs)
        visits = visits.reshape(size, n_states, n_actions)
        samples = visits - pi * visits.sum(axis=2, keepdims=True)
        total += samples.sum(axis=0)
        square += (samples**2).sum(axis=0)
    return estimate_from_sums(total, square, rollouts.n)


def estimate_from_sums(total: np.ndarray, square: np.ndarray, n: int) -> Estimate:
    """The estimate from the sum of the samples and the sum of their squares."""
    mean = total / n
    if n == 1:
        return Estimate(mean, np.full_like(mean, np.inf), n)
    variance = np.maximum(square / n - mean**2, 0) * n / (n - 1)
    return Estimate(mean, np.sqrt(variance / n), n)
