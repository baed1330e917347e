"""Monte Carlo estimates of the policy gradient from rollouts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from utils.common.statistics import confidence_interval
from utils.common.validation import finite_array
from utils.estimators.forms import (
    AlongPaths,
    AtTriples,
    along_path,
    along_steps,
    baseline_values,
    critic_tables,
    discounted_rewards_to_go,
    discounts,
    form_named,
    mean_of_others,
)
from utils.model.mdp import FiniteMDP
from utils.model.policies import (
    DifferentiablePolicy,
    TabularSoftmax,
    check_differentiable,
    check_fits,
)
from utils.sampling.rollouts import BLOCK, Rollouts

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

    @property
    def variance(self) -> float:
        """Unbiased estimate of tr Cov X, the variance of one copy summed over the coordinates."""
        return float((self.standard_error**2).sum() * self.n)

    def confidence_interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """(low, high) for each coordinate by the normal approximation."""
        return confidence_interval(self.mean, self.standard_error, level)


def policy_gradient(
    rollouts: Rollouts,
    policy: DifferentiablePolicy,
    mdp: FiniteMDP,
    weights: str = "reward-to-go",
    baseline: ArrayLike | None = None,
    critic: tuple[ArrayLike, ArrayLike] | None = None,
    lam: float | None = None,
) -> Estimate:
    """Estimate the policy gradient, with an exact standard error for each coordinate.

    One trajectory gives X = sum_{t<T} gamma^t psi_t (w_t - b_t). ``weights`` names an entry of
    ``estimators.forms.FORMS``, which says what w_t is:

    - "total-return": G_0 in place of gamma^t w_t, the same at every step (``eq:reinforce``);
    - "reward-to-go": w_t = G_t (``eq:reward-to-go``);
    - "q": w_t = Q(s_t, a_t) (``eq:pgt-infinite``, ``eq:pgt-finite``);
    - "advantage": w_t = Q(s_t, a_t) - V(s_t) (``eq:baseline-invariance``);
    - "td-error": w_t = r_t + gamma V(s_{t+1}) - V(s_t) (``eq:td-error``);
    - "gae": w_t = GAE(``lam``) built on V (``eq:gae``);
    - "all-action": psi_t w_t is replaced by its mean over actions, sum_a grad pi(a|s_t) Q(s_t, a)
      (``eq:unrolled``).

    The first two are unbiased for grad J_T. The others are unbiased for the first T terms of
    ``eq:pgt-infinite``. All differ from grad J by less than the tail in ``eq:grad-tail``. With a
    finite-horizon critic they too are unbiased for grad J_T.

    ``critic`` is a pair (V, Q); without it the exact stationary values are used. Its arrays are
    [S] and [S, A], or with a time index [T + 1, S] and [T, S, A].

    ``baseline`` is a number, an array [S] of b(s), an array [T, S] of b_t(s), or "leave-one-out":
    the mean of G_t over the other trajectories. "total-return" takes a number or "leave-one-out";
    "all-action" takes none. Under leave-one-out the trajectories share their baselines. Their
    covariance, of relative size 1/N, is left out of the standard error;
    ``estimators.leave_one_out`` has it exactly.

    Returns an ``Estimate`` whose arrays have the shape of ``policy.theta``. ValueError if rollouts,
    policy and MDP do not fit together, if the policy has no score, and for a name, a shape or a
    number that is wrong.
    """
    form = form_named(weights)
    check_fits(mdp, policy)
    check_differentiable(policy)
    rollouts.check_fits(mdp)
    form.check_baseline(baseline)
    form.check_lam(lam)
    V, Q = critic_tables(rollouts, policy, mdp, critic) if form.takes_critic else (None, None)
    if form.over_actions:
        table = form.rho(AtTriples(mdp.gamma, mdp.R[:, :, None], V, Q))[..., 0]
        return _over_actions(rollouts, policy, mdp.gamma, table)
    if isinstance(baseline, str):  # sums over all trajectories, before these are cut into blocks
        rewards = rollouts.rewards.sum(axis=1, keepdims=True)
        sums = discounted_rewards_to_go(rewards, mdp.gamma)

    def step_weights(part: Rollouts) -> np.ndarray:
        """What multiplies psi_t, [T, n]; gamma^t is included."""
        values = form.weights(AlongPaths.of(part, mdp.gamma, V, Q), lam)
        if isinstance(baseline, str):
            values = values - mean_of_others(values, sums, rollouts.n)
        elif baseline is not None:
            b = baseline_values(part, mdp, baseline)
            values -= b if form.whole else b * discounts(mdp.gamma, part.horizon)
        return np.broadcast_to(values[0], values.shape) if form.whole else values

    return _estimate(rollouts, policy, step_weights)


def estimate_from_step_weights(
    rollouts: Rollouts, policy: DifferentiablePolicy, weights: np.ndarray
) -> Estimate:
    """Mean and standard error of X = sum_t weights_t psi_t over the trajectories.

    ``weights`` is [T, N] and holds whatever multiplies the score psi_t, gamma^t included.
    ValueError for another shape, such as [N, T].
    """
    weights = finite_array("weights", weights, rollouts.rewards.shape)
    blocks = iter(_blocks(rollouts, policy))
    return _estimate(rollouts, policy, lambda part: weights[:, next(blocks)])


def _estimate(
    rollouts: Rollouts,
    policy: DifferentiablePolicy,
    step_weights: Callable[[Rollouts], np.ndarray],
) -> Estimate:
    """The estimate from X = sum_t weights_t psi_t, one block of trajectories after the other."""

    def sums(part: Rollouts) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(policy, TabularSoftmax):
            return _tabular_sums(part, policy, step_weights(part))
        return _shared_sums(part, policy, step_weights(part))

    parts = (rollouts.columns(block) for block in _blocks(rollouts, policy))
    return _from_sums(map(sums, parts), rollouts.n)


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
    return samples.sum(axis=2), np.vecdot(samples, samples)


def _shared_sums(part: Rollouts, policy: DifferentiablePolicy, weights: np.ndarray):
    """The same for any policy, one coordinate of theta after the other."""
    samples = [
        np.einsum("tn,tn->n", weights, along_steps(table, part))
        for table in np.moveaxis(policy.scores, 2, 0)
    ]
    return _sums_of(samples, policy)


def _visit_cells(states, actions, n_actions: int) -> np.ndarray:
    """The number of the cell (s_t, a_t, n) in C order for each step, a few rows at a time.

    There are at most ``CELLS`` cells, so the integers of the states are large enough for them.
    """
    horizon, n = states.shape
    cells = np.empty((horizon, n), dtype=states.dtype)
    trajectories = np.arange(n, dtype=states.dtype)
    rows = max(1, BLOCK // n)
    for t in range(0, horizon, rows):
        part = cells[t : t + rows]
        np.multiply(states[t : t + rows], n_actions, out=part)
        np.add(part, actions[t : t + rows], out=part)
        np.multiply(part, n, out=part)
        np.add(part, trajectories, out=part)
    return cells


def _over_actions(rollouts, policy, gamma: float, Q) -> Estimate:
    """X = sum_t gamma^t h_t(s_t) with h_t(s) = sum_a grad pi(a|s) Q_t(s, a)."""
    factors = discounts(gamma, rollouts.horizon)
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
    total, square = (np.sum(parts, axis=0) for parts in zip(*blocks, strict=True))
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
    mean = np.sum([part.n * part.mean for part in parts], axis=0) / n
    squares = np.sum(
        [
            (part.standard_error**2 * part.n * (part.n - 1) if part.n > 1 else 0)
            + part.n * (part.mean - mean) ** 2
            for part in parts
        ],
        axis=0,
    )
    if n == 1:
        return parts[0]
    return Estimate(mean, np.sqrt(squares / (n - 1) / n), n)
