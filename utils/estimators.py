"""Monte Carlo estimates of the policy gradient from rollouts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from utils.mdp import FiniteMDP
from utils.policies import DifferentiablePolicy, TabularSoftmax, check_fits
from utils.rollouts import BLOCK, Rollouts
from utils.statistics import confidence_interval, mean_and_standard_error
from utils.validation import check_name
from utils.weights import (
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

WEIGHTS = ("total-return", "reward-to-go", "q", "advantage", "td-error", "gae", "all-action")
# Cells (s, a, n) worked on at a time, 8 MB: bounds the memory, whatever S, A and N are.
CELLS = 1 << 20


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
    covariance, of relative size 1/N, is left out of the standard error.

    Returns an ``Estimate`` whose arrays have the shape of ``policy.theta``.
    """
    check_name("weights", weights, WEIGHTS)
    check_fits(mdp, policy)
    if weights == "all-action":
        if baseline is not None:
            raise ValueError("weights='all-action' takes no baseline: it would drop out")
        return _all_action(rollouts, policy, mdp, critic_tables(rollouts, policy, mdp, critic)[1])
    per_step = _step_weights(rollouts, policy, mdp, weights, baseline, critic, lam)
    return estimate_from_step_weights(rollouts, policy, per_step)


def _step_weights(rollouts, policy, mdp, weights, baseline, critic, lam) -> np.ndarray:
    """What multiplies psi_t, [T, N]; gamma^t is included."""
    if weights in ("total-return", "reward-to-go"):
        sums = discounted_rewards_to_go(rollouts.rewards, mdp.gamma)
        if weights == "total-return":
            return _total_return(sums[0], baseline, rollouts.horizon)
        if isinstance(baseline, str):
            check_name("baseline", baseline, (LEAVE_ONE_OUT,))
            return sums - mean_of_others(sums)
    else:
        V, Q = critic_tables(rollouts, policy, mdp, critic)
        if weights == "q":
            sums = along_steps(Q, rollouts)
        elif weights == "advantage":
            sums = along_steps(Q - (V if V.ndim == 1 else V[:-1])[..., None], rollouts)
        elif weights == "td-error":
            sums = td_errors(rollouts, mdp, V)
        else:
            sums = generalised_advantages(rollouts, mdp, V, lam)
        sums = sums * discounts(mdp.gamma, rollouts.horizon)
    if baseline is None:
        return sums
    b = baseline_values(rollouts, mdp, baseline)
    return sums - discounts(mdp.gamma, rollouts.horizon) * b


def _total_return(returns: np.ndarray, baseline, horizon: int) -> np.ndarray:
    if isinstance(baseline, str):
        check_name("baseline", baseline, (LEAVE_ONE_OUT,))
        baseline = mean_of_others(returns)
    elif np.ndim(baseline):
        raise ValueError("weights='total-return' takes a single number as baseline")
    centred = returns if baseline is None else returns - baseline
    return np.broadcast_to(centred, (horizon, len(returns)))


def estimate_from_step_weights(
    rollouts: Rollouts, policy: DifferentiablePolicy, weights: np.ndarray
) -> Estimate:
    """Mean and standard error of X = sum_t weights_t psi_t over the trajectories.

    ``weights`` is [T, N] and holds whatever multiplies the score psi_t, gamma^t included.
    """
    if isinstance(policy, TabularSoftmax):
        return _from_sums(_tabular_sums(rollouts, policy, weights), rollouts.n)
    samples = [
        np.einsum("tn,tn->n", weights, along_steps(policy.scores[:, :, i], rollouts))
        for i in range(policy.theta.size)
    ]
    return _from_samples(samples, policy)


def _tabular_sums(rollouts, policy, weights) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(sum X, sum X^2) for one block of trajectories after the other.

    A visit to (s, a) adds to the row of s only. So let C[s, a] be the sum of the weights of the
    visits of one trajectory to (s, a). Then X[s, b] = sum_a (1{a = b} - pi(b|s)) C[s, a]: one
    count of visits and one small matrix product, and no array of scores is built.
    """
    n_states, n_actions = policy.theta.shape
    to_gradient = policy.row_scores.swapaxes(1, 2)
    for block in _blocks(rollouts.n, n_states * n_actions):
        n = block.stop - block.start
        cells = _visit_cells(rollouts.states[:, block], rollouts.actions[:, block], n_actions)
        counted = np.bincount(
            cells.ravel(), weights[:, block].ravel(), minlength=n_states * n_actions * n
        )
        samples = to_gradient @ counted.reshape(n_states, n_actions, n)
        yield samples.sum(axis=2), np.einsum("san,san->sa", samples, samples)


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
    """X = sum_t gamma^t sum_a grad pi(a|s_t) Q_t(s_t, a)."""
    factors = discounts(mdp.gamma, rollouts.horizon)
    pi = policy.probabilities
    if isinstance(policy, TabularSoftmax):
        # Row s of X is the sum over the visits to s of h_t(s, .).
        h = pi * (Q - (pi * Q).sum(axis=-1, keepdims=True))
        return _from_sums(_visited_row_sums(rollouts, factors, h), rollouts.n)
    h = np.einsum("sa,...sa,sad->...sd", pi, Q, policy.scores)
    samples = [
        (factors * along_path(h[..., i], rollouts.states)).sum(axis=0)
        for i in range(policy.theta.size)
    ]
    return _from_samples(samples, policy)


def _visited_row_sums(rollouts, factors, h) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    n_states, n_actions = h.shape[-2:]
    for block in _blocks(rollouts.n, n_states):
        n = block.stop - block.start
        states = rollouts.states[:, block]
        cells = (states * n + np.arange(n)).ravel()
        sums, squares = np.empty((2, n_states, n_actions))
        for a in range(n_actions):
            terms = factors * along_path(h[..., a], states)
            samples = np.bincount(cells, terms.ravel(), n_states * n).reshape(n_states, n)
            sums[:, a], squares[:, a] = samples.sum(axis=1), (samples**2).sum(axis=1)
        yield sums, squares


def _blocks(n: int, cells_each: int) -> list[slice]:
    """Slices that cut n trajectories into equal blocks of at most ``CELLS`` cells."""
    size = math.ceil(n / math.ceil(n * cells_each / CELLS))
    return [slice(i, min(i + size, n)) for i in range(0, n, size)]


def _from_sums(blocks: Iterable[tuple[np.ndarray, np.ndarray]], n: int) -> Estimate:
    total, square = (sum(parts) for parts in zip(*blocks, strict=True))
    mean = total / n
    if n == 1:
        return Estimate(mean, np.full_like(mean, np.inf), n)
    variance = np.maximum(square - n * mean**2, 0) / (n - 1)
    return Estimate(mean, np.sqrt(variance / n), n)


def _from_samples(samples: list[np.ndarray], policy: DifferentiablePolicy) -> Estimate:
    samples = np.stack(samples, axis=1).reshape(-1, *policy.theta.shape)
    if len(samples) == 1:
        return Estimate(samples[0], np.full_like(samples[0], np.inf), 1)
    return Estimate(*mean_and_standard_error(samples), len(samples))


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
