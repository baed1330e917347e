"""Exact means and variances of the gradient estimators, by recursion on second moments.

Nearly every estimator of the book has the form

    X = sum_t gamma^t psi_t (Y_t - b_t),    Y_t = rho_t + kappa Y_{t+1},

where rho_t is a function of (s_t, a_t, s_{t+1}) and b_t of (s_t, a_t):

    reward-to-go   rho = R          kappa = gamma
    q, advantage   rho = Q or A     kappa = 0
    td-error       rho = delta      kappa = 0
    gae            rho = delta      kappa = gamma lambda

Let X and Y start at time t, and let a prime mark the next step. Then X = psi (Y - b) + gamma X' and
Y = rho + kappa Y', so the five moments y = E[Y|s], x = E[X|s], q = E[Y^2|s], c = E[Y X|s] and
C = E[X^2|s] obey linear recursions, each driven by the ones before it. With a finite horizon they
run backward in time; without one they are linear systems in P_pi. These are ``eq:var-rtg``,
``eq:var-phi`` and their kin.

X and the moments with it are taken coordinate by coordinate: c and C are [S, d].
All of it works on floats and on fractions (``utils.rational``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import comb

import numpy as np

from utils.common.validation import check_count, check_name, check_shape
from utils.model import rational
from utils.model.policies import check_fits

WEIGHTS = ("total-return", "reward-to-go", "q", "advantage", "td-error", "gae", "all-action")


@dataclass(frozen=True, eq=False)
class EstimatorMoments:
    """Mean and variance of one trajectory's X, for each coordinate, in the shape of theta.

    The standard error of a mean over N trajectories is sqrt(variance / N).
    """

    mean: np.ndarray
    variance: np.ndarray

    @property
    def trace(self):
        """tr Cov X, the sum of the variances over the coordinates."""
        return self.variance.sum()


@dataclass(frozen=True, eq=False)
class ScoredChain:
    """The tables the recursions need; ``scores`` is [S, A, d]."""

    P: np.ndarray
    R: np.ndarray
    gamma: object
    rho0: np.ndarray
    pi: np.ndarray
    scores: np.ndarray

    @classmethod
    def of(cls, mdp, policy) -> ScoredChain:
        check_fits(mdp, policy)
        return cls(mdp.P, mdp.R, mdp.gamma, mdp.rho0, policy.probabilities, policy.scores)

    @property
    def kernel(self) -> np.ndarray:
        """P_pi, [S, S]."""
        return self.mean(self.P)

    def mean(self, table: np.ndarray) -> np.ndarray:
        """The mean over actions of a table [S, A, ...]: E_pi[f], [S, ...]."""
        return (self.pi.reshape(self.pi.shape + (1,) * (table.ndim - 2)) * table).sum(axis=1)

    def solve(self, rate, source: np.ndarray) -> np.ndarray:
        """(I - rate P_pi)^{-1} source, [S, ...]."""
        matrix = np.eye(len(self.rho0), dtype=int) - rate * self.kernel
        solver = rational.solve if matrix.dtype == object else np.linalg.solve
        return solver(matrix, source)

    def adjoint_solve(self, rate, source: np.ndarray) -> np.ndarray:
        """(I - rate P_pi^T)^{-1} source, [S, ...]."""
        matrix = np.eye(len(self.rho0), dtype=int) - rate * self.kernel.T
        solver = rational.solve if matrix.dtype == object else np.linalg.solve
        return solver(matrix, source)

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """V [S] and Q [S, A] (``eq:bellman``)."""
        V = self.solve(self.gamma, self.mean(self.R))
        return V, self.R + self.gamma * (self.P @ V)

    def finite_horizon_values(self, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """V [T + 1, S] and Q [T, S, A] (``eq:q-finite``)."""
        V, Q = [0 * self.rho0], []
        for _ in range(horizon):
            Q.append(self.R + self.gamma * (self.P @ V[-1]))
            V.append(self.mean(Q[-1]))
        return np.array(V[::-1]), np.array(Q[::-1])


def estimator_moments(
    mdp,
    policy,
    weights: str = "reward-to-go",
    baseline=None,
    critic=None,
    lam=None,
    horizon: int | None = None,
) -> EstimatorMoments:
    """Exact mean and variance of the estimator that ``policy_gradient`` averages.

    ``weights``, ``baseline``, ``critic`` and ``lam`` mean what they mean there ("leave-one-out"
    is not among them). Without ``horizon`` the sum over t is infinite; "total-return" needs a
    horizon, because its variance grows with it (``eq:var-total``).

    ``mdp`` and ``policy`` may be rational (``utils.rational``); then all numbers are fractions. A
    rational gamma may be 1 if there is a horizon.
    """
    check_name("weights", weights, WEIGHTS)
    chain = ScoredChain.of(mdp, policy)
    if weights == "total-return":
        if horizon is None:
            raise ValueError("weights='total-return' needs a horizon: its variance grows with it")
        mean, second = _total_return(mdp, policy, 0 if baseline is None else baseline, horizon)
    elif weights == "all-action":
        if baseline is not None:
            raise ValueError("weights='all-action' takes no baseline: it would drop out")
        mean, second = _all_action(chain, _critic(chain, critic, horizon)[1], horizon)
    else:
        rho, kappa = _ingredients(chain, weights, critic, lam, horizon)
        mean, second = _weighted_scores(
            chain, rho, _as_table(chain, baseline, horizon), kappa, horizon
        )
    return _shaped(policy, mean, second)


def moments_without_gamma_t(
    mdp, policy, horizon: int, weights: str = "reward-to-go"
) -> EstimatorMoments:
    """Exact mean and variance of sum_{t<T} psi_t w_t, the estimator without its factor gamma^t.

    ``weights`` is "reward-to-go" (w_t = G_t up to the horizon, as ``broken.without_gamma_t``), "q"
    or "advantage" (the stationary ones). The rewards inside w_t stay discounted. ``mdp`` and
    ``policy`` may be rational.
    """
    check_name("weights", weights, ("reward-to-go", "q", "advantage"))
    chain = ScoredChain.of(mdp, policy)
    rho, kappa = _ingredients(chain, weights, None, None, None)
    # In the recursions chain.gamma weighs the terms of the sum, kappa the rewards inside w_t.
    undiscounted = replace(chain, gamma=1)
    no_baseline = _as_table(chain, None)
    return _shaped(policy, *_weighted_scores(undiscounted, rho, no_baseline, kappa, horizon))


def _critic(chain: ScoredChain, critic, horizon):
    """(V, Q): stationary by default, or with a time index where gamma = 1 allows no other."""
    if critic is not None:
        return critic
    if chain.gamma == 1 and horizon is not None:
        return chain.finite_horizon_values(horizon)
    return chain.values()


def _ingredients(chain: ScoredChain, weights: str, critic, lam, horizon):
    """(rho, kappa) of the table at the top; rho is [(T,) S, A, S]."""
    if weights == "reward-to-go":
        return chain.R[..., None], chain.gamma
    V, Q = _critic(chain, critic, horizon)
    if weights == "q":
        return Q[..., None], 0
    if weights == "advantage":
        now = V if V.ndim == 1 else V[:-1]
        return (Q - now[..., None])[..., None], 0
    now, after = (V, V) if V.ndim == 1 else (V[:-1], V[1:])
    delta = chain.R[:, :, None] + chain.gamma * after[..., None, None, :] - now[..., None, None]
    if weights == "td-error":
        return delta, 0
    if lam is None or not 0 <= lam <= 1:
        raise ValueError(f"lam is {lam}, not in [0, 1]")
    return delta, chain.gamma * lam


def _weighted_scores(chain: ScoredChain, rho, b, kappa, horizon):
    """(E[X], E[X^2]) by the five moments of the module's docstring, each [d].

    ``rho`` is [S, A, S] and ``b`` [S, A], or with a time index [T, S, A, S] and [T, S, A].
    """
    if horizon is None:
        now = _moments(chain, rho, b, kappa, None)
    else:
        n_states, _, dim = chain.scores.shape
        zero = {"y": (n_states,), "x": (n_states, dim), "q": (n_states,)}
        zero |= {"c": (n_states, dim), "C": (n_states, dim)}
        now = {key: np.zeros(shape, dtype=chain.P.dtype) for key, shape in zero.items()}
        for t in reversed(range(check_count("horizon", horizon))):
            rho_t = rho[t] if rho.ndim == 4 else rho
            now = _moments(chain, rho_t, b[t] if b.ndim == 3 else b, kappa, now)
    return chain.rho0 @ now["x"], chain.rho0 @ now["C"]


def _moments(chain: ScoredChain, rho, b, kappa, after) -> dict[str, np.ndarray]:
    """y, x, q, c, C at one time from those of the next (``after``), or the stationary ones."""
    P, psi, gamma, mean = chain.P, chain.scores, chain.gamma, chain.mean
    now = {}
    then = now if after is None else after

    def close(key, rate, source):
        if after is None:
            now[key] = chain.solve(rate, source)
        else:
            now[key] = source + rate * (chain.kernel @ after[key])

    rho_P = rho * P
    r, r2 = rho_P.sum(axis=2), (rho * rho_P).sum(axis=2)
    close("y", kappa, mean(r))
    Py, rho_y = P @ then["y"], rho_P @ then["y"]
    close("x", gamma, mean(psi * (r - b + kappa * Py)[..., None]))
    close("q", kappa**2, mean(r2 + 2 * kappa * rho_y))
    Px, rho_x, Pq = P @ then["x"], rho_P @ then["x"], P @ then["q"]
    y_squared = r2 + 2 * kappa * rho_y + kappa**2 * Pq
    y_mean = r + kappa * Py
    close("c", kappa * gamma, mean(psi * (y_squared - b * y_mean)[..., None] + gamma * rho_x))
    Pc = P @ then["c"]
    centred_squared = y_squared - 2 * b * y_mean + b**2
    cross = rho_x - b[..., None] * Px + kappa * Pc
    close("C", gamma**2, mean(psi**2 * centred_squared[..., None] + 2 * gamma * psi * cross))
    return now


def _as_table(chain: ScoredChain, baseline, horizon: int | None = None) -> np.ndarray:
    """A number, b(s) [S] or b_t(s) [T, S], repeated over the actions: [S, A] or [T, S, A]."""
    if isinstance(baseline, str):
        raise ValueError(f"baseline is {baseline!r}, not a number or an array")
    b = np.asarray(0 if baseline is None else baseline)
    if b.ndim == 0:
        return np.broadcast_to(b, chain.R.shape)
    n_states = len(chain.rho0)
    timed = b.ndim > 1 and horizon is not None
    check_shape("baseline", b, (horizon, n_states) if timed else (n_states,))
    return np.broadcast_to(b[..., None], (*b.shape, chain.R.shape[1]))


def _all_action(chain: ScoredChain, Q, horizon):
    """X = sum_t gamma^t h(s_t) with h(s) = sum_a grad pi(a|s) Q(s, a)."""
    h = (chain.pi[:, :, None] * chain.scores * Q[..., None]).sum(axis=-2)
    gamma, kernel = chain.gamma, chain.kernel
    if horizon is None:
        x = chain.solve(gamma, h)
        C = chain.solve(gamma**2, h**2 + 2 * gamma * h * (kernel @ x))
    else:
        x = C = np.zeros(h.shape[-2:], dtype=h.dtype)
        for t in reversed(range(check_count("horizon", horizon))):
            now = h if h.ndim == 2 else h[t]
            C = now**2 + 2 * gamma * now * (kernel @ x) + gamma**2 * (kernel @ C)
            x = now + gamma * (kernel @ x)
    return chain.rho0 @ x, chain.rho0 @ C


def return_and_score_moments(mdp, policy, horizon: int) -> np.ndarray:
    """E[G_0^j M_T^k] for j, k <= 2, coordinate by coordinate: [3, 3, d] (``eq:var-total``).

    Backward in time from G = r + gamma G' and M = psi + M' by the binomial theorem.
    """
    chain = ScoredChain.of(mdp, policy)
    R, psi = chain.R[:, :, None], chain.scores
    moments = np.zeros((3, 3, len(chain.rho0), psi.shape[2]), dtype=chain.P.dtype)
    moments[0, 0] = 1
    for _ in range(check_count("horizon", horizon)):
        after = {(j, k): chain.P @ moments[j, k] for j in range(3) for k in range(3)}
        moments = np.array(
            [
                [
                    chain.mean(
                        sum(
                            comb(j, i) * comb(k, m)
                            * R ** (j - i) * chain.gamma**i * psi ** (k - m) * after[i, m]
                            for i in range(j + 1)
                            for m in range(k + 1)
                        )
                    )
                    for k in range(3)
                ]
                for j in range(3)
            ]
        )  # fmt: skip
    return np.tensordot(chain.rho0, moments, axes=(0, 2))


def _total_return(mdp, policy, baseline, horizon: int):
    """X = (G_0 - b) M_T, so E[X^2] = m_22 - 2 b m_12 + b^2 m_02."""
    if np.ndim(baseline):
        raise ValueError("weights='total-return' takes a single number as baseline")
    m = return_and_score_moments(mdp, policy, horizon)
    return m[1, 1] - baseline * m[0, 1], m[2, 2] - 2 * baseline * m[1, 2] + baseline**2 * m[0, 2]


def occupancy_sample_moments(mdp, policy, weights: str = "q") -> EstimatorMoments:
    """Mean and variance of X = psi(s, a) w / (1 - gamma) for one draw s ~ d_gamma, a ~ pi.

    ``weights`` is "q", "advantage", or "return": then w is the return of an independent rollout
    that starts at (s, a). By Rao and Blackwell "q" never has the larger variance of "q" and
    "return". Notes: tr Cov = sum_s d_gamma(s) E_pi[||psi||^2 w^2] / (1 - gamma)^2 - ||grad J||^2.
    """
    check_name("weights", weights, ("q", "advantage", "return"))
    chain = ScoredChain.of(mdp, policy)
    gamma = chain.gamma
    V, Q = chain.values()
    d = (1 - gamma) * chain.adjoint_solve(gamma, chain.rho0)
    visits = (d[:, None] * chain.pi)[:, :, None]
    w = Q - V[:, None] if weights == "advantage" else Q
    squared = w**2
    if weights == "return":
        own = chain.R**2 + 2 * gamma * chain.R * (chain.P @ V)
        squared = own + gamma**2 * (chain.P @ chain.solve(gamma**2, chain.mean(own)))
    mean = (visits * chain.scores * w[..., None]).sum(axis=(0, 1)) / (1 - gamma)
    second = (visits * chain.scores**2 * squared[..., None]).sum(axis=(0, 1)) / (1 - gamma) ** 2
    return _shaped(policy, mean, second)


@dataclass(frozen=True)
class Decomposition:
    """Why reward-to-go and the form with Q differ in variance (``eq:var-decomposition``).

    With X_G and X_Q the two estimators, tr Cov X_G - tr Cov X_Q = ``distance`` + 2 ``covariance``:
    ``distance`` = E ||X_G - X_Q||^2 is never negative, ``covariance`` = tr Cov(X_G - X_Q, X_Q) may
    have either sign.
    """

    distance: object
    covariance: object


def decomposition(mdp, policy, horizon: int | None = None) -> Decomposition:
    """The two terms of ``Decomposition``; with a horizon, Q is the time-indexed one."""
    chain = ScoredChain.of(mdp, policy)
    critic = chain.values() if horizon is None else chain.finite_horizon_values(horizon)
    # X_G - X_Q is the reward-to-go form with the "baseline" Q(s, a).
    _, second = _weighted_scores(chain, chain.R[..., None], critic[1], chain.gamma, horizon)
    distance = second.sum()
    by_return = estimator_moments(mdp, policy, "reward-to-go", horizon=horizon)
    by_q = estimator_moments(mdp, policy, "q", critic=critic, horizon=horizon)
    return Decomposition(distance, (by_return.trace - by_q.trace - distance) / 2)


def _shaped(policy, mean, second) -> EstimatorMoments:
    """Mean and variance in the shape of the policy's parameters."""
    variance = second - mean**2
    if variance.dtype == float:
        variance = np.maximum(variance, 0)  # a rounding error must not turn zero negative
    shape = policy.theta.shape if hasattr(policy, "theta") else mean.shape
    return EstimatorMoments(mean.reshape(shape), variance.reshape(shape))
