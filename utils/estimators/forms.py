"""What multiplies the score of a step in each form of the policy gradient."""

from __future__ import annotations

import numpy as np

from utils import exact
from utils.common.validation import check_count, check_shape, finite_array
from utils.model.mdp import FiniteMDP
from utils.model.policies import FinitePolicy
from utils.sampling.rollouts import Rollouts

LEAVE_ONE_OUT = "leave-one-out"


def discounts(gamma: float, horizon: int) -> np.ndarray:
    """gamma^t as a column [T, 1]; gamma^0 = 1 also for gamma = 0."""
    return (gamma ** np.arange(horizon))[:, None]


def discounted_rewards_to_go(rewards: np.ndarray, gamma: float) -> np.ndarray:
    """gamma^t G_t = sum_{k>=t} gamma^k r_k for rewards [T, N] (``eq:gamma-pull``)."""
    sums = rewards * discounts(gamma, len(rewards))
    for now, after in zip(sums[-2::-1], sums[:0:-1], strict=True):
        np.add(now, after, out=now)
    return sums


def rewards_to_go(rewards: np.ndarray, gamma: float) -> np.ndarray:
    """G_t = r_t + gamma G_{t+1} for rewards [T, N] (``eq:return-recursion``)."""
    return discounted_sums(rewards, gamma)


def discounted_sums(terms: np.ndarray, rate: float) -> np.ndarray:
    """sum_{k>=t} rate^(k-t) x_k for terms x [T, N], backward in time."""
    sums = np.array(terms, dtype=float)
    for t in reversed(range(len(sums) - 1)):
        sums[t] += rate * sums[t + 1]
    return sums


def td_errors(rollouts: Rollouts, mdp: FiniteMDP, V: np.ndarray) -> np.ndarray:
    """delta_t = r_t + gamma v_{t+1}(s_{t+1}) - v_t(s_t), [T, N] (``eq:td-error``).

    ``V`` is a table [S] or, with a time index, [T + 1, S].
    """
    along = along_path(V, rollouts.path)
    return rollouts.rewards + mdp.gamma * along[1:] - along[:-1]


def generalised_advantages(
    rollouts: Rollouts, mdp: FiniteMDP, V: np.ndarray, lam: float
) -> np.ndarray:
    """GAE(lambda): A_t = sum_{k>=t} (gamma lambda)^(k-t) delta_k, [T, N] (``eq:gae``).

    lambda = 0 gives the TD error. lambda = 1 gives G_t - v_t(s_t) + gamma^(T-t) v_T(s_T)
    (``eq:telescoping``). Source: Schulman et al. (2016), High-dimensional continuous control using
    generalized advantage estimation, section 3.
    """
    if lam is None or not 0 <= lam <= 1:
        raise ValueError(f"lam is {lam}, not in [0, 1]")
    return discounted_sums(td_errors(rollouts, mdp, V), mdp.gamma * lam)


def along_path(table: np.ndarray, path: np.ndarray) -> np.ndarray:
    """table(s_t), or table_t(s_t) for a table [len(path), S], at every entry of ``path``."""
    if table.ndim == 1:
        return table[path]
    return np.take_along_axis(table, path, axis=1)


def along_steps(table: np.ndarray, rollouts: Rollouts) -> np.ndarray:
    """table(s_t, a_t), or table_t(s_t, a_t) for a table [T, S, A], at every step, [T, N]."""
    if table.ndim == 2:
        return table[rollouts.states, rollouts.actions]
    times = np.arange(rollouts.horizon)[:, None]
    return table[times, rollouts.states, rollouts.actions]


def critic_tables(
    rollouts: Rollouts, policy: FinitePolicy, mdp: FiniteMDP, critic
) -> tuple[np.ndarray, np.ndarray]:
    """(V, Q), checked: the exact stationary values unless a critic is given.

    A critic is a pair as ``exact.values`` or ``exact.finite_horizon_values`` return it: V [S] and
    Q [S, A], or V [T + 1, S] and Q [T, S, A].
    """
    if critic is None:
        return exact.values(mdp, policy)
    V, Q = (finite_array(name, table) for name, table in zip("VQ", critic, strict=True))
    T = rollouts.horizon
    check_shape("V", V, (mdp.n_states,) if V.ndim == 1 else (T + 1, mdp.n_states))
    check_shape("Q", Q, mdp.R.shape if Q.ndim == 2 else (T, *mdp.R.shape))
    return V, Q


def baseline_values(rollouts: Rollouts, mdp: FiniteMDP, baseline):
    """The baseline along the rollouts: 0, a number, or b_t(s_t) as [T, N].

    ``baseline`` is None, a number, b(s) as [S] or b_t(s) as [T, S].
    """
    if baseline is None:
        return 0.0
    if np.ndim(baseline) == 0:
        return float(finite_array("baseline", baseline))
    n_steps = (rollouts.horizon,) if np.ndim(baseline) > 1 else ()
    table = finite_array("baseline", baseline, (*n_steps, mdp.n_states))
    return along_path(table, rollouts.states)


def mean_of_others(values: np.ndarray, sums: np.ndarray, n: int) -> np.ndarray:
    """For each trajectory the mean of the other n - 1, given the ``sums`` over all n."""
    check_count("the number of trajectories for leave-one-out", n, least=2)
    return (sums - values) / (n - 1)
