"""Exact variance of the leave-one-out estimators, whose trajectories share their baselines.

With N trajectories, Y_t = gamma^t G_t and the mean of the others as baseline,

    X_n = sum_t psi_t (Y_t - mean of Y_t over the others).

The baselines are independent of trajectory n, which adds sum_t E[psi_t^2] Var(Y_t) / (N - 1) to the
variance under the exact mean as baseline. And two trajectories n, m are correlated, because each
is part of the other's baseline: with K_tu = E[psi_t Y_u],

    Cov(X_n, X_m) = sum_{t,u} K_tu K_ut / (N - 1)^2.

For the total return Y_t = G_0 at every t, and the double sum is the square of the gradient. Floats
and fractions (``utils.rational``) both work.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from utils.common.validation import check_count, check_name
from utils.estimators.variance import EstimatorMoments, estimator_moments
from utils.exact.chain import ScoredChain
from utils.exact.moments import return_and_score_moments, reward_powers
from utils.model.protocol import ScoredPolicy, TabularMDP

LeftOutForm = Literal["reward-to-go", "total-return"]


def leave_one_out_moments(
    mdp: TabularMDP,
    policy: ScoredPolicy,
    horizon: int,
    n: int,
    weights: LeftOutForm = "reward-to-go",
) -> EstimatorMoments:
    """Mean of the estimate from n trajectories, and n times its variance.

    So the standard error is sqrt(variance / n), as for estimators with independent samples.
    ``weights`` is "reward-to-go" or "total-return". ValueError for n < 2.
    """
    check_name("weights", weights, get_args(LeftOutForm))
    check_count("n", n, least=2)
    if weights == "total-return":
        return _total_return(mdp, policy, horizon, n)
    return _reward_to_go(mdp, policy, horizon, n)


def _total_return(mdp: TabularMDP, policy: ScoredPolicy, horizon: int, n: int) -> EstimatorMoments:
    m = return_and_score_moments(mdp, policy, horizon)
    expected = m[1, 0][0]
    known = estimator_moments(mdp, policy, "total-return", expected, horizon=horizon)
    shape = known.mean.shape
    from_baseline = (m[0, 2] * (m[2, 0] - expected**2)).reshape(shape)
    return EstimatorMoments(known.mean, known.variance + (from_baseline + known.mean**2) / (n - 1))


def _reward_to_go(mdp: TabularMDP, policy: ScoredPolicy, horizon: int, n: int) -> EstimatorMoments:
    chain = ScoredChain.of(mdp, policy)
    V, _ = chain.finite_horizon_values(horizon)
    laws = chain.state_laws(horizon - 1)
    expected = np.array([law @ v for law, v in zip(laws, V, strict=False)])
    table = np.broadcast_to(expected[:, None], (horizon, len(chain.rho0)))
    known = estimator_moments(mdp, policy, "reward-to-go", table, horizon=horizon)
    information = chain.average(chain.scores**2)
    squares = _second_moments(mdp, chain, V)
    from_baseline: Any = 0
    together: Any = 0
    K = _score_return_products(chain, V, laws)
    for t in range(horizon):
        spread = laws[t] @ squares[t] - expected[t] ** 2
        from_baseline = from_baseline + chain.gamma ** (2 * t) * spread * (laws[t] @ information)
        together = together + (K[t] * K[:, t]).sum(axis=0)
    extra = ((from_baseline + together) / (n - 1)).reshape(known.mean.shape)
    return EstimatorMoments(known.mean, known.variance + extra)


def _second_moments(mdp: TabularMDP, chain: ScoredChain, V: np.ndarray) -> list[np.ndarray]:
    """q_t(s) = E[G_t^2 | s_t = s] for t < T, [S] each."""
    squares = [0 * chain.rho0]
    _, r, r2 = reward_powers(mdp, 2)
    for after in V[:0:-1]:
        twice = chain.gamma**2 * (chain.P @ squares[0])
        squares.insert(0, chain.average(r2.sum(axis=2) + 2 * chain.gamma * (r @ after) + twice))
    return squares[:-1]


def _score_return_products(chain: ScoredChain, V: np.ndarray, laws: np.ndarray) -> np.ndarray:
    """K[t, u] = E[psi_t gamma^u G_u], [T, T, d].

    Rewards before t do not count (``eq:past-reward``), so all u <= t give E[psi_t gamma^t G_t].
    For u > t the score tilts the law of s_u, on which V_u is taken.
    """
    horizon = len(laws)
    K = np.zeros((horizon, horizon, chain.scores.shape[2]), dtype=chain.P.dtype)
    weighted = chain.pi[:, :, None] * chain.scores
    for t, law in enumerate(laws):
        Q = chain.R + chain.gamma * (chain.P @ V[t + 1])
        K[t, : t + 1] = chain.gamma**t * (law @ (weighted * Q[:, :, None]).sum(axis=1))
        tilted = law[:, None, None] * weighted
        tilted = np.tensordot(chain.P, tilted, axes=((0, 1), (0, 1)))
        for u in range(t + 1, horizon):
            K[t, u] = chain.gamma**u * (V[u] @ tilted)
            tilted = chain.kernel.T @ tilted
    return K
