"""Monte Carlo estimates of the policy gradient from rollouts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from utils.common.statistics import confidence_interval
from utils.common.validation import check_name
from utils.estimators.forms import (
    LEAVE_ONE_OUT,
    along_path,
    along_steps,
    baseline_values,
    critic_tables,
    discounted_rewards_to_go,
    discounts,
    generalised_advantages,
    mean_of_others,
    td_errors,
)
from utils.model.mdp import FiniteMDP
from utils.model.policies import DifferentiablePolicy, TabularSoftmax, check_fits
from utils.sampling.rollouts import BLOCK, Rollouts

WEIGHTS = ("total-return", "reward-to-go", "q", "advantage", "td-error", "gae", "all-action")
# Cells (t, n) and (s, a, n) worked on at a time, 4 MB: bounds the memory and suits the cache.
CELLS = 1 << 19


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
    policy: DifferentiablePolicy,
    mdp: FiniteMDP,
    weights: str = "reward-to-go",
    baseline=None,
    critic=None,
    lam: float | None = None,
) -> Estimate:
    """Estimate the policy gradient, with an exact standard error for each coordinate.

    One trajectory gives X = sum_{t<T} gamma^t psi_t (w_t - b_t). The weight w_t goes by name:

    - "total-return": G_0 in place of gamma^t w_t, the same at every step (``eq:reinforce``);
    - "reward-to-go": w_t = G_t (``eq:reward-to-go``);
    - "q": w_t = Q(s_t, a_t) (``eq:pgt-infinite``, ``eq:pgt-finite``);
    - "advantage": w_t = Q(s_t, a_t) - V(s_t) (``eq:baseline-invariance``);
    - "td-error": w_t = r_t + gamma V(s_{t+1}) - V(s_t) (``eq:td-error``);
    - "gae": w_t = GAE(``lam``) built on V (``eq:gae``);
    - "all-action": psi_t w_t is replaced by its mean over actions, sum_a grad pi(a|s_t) Q(s_t, a).

    The first two are unbiased for grad J_T. The others are unbiased for the first T terms of
    ``eq:pgt-infinite``. All differ from grad J by less than the tail in ``eq:grad-tail``. With a
    finite-horizon critic they too are unbiased for grad J_T.

    ``critic`` is a pair (V, Q); without it the exact stationary values are used. Its arrays are
    [S] and [S, A], or with a time index [T + 1, S] and [T, S, A].

    ``baseline`` is a number, an array [S] of b(s), an array [T, S] of b_t(s), or "leave-one-out":
    the mean of G_t over the other trajectories. "total-return" takes a number or "leave-one-out";
    "all-action" takes none. Under leave-one-out the trajectories share their baselines. Their
    covariance, of relative size 1/N, is left out of the standard error; ``utils.leave_one_out``
    has it exactly.

    Returns an ``Estimate`` whose arrays have the shape of ``policy.theta``.
    """
    check_name("weights", weights, WEIGHTS)
    check_fits(mdp, policy)
    rollouts.check_fits(mdp)
    if weights not in ("total-return", "reward-to-go"):
        critic = critic_tables(rollouts, policy, mdp, critic)
    if weights == "all-action":
        if baseline is not None:
            raise ValueError("weights='all-action' takes no baseline: it would drop out")
        return _all_action(rollouts, policy, mdp, critic[1])
    _check_baseline(weights, baseline)
    if isinstance(baseline, str):  # sums over all trajectories, before these are cut into blocks
        rewards = rollouts.rewards.sum(axis=1, keepdims=True)
        sums = discounted_rewards_to_go(rewards, mdp.gamma)

    def step_weights(part: Rollouts) -> np.ndarray:
        """What multiplies psi_t, [T, n]; gamma^t is included."""
        values = _weights_of(part, mdp, weights, critic, lam)
        if isinstance(baseline, str):
            values = values - mean_of_others(values, sums, rollouts.n)
        elif baseline is not None:
            b = baseline_values(part, mdp, baseline)
            values -= b if weights == "total-return" else b * discounts(mdp.gamma, part.horizon)
        if weights == "total-return":
            return np.broadcast_to(values[0], values.shape)
        return values

    return _estimate(rollouts, policy, step_weights)


def _check_baseline(weights: str, baseline) -> None:
    if isinstance(baseline, str):
        check_name("baseline", baseline, (LEAVE_ONE_OUT,))
        if weights not in ("total-return", "reward-to-go"):
            raise ValueError(f"baseline='leave-one-out' is a mean of returns, not for {weights!r}")
    elif weights == "total-return" and np.ndim(baseline):
        raise ValueError("weights='total-return' takes a single number as baseline")


def _weights_of(part: Rollouts, mdp: FiniteMDP, weights: str, critic, lam) -> np.ndarray:
    """gamma^t w_t for each step, [T, n]; for "total-return" the first row holds G_0."""
    if weights in ("total-return", "reward-to-go"):
        return discounted_rewards_to_go(part.rewards, mdp.gamma)
    V, Q = critic
    if weights == "q":
        values = along_steps(Q, part)
    elif weights == "advantage":
        values = along_steps(Q - (V if V.ndim == 1 else V[:-1])[..., None], part)
    elif weights == "td-error":
        values = td_errors(part, mdp, V)
    else:
        values = generalised_advantages(part, mdp, V, lam)
    return values * discounts(mdp.gamma, part.horizon)


def estimate_from_step_weights(
    rollouts: Rollouts, policy: DifferentiablePolicy, weights: np.ndarray
) -> Estimate:
    """Mean and standard error of X = sum_t weights_t psi_t over the trajectories.

    ``weights`` is [T, N] and holds whatever multiplies the score psi_t, gamma^t included.
    """
    blocks = iter(_blocks(rollouts, policy))
    return _estimate(rollouts, policy, lambda part: weights[:, next(blocks)])


def _estimate(
    rollouts: Rollouts,
    policy: DifferentiablePolicy,
    step_weights: Callable[[Rollouts], np.ndarray],
) -> Estimate:
    """The estimate from X = sum_t weights_t psi_t, one block of trajectories after the other."""
    sums = _tabular_sums if isinstance(policy, TabularSoftmax) else _shared_sums
    parts = (rollouts.columns(block) for block in _blocks(rollouts, policy))
    return _from_sums((sums(part, policy, step_weights(part)) for part in parts), rollouts.n)


def _tabular_sums(part: Rollouts, policy: TabularSoftmax, weights: np.ndarray):
    """(sum of X, sum of X^2) over the trajectories of a block, each [S, A].

    A visit to (s, a) adds to the row of s only. So let C[s, a] be the sum of the weights of the
    visits of one trajectory to (s, a). Then X[s, b] = sum_a (1{a = b} - pi(b|s)) C[s, a]: one
    count of visits and one small matrix product, and no array of scores is built.
    """
    n_states, n_actions = policy.theta.shape
    cells = _visit_cells(part.states, part.actions, n_actions)
    counted = np.bincount(cells.ravel(), weights.ravel(), n_states * n_actions * part.n)
    samples = policy.row_scores.swapaxes(1, 2) @ counted.reshape(n_states, n_actions, part.n)
    return samples.sum(axis=2), np.einsum("san,san->sa", samples, samples)


def _shared_sums(part: Rollouts, policy: DifferentiablePolicy, weights: np.ndarray):
    """The same for any policy, one coordinate of theta after the other."""
    samples = [
        np.einsum("tn,tn->n", weights, along_steps(table, part))
        for table in np.moveaxis(policy.scores, 2, 0)
    ]
    return _sums_of(samples, policy)


def _visit_cells(states, actions, n_actions: int) -> np.ndarray:
    """The number of the cell (s_t, a_t, n) in C order for each step, a few rows at a time."""
    horizon, n = states.shape
    cells = np.empty((horizon, n), dtype=np.int64)
    trajectories = np.arange(n)
    rows = max(1, BLOCK // n)
    for t in range(0, horizon, rows):
        part = cells[t : t + rows]
        np.multiply(states[t : t + rows], n_actions, out=part)
        np.add(part, actions[t : t + rows], out=part)
        np.multiply(part, n, out=part)
        np.add(part, trajectories, out=part)
    return cells


def _all_action(rollouts, policy, mdp, Q) -> Estimate:
    """X = sum_t gamma^t h_t(s_t) with h_t(s) = sum_a grad pi(a|s) Q_t(s, a)."""
    factors = discounts(mdp.gamma, rollouts.horizon)
    pi = policy.probabilities
    if isinstance(policy, TabularSoftmax):
        # h(s) has the row of s only: pi(b|s) (Q(s, b) - sum_a pi(a|s) Q(s, a)) in column b.
        h, sums = pi * (Q - (pi * Q).sum(axis=-1, keepdims=True)), _tabular_all_action_sums
    else:
        h, sums = np.einsum("sa,...sa,sad->...sd", pi, Q, policy.scores), _shared_all_action_sums
    parts = (rollouts.columns(block) for block in _blocks(rollouts, policy))
    return _from_sums((sums(part, policy, factors, h) for part in parts), rollouts.n)


def _tabular_all_action_sums(part: Rollouts, policy: TabularSoftmax, factors, h):
    n_states, n_actions = policy.theta.shape
    cells = (part.states * part.n + np.arange(part.n)).ravel()
    sums, squares = np.empty((2, n_states, n_actions))
    for a in range(n_actions):
        terms = factors * along_path(h[..., a], part.states)
        samples = np.bincount(cells, terms.ravel(), n_states * part.n).reshape(n_states, part.n)
        sums[:, a], squares[:, a] = samples.sum(axis=1), (samples**2).sum(axis=1)
    return sums, squares


def _shared_all_action_sums(part: Rollouts, policy: DifferentiablePolicy, factors, h):
    samples = [
        (factors * along_path(h[..., i], part.states)).sum(axis=0) for i in range(policy.theta.size)
    ]
    return _sums_of(samples, policy)


def _sums_of(samples: list[np.ndarray], policy: DifferentiablePolicy):
    shape = policy.theta.shape
    return (
        np.array([x.sum() for x in samples]).reshape(shape),
        np.array([x @ x for x in samples]).reshape(shape),
    )


def _blocks(rollouts: Rollouts, policy: DifferentiablePolicy) -> list[slice]:
    """Slices that cut the trajectories into equal blocks, so that no work array passes CELLS."""
    n, each = rollouts.n, max(rollouts.horizon, policy.probabilities.size)
    size = math.ceil(n / math.ceil(n * each / CELLS))
    return [slice(i, min(i + size, n)) for i in range(0, n, size)]


def _from_sums(blocks: Iterable[tuple[np.ndarray, np.ndarray]], n: int) -> Estimate:
    total, square = (sum(parts) for parts in zip(*blocks, strict=True))
    mean = total / n
    if n == 1:
        return Estimate(mean, np.full_like(mean, np.inf), n)
    variance = np.maximum(square - n * mean**2, 0) / (n - 1)
    return Estimate(mean, np.sqrt(variance / n), n)


def pool(estimates: Iterable[Estimate]) -> Estimate:
    """One estimate from independent estimates of the same quantity, such as those of chunks.

    Exactly what all the samples together would have given: the sums of squares within the parts
    and between them are added.
    """
    parts = list(estimates)
    if not parts:
        raise ValueError("there is no estimate to pool")
    n = sum(part.n for part in parts)
    mean = sum(part.n * part.mean for part in parts) / n
    squares = sum(
        (part.standard_error**2 * part.n * (part.n - 1) if part.n > 1 else 0)
        + part.n * (part.mean - mean) ** 2
        for part in parts
    )
    if n == 1:
        return parts[0]
    return Estimate(mean, np.sqrt(squares / (n - 1) / n), n)
