"""Exact means and variances of the gradient estimators, by recursion on second moments.

A form of the estimator (``estimators.forms``) is

    X = sum_t gamma^t psi_t (w_t - b_t),    w_t = rho_t + kappa w_{t+1},

where rho_t is a function of (s_t, a_t, s_{t+1}) and the reward, and b_t of (s_t, a_t). The reward
has its own variance, and it may depend on the next state.

Let X and w start at time t, and let a prime mark the next step. Then X = psi (w - b) + gamma X' and
w = rho + kappa w', so the five moments y = E[w|s], x = E[X|s], q = E[w^2|s], c = E[w X|s] and
C = E[X^2|s] obey linear recursions, each driven by the ones before it. With a finite horizon they
run backward in time; without one they are linear systems in P_pi. These are ``eq:var-rtg``,
``eq:var-phi`` and their kin.

X and the moments with it are taken coordinate by coordinate: c and C are [S, d].
All of it works on floats and on fractions (``utils.model.rational``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from utils.common.validation import check_count, check_name, check_shape
from utils.estimators.forms import AtTriples, Form, form_named
from utils.exact.chain import ScoredChain
from utils.exact.moments import return_and_score_moments, reward_powers
from utils.model.protocol import ScoredPolicy, TabularMDP

DroppedForm = Literal["reward-to-go", "q", "advantage"]


@dataclass(frozen=True, eq=False)
class EstimatorMoments:
    """Mean and variance of one trajectory's X, for each coordinate, in the shape of theta.

    The standard error of a mean over N trajectories is sqrt(variance / N).
    """

    mean: np.ndarray
    variance: np.ndarray

    @property
    def trace(self) -> Any:
        """tr Cov X, the sum of the variances over the coordinates."""
        return self.variance.sum()


def estimator_moments(
    mdp: TabularMDP,
    policy: ScoredPolicy,
    weights: str = "reward-to-go",
    baseline: ArrayLike | None = None,
    critic: tuple[np.ndarray, np.ndarray] | None = None,
    lam: Any = None,
    horizon: int | None = None,
) -> EstimatorMoments:
    """Exact mean and variance of the estimator that ``policy_gradient`` averages.

    ``weights``, ``baseline``, ``critic`` and ``lam`` mean what they mean there ("leave-one-out"
    is not among them). Without ``horizon`` the sum over t is infinite; "total-return" needs a
    horizon, because its variance grows with it (``eq:var-total``).

    ``mdp`` and ``policy`` may be rational (``utils.rational``); then all numbers are fractions. A
    gamma may be 1 if there is a horizon, or if every episode ends; then the sum runs to its end.
    """
    form = form_named(weights)
    if isinstance(baseline, str):
        raise ValueError(f"baseline is {baseline!r}, not a number or an array")
    form.check_baseline(baseline)
    form.check_lam(lam)
    if form.whole:
        if horizon is None:
            raise ValueError(f"weights={weights!r} needs a horizon: its variance grows with it")
        return _shaped(policy, *_whole_return(mdp, policy, baseline, horizon))
    chain = ScoredChain.of(mdp, policy)
    rho = _tables(chain, form, critic, horizon)
    if form.over_actions:
        return _shaped(policy, *_over_actions(chain, rho[..., 0], horizon))
    b, kappa = _as_table(chain, baseline, horizon), form.kappa(chain.gamma, lam)
    return _shaped(policy, *_weighted_scores(chain, rho, _noise(chain, form), b, kappa, horizon))


def moments_without_gamma_t(
    mdp: TabularMDP, policy: ScoredPolicy, horizon: int, weights: DroppedForm = "reward-to-go"
) -> EstimatorMoments:
    """Exact mean and variance of sum_{t<T} psi_t w_t, the estimator without its factor gamma^t.

    ``weights`` is "reward-to-go" (w_t = G_t up to the horizon, as ``broken.without_gamma_t``), "q"
    or "advantage" (the stationary ones). The rewards inside w_t stay discounted. ``mdp`` and
    ``policy`` may be rational.
    """
    check_name("weights", weights, get_args(DroppedForm))
    form, chain = form_named(weights), ScoredChain.of(mdp, policy)
    rho, kappa = _tables(chain, form, None, None), form.kappa(chain.gamma, None)
    # In the recursions chain.gamma weighs the terms of the sum, kappa the rewards inside w_t.
    undiscounted = replace(chain, gamma=1)
    no_baseline = _as_table(chain, None)
    noise = _noise(chain, form)
    return _shaped(policy, *_weighted_scores(undiscounted, rho, noise, no_baseline, kappa, horizon))


def _noise(chain: ScoredChain, form: Form) -> np.ndarray:
    """The variance of rho given (s, a, s'), in the mean over s': that of the reward, [S, A]."""
    return form.reward_factor(chain.gamma) ** 2 * (chain.P * chain.noise).sum(axis=2)


def _critic(chain: ScoredChain, critic, horizon: int | None) -> tuple[np.ndarray, np.ndarray]:
    """(V, Q): stationary by default, or with a time index where gamma = 1 allows no other."""
    if critic is not None:
        return critic
    if chain.gamma == 1 and horizon is not None:
        return chain.finite_horizon_values(horizon)
    return chain.values()


def _tables(chain: ScoredChain, form: Form, critic, horizon: int | None) -> np.ndarray:
    """rho of the form as [(T,) S, A, S], or with 1 in place of the last S."""
    V, Q = _critic(chain, critic, horizon) if form.takes_critic else (None, None)
    return form.rho(AtTriples(chain.gamma, chain.reward, V, Q))


def _weighted_scores(
    chain: ScoredChain, rho: np.ndarray, noise: np.ndarray, b: np.ndarray, kappa: Any, horizon
) -> tuple[np.ndarray, np.ndarray]:
    """(E[X], E[X^2]) by the five moments of the module's docstring, each [d].

    ``rho`` is [S, A, S] and ``b`` [S, A], or with a time index [T, S, A, S] and [T, S, A]; ``rho``
    is the mean given (s, a, s'), and ``noise`` [S, A] the variance about it.
    """
    if horizon is None:
        now = _moments(chain, rho, noise, b, kappa, None)
    else:
        n_states, _, dim = chain.scores.shape
        zero = {"y": (n_states,), "x": (n_states, dim), "q": (n_states,)}
        zero |= {"c": (n_states, dim), "C": (n_states, dim)}
        now = {key: np.zeros(shape, dtype=chain.P.dtype) for key, shape in zero.items()}
        for t in reversed(range(check_count("horizon", horizon))):
            rho_t = rho[t] if rho.ndim == 4 else rho
            now = _moments(chain, rho_t, noise, b[t] if b.ndim == 3 else b, kappa, now)
    return chain.rho0 @ now["x"], chain.rho0 @ now["C"]


def _moments(
    chain: ScoredChain, rho: np.ndarray, noise: np.ndarray, b: np.ndarray, kappa: Any, after
) -> dict[str, np.ndarray]:
    """y, x, q, c, C at one time from those of the next (``after``), or the stationary ones."""
    P, psi, gamma, mean = chain.P, chain.scores, chain.gamma, chain.average
    now: dict[str, np.ndarray] = {}
    then = now if after is None else after

    def close(key: str, rate: Any, source: np.ndarray) -> None:
        if after is None:
            now[key] = chain.resolve(rate, source)
        else:
            now[key] = source + rate * (chain.kernel @ after[key])

    rho_P = rho * P
    r, r2 = rho_P.sum(axis=2), (rho * rho_P).sum(axis=2) + noise
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
    b = np.asarray(0 if baseline is None else baseline)
    if b.ndim == 0:
        return np.broadcast_to(b, chain.R.shape)
    n_states = len(chain.rho0)
    timed = b.ndim > 1 and horizon is not None
    check_shape("baseline", b, (horizon, n_states) if timed else (n_states,))
    return np.broadcast_to(b[..., None], (*b.shape, chain.R.shape[1]))


def _over_actions(
    chain: ScoredChain, table: np.ndarray, horizon: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """X = sum_t gamma^t h(s_t) with h(s) = sum_a grad pi(a|s) f(s, a) for the table f = Q."""
    h = chain.action_sum(table)
    gamma, kernel = chain.gamma, chain.kernel
    if horizon is None:
        x = chain.resolve(gamma, h)
        C = chain.resolve(gamma**2, h**2 + 2 * gamma * h * (kernel @ x))
    else:
        x = C = np.zeros(h.shape[-2:], dtype=h.dtype)
        for t in reversed(range(check_count("horizon", horizon))):
            now = h if h.ndim == 2 else h[t]
            C = now**2 + 2 * gamma * now * (kernel @ x) + gamma**2 * (kernel @ C)
            x = now + gamma * (kernel @ x)
    return chain.rho0 @ x, chain.rho0 @ C


def _whole_return(
    mdp: TabularMDP, policy: ScoredPolicy, baseline: Any, horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """X = (G_0 - b) M_T, so E[X^2] = m_22 - 2 b m_12 + b^2 m_02."""
    m, b = return_and_score_moments(mdp, policy, horizon), 0 if baseline is None else baseline
    return m[1, 1] - b * m[0, 1], m[2, 2] - 2 * b * m[1, 2] + b**2 * m[0, 2]


def occupancy_sample_moments(
    mdp: TabularMDP, policy: ScoredPolicy, weights: str = "q"
) -> EstimatorMoments:
    """Mean and variance of X = psi(s, a) w / (1 - gamma) for one draw s ~ d_gamma, a ~ pi.

    ``weights`` is "q", "advantage", or "return": then w is the return of an independent rollout
    that starts at (s, a). By Rao and Blackwell "q" never has the larger variance of "q" and
    "return". Notes: tr Cov = sum_s d_gamma(s) E_pi[||psi||^2 w^2] / (1 - gamma)^2 - ||grad J||^2.
    """
    check_name("weights", weights, ("q", "advantage", "return"))
    chain = ScoredChain.of(mdp, policy)
    gamma = chain.gamma
    V, Q = chain.values()
    visits = (chain.visits[:, None] * chain.pi)[:, :, None]
    w = Q - V[:, None] if weights == "advantage" else Q
    squared = w**2
    if weights == "return":
        _, r, r2 = reward_powers(mdp, 2)
        own = r2.sum(axis=2) + 2 * gamma * (r @ V)
        squared = own + gamma**2 * (chain.P @ chain.resolve(gamma**2, chain.average(own)))
    mean = (visits * chain.scores * w[..., None]).sum(axis=(0, 1))
    second = (visits * chain.scores**2 * squared[..., None]).sum(axis=(0, 1)) * chain.visits.sum()
    return _shaped(policy, mean, second)


def _shaped(policy: ScoredPolicy, mean: np.ndarray, second: np.ndarray) -> EstimatorMoments:
    """Mean and variance in the shape of the policy's parameters."""
    variance = second - mean**2
    if variance.dtype == float:
        variance = np.maximum(variance, 0)  # a rounding error must not turn zero negative
    shape = policy.theta.shape if hasattr(policy, "theta") else mean.shape
    return EstimatorMoments(mean.reshape(shape), variance.reshape(shape))
